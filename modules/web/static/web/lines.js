// Owns tables of lines in forms: adding, removing and ordering rows by mouse, finger and keyboard.
// [data-lines] holds [data-lines-rows], a template[data-lines-blank] whose marks are `__row__`, and [data-lines-add]. A row's handle moves it
// with the arrow keys; Enter in the last row adds one.

import { later } from './later.js';
import { on, wire, wireAll } from './wire.js';
import { word } from './words.js';

const blankMark = '__row__';
let made = 0;

function rowsOf(table) {
  return [...table.querySelectorAll('[data-lines-row]')].filter((row) => row.closest('[data-lines]') === table);
}

function announce(text) {
  document.getElementById('announce').textContent = text;
}

function showNone(table) {
  table.querySelector('[data-lines-none]').hidden = rowsOf(table).length > 0;
}

function changed(table) {
  table.dispatchEvent(new Event('change', { bubbles: true }));
}

function markRow(row, mark) {
  for (const element of row.querySelectorAll('*')) {
    for (const attribute of [...element.attributes]) {
      if (attribute.value.includes(blankMark)) element.setAttribute(attribute.name, attribute.value.replaceAll(blankMark, mark));
    }
  }
}

function focusRow(row) {
  const field = row?.querySelector('input:not([type=hidden]), select, textarea');
  (field?.tomselect ?? field)?.focus();
}

function addRow(table) {
  made += 1;
  const row = table.querySelector('template[data-lines-blank]').content.firstElementChild.cloneNode(true);
  markRow(row, `n${made}`);
  table.querySelector('[data-lines-rows]').append(row);
  wireAll(row);
  showNone(table);
  changed(table);
  window.setTimeout(() => focusRow(row));
}

function removeRow(table, row) {
  const rows = rowsOf(table);
  const next = rows[rows.indexOf(row) + 1] ?? rows[rows.indexOf(row) - 1];
  for (const select of row.querySelectorAll('select')) select.tomselect?.destroy();
  row.remove();
  showNone(table);
  changed(table);
  announce(word('row_removed'));
  (next?.querySelector('[data-lines-remove]') ?? table.querySelector('[data-lines-add]')).focus();
}

function moveRow(table, row, step) {
  const rows = rowsOf(table);
  const place = rows.indexOf(row) + step;
  if (place < 0 || place >= rows.length) return;
  if (step < 0) rows[place].before(row);
  else rows[place].after(row);
  row.querySelector('[data-lines-move]').focus();
  changed(table);
  announce(word('row_moved', { place: place + 1, count: rows.length }));
}

async function setUp(table) {
  const { default: Sortable } = await later.sorting();
  const rows = table.querySelector('[data-lines-rows]');
  new Sortable(rows, {
    handle: '[data-lines-move]', draggable: '[data-lines-row]', animation: 120, forceFallback: true, onEnd: () => changed(table),
  });
  table.toggleAttribute('data-ready', true);
}

wire('[data-lines]', setUp);
on('click', '[data-lines-add]', (event, button) => addRow(button.closest('[data-lines]')));
on('click', '[data-lines-remove]', (event, button) => removeRow(button.closest('[data-lines]'), button.closest('[data-lines-row]')));
on('keydown', '[data-lines-move]', (event, handle) => {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!step) return;
  event.preventDefault();
  moveRow(handle.closest('[data-lines]'), handle.closest('[data-lines-row]'), step);
});
on('keydown', '[data-lines-row] input:not([type=hidden])', (event, input) => {
  if (event.key !== 'Enter' || event.isComposing || event.ctrlKey || event.metaKey || input.closest('.ts-wrapper')) return;
  const table = input.closest('[data-lines]');
  const rows = rowsOf(table);
  event.preventDefault();
  const row = input.closest('[data-lines-row]');
  if (rows.at(-1) === row) addRow(table);
  else focusRow(rows[rows.indexOf(row) + 1]);
});
