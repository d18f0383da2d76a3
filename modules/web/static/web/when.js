// Owns inputs of days and times: what was typed is put into the locale's spelling when the field is left, and a button opens the browser's own
// calendar or clock beside it. [data-when="date|datetime|time"] holds a text input with data-iso and [data-when-open]; servers read the text itself.

import { kinds, todayIn } from './days.js';
import { make } from './dom.js';

const language = document.documentElement.lang;
const natives = { date: 'date', datetime: 'datetime-local', time: 'time' };
export const today = () => todayIn(document.body.dataset.zone);

function read(input, kind) {
  input.dataset.iso = input.value.trim() ? kinds[kind].parse(input.value, today()) ?? '' : '';
}

function write(input, kind, iso) {
  input.value = iso ? kinds[kind].show(iso, language) : '';
  input.dataset.iso = iso;
}

// The native input is there for its calendar alone: it has no name, and no place in the order of the keyboard.
function nativeFor(box, input, kind) {
  const native = make('input', 't-when-native');
  native.type = natives[kind];
  native.tabIndex = -1;
  native.setAttribute('aria-hidden', 'true');
  native.addEventListener('change', (event) => {
    event.stopPropagation();
    write(input, kind, native.value);
    input.dispatchEvent(new Event('input', { bubbles: true }));
    input.dispatchEvent(new Event('change', { bubbles: true }));
    input.focus();
  });
  native.addEventListener('input', (event) => event.stopPropagation());
  box.append(native);
  return native;
}

function openCalendar(native, input) {
  native.value = (input.dataset.iso ?? '').slice(0, 16);
  try {
    native.showPicker();
  } catch {
    input.focus();
  }
}

export function setUp(box) {
  const kind = box.dataset.when;
  const input = box.querySelector('input');
  const opener = box.querySelector('[data-when-open]');
  input.addEventListener('input', () => read(input, kind));
  input.addEventListener('change', () => {
    read(input, kind);
    if (input.dataset.iso) write(input, kind, input.dataset.iso);
  });
  if (!opener || input.readOnly || !('showPicker' in HTMLInputElement.prototype)) return;
  const native = nativeFor(box, input, kind);
  opener.hidden = false;
  opener.addEventListener('click', () => openCalendar(native, input));
}
