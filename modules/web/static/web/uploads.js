// Owns inputs of files and images: uploads what is chosen or dropped at once, shows how far it came, keeps the form from being
// saved meanwhile. Markup: macros/uploads.html; [data-upload] holds the key, [data-upload-list] the rows, each with its hidden inputs.

import { button, icon, make } from './dom.js';
import { csrfToken } from './net.js';
import { showToast } from './toasts.js';
import { on, wire } from './wire.js';
import { word } from './words.js';

const address = '/api/v1/files/';

function hidden(name, value) {
  const input = make('input');
  Object.assign(input, { type: 'hidden', name, value });
  return input;
}

function tell(box, text) {
  const place = box.querySelector('[data-upload-error]');
  place.textContent = text;
  place.hidden = !text;
}

function rowFor(file) {
  const row = make('li', 't-file is-loading');
  row.dataset.uploading = '';
  const progress = make('progress');
  progress.max = 100;
  progress.value = 0;
  progress.setAttribute('aria-label', word('uploading', { name: file.name }));
  row.append(icon('file'), make('span', 't-cut', file.name), progress);
  return row;
}

function finishRow(box, row, answer) {
  const key = box.dataset.upload;
  delete row.dataset.uploading;
  row.dataset.uploadFile = '';
  row.classList.remove('is-loading');
  const link = make('a', 't-cut', answer.name);
  link.href = `/files/${answer.uid}`;
  const remove = button('btn-quiet btn-square', word('remove_named', { name: answer.name }), 'x');
  remove.dataset.uploadRemove = '';
  row.replaceChildren(hidden(key, answer.uid), hidden(`${key}.name`, answer.name), icon('file'), link, remove);
  if (answer.type.startsWith('image/')) {
    const picture = make('img', 't-thumb');
    picture.alt = '';
    picture.addEventListener('load', () => row.querySelector('.ti')?.replaceWith(picture), { once: true });
    picture.src = `/files/${answer.uid}/thumbnail`;
  }
  box.dispatchEvent(new Event('change', { bubbles: true }));
}

function refusal(request) {
  if (!request.status) return word('file_no_network');
  try {
    const problem = JSON.parse(request.responseText);
    const [first] = problem.errors ?? [];
    return [first?.detail ?? problem.detail ?? problem.title, first?.hint].filter(Boolean).join(' ') || word('refused');
  } catch (error) {
    return word('refused');
  }
}

function send(box, file) {
  const row = rowFor(file);
  box.querySelector('[data-upload-list]').append(row);
  const body = new FormData();
  if (box.dataset.entity) body.append('entity', box.dataset.entity);
  body.append('field', box.dataset.upload);
  body.append('file', file, file.name);
  const request = new XMLHttpRequest();
  request.open('POST', address);
  request.setRequestHeader('X-CSRFToken', csrfToken());
  request.setRequestHeader('Accept', 'application/json');
  request.upload.addEventListener('progress', (event) => {
    const progress = row.querySelector('progress');
    if (progress && event.lengthComputable) progress.value = (100 * event.loaded) / event.total;
  });
  request.addEventListener('loadend', () => {
    if (request.status === 201) {
      if (box.dataset.many === undefined) box.querySelectorAll('[data-upload-file]').forEach((old) => old.remove());
      finishRow(box, row, JSON.parse(request.responseText));
    } else {
      row.remove();
      tell(box, refusal(request));
    }
  });
  request.send(body);
}

function take(box, files) {
  tell(box, '');
  const chosen = box.dataset.many === undefined ? [...files].slice(0, 1) : [...files];
  for (const file of chosen) {
    if (box.dataset.largest && file.size > Number(box.dataset.largest)) {
      tell(box, word('too_large', { name: file.name, size: box.dataset.megabytes }));
    } else {
      send(box, file);
    }
  }
}

wire('[data-upload]', (box) => {
  for (const type of ['dragenter', 'dragover']) {
    box.addEventListener(type, (event) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      box.classList.add('is-over');
    });
  }
  for (const type of ['dragleave', 'drop']) box.addEventListener(type, () => box.classList.remove('is-over'));
  box.addEventListener('drop', (event) => {
    event.preventDefault();
    take(box, event.dataTransfer.files);
  });
});
on('change', '[data-upload-choose]', (event, input) => {
  take(input.closest('[data-upload]'), input.files);
  input.value = '';
});
on('click', '[data-upload-remove]', (event, remove) => {
  const box = remove.closest('[data-upload]');
  remove.closest('[data-upload-file]').remove();
  box.querySelector('[data-upload-choose]').focus();
  box.dispatchEvent(new Event('change', { bubbles: true }));
});
// Before the form's own listeners: a form that is saved too early would lose what is still on its way.
document.addEventListener('submit', (event) => {
  if (!event.target.querySelector('[data-uploading]')) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  showToast({ kind: 'warn', text: word('still_uploading') });
}, true);

wire('[data-file-named]', (input) => input.addEventListener('change', () => {
  const place = document.getElementById(input.dataset.fileNamed);
  place.textContent = [...input.files].map((file) => file.name).join(', ');
}));
