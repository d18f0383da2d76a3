// Owns values edited in place, in lists and on record pages: Enter saves, Esc leaves, Tab saves and goes to the next one.
// [data-edit-url] holds a value; the server answers .is-editing[data-restore-url] with a form; [data-edit-open], [data-edit-leave];
// .t-tip[popover] in it names the keys. Under a mouse, a cell that can be edited shows a pencil: a press anywhere else opens the row.
// Fingers have a way of their own: [data-edit-mode] lets a tap edit instead of open, [data-edit-bar] with [data-edit-end] leaves it;
// a phone unfolds the row that is tapped.

import { announce, button, icon, make } from './dom.js';
import { keptEditor } from './kept_cells.js';
import { htmx } from './requests.js';
import { goOn, isLost } from './standing.js';
import { showToast } from './toasts.js';
import { on, wire, wireAll } from './wire.js';
import { word } from './words.js';

let opening = 0;
const former = new Map(); // by the address of its editor: the value as it was shown before

export function editCell(cell) {
  if (cell.classList.contains('is-editing')) return;
  opening += 1;
  former.set(cell.dataset.editUrl, cell.cloneNode(true));
  htmx.ajax('GET', cell.dataset.editUrl, { target: cell, swap: 'outerHTML' }).catch(() => {}).finally(() => { opening -= 1; });
}

// Between two cells the focus is nowhere for a moment; what is typed then is no shortcut.
export function isEditingCell() {
  return opening > 0 || document.querySelector('td.is-editing') !== null;
}

// What the page alone knows of a cell: where it stands on a phone, and where the name leads.
function dress(cell) {
  const was = former.get(addressOf(cell) ?? cell.dataset.editUrl);
  if (!was) return;
  for (const name of ['phone', 'label']) if (was.dataset[name]) cell.dataset[name] = was.dataset[name];
  cell.classList.toggle('t-pin', was.classList.contains('t-pin'));
  const [link, led] = [cell.querySelector('a.t-strong'), was.querySelector('a.t-strong')];
  if (link && led) link.setAttribute('href', led.getAttribute('href'));
  const [face, shown] = [cell.querySelector('.avatar'), was.querySelector('.avatar')];
  if (face && shown) face.className = shown.className;
  if (cell.dataset.editUrl && cell.closest('tr.is-open')) offerEdit(cell);
  if (cell.dataset.editUrl && opening === 0 && isLost()) {
    cell.closest('tr')?.querySelector('td.is-at')?.classList.remove('is-at');
    cell.classList.add('is-at');
    goOn(cell.closest('tr')?.querySelector('a.t-strong'));
  }
}

const addressOf = (cell) => cell.dataset.restoreUrl?.replace('&shown=1', '');

function leave(cell) {
  htmx.ajax('GET', cell.dataset.restoreUrl, { target: cell, swap: 'outerHTML' }).catch(() => {});
}

// Without the network: the value as it was before, or with what was typed and waits to be sent.
function leaveWithout(cell, typed = null) {
  const shown = former.get(addressOf(cell));
  shown?.querySelector('.t-cell-edit')?.remove();
  if (!shown) return;
  if (typed !== null) {
    const target = shown.querySelector('dd, a.t-strong') ?? shown;
    target.replaceChildren(make('span', 't-2', typed), ' ', icon('clock'));
    target.title = word('waits');
  }
  cell.replaceWith(shown);
  htmx.process(shown);
}

async function openWithout(cell) {
  opening += 1;
  const editor = await keptEditor(cell).finally(() => { opening -= 1; });
  if (!editor) {
    showToast({ kind: 'bad', text: word('cell_no_network') });
    return;
  }
  cell.replaceWith(editor);
  htmx.process(editor);
  wireAll(editor);
}

function typedIn(cell) {
  const control = cell.querySelector('select, textarea, input:not([type=hidden])');
  if (control?.type === 'checkbox') return control.checked ? '✓' : '–';
  return control?.matches('select') ? [...control.selectedOptions].map((option) => option.textContent.trim()).join(', ') : control?.value ?? '';
}

// At the end of a row the next one goes on.
function neighbour(cell, step) {
  const body = cell.closest('tbody') ?? cell.parentElement;
  const cells = [...body.querySelectorAll('[data-edit-url], .is-editing')].filter((each) => each.offsetParent);
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
  } else if (event.key === 'Enter' && (!long || event.ctrlKey || event.metaKey) && !choosing && !event.isComposing) {
    event.stopPropagation();
    event.preventDefault();
    finish(cell);
  } else if (event.key === 'Tab' && cell.tagName === 'TD') {
    const next = neighbour(cell, event.shiftKey ? -1 : 1);
    event.preventDefault();
    finish(cell);
    if (next) editCell(next);
  }
}

// The tip stands in the top layer, where no pane cuts it off: under its cell, or over it at the foot of the window.
function placeTip(cell) {
  const tip = cell.querySelector('.t-tip[popover]');
  if (!tip) return;
  tip.showPopover();
  const box = cell.getBoundingClientRect();
  const below = box.bottom + 4 + tip.offsetHeight <= window.innerHeight;
  tip.style.top = `${below ? box.bottom + 4 : box.top - 4 - tip.offsetHeight}px`;
  tip.style.left = `${Math.max(8, Math.min(box.left, window.innerWidth - tip.offsetWidth - 8))}px`;
}

function makePencil(label) {
  const pencil = button('btn-quiet btn-square t-cell-edit', label, 'pencil');
  pencil.dataset.editOpen = '';
  return pencil;
}

export function headOf(cell) {
  return cell.closest('table').tHead.rows[0].cells[cell.cellIndex]?.dataset.label ?? '';
}

function pencilLabel(cell) {
  return word('edit_cell', { record: cell.parentElement.querySelector('a.t-strong')?.textContent ?? '', field: headOf(cell) });
}

// One pencil for the whole page: it moves to the cell under the mouse.
let moving = null;

function followMouse(cell) {
  if (moving?.parentElement === cell) return;
  const label = pencilLabel(cell);
  moving ??= makePencil(label);
  moving.tabIndex = -1;
  moving.title = label;
  moving.setAttribute('aria-label', label);
  cell.append(moving);
}

function offerEdit(cell) {
  if (!cell.querySelector(':scope > .t-cell-edit')) cell.append(makePencil(pencilLabel(cell)));
}

const narrow = window.matchMedia('(max-width: 767px)');
const changing = () => document.querySelector('table[data-list].is-changing');

export function leaveEditMode() {
  const table = changing();
  if (!table) return;
  table.classList.remove('is-changing');
  unfold(null);
  document.querySelector('[data-edit-bar]').hidden = true;
  document.body.classList.remove('is-changing-list');
}

function enterEditMode(opener) {
  opener.closest('[popover]')?.hidePopover();
  document.querySelector('[data-pick-mode][aria-pressed=true]')?.click();
  document.querySelector('table[data-list]').classList.add('is-changing');
  const bar = document.querySelector('[data-edit-bar]');
  bar.hidden = false;
  document.body.classList.add('is-changing-list');
  announce(bar.querySelector('span').textContent);
}

function unfold(row) {
  const open = document.querySelector('tr.is-open');
  if (open) {
    open.classList.remove('is-open');
    for (const pencil of open.querySelectorAll('.t-cell-edit')) pencil.remove();
  }
  if (!row || row === open) return;
  row.classList.add('is-open');
  for (const cell of row.cells) {
    cell.dataset.label = headOf(cell);
    if (cell.dataset.editUrl) offerEdit(cell);
  }
  row.scrollIntoView({ block: 'nearest' });
}

// Promises true where the tap was meant for editing.
export function tapToEdit(event, row) {
  if (!changing() || event.target.closest('.is-editing, button, input, label, select')) return false;
  event.preventDefault();
  const cell = event.target.closest('td');
  if (narrow.matches && !row.classList.contains('is-open')) unfold(row);
  else if (cell?.dataset.editUrl) editCell(cell);
  return true;
}

wire('td[data-edit-url]', dress);
wire('div[data-edit-url]', (fact) => { if (former.has(fact.dataset.editUrl)) goOn(fact.querySelector('[data-edit-open]')); });
wire('.is-editing', (cell) => {
  if (cell.tagName === 'TD') dress(cell);
  cell.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  const form = cell.querySelector('form');
  const control = cell.querySelector('input:not([type=hidden]), select, textarea');
  const begin = () => {
    form.dataset.before = new URLSearchParams(new FormData(form)).toString();
    (control?.tomselect ?? control)?.focus();
    if (control?.matches('input:not([type=checkbox])')) control.select?.();
    placeTip(cell);
  };
  if (control?.matches('select[data-select], select[data-remote-url]')) control.addEventListener('ready', begin, { once: true });
  else begin();
  cell.addEventListener('keydown', (event) => onKey(event, cell));
  if (cell.tagName === 'TD') cell.addEventListener('change', (event) => { if (event.target.matches('select:not([multiple])')) finish(cell); });
});
document.body.addEventListener('kept', (event) => {
  const cell = event.target.closest?.('.is-editing');
  if (cell) leaveWithout(cell, typedIn(cell));
});
document.body.addEventListener('htmx:sendError', ({ detail }) => {
  const cell = detail.target?.closest?.('.is-editing, [data-edit-url]');
  if (!cell || detail.requestConfig.verb !== 'get') return;
  if (cell.classList.contains('is-editing')) leaveWithout(cell);
  else openWithout(cell);
});
on('click', '[data-edit-open]', (event, opener) => editCell(opener.closest('[data-edit-url]')));
on('click', '[data-edit-leave]', (event, button) => leave(button.closest('.is-editing')));
on('pointerover', 'td[data-edit-url]', (event, cell) => { if (event.pointerType === 'mouse') followMouse(cell); });
on('click', '[data-edit-mode]', (event, opener) => enterEditMode(opener));
on('click', '[data-edit-end]', leaveEditMode);
document.addEventListener('scroll', () => document.querySelector('td.is-editing .t-tip:popover-open')?.hidePopover(), true);
// A press elsewhere ends the edit in a list: what was changed is saved. A finger may only want to scroll, so its tap tells.
function pressElsewhere(event) {
  if (event.type === 'pointerdown' && event.pointerType === 'touch') return;
  const cell = document.querySelector('td.is-editing');
  if (cell && !cell.contains(event.target) && !event.target.closest('.ts-dropdown, dialog') && cell.querySelector('form')?.dataset.before !== undefined) finish(cell);
}
document.addEventListener('pointerdown', pressElsewhere);
document.addEventListener('click', (event) => { if (event.pointerType === 'touch') pressElsewhere(event); }, true);
