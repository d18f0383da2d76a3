// Owns drafts: what is typed into a record's form is kept in this browser until it is saved, through a lost session or connection.
// A draft belongs to a person and an address, names the revision it began with, and is offered, never filled in unasked.

import { button, icon, make } from '../../../web/static/web/dom.js';
import { isDirty } from '../../../web/static/web/forms.js';

const prefix = 'draft:';
const restMilliseconds = 400;
const keptMilliseconds = 14 * 24 * 60 * 60 * 1000;
const saving = 'draft-saving';
const door = 'draft-door';

function storeOf(form) {
  return [...new FormData(form)].filter(([name, value]) => typeof value === 'string' && name !== 'csrf_token' && name !== 'draft');
}

function read(key) {
  try {
    const draft = JSON.parse(localStorage.getItem(key) ?? 'null');
    return draft && draft.at > Date.now() - keptMilliseconds ? draft : null;
  } catch (error) {
    return null;
  }
}

function write(key, fields) {
  try {
    localStorage.setItem(key, JSON.stringify({ at: Date.now(), fields }));
  } catch (error) {
    // A full or forbidden store costs the draft, never the form.
  }
}

export function forgetDrafts() {
  for (const key of Object.keys(localStorage)) if (key.startsWith(prefix)) localStorage.removeItem(key);
}

// Somebody had to sign in on the way: what was sent has not been saved.
export function noteDoor() {
  if (sessionStorage.getItem(saving)) sessionStorage.setItem(door, '1');
}

// After a save comes another page, or a new blank form: the draft has done its work. A form that was refused holds what was typed; a page
// that tells of a fault says that nothing was saved.
function settle(form, here) {
  const key = sessionStorage.getItem(saving);
  const failed = document.querySelector('.t-fault') !== null;
  const refused = form?.dataset.typed !== undefined || failed || sessionStorage.getItem(door);
  if (key && !(key === here && refused)) localStorage.removeItem(key);
  if (key !== here || !refused) sessionStorage.removeItem(saving);
  sessionStorage.removeItem(door);
}

function offer(form, key, draft, say, clock, redraw) {
  const note = make('div', 't-notice');
  note.setAttribute('role', 'status');
  const bring = button('btn-quiet', say('restore'));
  const drop = button('btn-quiet', say('discard'));
  const words = make('div');
  words.append(make('p', 'mb-0', say('draft', { at: clock(draft.at) })));
  note.append(icon('pencil'), words, bring, drop);
  bring.addEventListener('click', () => redraw(window.location.pathname + window.location.search, draft.fields));
  drop.addEventListener('click', () => {
    localStorage.removeItem(key);
    note.remove();
  });
  form.before(note);
}

export function keepDrafts(person, say, clock, redraw) {
  const form = document.getElementById('record-form');
  const here = `${prefix}${person}:${window.location.pathname}${window.location.search}`;
  settle(form, here);
  if (!form) return;
  const draft = read(here);
  if (form.dataset.typed !== undefined) write(here, storeOf(form));
  else if (draft) offer(form, here, draft, say, clock, redraw);
  let timer = 0;
  const note = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => { if (form.dataset.typed !== undefined || isDirty(form)) write(here, storeOf(form)); }, restMilliseconds);
  };
  form.addEventListener('input', note);
  form.addEventListener('change', note);
  form.addEventListener('submit', () => {
    write(here, storeOf(form));
    sessionStorage.setItem(saving, here);
  });
}
