// Owns values edited in place, in lists and on record pages: Enter saves, Esc leaves, Tab saves and goes to the next one.
// [data-edit-url] holds a value; the server answers .is-editing[data-restore-url] with a form; [data-edit-open], [data-edit-leave].

import { htmx } from './requests.js';
import { on, wire } from './wire.js';

export function editCell(cell) {
  if (cell.classList.contains('is-editing')) return;
  htmx.ajax('GET', cell.dataset.editUrl, { target: cell, swap: 'outerHTML' });
}

function leave(cell) {
  htmx.ajax('GET', cell.dataset.restoreUrl, { target: cell, swap: 'outerHTML' });
}

function neighbour(cell, step) {
  const cells = [...cell.parentElement.querySelectorAll('[data-edit-url], .is-editing')];
  return cells[cells.indexOf(cell) + step];
}

function changed(form) {
  return form.dataset.before !== new URLSearchParams(new FormData(form)).toString();
}

function finish(cell) {
  const form = cell.querySelector('form');
  if (changed(form)) form.requestSubmit();
  else leave(cell);
}

function onKey(event, cell) {
  const long = event.target.matches('textarea');
  const choosing = cell.querySelector('.dropdown-active');
  if (event.key === 'Escape' && !choosing) {
    event.preventDefault();
    leave(cell);
  } else if (event.key === 'Enter' && !long && !choosing && !event.isComposing) {
    event.preventDefault();
    finish(cell);
  } else if (event.key === 'Tab' && cell.tagName === 'TD') {
    const next = neighbour(cell, event.shiftKey ? -1 : 1);
    event.preventDefault();
    finish(cell);
    if (next) editCell(next);
  }
}

wire('.is-editing', (cell) => {
  const form = cell.querySelector('form');
  const control = cell.querySelector('input:not([type=hidden]), select, textarea');
  // Number and select controls settle first.
  window.setTimeout(() => {
    form.dataset.before = new URLSearchParams(new FormData(form)).toString();
    (control?.tomselect ?? control)?.focus();
    if (control?.matches('input:not([type=checkbox])')) control.select?.();
  }, 60);
  cell.addEventListener('keydown', (event) => onKey(event, cell));
  if (cell.tagName === 'TD') cell.addEventListener('change', (event) => { if (event.target.matches('select')) finish(cell); });
});
on('click', '[data-edit-open]', (event, opener) => editCell(opener.closest('[data-edit-url]')));
on('click', '[data-edit-leave]', (event, button) => leave(button.closest('.is-editing')));
on('dblclick', 'td[data-edit-url]', (event, cell) => editCell(cell));
// A press elsewhere ends the edit in a list: what was changed is saved.
document.addEventListener('pointerdown', (event) => {
  const cell = document.querySelector('td.is-editing');
  if (cell && !cell.contains(event.target) && cell.querySelector('form')?.dataset.before !== undefined) finish(cell);
});
