// Owns bulk changes that go on behind the page: a panel over its foot says how far they came, and a toast with the way back
// ends it. The event "job" ({id}) on <body> begins one. Which ones a person watches is kept for the window, so that the panel
// follows them to the next page. /operations/<id> answers {id, entity, over, html, toast}; html is the panel, [data-job] with
// [data-job-close]. A list or board of the entity is drawn again at the end, unless someone is at work in it.

import { getJson } from './net.js';
import { showToast } from './toasts.js';
import { on } from './wire.js';

const lookMilliseconds = 1000;
const sparingMilliseconds = 5000; // while nobody looks at the page, and after a look that failed
const kept = 'trellis-jobs';
const mostKept = 20;
const { person } = document.body.dataset;

// {person, running: [id], told: [id]}: another person at the same window starts with nothing.
function memory() {
  try {
    const found = JSON.parse(sessionStorage.getItem(kept));
    if (found?.person === person) return found;
  } catch {
    // Whatever stands there is none of ours.
  }
  return { person, running: [], told: [] };
}

function remember(id, list) {
  const known = memory();
  known.running = known.running.filter((each) => each !== id);
  if (list) known[list] = [...known[list], id].slice(-mostKept);
  sessionStorage.setItem(kept, JSON.stringify(known));
}

function forget(id) {
  panelOf(id)?.remove();
  remember(id, '');
}

export function watched(href) {
  const id = /^\/operations\/([^/?]+)$/.exec(href ?? '')?.[1];
  const known = memory();
  return Boolean(id) && (known.running.includes(id) || known.told.includes(id));
}

function panelOf(id) {
  return document.querySelector(`#toasts [data-job="${CSS.escape(id)}"]`);
}

// The figures change under the hand without taking the focus away from what stands beside them.
function draw(id, html) {
  const fresh = document.adoptNode(new DOMParser().parseFromString(html, 'text/html').querySelector('[data-job]'));
  const old = panelOf(id);
  if (!old) {
    document.getElementById('toasts').append(fresh);
    return;
  }
  const focused = old.contains(document.activeElement) ? document.activeElement.matches('a') : null;
  old.replaceWith(fresh);
  if (focused !== null) fresh.querySelector(focused ? 'a' : 'button').focus();
}

function shows(entity) {
  return [`/${entity}/`, `/${entity}/board`].includes(window.location.pathname);
}

function isBusy() {
  return Boolean(document.querySelector('dialog[open], td.is-editing, input[data-pick]:checked, .is-dragging, .is-lifted'));
}

function end(id, answer, fresh) {
  panelOf(id)?.remove();
  if (!fresh && shows(answer.entity) && !isBusy()) {
    window.location.reload(); // it is still remembered, so the page tells of its end when it is there again
    return;
  }
  remember(id, 'told');
  showToast(answer.toast);
}

// `fresh`: the page was drawn after the change began to be watched, so its end is news only once.
async function look(id, fresh = false) {
  if (!memory().running.includes(id)) return;
  let pause = document.hidden ? sparingMilliseconds : lookMilliseconds;
  try {
    const answer = await getJson(`/operations/${encodeURIComponent(id)}`);
    if (!memory().running.includes(id)) return;
    if (answer.over) {
      end(id, answer, fresh);
      return;
    }
    draw(id, answer.html);
  } catch (error) {
    if (error.status >= 400 && error.status < 500) {
      forget(id);
      return;
    }
    pause = sparingMilliseconds;
  }
  window.setTimeout(() => look(id), pause);
}

on('click', '[data-job-close]', (event, close) => {
  forget(close.closest('[data-job]').dataset.job); // from here on the bell tells of its end
});
document.body.addEventListener('job', (event) => {
  document.querySelector('[data-selection-clear]')?.click();
  remember(event.detail.id, 'running');
  look(event.detail.id);
});
if (person) for (const id of memory().running) look(id, true);
