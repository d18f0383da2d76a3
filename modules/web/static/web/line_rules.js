// Owns what rules.js does for a form in each row of a table of lines: [data-row-rules] holds what form_state.py sends, a ruled cell stands in
// fieldset[data-ruled]. `parent.<key>` is what the record around the rows holds. What the browser cannot decide stays open; the
// server decides on saving.

import { decide } from './decide.js';
import { inputOf, readInput, stand } from './rules.js';
import { wire } from './wire.js';

const mostPasses = 4;
const around = 'parent.';

class RuledRow {
  constructor(row) {
    const [mark] = row.querySelectorAll('input[type=hidden]');
    this.row = row;
    this.prefix = `${mark.name}.${mark.value}.`;
    this.rules = JSON.parse(row.closest('[data-row-rules]').dataset.rowRules);
    const stored = row.querySelector(`[name="${this.prefix}uid"]`) !== null;
    this.wasLocked = Object.entries(this.rules.fields)
      .filter(([, parts]) => stored && parts.locked && this.decide(parts.locked) === true)
      .map(([key]) => key);
    const heard = Object.keys(this.rules.kinds).some((name) => name.startsWith(around)) ? row.closest('form') : row;
    heard.addEventListener('input', () => this.settle());
    heard.addEventListener('change', () => this.settle());
    this.settle();
  }

  decide(tree) {
    return decide(tree, (key) => (key.startsWith(around) ? this.readAround(key) : this.readCell(key)));
  }

  readCell(key) {
    const name = this.prefix + key;
    return inputOf(this.row, this.rules.kinds[key], name) ? readInput(this.row, this.rules.kinds[key], name) : undefined;
  }

  // What the form does not have, or does not send, counts as stored.
  readAround(key) {
    const [form, kind, name] = [this.row.closest('form'), this.rules.kinds[key], key.slice(around.length)];
    const input = form ? inputOf(form, kind, name) : null;
    return input && !input.matches(':disabled') ? readInput(form, kind, name) : this.rules.values[key];
  }

  // A cell may show another that shows a third: repeated until nothing moves.
  settle() {
    for (let pass = 0, before = ''; pass < mostPasses; pass += 1) {
      const now = JSON.stringify(Object.entries(this.rules.fields).map(([key, parts]) => this.settleCell(key, parts)));
      if (now === before) break;
      before = now;
    }
  }

  settleCell(key, parts) {
    const fieldset = this.row.querySelector(`fieldset[data-ruled="${key}"]`);
    if (!fieldset) return null;
    const holds = (tree, unsaid) => {
      const decided = this.decide(tree);
      return decided === undefined ? unsaid : decided === true;
    };
    const visible = !parts.visible || holds(parts.visible, true);
    const needed = this.rules.required.includes(key) || Boolean(parts.required && holds(parts.required, false));
    const locked = this.wasLocked.includes(key) && holds(parts.locked, true);
    const offered = Object.fromEntries(Object.entries(parts.options ?? {}).map(([option, tree]) => [option, holds(tree, true)]));
    const standing = { visible, required: visible && needed, locked, offered };
    stand(fieldset, standing);
    return standing;
  }
}

wire('[data-row-rules] [data-lines-row]', (row) => new RuledRow(row));
