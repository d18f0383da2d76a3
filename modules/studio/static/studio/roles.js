// Owns the matrix of a role: a row of its own and the general row it would follow, bars that show a chosen reach, a condition that
// is asked for at once; and the shortcuts over field rights.

import { on } from '../../../web/static/web/wire.js';

const widths = ['none', 'own', 'team', 'team_below', 'all'];
const changed = (form) => form.dispatchEvent(new Event('input', { bubbles: true }));
const cellsOf = (row) => [...row.querySelectorAll('[data-reach] select')];

// What a cell that follows others reaches: assigning as changing, merging as the narrower of changing and deleting.
function reachOf(row, select) {
  if (select.value !== '') return select.value;
  const value = (action) => row.querySelector(`select[name$=".${action}"]`).value;
  const [update, remove] = [value('update'), value('delete')];
  if (select.name.endsWith('.assign')) return update;
  return widths.indexOf(update) < widths.indexOf(remove) ? update : remove;
}

function draw(row) {
  for (const select of cellsOf(row)) {
    const reach = select.closest('[data-reach]');
    const width = Math.max(widths.indexOf(reachOf(row, select)), 0);
    const known = widths.includes(reachOf(row, select)) || select.value !== select.dataset.was;
    if (known) reach.className = reach.className.replace(/\bis-\d\b/, `is-${select.value === 'if' ? 4 : width}`);
    if (select.value !== select.dataset.was) reach.classList.add('is-new');
  }
}

function follow(row, general) {
  const from = cellsOf(general);
  cellsOf(row).forEach((select, number) => { select.value = from[number].value; });
  draw(row);
}

on('change', '[data-own]', (event, box) => {
  const row = box.closest('tr');
  row.classList.toggle('is-following', !box.checked);
  if (!box.checked) follow(row, row.parentElement.querySelector('.is-general'));
});
on('change', '[data-reach] select', (event, select) => {
  const row = select.closest('tr');
  const own = row.querySelector('[data-own]');
  if (own && !own.checked) {
    own.checked = true;
    row.classList.remove('is-following');
  }
  draw(row);
  if (!own) for (const other of row.parentElement.querySelectorAll('.is-following')) follow(other, row);
  // The condition has a page of its own; everything chosen so far goes into the draft with it.
  if (select.value === 'if' && select.dataset.was !== 'if') select.form.requestSubmit();
});
on('click', '[data-all]', (event, button) => {
  const form = button.closest('form');
  const groups = button.dataset.allIn === 'all' ? form.querySelectorAll('[data-group]') : form.querySelectorAll(`[data-group="${button.dataset.allIn}"]`);
  for (const group of groups) {
    for (const radio of group.querySelectorAll(`input[type=radio][value="${button.dataset.all}"]`)) radio.checked = true;
  }
  changed(form);
});
