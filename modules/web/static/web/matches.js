// Owns the look for likely duplicates while somebody types in form[data-match-url]; never steals the focus.

import { htmx } from './requests.js';
import { wire } from './wire.js';

const idleMilliseconds = 600;

wire('form[data-match-url]', (form) => {
  let timer = 0;
  const look = () => {
    const values = Object.fromEntries(new FormData(form));
    htmx.ajax('POST', form.dataset.matchUrl, { target: '#matches', swap: 'innerHTML', values }).catch(() => {});
  };
  form.addEventListener('input', (event) => {
    if (!event.target.matches('input:not([type=checkbox], [type=radio], [type=hidden])')) return;
    window.clearTimeout(timer);
    timer = window.setTimeout(look, idleMilliseconds);
  });
});
