// Owns how numbers and phones look while they are typed. Servers read them as they stand, in the reader's language.
// [data-number] with data-scale (digits after the mark); [data-phone]. Without scripts both are plain inputs.

import { wire } from './wire.js';

const parts = new Intl.NumberFormat(document.documentElement.lang || 'en').formatToParts(-12345.6);
const groupMark = parts.find((part) => part.type === 'group')?.value ?? ',';
const decimalMark = parts.find((part) => part.type === 'decimal')?.value ?? '.';

export function plainNumber(text) {
  const sign = text.trim().startsWith('-') ? '-' : '';
  const [whole, fraction] = text.replaceAll(groupMark, '').split(decimalMark).map((part) => part.replace(/\D/g, ''));
  if (!whole && !fraction) return '';
  return sign + (whole || '0') + (fraction ? `.${fraction}` : '');
}

export function groupedNumber(text, scale) {
  const sign = text.trim().startsWith('-') ? '-' : '';
  const cut = text.indexOf(decimalMark);
  const whole = (cut < 0 ? text : text.slice(0, cut)).replace(/\D/g, '').replace(/^0+(?=\d)/, '');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, groupMark);
  if (cut < 0 || scale === 0) return sign + grouped;
  return `${sign}${grouped}${decimalMark}${text.slice(cut + 1).replace(/\D/g, '').slice(0, scale)}`;
}

// A plain decimal as people read it.
export function shownNumber(plain) {
  return groupedNumber(plain.replace('.', decimalMark), Infinity);
}

export function groupedPhone(text) {
  const plus = text.trim().startsWith('+') ? '+' : '';
  const digits = text.replace(/\D/g, '');
  if (plus && digits.startsWith('84')) return `+84 ${threes(digits.slice(2))}`.trim();
  if (plus) return plus + digits;
  if (digits.startsWith('02')) return landline(digits, /^02[48]/.test(digits) ? 3 : 4);
  return digits.length <= 4 ? digits : `${digits.slice(0, 4)} ${threes(digits.slice(4))}`;
}

// In Vietnam: 024 3825 1234 in the two great cities, 0258 3538 868 elsewhere.
function landline(digits, area) {
  return [digits.slice(0, area), digits.slice(area, area + 4), digits.slice(area + 4)].filter(Boolean).join(' ');
}

function threes(digits) {
  return digits.replace(/(\d{3})(?=\d)/g, '$1 ');
}

// Rewrites the text and keeps the caret after the same number of digits, so typing in the middle works.
function rewrite(input, format) {
  const before = input.value.slice(0, input.selectionStart ?? input.value.length).replace(/[^\d+-]/g, '').length;
  const atEnd = input.selectionStart === input.value.length;
  const next = format(input.value);
  if (next === input.value) return;
  input.value = next;
  if (document.activeElement !== input) return;
  let place = 0;
  for (let seen = 0; place < next.length && seen < before; place += 1) if (/[\d+-]/.test(next[place])) seen += 1;
  input.setSelectionRange(atEnd ? next.length : place, atEnd ? next.length : place);
}

export function watch(input, format) {
  input.addEventListener('input', (event) => {
    if (!event.isComposing) rewrite(input, format);
  });
}

wire('input[data-number]', (input) => {
  const scale = Number(input.dataset.scale ?? 2);
  watch(input, (text) => groupedNumber(text, scale));
});

wire('input[data-phone]', (input) => {
  input.value = /[a-z]/i.test(input.value) ? input.value : groupedPhone(input.value);
  input.defaultValue = input.value;
  watch(input, (text) => (/[a-z]/i.test(text) ? text : groupedPhone(text)));
});
