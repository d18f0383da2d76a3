// Owns the heads of a list: widths and places by pointer and keys, hiding, the menu of a column, sorting by several.
// table[data-columns-url][data-column-menu-url][data-view]; th[data-col][data-width][data-label] with [data-column-edge] and
// [data-column-menu]; #column-menu gets its entries from the server: [data-column-move], [data-column-width], [data-column-hide].
// Widths stand in a sheet of their own: the page's policy lets no style into the markup.

import { htmx } from './requests.js';
import { post } from './net.js';
import { showToast } from './toasts.js';
import { on, wire } from './wire.js';
import { word } from './words.js';

const [narrowest, widest, step, held] = [48, 900, 24, 6];
const sheet = new CSSStyleSheet();
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
let chosen = null;
let waiting = 0;

const headsOf = (table) => [...table.querySelectorAll('th[data-col]')];
const clamp = (width) => Math.round(Math.min(widest, Math.max(narrowest, width)));

function lay(table) {
  const rules = headsOf(table).flatMap((head) => {
    const width = Number(head.dataset.width);
    if (!width) return [];
    const place = head.cellIndex + 1;
    return `@media (min-width: 768px) { .t-grid[data-list] :is(th, td):nth-child(${place}) { width: ${width}px; min-width: ${width}px; max-width: ${width}px; } }`;
  });
  sheet.replaceSync(rules.join('\n'));
}

function keep(table, fields) {
  const { view, columnsUrl } = table.dataset;
  return post(columnsUrl, { view, ...fields }).catch((error) => showToast({ kind: 'bad', text: error.message }));
}

function keepWidths(table) {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    const widths = headsOf(table).filter((head) => head.dataset.width).map((head) => `${head.dataset.col}:${head.dataset.width}`);
    keep(table, { widths: widths.join(',') });
  }, 400);
}

function setWidth(head, width) {
  head.dataset.width = String(clamp(width));
  const table = head.closest('table');
  lay(table);
  keepWidths(table);
  document.getElementById('announce').textContent = word('column_width', { column: head.dataset.label, width: head.dataset.width });
}

// The address keeps the columns of an open view until the view is saved; one's own choice is kept at once.
async function setColumns(table, keys) {
  const address = new URL(window.location.href);
  for (const name of ['cols', 'page', 'after', 'before', 'last', 'at']) address.searchParams.delete(name);
  if (table.dataset.view) {
    address.searchParams.set('view', table.dataset.view);
    address.searchParams.set('cols', keys.join(','));
  } else {
    await keep(table, { cols: keys.join(',') });
  }
  window.location.assign(address);
}

function move(head, by) {
  const table = head.closest('table');
  const keys = headsOf(table).map((each) => each.dataset.col);
  const from = keys.indexOf(head.dataset.col);
  const to = from + by;
  if (from < 1 || to < 1 || to >= keys.length) return;
  keys.splice(to, 0, ...keys.splice(from, 1));
  setColumns(table, keys);
}

function drag(event, edge) {
  if (event.button !== 0) return;
  event.preventDefault();
  const head = edge.closest('th');
  const [start, width] = [event.clientX, head.getBoundingClientRect().width];
  edge.setPointerCapture(event.pointerId);
  const follow = (moved) => { head.dataset.width = String(clamp(width + moved.clientX - start)); lay(head.closest('table')); };
  edge.addEventListener('pointermove', follow);
  edge.addEventListener('pointerup', () => {
    edge.removeEventListener('pointermove', follow);
    setWidth(head, Number(head.dataset.width) || width);
  }, { once: true });
}

// A head held and moved sideways goes to where a line shows between the others; a short press still sorts.
function dragHead(event, head) {
  if (event.button !== 0 || event.pointerType === 'touch' || event.target.closest('button, .t-th-edge')) return;
  const table = head.closest('table');
  const heads = headsOf(table);
  const from = heads.indexOf(head);
  if (from < 1) return;
  let to = from;
  const mark = () => heads.forEach((each, place) => {
    each.classList.toggle('is-drop', place === to && to !== from);
    each.classList.toggle('is-after', to > from);
  });
  const follow = (moved) => {
    if (!head.classList.contains('is-moving') && Math.abs(moved.clientX - event.clientX) < held) return;
    head.classList.add('is-moving');
    const under = heads.findIndex((each) => moved.clientX < each.getBoundingClientRect().right);
    to = Math.max(1, under < 0 ? heads.length - 1 : under);
    mark();
  };
  const end = (ended) => {
    const moved = head.classList.contains('is-moving');
    ending.abort();
    if (moved && ended.type === 'pointerup') addEventListener('click', stop, { capture: true, once: true });
    if (moved) setTimeout(() => removeEventListener('click', stop, { capture: true }));
    if (ended.type !== 'pointerup') to = from;
    head.classList.remove('is-moving');
    heads.forEach((each) => each.classList.remove('is-drop', 'is-after'));
    if (moved && to !== from) move(head, to - from);
  };
  const ending = new AbortController();
  const { signal } = ending;
  addEventListener('pointermove', follow, { signal });
  addEventListener('pointerup', end, { signal });
  addEventListener('pointercancel', end, { signal });
  addEventListener('keydown', (key) => { if (key.key === 'Escape') end(key); }, { signal });
}

function stop(event) {
  event.preventDefault();
  event.stopPropagation();
}

async function openMenu(opener) {
  const menu = document.getElementById('column-menu');
  chosen = opener.closest('th');
  const address = new URL(chosen.closest('table').dataset.columnMenuUrl, window.location.href);
  address.searchParams.set('key', chosen.dataset.col);
  await htmx.ajax('GET', `${address.pathname}${address.search}`, { target: menu, swap: 'innerHTML' });
  menu.showPopover();
  const box = opener.getBoundingClientRect();
  menu.style.left = `${Math.max(8, Math.min(box.left, window.innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${Math.min(box.bottom + 4, Math.max(8, window.innerHeight - menu.offsetHeight - 8))}px`;
  menu.querySelector('a, button')?.focus();
}

function onHeadKey(event, head) {
  if (!event.altKey || event.ctrlKey || event.metaKey) return;
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const width = { '+': step, '=': step, '-': -step, '−': -step }[event.key];
  if (!by && !width) return;
  event.preventDefault();
  if (by) move(head, by);
  else setWidth(head, head.getBoundingClientRect().width + width);
}

// Alt with an arrow moves a row of any list that can be dragged, so that no mouse is needed.
function moveInList(event, row) {
  const by = event.altKey ? { ArrowUp: -1, ArrowDown: 1 }[event.key] : 0;
  const other = by < 0 ? row.previousElementSibling : row.nextElementSibling;
  if (!by || !other) return;
  event.preventDefault();
  const { activeElement } = document;
  if (by < 0) other.before(row);
  else other.after(row);
  activeElement?.focus();
  row.scrollIntoView({ block: 'nearest' });
  const all = [...row.parentElement.children];
  document.getElementById('announce').textContent = word('row_moved', { place: all.indexOf(row) + 1, count: all.length });
}

wire('table[data-list]', lay);
on('pointerdown', '[data-column-edge]', drag);
on('pointerdown', 'th[data-col]', dragHead);
on('dragstart', 'th[data-col]', (event) => event.preventDefault());
on('dblclick', '[data-column-edge]', (event, edge) => {
  const head = edge.closest('th');
  delete head.dataset.width;
  lay(head.closest('table'));
  keepWidths(head.closest('table'));
});
on('click', '[data-column-menu]', (event, opener) => openMenu(opener));
on('click', '[data-column-move]', (event, entry) => move(chosen, Number(entry.dataset.columnMove)));
on('click', '[data-column-width]', (event, entry) => setWidth(chosen, chosen.getBoundingClientRect().width + Number(entry.dataset.columnWidth)));
on('click', '[data-column-hide]', () => {
  const table = chosen.closest('table');
  setColumns(table, headsOf(table).map((head) => head.dataset.col).filter((key) => key !== chosen.dataset.col));
});
on('click', 'th[data-col] a[data-beside]', (event, link) => {
  if (!event.shiftKey) return;
  event.preventDefault();
  window.location.assign(link.dataset.beside);
});
on('keydown', 'th[data-col]', onHeadKey);
on('keydown', '[data-sortable] > li', moveInList);
