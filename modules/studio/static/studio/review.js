// Owns the review's suggestions: one pressed fills its own value, the button below fills all that are still blank.

import { on } from '../../../web/static/web/wire.js';

function use(button) {
  const box = button.parentElement.querySelector('input[name="map.value"]');
  box.value = button.dataset.suggest;
  button.hidden = true;
  return box;
}

on('click', '[data-suggest]', (event, button) => use(button).focus());
on('click', '[data-suggest-all]', (event, button) => {
  for (const each of button.form.querySelectorAll('[data-suggest]:not([hidden])')) {
    if (!each.parentElement.querySelector('input[name="map.value"]').value) use(each);
  }
});
