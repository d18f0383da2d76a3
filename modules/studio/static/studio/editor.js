// Owns the editor of one field: the settings follow the type and nothing typed is lost; the example of a number pattern; putting
// fields into a formula and trying it; how many records a condition finds.

import { csrfToken } from '../../../web/static/web/net.js';
import { icon, make } from '../../../web/static/web/dom.js';
import { showToast } from '../../../web/static/web/toasts.js';
import { on, wire, wireAll } from '../../../web/static/web/wire.js';
import { word } from '../../../web/static/web/words.js';

const remembered = new WeakMap();

// Everything typed since the page came, also in settings of a type that was left again.
function remember(form) {
  const kept = remembered.get(form) ?? new Map();
  const now = new Map();
  for (const [name, value] of new FormData(form)) now.set(name, [...(now.get(name) ?? []), value]);
  for (const [name, values] of now) kept.set(name, values);
  remembered.set(form, kept);
  // A box that stands in the form and is not ticked must not come back ticked.
  for (const box of form.querySelectorAll('input[type=checkbox][name]')) if (!now.has(box.name)) kept.delete(box.name);
  return kept;
}

async function drawSettings(form, control) {
  const sent = new URLSearchParams();
  for (const [name, values] of remember(form)) for (const value of values) sent.append(name, value);
  const place = document.getElementById('type-settings');
  place.setAttribute('aria-busy', 'true');
  try {
    const answer = await fetch(form.dataset.settingsUrl, {
      method: 'POST', body: sent, credentials: 'same-origin', headers: { 'X-CSRFToken': csrfToken() },
    });
    if (!answer.ok) throw new Error(word('refused'));
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const { id, name } = control;
    place.replaceChildren(...page.body.childNodes);
    wireAll(place);
    const again = document.getElementById(id) ?? place.querySelector(`[name="${name}"]`);
    again?.focus();
  } catch (error) {
    showToast({ kind: 'bad', text: error.message });
  } finally {
    place.removeAttribute('aria-busy');
  }
}

on('change', '[data-settings-again]', (event, select) => drawSettings(select.form, select));

function example(pattern, running, now) {
  const parts = {
    YYYY: String(now.getFullYear()), YY: String(now.getFullYear()).slice(2), MM: String(now.getMonth() + 1).padStart(2, '0'),
    DD: String(now.getDate()).padStart(2, '0'),
  };
  return pattern.replace(/\{(YYYY|YY|MM|DD|0+)\}/g, (whole, name) => parts[name] ?? String(running).padStart(name.length, '0'));
}

wire('[data-number-pattern]', (box) => {
  const shown = document.getElementById(box.dataset.numberPattern);
  const draw = () => {
    const now = new Date();
    shown.textContent = [1, 2, 3].map((running) => example(box.value, running, now)).join(', ');
  };
  box.addEventListener('input', draw);
  draw();
});

function insert(box, text) {
  const [from, to] = [box.selectionStart ?? box.value.length, box.selectionEnd ?? box.value.length];
  box.setRangeText(text, from, to, 'end');
  box.focus();
  box.dispatchEvent(new Event('input', { bubbles: true }));
}

on('click', '[data-insert]', (event, button) => insert(document.getElementById(button.dataset.insertInto), button.dataset.insert));
on('change', '[data-insert-select]', (event, select) => {
  if (select.value) insert(document.getElementById(select.dataset.insertSelect), select.value);
  select.value = '';
});

async function ask(url, fields) {
  const answer = await fetch(url, {
    method: 'POST', body: fields, credentials: 'same-origin', headers: { 'X-CSRFToken': csrfToken() },
  });
  if (!answer.ok) throw new Error(word('refused'));
  return answer.json();
}

function drawTried(place, answer) {
  place.replaceChildren();
  if (answer.problems.length) {
    for (const text of answer.problems) {
      const line = make('p', 't-error');
      line.append(icon('alert-circle'), make('span', '', text));
      place.append(line);
    }
    return;
  }
  place.append(make('p', 't-2', answer.text));
  if (!answer.samples.length) return;
  const list = make('dl', 't-kv');
  for (const sample of answer.samples) list.append(make('dt', '', sample.title), make('dd', 't-fig', sample.value));
  place.append(list);
}

on('click', '[data-formula-check]', async (event, button) => {
  const holder = button.closest('[data-formula]');
  const place = holder.querySelector('[data-formula-said]');
  try {
    drawTried(place, await ask(holder.dataset.url, new URLSearchParams(new FormData(button.form))));
  } catch (error) {
    showToast({ kind: 'bad', text: error.message });
  }
});
on('click', '[data-matching]', async (event, button) => {
  const place = button.parentElement.querySelector('[data-matching-said]');
  const condition = button.form.elements[button.dataset.matchingOf].value;
  try {
    const answer = await ask(button.dataset.matching, new URLSearchParams({ condition }));
    place.replaceChildren(answer.text);
    if (!answer.href) return;
    const link = make('a', 'ms-2', answer.see);
    link.href = answer.href;
    link.target = '_blank';
    place.append(link);
  } catch (error) {
    showToast({ kind: 'bad', text: error.message });
  }
});
