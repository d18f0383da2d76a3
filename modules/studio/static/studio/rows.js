// Owns rows that are added, taken out and put in order, by mouse and by keyboard.
// [data-rows] holds li rows, the one with data-row-blank being the pattern; [data-row-add], [data-row-remove].
// [data-order] is a list whose rows move by their [data-grip]; with data-move-url on it, a move is kept at once;
// with data-order-url, the whole order is, as data-order-name repeated.

import { post } from '../../../web/static/web/net.js';
import { showToast } from '../../../web/static/web/toasts.js';
import { on, wire, wireAll } from '../../../web/static/web/wire.js';

let tokens = 0;

export function changed(element) {
  element.closest('form')?.dispatchEvent(new Event('input', { bubbles: true }));
}

export function say(text) {
  const said = document.getElementById('announce');
  if (said) said.textContent = text;
}

// A new row's fields carry a token of their own, so that rows may move freely.
function giveToken(row) {
  const holder = row.querySelector('[data-row-token]');
  if (!holder) return;
  const former = holder.value;
  tokens += 1;
  holder.value = `new${tokens}`;
  for (const field of row.querySelectorAll('[name]')) {
    const parts = field.name.split('.');
    const place = parts.indexOf(former);
    if (place > 0) field.name = parts.with(place, holder.value).join('.');
  }
}

function blankCopy(blank) {
  const row = blank.cloneNode(true);
  for (const field of row.querySelectorAll('input:not([type=checkbox]), textarea')) {
    if (!field.matches('[data-row-token]')) field.value = '';
  }
  for (const box of row.querySelectorAll('input[type=checkbox]')) box.checked = false;
  for (const select of row.querySelectorAll('select')) select.selectedIndex = 0;
  return row;
}

function addRow(holder) {
  const blank = holder.querySelector('[data-row-blank]');
  const row = blankCopy(blank);
  blank.removeAttribute('data-row-blank');
  const number = row.querySelector('[name="line.required"]');
  if (number) number.value = `@${holder.querySelectorAll('[name="line.required"]').length}`;
  giveToken(row);
  blank.after(row);
  wireAll(row);
  row.querySelector('input:not([type=hidden]), select').focus();
}

on('click', '[data-row-add]', (event, add) => {
  const holder = add.closest('[data-rows]');
  const blank = holder.querySelector('[data-row-blank]');
  const first = blank.querySelector('input:not([type=hidden]):not([type=checkbox]), select');
  // The blank row at the end is used before another one is made.
  if (first && !first.value) first.focus();
  else addRow(holder);
  changed(holder);
});
on('click', '[data-row-remove]', (event, remove) => {
  const row = remove.closest('li');
  const holder = row.closest('[data-rows]') ?? row.parentElement;
  if (row.hasAttribute('data-row-blank')) row.replaceWith(blankCopy(row));
  else {
    const next = row.nextElementSibling?.querySelector('input:not([type=hidden]), select');
    row.remove();
    next?.focus();
  }
  changed(holder);
});

function send(list, row) {
  const { moveUrl, orderUrl, orderName } = list.dataset;
  if (orderUrl) return post(orderUrl, [...list.children].map((each) => [orderName, each.dataset.name]));
  const before = row.previousElementSibling;
  return post(`${moveUrl}${encodeURIComponent(row.dataset.name)}/move`, { after: before?.dataset.name ?? '' });
}

const isKept = (list) => Boolean(list.dataset.moveUrl ?? list.dataset.orderUrl);

async function keep(list, row) {
  if (!isKept(list)) {
    changed(list);
    return;
  }
  try {
    showCount((await send(list, row)).text);
  } catch (error) {
    showToast({ kind: 'bad', text: error.message });
  }
}

function showCount(text) {
  const bar = document.querySelector('[data-draft-bar]');
  if (!bar || !text) return;
  bar.hidden = false;
  bar.querySelector('[data-draft-count]').textContent = text;
}

const waiting = new WeakMap();

// Keys come fast; what is sent is where the row comes to rest.
function keepSoon(list, row) {
  window.clearTimeout(waiting.get(row));
  waiting.set(row, window.setTimeout(() => keep(list, row), isKept(list) ? 500 : 0));
}

export function step(list, row, by) {
  const rows = [...list.children].filter((each) => !each.hasAttribute('data-row-blank') && !each.hidden);
  const place = rows.indexOf(row) + by;
  if (place < 0 || place >= rows.length) return false;
  if (by < 0) rows[place].before(row);
  else rows[place].after(row);
  say(`${place + 1} / ${rows.length}`);
  return true;
}

wire('[data-order], [data-move-url]', async (list) => {
  list.addEventListener('keydown', (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const grip = event.target.closest('[data-grip]');
    const row = grip?.closest('li');
    if (!by || row?.parentElement !== list) return;
    event.preventDefault();
    if (step(list, row, by)) keepSoon(list, row);
    grip.focus();
  });
  const { default: Sortable } = await import('sortablejs/modular/sortable.core.esm.js');
  new Sortable(list, {
    handle: '[data-grip]', draggable: 'li:not([data-row-blank])', animation: 120, onEnd: ({ item }) => keep(list, item),
  });
});
