// Owns computed fields of a form while it is filled in. form[data-operands] names the fields they depend on; the server answers what they will
// hold at [data-computed-url], text by key, null for what is only known once it is saved: then [data-computed-note] says so.

import { post } from './net.js';
import { wire } from './wire.js';

const idleMilliseconds = 400;

function show(form, key, text) {
  const output = form.querySelector(`output[data-computed="${CSS.escape(key)}"]`);
  if (!output) return;
  if ((text ?? '') !== output.textContent.trim()) output.textContent = text ?? '';
  const note = output.parentElement.querySelector('[data-computed-note]');
  if (!note) return; // a cell of a line
  note.hidden = text !== null;
  note.nextElementSibling.hidden = text === null;
}

wire('form[data-operands]', (form) => {
  const operands = form.dataset.operands.split(' ');
  let timer = 0;
  let asked = 0;
  const ask = async () => {
    asked += 1;
    const mine = asked;
    const fields = [...new FormData(form)].filter(([, value]) => typeof value === 'string');
    try {
      const texts = await post(form.dataset.computedUrl, [...fields, ['record', form.dataset.record]]);
      if (mine === asked) for (const [key, text] of Object.entries(texts)) show(form, key, text);
    } catch {
      // Without an answer the values of before would be wrong: saving tells the right ones.
      for (const output of form.querySelectorAll('output[data-computed]')) show(form, output.dataset.computed, null);
    }
  };
  const onTyped = ({ target }) => {
    const key = (target.name ?? target.dataset?.lines ?? '').split('.')[0] || target.closest?.('[data-lines]')?.dataset.lines;
    if (!operands.includes(key)) return;
    window.clearTimeout(timer);
    timer = window.setTimeout(ask, idleMilliseconds);
  };
  form.addEventListener('input', onTyped);
  form.addEventListener('change', onTyped);
});
