// Owns drafts: what is typed into a record's form or a composer is kept in this browser until it is saved, through a lost session or
// connection. A draft belongs to a person and an address, names the revision it began with, and is offered, never filled in unasked.

import { button, icon, make } from '../../../web/static/web/dom.js';
import { isDirty } from '../../../web/static/web/forms.js';
import { wire, wireAll } from '../../../web/static/web/wire.js';

const prefix = 'draft:';
const restMilliseconds = 400;
const keptMilliseconds = 14 * 24 * 60 * 60 * 1000;
const saving = 'draft-saving';
const door = 'draft-door';
const minted = ['csrf_token', 'draft'];

function fieldsOf(form, without = minted) {
  return [...new FormData(form)].filter(([name, value]) => typeof value === 'string' && !without.includes(name));
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
    return true;
  } catch (error) {
    return false; // A full or forbidden store costs the draft, never the form.
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

function offer(form, key, draft, texts, bringBack) {
  const note = make('div', 't-notice mb-3 rounded');
  note.setAttribute('role', 'status');
  const bring = button('btn-quiet', texts.say('restore'));
  const drop = button('btn-quiet', texts.say('discard'));
  const words = make('div');
  words.append(make('p', 'mb-0', texts.say('draft', { at: texts.clock(draft.at) })));
  note.append(icon('pencil'), words, bring, drop);
  bring.addEventListener('click', () => {
    note.remove();
    bringBack(draft.fields);
  });
  drop.addEventListener('click', () => {
    localStorage.removeItem(key);
    note.remove();
  });
  form.before(note);
}

// Runs once the typing rests.
function resting(act) {
  let timer = 0;
  return (...said) => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => act(...said), restMilliseconds);
  };
}

// `texts` are {say, clock}; `redraw` has the server draw a form with what was typed.
export function keepDrafts(person, texts, redraw) {
  const form = document.getElementById('record-form');
  const here = `${prefix}${person}:${window.location.pathname}${window.location.search}`;
  settle(form, here);
  keepNotes(person, texts);
  if (!form) return;
  const told = document.querySelector('[data-draft-told]');
  const keep = () => {
    if (write(here, fieldsOf(form)) && told) told.textContent = texts.say('draft_kept', { at: texts.clock(Date.now()).split(' ').pop() });
  };
  const draft = read(here);
  if (form.dataset.typed !== undefined) keep();
  else if (draft) offer(form, here, draft, texts, (fields) => redraw(window.location.pathname + window.location.search, fields));
  const note = resting(() => { if (form.dataset.typed !== undefined || isDirty(form)) keep(); });
  form.addEventListener('input', note);
  form.addEventListener('change', note);
  form.addEventListener('submit', () => {
    keep();
    sessionStorage.setItem(saving, here);
  });
}

// Composers are short: what was typed is put back into the inputs that still stand there. Each entry has a uid of its own.
function keepNotes(person, texts) {
  const keyOf = (composer) => `${prefix}${person}:${composer.getAttribute('hx-post')}`;
  const texted = (composer) => [...composer.querySelectorAll('textarea')].some((area) => area.value.trim());
  const note = resting((composer) => {
    if (!composer.isConnected) return;
    if (texted(composer)) write(keyOf(composer), fieldsOf(composer, [...minted, 'uid']));
    else localStorage.removeItem(keyOf(composer));
  });
  const onTyped = ({ target, isTrusted }) => {
    const composer = target.closest?.('form.t-composer');
    if (composer && isTrusted) note(composer);
  };
  const done = (composer) => { if (composer?.matches?.('form.t-composer')) localStorage.removeItem(keyOf(composer)); };
  document.addEventListener('input', onTyped);
  document.addEventListener('change', onTyped);
  document.body.addEventListener('htmx:beforeSwap', ({ detail }) => { if (detail.xhr.status < 300) done(detail.requestConfig.elt); });
  document.body.addEventListener('kept', ({ target }) => done(target.closest?.('form.t-composer')));
  wire('form.t-composer', (composer) => {
    const draft = read(keyOf(composer));
    if (draft && !texted(composer)) offer(composer, keyOf(composer), draft, texts, (fields) => fillIn(composer, fields));
  });
  wireAll(document.body);
}

function fillIn(composer, fields) {
  for (const [name, value] of fields) {
    const inputs = [...composer.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
    const input = inputs.find((each) => each.type !== 'radio' || each.value === value);
    if (!input || input.type === 'hidden') continue;
    if (input.type === 'radio') input.checked = true;
    else input.value = value;
    input.dispatchEvent(new Event(input.type === 'radio' ? 'change' : 'input', { bubbles: true }));
  }
  composer.querySelector('textarea')?.focus();
}
