// Owns small presses: data-reveal="#id" shows and hides, data-show-password="#id" shows what was typed.
// In a menu longer than the window the place where one is comes into sight.

import { goOn } from './standing.js';
import { on, wire } from './wire.js';

function reveal(opener) {
  const target = document.querySelector(opener.dataset.reveal);
  target.hidden = !target.hidden;
  opener.setAttribute('aria-expanded', String(!target.hidden));
  if (opener.dataset.revealOnce !== undefined) opener.hidden = true;
  if (target.hidden) return;
  target.querySelector('input, select, textarea')?.focus();
  goOn(target.querySelector('button, a'));
}

wire('[data-reveal]', (opener) => {
  const target = document.querySelector(opener.dataset.reveal);
  opener.setAttribute('aria-expanded', String(Boolean(target && !target.hidden)));
});
on('click', '[data-reveal]', (event, opener) => reveal(opener));
on('click', '[data-show-password]', (event, eye) => {
  const field = document.querySelector(eye.dataset.showPassword);
  const hidden = field.type === 'password';
  field.type = hidden ? 'text' : 'password';
  eye.setAttribute('aria-pressed', String(hidden));
});
wire('.t-rail [aria-current=page], .t-tree [aria-current=page], .t-tree li:has(> [aria-current=true])', (here) => here.scrollIntoView({ block: 'nearest' }));
on('click', '[data-go-back]', () => window.history.back());
