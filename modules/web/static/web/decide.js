// Owns deciding conditions over the values of one record, in three values: true, false, null for unknown; undefined where only
// the server knows. Pure: no page, no clock. The twin of schema/conditions/python.py for what modules/web/browser_rules.py sends.

const strokes = { đ: 'd', ð: 'd', ł: 'l', ø: 'o', ß: 'ss', æ: 'ae', œ: 'oe', ı: 'i' };
const blanks = { ne: true, not_in: true, is_empty: true, is_not_empty: false };
const places = 8;

function bare(text) {
  const lowered = text.normalize('NFC').toLowerCase().replace(/[đðłøßæœı]/g, (letter) => strokes[letter]);
  return lowered.normalize('NFD').replace(/\p{Mn}/gu, '').normalize('NFC');
}

export function fold(text) {
  return bare(text).split(/\s+/u).filter(Boolean).join(' ');
}

// Long texts, letter by letter: what stays one letter without its marks loses them, all else is kept.
function plain(text) {
  return text.replace(/[A-Z\u00c0-\u024f\u1e00-\u1eff]/g, (letter) => {
    const folded = bare(letter);
    return folded.length === 1 ? folded : letter;
  });
}

// Decimals as whole numbers of the finest place, so that none is rounded.
function scaled(text) {
  const [, sign, whole, fraction = ''] = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(String(text).trim()) ?? [];
  if (whole === undefined || !(whole || fraction)) return null;
  const digits = BigInt((whole || '0') + fraction.padEnd(places, '0').slice(0, places));
  return sign === '-' ? -digits : digits;
}

// One value as a test compares it; null when it is blank.
const readers = {
  words: (value) => fold(value) || null,
  prose: (value) => plain(value) || null,
  number: scaled,
  money: (value, test) => {
    if (test.currency && value.currency !== test.currency) return null;
    return scaled(value.amount);
  },
};

const compare = {
  eq: (value, [wanted]) => value === wanted,
  ne: (value, [wanted]) => value !== wanted,
  in: (value, wanted) => wanted.includes(value),
  not_in: (value, wanted) => !wanted.includes(value),
  lt: (value, [bound]) => value < bound,
  lte: (value, [bound]) => value <= bound,
  gt: (value, [bound]) => value > bound,
  gte: (value, [bound]) => value >= bound,
  between: (value, [low, high]) => value >= low && value <= high,
  contains: (value, [part]) => value.includes(part),
  starts_with: (value, [part]) => value.startsWith(part),
  has_any: (values, wanted) => wanted.some((each) => values.includes(each)),
  has_all: (values, wanted) => wanted.every((each) => values.includes(each)),
  has_none: (values, wanted) => !wanted.some((each) => values.includes(each)),
};

const within = (day, spans) => spans.some(([start, end]) => day >= start && day < end);
const compareDays = {
  eq: within,
  in: within,
  within,
  ne: (day, spans) => !within(day, spans),
  not_in: (day, spans) => !within(day, spans),
  lt: (day, [[start]]) => day < start,
  lte: (day, [[, end]]) => day < end,
  gt: (day, [[, end]]) => day >= end,
  gte: (day, [[start]]) => day >= start,
  between: (day, [[start], [, end]]) => day >= start && day < end,
};

function isBlank(value) {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

function decideTest(test, read) {
  const raw = read(test.key);
  if (raw === undefined) return undefined;
  if (test.op in { is_empty: 1, is_not_empty: 1 }) return isBlank(raw) === (test.op === 'is_empty');
  const numeric = test.kind === 'number' || test.kind === 'money';
  const value = isBlank(raw) ? null : (readers[test.kind]?.(raw, test) ?? (readers[test.kind] ? null : raw));
  if (value === null) return blanks[test.op] ?? null;
  if (test.kind === 'day') return compareDays[test.op](value, test.value);
  if (test.op === 'eq' && test.value.length === 0) return false;
  if (test.op === 'ne' && test.value.length === 0) return true;
  return compare[test.op](value, numeric ? test.value.map(scaled) : test.value);
}

function every(parts, read) {
  const answers = parts.map((part) => decide(part, read));
  if (answers.includes(false)) return false;
  if (answers.includes(undefined)) return undefined;
  return answers.includes(null) ? null : true;
}

function some(parts, read) {
  const answers = parts.map((part) => decide(part, read));
  if (answers.includes(true)) return true;
  if (answers.includes(undefined)) return undefined;
  return answers.includes(null) ? null : false;
}

// read(key) gives the canonical value of a field, null when blank, undefined when the browser does not have it.
export function decide(node, read) {
  if (node.ask) return undefined;
  if (node.all) return every(node.all, read);
  if (node.any) return some(node.any, read);
  if (node.not) {
    const answer = decide(node.not, read);
    return typeof answer === 'boolean' ? !answer : answer;
  }
  return decideTest(node, read);
}
