// Owns the value side of one test in the condition builder: which widgets stand there, and the JSON they make.

import { words } from './condition_words.js';
import { kinds as spellings, todayIn } from './days.js';
import { button, make } from './dom.js';
import { groupedNumber, plainNumber, shownNumber, watch } from './numbers.js';

const mostPlaces = 8;
const numeric = ['integer', 'decimal', 'percent', 'money', 'rating', 'duration'];
const dated = ['date', 'datetime'];
const chosen = ['picklist', 'stage', 'multi_picklist'];
const linked = ['link', 'links', 'link_any', 'user', 'team'];
const steps = ['days', 'weeks', 'months', 'years'];
const calendar = ['day', 'week', 'month', 'quarter', 'year'];
const spans = ['within', 'anniversary_within'];

const isText = (value) => typeof value === 'string';
const isNumber = (value) => typeof value === 'number' || (isText(value) && value.trim() !== '' && Number.isFinite(Number(value)));
const only = (value, name) => value && typeof value === 'object' && Object.keys(value).length === 1 && name in value;

// Whether a value can be drawn and given back as it is.
function fitsOne(value, field, op) {
  if (only(value, 'record')) return isText(value.record);
  if (spans.includes(op)) return readSpan(value) !== null;
  if (dated.includes(field.kind)) return readPoint(value, field.kind) !== null;
  if (field.kind === 'boolean') return typeof value === 'boolean';
  if (field.kind === 'user' && only(value, 'me')) return value.me === true;
  if (field.kind === 'team' && only(value, 'my_teams')) return value.my_teams === true;
  if (field.kind === 'duration') return isText(value);
  if (numeric.includes(field.kind)) return isNumber(value);
  if (chosen.includes(field.kind)) return isText(value);
  return isText(value);
}

export function fits(node, field) {
  const arity = field === null ? (node.op === 'between' ? 'pair' : 'one') : words.arity[node.op];
  if (arity === 'none') return node.value === undefined || node.value === null;
  if (field === null) {
    const numbers = arity === 'pair' ? node.value : [node.value];
    return Array.isArray(numbers) && numbers.length === (arity === 'pair' ? 2 : 1) && numbers.every(Number.isInteger);
  }
  if (arity === 'one') return fitsOne(node.value, field, node.op);
  if (arity === 'many' && (only(node.value, 'me') || only(node.value, 'my_teams'))) return true;
  if (!Array.isArray(node.value) || (arity === 'pair' && node.value.length !== 2)) return false;
  return node.value.every((value) => fitsOne(value, field, node.op));
}

export function firstValue(field, op) {
  const arity = words.arity[op];
  if (arity === 'none') return undefined;
  const one = firstOne(field, op);
  if (arity === 'pair') return [one, one];
  return arity === 'many' ? [one] : one;
}

function firstOne(field, op) {
  if (spans.includes(op)) return { this: 'month' };
  if (dated.includes(field.kind)) return { today: 0 };
  if (field.kind === 'boolean') return true;
  if (field.kind === 'user') return { me: true };
  if (field.kind === 'team') return { my_teams: true };
  if (field.kind === 'duration') return 'PT1H';
  if (field.kind === 'rating') return 1; // no star at all is blank
  if (numeric.includes(field.kind)) return 0;
  if (chosen.includes(field.kind)) return field.options?.[0]?.key ?? '';
  return '';
}

function select(label, choices, value, change) {
  const box = make('select', 'form-select');
  box.setAttribute('aria-label', label);
  for (const choice of choices) {
    const option = make('option', '', choice.label);
    option.value = choice.key;
    option.selected = choice.key === value;
    box.append(option);
  }
  box.addEventListener('change', () => change(box.value));
  return box;
}

function text(label, value, change) {
  const box = make('input', 'form-control');
  box.type = 'text';
  box.value = value;
  box.setAttribute('aria-label', label);
  box.autocomplete = 'off';
  box.addEventListener('input', () => change(box.value));
  return box;
}

// A day or time in the reader's spelling, with the browser's calendar; when.js wires it. What cannot be read goes to the server as it is.
function when(label, value, change, kind) {
  const holder = make('span', 't-when');
  const isIso = spellings[kind].parse(value, null) === value;
  const box = text(label, isIso ? spellings[kind].show(value, document.documentElement.lang) : value, (typed) => {
    change(spellings[kind].parse(typed, todayIn(document.body.dataset.zone)) ?? typed);
  });
  const opener = button('btn-quiet btn-square', words.calendar, 'calendar');
  opener.hidden = true;
  holder.dataset.when = kind;
  box.dataset.iso = isIso ? value : '';
  opener.dataset.whenOpen = '';
  box.classList.add('t-fig');
  holder.append(box, ...(kind === 'time' ? [] : [opener]));
  return holder;
}

function number(label, value, change) {
  const box = text(label, isNumber(value) ? shownNumber(String(value)) : String(value ?? ''), (typed) => change(toNumber(typed)));
  watch(box, (typed) => groupedNumber(typed, mostPlaces));
  box.inputMode = 'decimal';
  box.classList.add('t-fig', 't-short');
  return box;
}

// Whole numbers as numbers; decimals stay text, as they stand in records.
function toNumber(typed) {
  const plain = plainNumber(typed);
  return /^-?\d{1,15}$/.test(plain) ? Number(plain) : plain;
}

// {kind, count, unit, day} of a point in time; null when it is written in another way.
export function readPoint(value, fieldKind) {
  if (isText(value)) return { kind: 'date', day: value };
  if (only(value, 'today') && value.today === 0) return { kind: 'today' };
  if (only(value, 'now') && value.now === 0 && fieldKind === 'datetime') return { kind: 'now' };
  if (only(value, 'start_of') && calendar.includes(value.start_of)) return { kind: 'start_of', unit: value.start_of };
  for (const unit of fieldKind === 'datetime' ? [...steps, 'hours', 'minutes'] : steps) {
    if (only(value, unit) && Number.isInteger(value[unit]) && value[unit] !== 0) {
      return { kind: value[unit] < 0 ? 'past' : 'future', unit, count: Math.abs(value[unit]) };
    }
  }
  return null;
}

function writePoint({ kind, day = '', unit = 'days', count = 1 }) {
  if (kind === 'date') return day;
  if (kind === 'today') return { today: 0 };
  if (kind === 'now') return { now: 0 };
  if (kind === 'start_of') return { start_of: calendar.includes(unit) ? unit : 'month' };
  return { [calendar.includes(unit) ? 'days' : unit]: kind === 'past' ? -count : count };
}

export function readSpan(value) {
  for (const kind of ['this', 'previous', 'following']) {
    if (only(value, kind) && calendar.includes(value[kind])) return { kind, unit: value[kind] };
  }
  for (const kind of ['last', 'next']) {
    const inner = only(value, kind) ? value[kind] : null;
    const unit = inner && typeof inner === 'object' ? steps.find((each) => only(inner, each)) : null;
    if (unit && Number.isInteger(inner[unit]) && inner[unit] > 0) return { kind, unit, count: inner[unit] };
  }
  return null;
}

function writeSpan({ kind, unit, count = 7 }) {
  if (['last', 'next'].includes(kind)) return { [kind]: { [steps.includes(unit) ? unit : 'days']: count } };
  return { [kind]: calendar.includes(unit) ? unit : 'month' };
}

const inWords = (names) => names.map((key) => ({ key, label: words.units[key] }));
const positive = (typed) => Math.max(1, Math.floor(Number(typed) || 1));

function drawPoint(value, field, put, redraw) {
  const point = readPoint(value, field.kind);
  const kinds = ['date', 'today', ...(field.kind === 'datetime' ? ['now'] : []), 'past', 'future', 'start_of'];
  const choices = kinds.map((key) => ({ key, label: words.date_kinds[key] }));
  const kindBox = select(words.when, choices, point.kind, (kind) => { put(writePoint({ ...point, kind })); redraw(); });
  if (point.kind === 'date') {
    const isDay = !point.day || /^\d{4}-\d\d-\d\d$/.test(point.day);
    return [kindBox, when(words.value, point.day, put, isDay ? 'date' : 'datetime')];
  }
  if (point.kind === 'start_of') {
    return [kindBox, select(words.unit, inWords(calendar.slice(1)), point.unit, (unit) => put(writePoint({ ...point, unit })))];
  }
  if (!['past', 'future'].includes(point.kind)) return [kindBox];
  const units = field.kind === 'datetime' ? [...steps, 'hours', 'minutes'] : steps;
  const state = { ...point };
  return [
    number(words.number, point.count, (typed) => { state.count = positive(typed); put(writePoint(state)); }),
    select(words.unit, inWords(units), point.unit, (unit) => { state.unit = unit; put(writePoint(state)); }), kindBox,
  ];
}

function drawSpan(value, put, redraw) {
  const span = readSpan(value);
  const counted = ['last', 'next'].includes(span.kind);
  const choices = Object.entries(words.span_kinds).map(([key, label]) => ({ key, label }));
  const state = { ...span };
  const controls = [select(words.when, choices, span.kind, (kind) => { put(writeSpan({ ...span, kind })); redraw(); })];
  if (counted) controls.push(number(words.number, span.count, (typed) => { state.count = positive(typed); put(writeSpan(state)); }));
  const units = inWords(counted ? steps : calendar);
  controls.push(select(words.unit, units, span.unit, (unit) => { state.unit = unit; put(writeSpan(state)); }));
  return controls;
}

function remote(address, value, put) {
  const box = make('select', 'form-select');
  box.setAttribute('aria-label', words.value);
  box.dataset.remoteUrl = address;
  box.append(make('option'));
  if (value) {
    const option = make('option', '', value);
    option.value = value;
    option.selected = true;
    box.append(option);
  }
  box.addEventListener('change', () => put(box.value));
  return box;
}

function drawLinked(value, field, context, put, redraw) {
  const own = { user: 'me', team: 'my_teams' }[field.kind];
  const kinds = own ? [{ key: 'own', label: words[own] }] : [];
  kinds.push({ key: 'named', label: { user: words.person, team: words.a_team }[field.kind] ?? words.a_record });
  const mirrors = context.mirrors.filter((each) => each.own === field.own || linked.includes(each.own));
  if (mirrors.length) kinds.push({ key: 'record', label: words.of_record });
  const kind = only(value, 'record') ? 'record' : isText(value) ? 'named' : 'own';
  const controls = [];
  if (kinds.length > 1) {
    controls.push(select(words.value, kinds, kind, (key) => {
      put({ own: { [own]: true }, named: '', record: { record: mirrors[0]?.key } }[key]);
      redraw();
    }));
  }
  const address = { user: '/people/users/choices', team: '/people/teams/choices' }[field.kind] ?? `/${field.targets[0]}/choices`;
  if (kind === 'named') controls.push(remote(address, value, put));
  if (kind === 'record') {
    const choices = mirrors.map((each) => ({ key: each.key, label: each.label }));
    controls.push(select(words.of_record, choices, value.record, (key) => put({ record: key })));
  }
  return controls;
}

function drawOne(value, field, op, context, put, redraw) {
  if (spans.includes(op)) return drawSpan(value, put, redraw);
  if (only(value, 'record') || linked.includes(field.kind)) return drawLinked(value, field, context, put, redraw);
  if (dated.includes(field.kind)) return drawPoint(value, field, put, redraw);
  if (field.kind === 'boolean') {
    const choices = [{ key: 'true', label: words.yes }, { key: 'false', label: words.no }];
    return [select(words.value, choices, String(value), (key) => put(key === 'true'))];
  }
  if (chosen.includes(field.kind) && field.options) {
    const choices = field.options.some((each) => each.key === value) ? field.options : [...field.options, { key: value, label: value }];
    return [select(words.value, choices, value, put)];
  }
  if (numeric.includes(field.kind) && field.kind !== 'duration') return [number(words.value, value, put)];
  return [field.kind === 'time' ? when(words.value, value, put, 'time') : text(words.value, value, put)];
}

// The whole value side: nothing, one widget, two with a word between, or several with a way to add one.
export function drawValues({ node, field, mirrors, changed, redraw }) {
  const box = make('span', 't-cond-values');
  const arity = words.arity[node.op];
  const context = { mirrors };
  if (arity === 'none') return box;
  if (arity === 'one' || !Array.isArray(node.value)) {
    box.append(...drawOne(node.value, field, node.op, context, changed, redraw));
    return box;
  }
  const values = [...node.value];
  values.forEach((value, place) => {
    const put = (made) => { values[place] = made; changed([...values]); };
    const one = make('span', 't-cond-value');
    one.append(...drawOne(value, field, node.op, context, put, redraw));
    if (arity === 'many' && values.length > 1) {
      const out = button('btn-quiet btn-square', words.remove_value, 'minus');
      out.addEventListener('click', () => { changed(values.toSpliced(place, 1)); redraw(); });
      one.append(out);
    }
    if (place) box.append(make('span', 't-3', arity === 'pair' ? words.to : words.or));
    box.append(one);
  });
  if (arity === 'many') {
    const more = button('btn-quiet btn-square', words.another, 'plus');
    more.addEventListener('click', () => { changed([...values, firstOne(field, node.op)]); redraw(); });
    box.append(more);
  }
  return box;
}

export function drawCount(node, changed) {
  const box = make('span', 't-cond-values');
  const numbers = Array.isArray(node.value) ? [...node.value] : [node.value];
  numbers.forEach((each, place) => {
    if (place) box.append(make('span', 't-3', words.to));
    box.append(number(words.number, each, (typed) => {
      numbers[place] = Math.max(0, Math.floor(Number(typed) || 0));
      changed(node.op === 'between' ? [...numbers] : numbers[0]);
    }));
  });
  return box;
}
