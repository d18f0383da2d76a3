// Owns fields that rules show, ask for, lock and narrow while a form is filled in. form[data-rules] holds what form_state.py
// sends; a ruled field stands in fieldset[data-ruled]. What the browser cannot decide is asked of the server; that decides again on saving.

import { decide } from './decide.js';
import { post } from './net.js';
import { plainNumber } from './numbers.js';
import { wire } from './wire.js';

const idleMilliseconds = 250;
const mostPasses = 4;

const readers = {
  number: (input) => plainNumber(input.value) || null,
  yes: (input, form) => form.querySelector(`input[type=checkbox][name="${input.name}"]`)?.checked ?? null,
  many: (input, form) => [...(form.querySelector(`select[name="${input.name}"]`)?.selectedOptions ?? [])].map((option) => option.value),
  words: (input) => input.value.trim() || null,
  prose: (input) => input.value.trim() || null,
  day: (input) => input.dataset.iso || null,
  one: (input) => input.value || null,
};

function readMoney(form, name) {
  const amount = plainNumber(form.querySelector(`[name="${name}.amount"]`).value);
  return amount ? { amount, currency: form.querySelector(`[name="${name}.currency"]`)?.value } : null;
}

// Of radio buttons the chosen one.
export function inputOf(form, kind, name) {
  const input = form.querySelector(`[name="${kind === 'money' ? `${name}.amount` : name}"]`);
  return input?.type === 'radio' ? form.querySelector(`[name="${name}"]:checked`) : input;
}

// What an input of this kind holds, as decide() compares it.
export function readInput(form, kind, name) {
  if (kind === 'money') return readMoney(form, name);
  const input = inputOf(form, kind, name);
  const read = readers[kind];
  return read ? read(input, form) : (input.value ? true : null);
}

// What is hidden or locked is not sent, so that what is stored counts.
function readField(form, rules, key) {
  const input = inputOf(form, rules.kinds[key], key);
  if (!input || input.matches(':disabled')) return key in rules.values ? rules.values[key] : undefined;
  return readInput(form, rules.kinds[key], key);
}

function withhold(select, key, withheld) {
  const option = [...select.options].find((each) => each.value === key);
  if (!option || option.selected) return;
  option.hidden = withheld;
  option.disabled = withheld;
  const control = select.tomselect;
  if (!control) return;
  if (withheld) control.removeOption(key, true);
  else control.addOption({ uid: key, label: option.textContent.trim(), hue: option.dataset.hue });
}

export function stand(fieldset, { visible, required, locked, offered }) {
  fieldset.hidden = !visible;
  fieldset.disabled = !visible || locked;
  const mark = fieldset.querySelector('[data-required-mark]');
  if (mark) mark.hidden = !required;
  for (const input of fieldset.querySelectorAll('[name]:not([type=hidden], [type=checkbox])')) {
    input.required = required;
    if (required) input.setAttribute('aria-required', 'true');
    else input.removeAttribute('aria-required');
  }
  const note = fieldset.querySelector('[data-locked-note]');
  if (note) note.hidden = !locked;
  const select = fieldset.querySelector('select');
  for (const [key, may] of Object.entries(offered)) if (select) withhold(select, key, !may);
}

function isOffered(fieldset, key) {
  return ![...fieldset.querySelectorAll('option')].some((option) => option.value === key && option.disabled);
}

class Ruled {
  constructor(form) {
    this.form = form;
    this.rules = JSON.parse(form.dataset.rules);
    this.answers = {};
    this.asked = this.signature();
    this.timer = 0;
    form.addEventListener('input', () => this.settle());
    form.addEventListener('change', () => this.settle());
    this.settle();
  }

  // A field may show another that shows a third: repeated until nothing moves.
  settle() {
    for (let pass = 0, before = ''; pass < mostPasses; pass += 1) {
      const now = JSON.stringify(Object.keys(this.rules.fields).map((key) => this.settleField(key)));
      if (now === before) break;
      before = now;
    }
    for (const section of this.form.querySelectorAll('[data-form-section]')) {
      section.hidden = [...section.querySelectorAll('.t-field')].every((field) => field.closest('fieldset[hidden]'));
    }
    if (this.signature() !== this.asked) this.askSoon();
  }

  settleField(key) {
    const fieldset = this.form.querySelector(`fieldset[data-ruled="${key}"]`);
    if (!fieldset) return null;
    const parts = this.rules.fields[key];
    const read = (name) => readField(this.form, this.rules, name);
    const answer = this.answers[key];
    const known = (tree, told) => {
      const decided = decide(tree, read);
      return decided === undefined ? told() : decided === true;
    };
    const visible = !parts.visible || known(parts.visible, () => answer?.visible ?? !fieldset.hidden);
    const needed = parts.required && known(parts.required, () => answer?.required ?? !fieldset.querySelector('[data-required-mark]')?.hidden);
    const locked = this.rules.locked.includes(key)
      && known(parts.locked, () => answer?.locked ?? !fieldset.querySelector('[data-locked-note]').hidden);
    const offered = Object.fromEntries(Object.entries(parts.options ?? {}).map(([option, tree]) => [
      option, known(tree, () => answer?.options?.includes(option) ?? isOffered(fieldset, option)),
    ]));
    const standing = { visible, required: visible && Boolean(needed || this.rules.required.includes(key)), locked, offered };
    stand(fieldset, standing);
    return standing;
  }

  // What the server would decide anew, as it is typed now.
  signature() {
    const names = [...new Set(Object.values(this.rules.asks).flat())];
    return JSON.stringify(names.map((name) => readField(this.form, this.rules, name) ?? null));
  }

  askSoon() {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.ask(), idleMilliseconds);
  }

  async ask() {
    const asked = this.signature();
    if (asked === this.asked) return;
    const fields = [...new FormData(this.form)].filter(([, value]) => typeof value === 'string');
    try {
      this.answers = await post(this.rules.url, [...fields, ['record', this.rules.record]]);
      this.asked = asked;
      this.settle();
    } catch {
      // Nothing is lost: the form stays as it is, and the server decides on saving.
      this.asked = asked;
    }
  }
}

wire('form[data-rules]', (form) => new Ruled(form));
