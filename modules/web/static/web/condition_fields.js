// Owns what the builder knows of entities: fetched once each, fields found by dotted name, choices for the field select.

import { getJson } from './net.js';
import { words } from './condition_words.js';

const known = new Map();
const asked = new Map();

export function facesOf(entity) {
  return known.get(entity) ?? null;
}

// A field by its key; of lines also the way to the record that holds them, which is as good as a link.
export function fieldOf(entity, key) {
  const faces = facesOf(entity);
  if (faces?.holder?.key === key) return { ...faces.holder, own: 'link', targets: [faces.holder.target], operators: [] };
  return faces?.fields.find((each) => each.key === key);
}

export function forgetFaces() {
  known.clear();
  asked.clear();
}

async function load(url, entity) {
  if (!entity || known.has(entity)) return;
  if (!asked.has(entity)) {
    asked.set(entity, getJson(`${url}${encodeURIComponent(entity)}`).catch(() => null).then((faces) => known.set(entity, faces)));
  }
  await asked.get(entity);
}

// Loads the entity and every other one that a condition over it walks to.
export async function loadFor(url, entity, node) {
  await load(url, entity);
  if (!node || typeof node !== 'object') return;
  for (const part of [...(node.all ?? []), ...(node.any ?? []), ...(node.not ? [node.not] : [])]) await loadFor(url, entity, part);
  if (typeof node.field === 'string') await loadPath(url, entity, node.field.split('.').slice(0, -1));
  const head = Object.keys(node).find((name) => name.endsWith('_related'));
  const target = head ? relationOf(entity, node[head])?.entity ?? node[head]?.entity : null;
  if (target) await loadFor(url, target, node.where);
}

// Ways to several records from one: its own lines and links, and those elsewhere that point to it.
export function relationsOf(entity) {
  const faces = facesOf(entity);
  const elsewhere = (faces?.related ?? []).map((each) => ({ ...each, hop: { entity: each.entity, field: each.field } }));
  return [...(faces?.held ?? []).map((each) => ({ ...each, hop: { [each.via]: each.field } })), ...elsewhere];
}

// The way that a condition names; nothing for one that is not known here.
export function relationOf(entity, named) {
  if (!named || typeof named !== 'object') return undefined;
  const same = (hop) => Object.keys(hop).length === Object.keys(named).length && Object.entries(hop).every(([name, key]) => named[name] === key);
  return relationsOf(entity).find(({ hop }) => same(hop));
}

async function loadPath(url, entity, links) {
  let here = entity;
  for (const link of links) {
    const field = fieldOf(here, link);
    if (field?.own !== 'link') return;
    [here] = field.targets;
    await load(url, here);
  }
}

// The field of a dotted name with one step for each select that shows it; null when a name is not known.
export function resolve(entity, name) {
  if (typeof name !== 'string') return null;
  const steps = [];
  let here = entity;
  const parts = name.split('.');
  for (const [depth, part] of parts.entries()) {
    const field = fieldOf(here, part);
    if (!field) return null;
    const isLast = depth === parts.length - 1;
    steps.push({ entity: here, chosen: isLast ? part : `${part}.` });
    if (isLast) return { field, steps, entity: here };
    if (field.own !== 'link') return null;
    [here] = field.targets;
  }
  return null;
}

function pathLabel(link, field) {
  return words.path.replace('{link}', link).replace('{field}', field);
}

// `isRoot`: the condition is about this entity itself, so that a line may look at the record that holds it.
export function fieldChoices(entity, isRoot) {
  const { fields, holder } = facesOf(entity);
  const usable = fields.filter((field) => field.operators.length);
  const further = [...fields.filter((field) => field.own === 'link' && !field.system), ...(isRoot && holder ? [holder] : [])];
  return [
    ...usable.map((field) => ({ key: field.key, label: field.label })),
    ...further.map((field) => ({ key: `${field.key}.`, label: pathLabel(field.label, '…') })),
  ];
}

// The fields of the record being edited that values may be taken from; of a line also those around it.
export function mirrorFields(entity) {
  const faces = facesOf(entity);
  const around = facesOf(faces?.holder?.target)?.fields ?? [];
  return [
    ...(faces?.fields ?? []),
    ...around.map((field) => ({ ...field, key: `${faces.holder.key}.${field.key}`, label: pathLabel(faces.holder.label, field.label) })),
  ];
}
