// Owns the choice of theme: [data-theme-set="light|dark|auto"] keeps it in a cookie that the server reads too.

import { on, wire } from './wire.js';

const page = document.documentElement;
const yearSeconds = 31536000;

function mark(choice) {
  const chosen = choice.dataset.themeSet === page.dataset.themeChoice;
  choice.setAttribute('aria-pressed', String(chosen));
  choice.classList.toggle('is-on', chosen);
}

on('click', '[data-theme-set]', (event, choice) => {
  page.dataset.themeChoice = choice.dataset.themeSet;
  const secure = window.location.protocol === 'https:' ? '; secure' : '';
  document.cookie = `theme=${choice.dataset.themeSet}; path=/; max-age=${yearSeconds}; samesite=lax${secure}`;
  page.dispatchEvent(new Event('theme'));
  document.querySelectorAll('[data-theme-set]').forEach(mark);
});
wire('[data-theme-set]', mark);
