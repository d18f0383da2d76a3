// Owns the keyboard map. Single keys rest while someone types, and are off for good with data-keys="off" on <body>.
// data-key="c" on a link or button: that key presses it; on what is typed in, or a bar of buttons, the focus goes there. data-goto="h": g
// then h goes there. What each key does stands in the sheet of templates/web/_keys.html; a test holds both to each other.

import { isEditingCell } from './cells.js';
import { isTyping } from './dom.js';
import { cancelForm, saveForm } from './forms.js';
import { openDialog } from './layers.js';
import { closePeek, editRow, moveCell, moveRow, openRow, peekRow, pickPage, pickRow } from './lists.js';

const sequenceMilliseconds = 1200;
let goingUntil = 0;

function openSearch() {
  const palette = document.getElementById('palette');
  if (palette) openDialog(palette);
  return Boolean(palette);
}

// The arrows walk rows and cells only where nothing else that has the focus answers them.
const isFree = () => !document.activeElement?.closest('.t-card, [role=tab], [role=menu], [popover], select, [data-board], .t-path, th');
const onRows = (step) => isFree() && moveRow(step);
const onCells = (step) => isFree() && moveCell(step);

const singles = {
  '/': openSearch, j: () => moveRow(1), k: () => moveRow(-1), ArrowDown: () => onRows(1), ArrowUp: () => onRows(-1), ArrowLeft: () => onCells(-1), ArrowRight: () => onCells(1),
  x: pickRow, X: pickPage, ' ': peekRow, e: editRow, Enter: openRow,
  '?': () => { const sheet = document.getElementById('keys'); if (sheet) openDialog(sheet); return Boolean(sheet); },
};

const shown = (elements) => [...elements].find((element) => element.getClientRects().length > 0);

function press(selector) {
  const target = shown(document.querySelectorAll(selector));
  if (target?.matches('[role=toolbar]')) shown(target.querySelectorAll('button')).focus();
  else target?.focus(); // what a dialogue gives back when it closes
  if (target?.matches('a, button')) target.click();
  return Boolean(target);
}

function single(event) {
  if (event.timeStamp < goingUntil) {
    goingUntil = 0;
    return press(`[data-goto="${CSS.escape(event.key)}"]`);
  }
  if (event.key === 'g') {
    goingUntil = event.timeStamp + sequenceMilliseconds;
    return true;
  }
  // Enter and Space belong to the control that has the focus, if one has; the name of a row opens by Enter alone.
  const control = event.target.closest('a, button, input, summary, .t-card');
  if (event.key === 'Enter' && control || event.key === ' ' && control && !control.matches('tr.is-current a')) return false;
  return singles[event.key]?.() || press(`[data-key="${CSS.escape(event.key)}"]`);
}

function withModifier(event) {
  if (event.key === 'Enter' || event.key.toLowerCase() === 's') return saveForm(event.target);
  if (event.key.toLowerCase() === 'k') return openSearch();
  return false;
}

function escape(event) {
  if (document.querySelector('dialog[open], [popover]:popover-open, .dropdown-active')) return false;
  if (event.target.closest('.is-editing')) return false;
  return closePeek() || cancelForm();
}

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.isComposing || event.altKey) return;
  let used = false;
  if (event.key === 'Escape') used = escape(event);
  else if (event.ctrlKey || event.metaKey) used = withModifier(event);
  else if (document.body.dataset.keys !== 'off' && !isTyping(event.target) && !isEditingCell() && !document.querySelector('dialog[open]')) {
    used = single(event);
  }
  if (used) event.preventDefault();
});
