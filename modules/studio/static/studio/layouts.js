// Owns the board of the form layout: sections that are added, moved and taken out; fields that move between them by mouse or keys.

import { on, wire, wireAll } from '../../../web/static/web/wire.js';
import { changed, say, step } from './rows.js';

let made = 0;

function listsOf(board) {
  return [...board.querySelectorAll('.t-form-section:not([hidden]) > [data-places]')];
}

function setToken(section) {
  made += 1;
  const token = `n${made}`;
  section.querySelector('[data-section-token]').value = `s:${token}`;
  for (const field of section.querySelectorAll('[name^="section."]')) field.name = field.name.replace('section.blank.', `section.${token}.`);
  for (const field of section.querySelectorAll('[disabled]')) field.disabled = false;
}

// At the end of a section the arrow leads into the next one.
function moveField(board, row, by) {
  const list = row.parentElement;
  if (step(list, row, by)) return true;
  const lists = listsOf(board);
  const next = lists[lists.indexOf(list) + by];
  if (!next) return false;
  if (by > 0) next.prepend(row);
  else next.append(row);
  say(next.closest('section').querySelector('input:not([type=hidden])')?.value || next.closest('section').querySelector('h3')?.textContent || '');
  return true;
}

function moveSection(board, section, by) {
  const sections = [...board.querySelectorAll('.t-form-section:not([hidden]):not(.is-free)')];
  const place = sections.indexOf(section) + by;
  if (place < 0 || place >= sections.length) return;
  if (by < 0) sections[place].before(section);
  else sections[place].after(section);
  say(`${place + 1} / ${sections.length}`);
}

async function sortable(list, settings) {
  const { default: Sortable } = await import('sortablejs/modular/sortable.core.esm.js');
  return new Sortable(list, { animation: 120, onEnd: () => changed(list), ...settings });
}

wire('[data-places]', (list) => {
  if (!list.closest('[hidden]')) sortable(list, { group: 'fields', handle: '.t-placed > [data-grip]', draggable: '.t-placed' });
});
wire('[data-sections]', (board) => {
  sortable(board, { handle: 'header > [data-grip]', draggable: '.t-form-section:not(.is-free):not([hidden])' });
  board.addEventListener('keydown', (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const grip = event.target.closest('[data-grip]');
    if (!by || !grip) return;
    event.preventDefault();
    const row = grip.closest('.t-placed');
    if (row) moveField(board, row, by);
    else moveSection(board, grip.closest('.t-form-section'), by);
    changed(board);
    grip.focus();
  });
});
on('click', '[data-section-add]', (event, add) => {
  const board = add.form?.querySelector('[data-sections]') ?? document.querySelector('[data-sections]');
  const blank = board.querySelector('[data-section-blank]');
  const section = blank.cloneNode(true);
  section.removeAttribute('data-section-blank');
  section.hidden = false;
  setToken(section);
  blank.before(section);
  wireAll(section);
  section.querySelector('input:not([type=hidden])').focus();
  changed(board);
});
on('click', '[data-section-remove]', (event, remove) => {
  const section = remove.closest('.t-form-section');
  const board = section.closest('[data-sections]');
  board.querySelector('.is-free [data-places]').append(...section.querySelector('[data-places]').children);
  section.remove();
  changed(board);
});
