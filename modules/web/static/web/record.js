// Owns the record page's parts on phones: [data-show-part] shows one part, [data-shown] on .t-record names it.

import { on } from './wire.js';

on('click', '[data-show-part]', (event, tab) => {
  tab.closest('.t-record').dataset.shown = tab.dataset.showPart;
  for (const other of tab.parentElement.querySelectorAll('[data-show-part]')) {
    other.classList.toggle('is-on', other === tab);
    other.setAttribute('aria-pressed', String(other === tab));
  }
});
