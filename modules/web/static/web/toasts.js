// Owns toasts: results that pass after 8 seconds, with a way back where there is one; errors and reminders stay until they are closed.
// Markup: #toasts in the shell; [data-toast] inside it, [data-stays] for errors, [data-undo-url] on the Undo button.
// Servers may send HX-Trigger: {"toast": {"kind": "ok"|"bad"|"new", "text": "…", "undo": "/url"}}. A toast with `href` links there.

import { announce, button, icon, make } from './dom.js';
import { holdsTyped } from './forms.js';
import { post } from './net.js';
import { on, wire } from './wire.js';
import { word } from './words.js';

const visibleMilliseconds = 8000;
const icons = { ok: 'circle-check', bad: 'alert-circle', warn: 'alert-triangle', new: 'info-circle' };

function passAway(toast) {
  let timer = 0;
  const start = () => { timer = window.setTimeout(() => toast.remove(), visibleMilliseconds); };
  const stop = () => window.clearTimeout(timer);
  // A toast someone reads or reaches by keyboard waits for them.
  for (const type of ['mouseenter', 'focusin']) toast.addEventListener(type, stop);
  for (const type of ['mouseleave', 'focusout']) toast.addEventListener(type, start);
  start();
}

// The same complaint is made once for as long as it stands.
function standing(text) {
  return [...document.querySelectorAll('#toasts .t-bad > p')].find((words) => words.textContent === text)?.closest('[data-toast]');
}

// Of a `group` the last one stands: ten cells saved one after another tell of the tenth.
export function showToast({ kind = 'ok', text, undo = '', href = '', group = '', stays = false }) {
  const stands = kind === 'bad' && standing(text);
  if (stands) return stands;
  if (group) document.querySelector(`#toasts [data-group="${CSS.escape(group)}"]`)?.remove();
  const toast = make('div', `t-toast t-${kind}`);
  if (kind === 'bad') toast.setAttribute('role', 'alert');
  else announce(text);
  toast.dataset.toast = '';
  if (group) toast.dataset.group = group;
  const words = make('p', '', href ? '' : text);
  if (href) {
    const link = make('a', '', text);
    link.href = href;
    words.append(link);
  }
  toast.append(icon(icons[kind] ?? icons.new), words);
  if (undo) {
    const back = button('btn-quiet t-act', word('undo'), 'arrow-back-up');
    back.dataset.undoUrl = undo;
    toast.append(back);
  }
  const close = button('btn-quiet btn-square', word('close'), 'x');
  close.dataset.toastClose = '';
  toast.append(close);
  document.getElementById('toasts').append(toast);
  if (kind !== 'bad' && !stays) passAway(toast);
  return toast;
}

// What stands typed in this page stays in it: one signs in beside it, and saves again.
export function offerDoor() {
  const typed = holdsTyped();
  const href = `/login/?next=${encodeURIComponent(window.location.pathname + window.location.search)}`;
  const toast = showToast({ kind: 'bad', text: word(typed ? 'signed_out_typed' : 'signed_out'), href });
  if (typed) toast.querySelector('a').target = '_blank';
  return toast;
}

export function showError(error) {
  return error.status === 401 ? offerDoor() : showToast({ kind: 'bad', text: error.message });
}

async function undo(back) {
  back.disabled = true;
  try {
    const answer = await post(back.dataset.undoUrl);
    back.closest('[data-toast]').remove();
    document.body.dispatchEvent(new CustomEvent('undone', { bubbles: true, detail: answer }));
    if (answer.job) document.body.dispatchEvent(new CustomEvent('job', { detail: { id: answer.job } }));
    else if (answer.location) window.location.assign(answer.location);
    else if (answer.reload) window.location.reload();
    else showToast({ kind: 'ok', text: answer.text || word('undone') });
  } catch (error) {
    back.disabled = false;
    showError(error);
  }
}

wire('.t-savebar, .t-draft', () => document.body.classList.add('has-foot'));
wire('#toasts [data-toast]:not([data-stays])', passAway);
// What has the focus is not scrolled to under them (WCAG 2.2, 2.4.11).
wire('#toasts', (toasts) => {
  new ResizeObserver(() => {
    const box = toasts.getBoundingClientRect();
    document.documentElement.style.setProperty('--t-toasted', box.height ? `${window.innerHeight - box.top}px` : '0px');
  }).observe(toasts);
});
addEventListener('load', () => {
  const told = [...document.querySelectorAll('#toasts [data-toast] > p')].map((words) => words.textContent).join(' ');
  if (told) announce(told);
});
on('click', '[data-toast-close]', (event, close) => close.closest('[data-toast]').remove());
on('click', '[data-undo-url]', (event, back) => undo(back));
for (const type of ['toast', 'second-toast']) document.body.addEventListener(type, (event) => showToast(event.detail));
