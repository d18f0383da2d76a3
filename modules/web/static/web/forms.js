// Owns forms: one submit at a time, a question before typed text is lost, Ctrl/Cmd+Enter, links of the error list.
// form[data-begin] has the focus in its first field when it comes. form[data-guard] is watched, and with data-typed holds what was typed before it was refused; [data-cancel] inside its page is where Esc leads; a busy form has aria-busy.
// So are dialogues that were fetched to be filled in, composers and values edited in place, from the first key or press in them.

import { ask, firstField } from './layers.js';
import { openTabOf } from './tabs.js';
import { on, wire } from './wire.js';
import { word } from './words.js';

const busyMilliseconds = 15000;
const snapshots = new WeakMap();
const fetched = '#layer dialog:not([data-light], #cell-conflict)';
const watched = `${fetched} form, form.t-composer, .is-editing form`;

function snapshot(form) {
  return new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === 'string')).toString();
}

export function isDirty(form) {
  return snapshots.has(form) && snapshots.get(form) !== snapshot(form);
}

export function dirtyForm() {
  return [...document.querySelectorAll('form[data-guard]')].find((form) => isDirty(form) && !form.hasAttribute('aria-busy'));
}

// Anything typed that is not saved, wherever it stands.
export function holdsTyped() {
  return [...document.querySelectorAll('form')].some((form) => isDirty(form));
}

function submitters(form) {
  return [...document.querySelectorAll('button[type=submit], button:not([type])')].filter((button) => button.form === form);
}

function setBusy(form, busy) {
  form.toggleAttribute('aria-busy', busy);
  document.body.classList.toggle('is-sending', busy);
  for (const button of submitters(form)) button.disabled = busy;
}

function onSubmit(event) {
  const form = event.target;
  if (event.defaultPrevented) return;
  if (event.submitter?.dataset.download !== undefined) { // a file is saved, the page stays
    event.submitter.closest('dialog')?.close();
    return;
  }
  if (form.hasAttribute('aria-busy')) {
    event.preventDefault();
    event.stopPropagation();
    return;
  }
  // Buttons are disabled one turn later, or the pressed one's name and value would not be sent.
  window.setTimeout(() => setBusy(form, true));
  window.setTimeout(() => setBusy(form, false), busyMilliseconds);
}

async function mayLose(form) {
  if (!isDirty(form)) return true;
  const go = await ask({ title: word('leave_title'), text: word('leave_text'), act: word('leave'), danger: true });
  if (go) snapshots.delete(form);
  return go;
}

async function leave(form, link) {
  if (!await mayLose(form)) return;
  if (link.tagName === 'A') window.location.assign(link.href);
  else link.click();
}

async function leaveDialog(event, dialog) {
  const form = [...dialog.querySelectorAll('form')].find((each) => isDirty(each) && !each.hasAttribute('aria-busy'));
  if (!form) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (await mayLose(form)) dialog.close();
}

export function cancelForm() {
  const form = document.querySelector('form[data-guard]');
  const link = document.querySelector('[data-cancel]');
  if (form && link) leave(form, link);
  return Boolean(form && link);
}

export function saveForm(target) {
  const form = target?.closest?.('form') ?? document.querySelector('dialog[open] form:not([method=dialog]), form[data-guard]');
  if (!form) return false;
  form.requestSubmit(form.querySelector('[data-save]') ?? submitters(form).find((button) => button.matches('[data-save]')));
  return true;
}

wire('form[data-guard]', (form) => {
  if (form.dataset.typed !== undefined) snapshots.set(form, '');
  // Number and select controls settle first; the snapshot is of what the person sees at the start.
  else window.setTimeout(() => snapshots.set(form, snapshot(form)), 300);
});
// What was refused and is drawn again holds what was typed before.
function noteStart({ target }) {
  const form = target.closest?.(watched);
  if (form && !snapshots.has(form)) snapshots.set(form, form.querySelector('.t-error, [role=alert]') ? '' : snapshot(form));
}
for (const type of ['keydown', 'pointerdown']) document.addEventListener(type, noteStart, true);
document.addEventListener('cancel', (event) => { if (event.target.matches?.(fetched)) leaveDialog(event, event.target); }, true);
document.addEventListener('click', (event) => {
  const dialog = event.target.closest?.('[data-close]')?.closest(fetched);
  if (dialog) leaveDialog(event, dialog);
}, true);
wire('[data-focus]', (field) => {
  (field.tomselect ?? field).focus();
  if (field.matches('textarea')) field.setSelectionRange(field.value.length, field.value.length); // one writes on
});
wire('form[data-begin]', (form) => {
  if (!document.querySelector('[data-focus], dialog[open]')) firstField(form)?.focus();
});
document.addEventListener('submit', onSubmit);
// htmx takes a submit before it comes up to the document. A second press waits for nothing: it is dropped until the answer is there,
// and where that leads to another page, until the page is.
document.addEventListener('submit', (event) => {
  if (!event.submitter || !event.target.hasAttribute('aria-busy')) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
document.body.addEventListener('htmx:beforeRequest', ({ detail }) => {
  if (detail.elt.matches('form') && detail.requestConfig.verb !== 'get') detail.elt.setAttribute('aria-busy', '');
});
document.body.addEventListener('htmx:afterRequest', ({ detail: { elt, successful, xhr } }) => {
  const form = elt.closest?.('form');
  if (!form) return;
  const leaving = ['HX-Redirect', 'HX-Refresh'].some((name) => xhr.getResponseHeader(name));
  if (leaving) window.setTimeout(() => setBusy(form, false), busyMilliseconds);
  else if (elt === form) setBusy(form, false);
  if (successful && form.isConnected) snapshots.set(form, snapshot(form));
});
window.addEventListener('pageshow', () => document.querySelectorAll('form[aria-busy]').forEach((form) => setBusy(form, false)));
window.addEventListener('beforeunload', (event) => {
  if (dirtyForm()) event.preventDefault();
});
on('click', '[data-cancel]', (event, link) => {
  const form = document.querySelector('form[data-guard]');
  if (!form || !isDirty(form) || link.tagName !== 'A') return;
  event.preventDefault();
  leave(form, link);
});
on('click', '[data-error-for]', (event, link) => {
  const field = document.getElementById(link.dataset.errorFor);
  if (!field) return;
  event.preventDefault();
  field.closest('[hidden]')?.removeAttribute('hidden');
  openTabOf(field);
  (field.tomselect ?? field).focus();
  field.closest('.t-field')?.scrollIntoView({ block: 'center' });
});
