// Owns the condition builder: [data-condition] holds a hidden input with the condition as JSON and a [data-condition-body] that is
// drawn from it. Every part keeps the JSON it came with until it is changed; a part that cannot be drawn is shown as it is written.
// data-entity names the entity, data-faces the address that tells its fields; words come from #condition-words.
// Inside [data-no-related] related records are not offered, for where they are refused.

import { facesOf, fieldChoices, fieldOf, loadFor, mirrorFields, relationOf, relationsOf, resolve } from './condition_fields.js';
import { words } from './condition_words.js';
import { drawCount, drawValues, firstValue, fits } from './condition_values.js';
import { button, make } from './dom.js';
import { on, wire, wireAll } from './wire.js';

const aggregates = ['sum_related', 'min_related', 'max_related', 'avg_related'];
const heads = ['all', 'any', 'not', 'field', 'any_related', 'every_related', 'none_related', 'count_related', ...aggregates];
const shape = {
  all: ['all'], any: ['any'], not: ['not'], field: ['field', 'op', 'value'], any_related: ['any_related', 'where'],
  every_related: ['every_related', 'where'], none_related: ['none_related', 'where'],
  count_related: ['count_related', 'where', 'op', 'value'],
  ...Object.fromEntries(aggregates.map((head) => [head, [head, 'of', 'where', 'op', 'value']])),
};
let serial = 0;

export function headOf(node) {
  if (!node || typeof node !== 'object' || Array.isArray(node)) return '';
  const found = heads.filter((head) => head in node);
  if (found.length !== 1 || Object.keys(node).some((name) => !shape[found[0]].includes(name))) return '';
  return found[0];
}

function select(label, choices, chosen, change) {
  const box = make('select', 'form-select');
  box.setAttribute('aria-label', label);
  for (const choice of choices) {
    const option = make('option', '', choice.label);
    option.value = choice.key;
    option.selected = choice.key === chosen;
    box.append(option);
  }
  box.addEventListener('change', () => change(box.value));
  return box;
}

// What a sum or mean, and what an extreme can be taken of.
function takenFields(head, entity) {
  const kinds = ['integer', 'decimal', 'percent', 'money', 'rating'];
  if (['min_related', 'max_related'].includes(head)) kinds.push('date', 'datetime');
  return (facesOf(entity)?.fields ?? []).filter((field) => kinds.includes(field.kind) && !field.system);
}

class Builder {
  constructor(root) {
    this.root = root;
    this.input = root.querySelector('input[type=hidden]');
    this.body = root.querySelector('[data-condition-body]');
    this.facesUrl = root.dataset.faces;
    this.records = root.dataset.records;
    this.tree = this.input.value.trim() ? JSON.parse(this.input.value) : null;
  }

  get entity() { return this.root.dataset.entity; }

  async start() {
    await loadFor(this.facesUrl, this.entity, this.tree);
    if (this.records) {
      await loadFor(this.facesUrl, this.records, null);
      await loadFor(this.facesUrl, facesOf(this.records)?.holder?.target, null);
    }
    this.draw();
  }

  // Draws everything again; `focus` names the part whose first control gets the keyboard.
  draw(focus = null) {
    this.focus = focus;
    this.focused = null;
    const add = this.addBar(this.tree, this.entity, (part) => this.add(part));
    const parts = this.tree === null ? [make('p', 't-hint', words.none)] : [this.node(this.tree, this.entity, {
      put: (node) => { this.tree = node; this.store(node); }, remove: () => { this.tree = null; this.store(); },
    }, true)];
    this.body.replaceChildren(...parts, ...(headOf(this.tree) === 'all' || headOf(this.tree) === 'any' ? [] : [add]));
    wireAll(this.body);
    this.focused?.focus();
  }

  add(part) {
    if (this.tree === null) this.tree = { all: [part] };
    else this.tree = { all: [this.tree, part] };
    this.store(part);
  }

  // After a change: writes the JSON, draws again and tells the form.
  async store(focus = null) {
    this.write();
    await loadFor(this.facesUrl, this.entity, this.tree);
    this.draw(focus);
  }

  write() {
    this.input.value = this.tree === null ? '' : JSON.stringify(this.tree);
    this.input.dispatchEvent(new Event('input', { bubbles: true }));
  }

  mark(node, control) {
    if (this.focus !== null && this.focus === node && !this.focused) this.focused = control;
    return control;
  }

  // Every part knows its place in the document, so that the server can say which one is wrong.
  node(node, entity, way, isRoot = false) {
    const drawn = this.part(node, entity, way, isRoot);
    drawn.dataset.pointer = way.pointer ?? '';
    return drawn;
  }

  part(node, entity, way, isRoot) {
    const head = headOf(node);
    if (head === 'all' || head === 'any') return this.group(node, head, entity, way, isRoot);
    if (head === 'not') return this.exception(node, entity, way);
    if (head === 'field') return this.test(node, entity, way) ?? this.raw(node, way);
    if (head) return this.related(node, head, entity, way) ?? this.raw(node, way);
    return this.raw(node, way);
  }

  remover(way) {
    const out = button('btn-quiet btn-square', words.remove_part, 'x');
    out.addEventListener('click', way.remove);
    return out;
  }

  raw(node, way) {
    const box = make('div', 't-cond-raw');
    const text = make('pre', 't-json', JSON.stringify(node, null, 1));
    text.tabIndex = 0;
    box.append(make('p', 't-hint', words.raw), text, this.remover(way));
    return box;
  }

  group(node, head, entity, way, isRoot) {
    const box = make('div', `t-cond-group${isRoot ? ' is-root' : ''}`);
    box.setAttribute('role', 'group');
    box.setAttribute('aria-label', words.group_word);
    const choices = ['all', 'any'].map((key) => ({ key, label: words[key] }));
    const line = make('div', 't-cond-head');
    line.append(this.mark(node, select(words.group_word, choices, head, (key) => way.put({ [key]: node[head] }))));
    line.append(this.remover(way));
    box.append(line);
    const list = make('ul', 't-list');
    const parts = node[head];
    if (!Array.isArray(parts)) return this.raw(node, way);
    parts.forEach((part, number) => {
      const put = (changed) => { node[head] = parts.with(number, changed); this.store(changed); };
      const remove = () => {
        node[head] = parts.toSpliced(number, 1);
        if (isRoot && !node[head].length) this.tree = null;
        this.store(node);
      };
      const row = make('li');
      row.append(this.node(part, entity, { put, remove, pointer: `${way.pointer ?? ''}/${head}/${number}` }));
      list.append(row);
    });
    box.append(list, this.addBar(node, entity, (part) => { node[head] = [...parts, part]; this.store(part); }));
    return box;
  }

  exception(node, entity, way) {
    const box = make('div', 't-cond-group');
    const line = make('div', 't-cond-head');
    line.append(make('span', 't-2', words.not_word), this.remover(way));
    const put = (part) => { node.not = part; this.store(part); };
    box.append(line, this.node(node.not, entity, { put, remove: way.remove, pointer: `${way.pointer ?? ''}/not` }));
    return box;
  }

  test(node, entity, way) {
    const found = resolve(entity, node.field);
    if (!found || !found.field.operators.includes(node.op) || !fits(node, found.field)) return null;
    const row = make('div', 't-cond-row');
    const line = make('div', 't-cond-line');
    const put = (changes) => { Object.assign(node, changes); this.store(node); };
    const names = make('span', 't-cond-names');
    found.steps.forEach((step, depth) => {
      const box = select(words.field, fieldChoices(step.entity, step.entity === this.entity), step.chosen, (key) => this.setField(node, entity, found, depth, key));
      names.append(depth === found.steps.length - 1 ? this.mark(node, box) : box);
    });
    const operators = found.field.operators.map((key) => ({ key, label: this.operatorLabel(key, found.field) }));
    line.append(names, select(words.operator, operators, node.op, (op) => {
      if (words.arity[op] === words.arity[node.op] && fits({ ...node, op }, found.field)) { put({ op }); return; }
      const value = firstValue(found.field, op);
      delete node.value;
      put(value === undefined ? { op } : { op, value });
    }));
    line.append(drawValues({
      node, field: found.field, mirrors: this.records ? mirrorFields(this.records) : [],
      changed: (value) => { node.value = value; this.write(); }, redraw: () => this.store(node),
    }));
    row.append(line, this.remover(way));
    return row;
  }

  operatorLabel(op, field) {
    const timely = ['date', 'datetime'].includes(field.kind) ? words.time_operators[op] : '';
    const many = words.arity[op] === 'many' && ['in', 'not_in'].includes(op) ? ' …' : '';
    return (timely || words.operators[op]) + many;
  }

  async setField(node, entity, found, depth, key) {
    const before = found.steps.slice(0, depth).map((step) => step.chosen.replace('.', ''));
    if (key.endsWith('.')) {
      const link = fieldOf(found.steps[depth].entity, key.slice(0, -1));
      await loadFor(this.facesUrl, link.targets[0], null);
      const first = facesOf(link.targets[0])?.fields[0];
      if (!first) return;
      key = `${key}${first.key}`;
    }
    node.field = [...before, key].join('.');
    const field = resolve(entity, node.field).field;
    const kept = field.operators.includes(node.op) && fits(node, field);
    if (!kept) {
      [node.op] = field.operators;
      const value = firstValue(field, node.op);
      delete node.value;
      if (value !== undefined) node.value = value;
    }
    this.store(node);
  }

  related(node, head, entity, way) {
    const hop = node[head];
    const known = relationOf(entity, hop);
    if (!known || !facesOf(known.entity)) return null;
    const target = known.entity;
    if (head === 'count_related' && !fits(node, null)) return null;
    const taken = aggregates.includes(head) ? takenFields(head, target).find((each) => each.key === node.of) : null;
    if (aggregates.includes(head) && (!taken || !words.aggregate_operators.includes(node.op) || !fits(node, taken))) return null;
    const box = make('div', 't-cond-group');
    const line = make('div', 't-cond-head');
    const kinds = Object.entries(words.kinds).map(([key, label]) => ({ key, label }))
      .filter(({ key }) => !aggregates.includes(key) || takenFields(key, target).length);
    line.append(this.mark(node, select(words.kind_word, kinds, head, (key) => {
      const made = { [key]: hop, ...('where' in node ? { where: node.where } : {}) };
      way.put({ ...made, ...this.compared(key, target) });
    })));
    if (taken) {
      const fields = takenFields(head, target);
      line.append(select(words.field, fields.map(({ key, label }) => ({ key, label })), node.of, (key) => {
        const field = fields.find((each) => each.key === key);
        way.put({ ...node, of: key, op: 'gt', value: firstValue(field, 'gt') });
      }), make('span', 't-2', words.of_word));
    }
    const ways = relationsOf(entity);
    const choices = ways.map((each, number) => ({ key: String(number), label: each.label }));
    const chosen = ways.findIndex((each) => JSON.stringify(each.hop) === JSON.stringify(known.hop));
    line.append(select(words.related_word, choices, String(chosen), (number) => this.changeRelation(head, ways[number], node, way)));
    if (taken) line.append(...this.comparison(node, taken));
    if (head === 'count_related') {
      const operators = words.count_operators.map((key) => ({ key, label: words.operators[key] }));
      line.append(select(words.operator, operators, node.op, (op) => {
        node.op = op;
        node.value = op === 'between' ? [1, 2] : 1;
        this.store(node);
      }), drawCount(node, (value) => { node.value = value; this.write(); }));
    }
    line.append(this.remover(way));
    box.append(line, ...this.period(node, target));
    const put = (where) => { node.where = where; this.store(where); };
    const drop = () => { delete node.where; this.store(node); };
    if ('where' in node) {
      const pointer = `${way.pointer ?? ''}/where`;
      const inner = this.node(node.where, target, { put, remove: drop, pointer });
      const told = inner.querySelector(`[data-pointer="${pointer}/all/${this.periodPlace(node, target)}"]`)?.closest('li');
      if (told) told.hidden = true; // it stands above, as the period
      box.append(make('p', 't-hint', words.where), inner);
    } else box.append(this.addBar(null, target, (part) => put({ all: [part] }), words.where));
    return box;
  }

  periodPlace(node, entity) {
    const dates = (facesOf(entity)?.fields ?? []).filter((field) => field.operators.includes('within')).map((field) => field.key);
    return headOf(node.where) === 'all' ? node.where.all.findIndex((part) => part.op === 'within' && dates.includes(part.field)) : -1;
  }

  // The span of time that related records are taken from: one test of a date among what must hold for them.
  period(node, entity) {
    const dates = (facesOf(entity)?.fields ?? []).filter((field) => field.operators.includes('within'));
    if (!dates.length || ('where' in node && headOf(node.where) !== 'all')) return [];
    const tests = node.where?.all ?? [];
    const place = this.periodPlace(node, entity);
    const now = place < 0 ? null : tests[place];
    const known = words.periods.find((each) => JSON.stringify(each.value) === JSON.stringify(now?.value));
    const choices = words.periods.map(({ key, label }) => ({ key, label }));
    if (now && !known) choices.push({ key: 'own', label: words.another_period });
    const put = (test) => {
      const others = tests.filter((part) => part !== now);
      const all = test ? [test, ...others] : others;
      if (all.length) node.where = { all };
      else delete node.where;
      this.store(node);
    };
    const row = make('div', 't-cond-head');
    row.append(make('span', 't-2', words.in_period), select(words.in_period, choices, now ? known?.key ?? 'own' : 'ever', (key) => {
      const { value } = words.periods.find((each) => each.key === key) ?? now;
      put(value ? { field: now?.field ?? dates.find((field) => !field.system)?.key ?? dates[0].key, op: 'within', value } : null);
    }));
    if (now) {
      const fields = dates.map(({ key, label }) => ({ key, label }));
      row.append(make('span', 't-2', words.by_date), select(words.by_date, fields, now.field, (field) => put({ ...now, field })));
    }
    return [row];
  }

  // What a new kind of related condition begins to compare with.
  compared(head, entity) {
    if (head === 'count_related') return { op: 'gte', value: 1 };
    if (!aggregates.includes(head)) return {};
    const [field] = takenFields(head, entity);
    return { of: field.key, op: 'gt', value: firstValue(field, 'gt') };
  }

  async changeRelation(head, { hop, entity }, node, way) {
    await loadFor(this.facesUrl, entity, null);
    if (head === 'count_related') way.put({ [head]: hop, op: node.op, value: node.value });
    else if (!aggregates.includes(head)) way.put({ [head]: hop });
    else if (takenFields(head, entity).length) way.put({ [head]: hop, ...this.compared(head, entity) });
    else way.put({ any_related: hop });
  }

  comparison(node, field) {
    const operators = words.aggregate_operators.map((key) => ({ key, label: this.operatorLabel(key, field) }));
    const box = select(words.operator, operators, node.op, (op) => {
      node.op = op;
      const value = firstValue(field, op);
      delete node.value;
      if (value !== undefined) node.value = value;
      this.store(node);
    });
    const values = drawValues({
      node, field, mirrors: [], changed: (value) => { node.value = value; this.write(); }, redraw: () => this.store(node),
    });
    return [box, values];
  }

  addBar(node, entity, add, before = '') {
    const bar = make('div', 't-cond-adds');
    if (before) bar.append(make('span', 't-hint', before));
    const faces = facesOf(entity);
    const plain = button('btn-quiet', words.add, 'plus');
    plain.id = `condition-add-${serial += 1}`;
    plain.dataset.conditionAdd = 'test';
    plain.addEventListener('click', () => {
      const field = faces?.fields.find((each) => !each.system) ?? faces?.fields[0];
      if (!field) return;
      const value = firstValue(field, field.operators[0]);
      add({ field: field.key, op: field.operators[0], ...(value === undefined ? {} : { value }) });
    });
    bar.append(this.mark(node, plain));
    if (headOf(node) === 'all' || headOf(node) === 'any') {
      const group = button('btn-quiet t-2', words.add_group, 'parentheses');
      group.addEventListener('click', () => add({ [headOf(node) === 'all' ? 'any' : 'all']: [] }));
      const not = button('btn-quiet t-2', words.add_not, 'ban');
      not.addEventListener('click', () => add({ not: { all: [] } }));
      bar.append(group, not);
    }
    const [first] = relationsOf(entity);
    if (first && !this.root.closest('[data-no-related]')) {
      const related = button('btn-quiet t-2', words.add_related, 'hierarchy-2');
      related.addEventListener('click', () => add({ any_related: first.hop }));
      bar.append(related);
    }
    return bar;
  }
}

// The part that the server calls wrong, or the nearest one around it.
function mark(entry) {
  const root = entry.closest('form')?.querySelector('[data-condition]');
  if (!root) return;
  let pointer = entry.dataset.wrong;
  let part = null;
  while (!part && pointer) {
    part = root.querySelector(`[data-pointer="${CSS.escape(pointer)}"]`);
    pointer = pointer.slice(0, pointer.lastIndexOf('/'));
  }
  (part ?? root).classList.add('is-wrong');
}

export async function setUp(root) {
  const builder = new Builder(root);
  await builder.start();
  root.closest('form')?.querySelectorAll('[data-wrong]').forEach(mark);
}

wire('[data-wrong]', mark);
on('input', '[data-condition]', (event, root) => root.querySelectorAll('.is-wrong').forEach((part) => part.classList.remove('is-wrong')));
