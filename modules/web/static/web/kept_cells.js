// Owns the editor of one value while the server cannot be asked: it is cut out of the kept copy of the record's own form (offline/worker.js).
// Knows neither how the copy came there nor how what is typed is sent.

import { button, make } from './dom.js';
import { word } from './words.js';

async function formOf(path) {
  const kept = await globalThis.caches?.open('pages').then((all) => all.match(path, { ignoreSearch: true }));
  const page = kept && new DOMParser().parseFromString(await kept.text(), 'text/html');
  return page?.getElementById('record-form') ?? null;
}

function hidden(name, value) {
  const input = make('input');
  Object.assign(input, { type: 'hidden', name, value });
  return input;
}

function buttons(className) {
  const row = make('div', className);
  const save = button('btn-primary', word('save'));
  save.type = 'submit';
  const leave = button('btn-quiet', word('discard'));
  leave.dataset.editLeave = '';
  row.append(save, leave);
  return row;
}

// Promises what the server would answer at the cell's address; null where there is no copy, or rules close the field.
export async function keptEditor(cell) {
  const { editUrl } = cell.dataset;
  const url = new URL(editUrl, window.location.href);
  const form = await formOf(url.pathname.replace(/\/cell$/, '/edit'));
  const field = form?.querySelector(`[data-field="${CSS.escape(url.searchParams.get('field'))}"]`);
  if (!field || field.closest('fieldset:disabled') || field.querySelector('output')) return null;
  const editor = make(cell.tagName.toLowerCase(), 'is-editing');
  editor.dataset.restoreUrl = `${editUrl}&shown=1`;
  const asked = make('form');
  asked.noValidate = true;
  asked.setAttribute('hx-post', editUrl);
  asked.setAttribute('hx-target', 'closest .is-editing');
  asked.setAttribute('hx-swap', 'outerHTML');
  asked.append(hidden('revision', form.querySelector('[name=revision]').value), document.adoptNode(field));
  asked.append(buttons(cell.tagName === 'TD' ? 't-row t-touch t-cell-acts' : 't-row'));
  editor.append(asked);
  return editor;
}
