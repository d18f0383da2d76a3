// Owns lists: the row under the keyboard, picking rows, the selection bar, peek, opening rows.
// table[data-list]; tr[data-uid][data-href][data-peek-url]; input[data-pick], input[data-pick-all];
// [data-selection] with [data-selection-count], [data-selection-clear], [data-pick-fit] (take all that fit the filter) and
// [data-pick-whole]; [data-pick-mode] brings the boxes out on phones; #peek.

import { editCell, headOf, leaveEditMode, tapToEdit } from './cells.js';
import { htmx } from './requests.js';
import { on, wire } from './wire.js';
import { word } from './words.js';

let current = null;

function rows() {
  return [...document.querySelectorAll('table[data-list] tbody tr[data-uid]')];
}

function setCurrent(row) {
  current?.classList.remove('is-current');
  const column = [...current?.cells ?? []].findIndex((cell) => cell.classList.contains('is-at'));
  for (const cell of document.querySelectorAll('td.is-at')) cell.classList.remove('is-at');
  if (row.cells[column]?.dataset.editUrl) row.cells[column].classList.add('is-at');
  current = row;
  row.classList.add('is-current');
  row.scrollIntoView({ block: 'nearest' });
  const peek = document.getElementById('peek');
  if (peek && !peek.hidden) openPeek(row);
}

const titleOf = (row) => row.querySelector('a.t-strong');

export function currentRow() {
  return current?.isConnected ? current : null;
}

export function moveRow(step) {
  const all = rows();
  if (!all.length) return false;
  const place = all.indexOf(currentRow());
  const next = place < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, place + step));
  setCurrent(all[next]);
  titleOf(all[next])?.focus({ preventScroll: true });
  return true;
}

export function openRow() {
  const row = currentRow();
  if (row?.dataset.href) window.location.assign(row.dataset.href);
  return Boolean(row);
}

export function pickRow() {
  const box = currentRow()?.querySelector('input[data-pick]');
  box?.click();
  return Boolean(box);
}

export function peekRow() {
  const row = currentRow();
  if (!row?.dataset.peekUrl) return false;
  if (row.classList.contains('is-peeked')) closePeek();
  else openPeek(row);
  return true;
}

// The cell under the keyboard: the arrows walk along the row, E edits it; without one the first that can be edited.
function cellsOf(row) {
  return [...row?.querySelectorAll('td[data-edit-url]') ?? []].filter((cell) => cell.offsetParent);
}

export function moveCell(step) {
  const row = currentRow();
  const cells = cellsOf(row);
  if (!cells.length) return false;
  const at = cells.findIndex((cell) => cell.classList.contains('is-at'));
  const next = at < 0 ? (step > 0 ? 0 : cells.length - 1) : Math.min(cells.length - 1, Math.max(0, at + step));
  for (const cell of document.querySelectorAll('td.is-at')) cell.classList.remove('is-at');
  cells[next].classList.add('is-at');
  cells[next].scrollIntoView({ block: 'nearest', inline: 'nearest' });
  document.getElementById('announce').textContent = `${headOf(cells[next])}: ${cells[next].textContent.trim()}`;
  return true;
}

export function editRow() {
  const cells = cellsOf(currentRow());
  const cell = cells.find((each) => each.classList.contains('is-at')) ?? cells.find((each) => !each.classList.contains('t-pin')) ?? cells[0];
  if (cell) editCell(cell);
  return Boolean(cell);
}

export function pickPage() {
  const all = document.querySelector('input[data-pick-all]');
  all?.click();
  return Boolean(all);
}

function openPeek(row) {
  document.querySelectorAll('tr.is-peeked').forEach((other) => other.classList.remove('is-peeked'));
  row.classList.add('is-peeked');
  const peek = document.getElementById('peek');
  peek.hidden = false;
  htmx.ajax('GET', row.dataset.peekUrl, { target: '#peek', swap: 'innerHTML' });
}

export function closePeek() {
  const peek = document.getElementById('peek');
  if (!peek || peek.hidden) return false;
  peek.hidden = true;
  peek.replaceChildren();
  document.querySelectorAll('tr.is-peeked').forEach((row) => row.classList.remove('is-peeked'));
  return true;
}

// What is picked goes along from page to page of one list, however it is sorted: off the present page as hidden inputs of the form.
const elsewhere = new Set();
const pickedKey = `picked:${document.body.dataset.person}`;
const placing = ['page', 'after', 'before', 'last', 'at', 'sort', 'cols', 'view'];

// The same for every page of a list; the view that opens by itself is named by none of the first one's address.
function listShown() {
  const asked = [...new URLSearchParams(window.location.search)].filter(([name, value]) => value && !placing.includes(name));
  return JSON.stringify([window.location.pathname, document.querySelector('table[data-list]').dataset.view, asked.sort()]);
}

function recallPicked() {
  const kept = JSON.parse(sessionStorage.getItem(pickedKey) ?? '{}');
  const cameFrom = document.referrer && new URL(document.referrer).pathname;
  if (cameFrom !== window.location.pathname || kept.list !== listShown()) forgetPicked();
  else {
    const boxes = new Map([...document.querySelectorAll('input[data-pick]')].map((box) => [box.value, box]));
    for (const uid of kept.uids) {
      if (boxes.has(uid)) boxes.get(uid).checked = true;
      else elsewhere.add(uid);
    }
  }
  showSelection();
}

function keepPicked(form, chosen) {
  for (const input of form.querySelectorAll('[data-elsewhere]')) input.remove();
  for (const uid of elsewhere) {
    const input = Object.assign(document.createElement('input'), { type: 'hidden', name: 'uid', value: uid });
    input.dataset.elsewhere = '';
    form.append(input);
  }
  const uids = [...elsewhere, ...chosen.map((box) => box.value)];
  if (uids.length) sessionStorage.setItem(pickedKey, JSON.stringify({ list: listShown(), uids }));
  else forgetPicked();
}

function forgetPicked() {
  elsewhere.clear();
  sessionStorage.removeItem(pickedKey);
}

function pickNone() {
  forgetPicked();
  for (const box of document.querySelectorAll('input[data-pick]')) box.checked = false;
}

function showSelection() {
  const picked = [...document.querySelectorAll('input[data-pick]')];
  const chosen = picked.filter((box) => box.checked);
  for (const box of picked) box.closest('tr')?.classList.toggle('is-picked', box.checked);
  const all = document.querySelector('input[data-pick-all]');
  if (all) {
    all.checked = chosen.length > 0 && chosen.length === picked.length;
    all.indeterminate = chosen.length > 0 && chosen.length < picked.length;
  }
  const bar = document.querySelector('[data-selection]');
  if (!bar) return;
  keepPicked(bar, chosen);
  const count = chosen.length + elsewhere.size;
  bar.hidden = count === 0;
  document.body.classList.toggle('is-picking', count > 0);
  const fit = bar.querySelector('[data-pick-fit]');
  const everyOne = chosen.length > 0 && chosen.length === picked.length;
  if (!everyOne && !(picking() && chosen.length)) takeWhole(bar, false);
  const whole = bar.querySelector('[data-pick-whole]')?.value === '1';
  if (fit) fit.hidden = whole || !(everyOne || picking());
  bar.querySelector('[data-selection-count]').textContent = whole ? fit.dataset.picked : word('selected', { count });
}

// Not only the rows of this page: everything that the list's filter fits.
function takeWhole(bar, on) {
  const whole = bar.querySelector('[data-pick-whole]');
  if (whole) whole.value = on ? '1' : '';
}

let lastPicked = null;

function pickRange(event, box) {
  if (event.shiftKey && lastPicked && lastPicked.isConnected) {
    const all = [...document.querySelectorAll('input[data-pick]')];
    const [from, to] = [all.indexOf(lastPicked), all.indexOf(box)].sort((left, right) => left - right);
    for (const between of all.slice(from, to + 1)) between.checked = box.checked;
  }
  lastPicked = box;
  showSelection();
}

// On phones there is no room for boxes; a button of the head brings them out, and a tap then picks.
function picking() {
  return Boolean(document.querySelector('table[data-list].is-picking'));
}

function pickMode(button) {
  leaveEditMode();
  const on = document.querySelector('table[data-list]')?.classList.toggle('is-picking') ?? false;
  button.setAttribute('aria-pressed', String(on));
  if (!on) pickNone();
  showSelection();
}

function pressRow(event, row) {
  if (picking() && !event.target.closest('input, label, button')) {
    event.preventDefault();
    row.querySelector('input[data-pick]')?.click();
    return;
  }
  if (tapToEdit(event, row) || event.target.closest('a, button, input, label, select, .is-editing')) return;
  if (window.getSelection()?.toString() || document.querySelector('td.is-editing')) return;
  if (event.metaKey || event.ctrlKey) window.open(row.dataset.href, '_blank', 'noopener');
  else window.location.assign(row.dataset.href);
}

wire('table[data-list]', recallPicked);
on('click', 'input[data-pick]', pickRange);
on('click', '[data-pick-mode]', (event, button) => pickMode(button));
on('change', 'input[data-pick-all]', (event, all) => {
  for (const box of document.querySelectorAll('input[data-pick]')) box.checked = all.checked;
  showSelection();
});
on('click', '[data-pick-fit]', (event, fit) => {
  takeWhole(fit.closest('[data-selection]'), true);
  showSelection();
});
on('click', '[data-selection-clear]', () => {
  pickNone();
  showSelection();
});
// Only what was begun leaves nothing picked: a dialogue that was refused or closed may be opened again.
document.body.addEventListener('htmx:afterRequest', ({ detail }) => {
  if (detail.xhr.status === 204 && detail.elt.matches('#layer form:has([name=uids], [name=all])')) forgetPicked();
});
on('click', 'table[data-list] tr[data-href]', pressRow);
on('focusin', 'table[data-list] tr[data-uid]', (event, row) => { if (row !== current) setCurrent(row); });
// A value edited in the list stands in the open peek too.
document.body.addEventListener('record-changed', () => {
  const peeked = document.querySelector('tr.is-peeked');
  if (peeked) openPeek(peeked);
});
on('click', '[data-peek-close]', closePeek);
on('click', '[data-peek-step]', (event, step) => moveRow(Number(step.dataset.peekStep)));
