// Owns dialogues, drawers and menus: opening, closing, placing, giving the focus back.
// data-dialog-open="#id" opens a <dialog>; [data-close] inside closes it; <dialog data-auto-open> opens when it arrives.
// data-menu="#id" opens a [popover] under its button; #layer is the slot for dialogues fetched by htmx.
// data-confirm="question" on a form or link asks first; data-confirm-label names the act.

import { on, wire } from './wire.js';
import { word } from './words.js';

export function openDialog(dialog) {
  if (dialog.open) return;
  dialog.showModal();
  firstField(dialog)?.focus();
  if (dialog.matches('.t-palette')) dialog.dispatchEvent(new Event('palette-opened'));
}

// In dialogues and forms the keyboard starts in the first field, not on the cross of the head; under a thumb it stays away until asked for, as a search is.
export function firstField(dialog) {
  if (window.matchMedia('(hover: none)').matches && !dialog.matches('.t-palette')) return null;
  const fields = [...dialog.querySelectorAll('input:not([type=hidden]), select, textarea')];
  const open = fields.filter((field) => field.offsetParent && !field.disabled && field.tabIndex >= 0);
  return open.find((field) => field.type !== 'radio' || field.checked);
}

// Promises true when the person chose to go on.
export function ask({ title, text = '', act, danger = false }) {
  const dialog = document.getElementById('ask');
  dialog.querySelector('[data-ask-title]').textContent = title;
  dialog.querySelector('[data-ask-text]').textContent = text;
  const go = dialog.querySelector('[data-ask-go]');
  go.textContent = act;
  go.className = `btn ${danger ? 'btn-danger' : 'btn-primary'}`;
  dialog.returnValue = '';
  openDialog(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'go'), { once: true });
  });
}

function placeMenu(menu, opener) {
  const box = opener.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const left = Math.min(box.left, window.innerWidth - width - 8);
  const fitsBelow = box.bottom + 4 + height <= window.innerHeight - 8;
  menu.style.left = `${Math.max(8, menu.dataset.align === 'end' ? Math.max(8, box.right - width) : left)}px`;
  menu.style.top = `${Math.max(8, Math.min(fitsBelow ? box.bottom + 4 : box.top - 4 - height, window.innerHeight - height - 8))}px`;
}

function entriesOf(menu) {
  return [...menu.querySelectorAll('a, button, input')].filter((entry) => !entry.disabled && entry.offsetParent);
}

function setUpMenuButton(opener) {
  const menu = document.querySelector(opener.dataset.menu);
  if (!menu) return;
  if (menu.matches('.t-menu')) opener.setAttribute('aria-haspopup', 'true');
  opener.setAttribute('aria-expanded', 'false');
  opener.popoverTargetElement = menu;
  menu.addEventListener('toggle', (event) => {
    const open = event.newState === 'open';
    opener.setAttribute('aria-expanded', String(open));
    if (!open) return;
    placeMenu(menu, opener);
    entriesOf(menu)[0]?.focus();
  });
}

function setUpMenu(menu) {
  menu.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const entries = entriesOf(menu);
    const next = entries.indexOf(document.activeElement) + step;
    entries.at(next % entries.length)?.focus();
  });
}

function setUpDialog(dialog) {
  if (dialog.hasAttribute('data-auto-open')) openDialog(dialog);
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog && dialog.hasAttribute('data-light')) dialog.close();
  });
  dialog.addEventListener('close', () => {
    if (dialog.parentElement?.id === 'layer') dialog.remove();
  });
}

async function confirmFirst(event, element, proceed) {
  event.preventDefault();
  event.stopImmediatePropagation();
  const { confirm, confirmText, confirmLabel } = element.dataset;
  const go = await ask({ title: confirm, text: confirmText, act: confirmLabel || word('go_on'), danger: true });
  if (go) proceed();
}

wire('[data-menu]', setUpMenuButton);
wire('[popover]', setUpMenu);
wire('dialog', setUpDialog);
on('click', '[data-dialog-open]', (event, opener) => {
  event.preventDefault();
  opener.closest('[popover]')?.hidePopover();
  openDialog(document.querySelector(opener.dataset.dialogOpen));
});
on('click', 'dialog [data-close]', (event, close) => close.closest('dialog').close());
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (!form.dataset.confirm || form.dataset.confirmed) return;
  const { submitter } = event;
  confirmFirst(event, form, () => { form.dataset.confirmed = '1'; form.requestSubmit(submitter); });
}, true);
document.body.addEventListener('close-dialog', () => document.querySelector('#layer dialog')?.close());
