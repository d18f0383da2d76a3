// Owns what the builder knows of entities: fetched once each, fields found by dotted name, choices for the field select.

import { getJson } from './net.js';
import { words } from './condition_words.js';

const known = new Map();
const asked = new Map();

export function facesOf(entity) {
  return known.get(entity) ?? null;
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
  const hop = head ? node[head] : null;
  if (hop?.entity) await loadFor(url, hop.entity, node.where);
}

async function loadPath(url, entity, links) {
  let here = entity;
  for (const link of links) {
    const field = facesOf(here)?.fields.find((each) => each.key === link);
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
    const field = facesOf(here)?.fields.find((each) => each.key === part);
    if (!field) return null;
    const isLast = depth === parts.length - 1;
    steps.push({ entity: here, chosen: isLast ? part : `${part}.` });
    if (isLast) return { field, steps, entity: here };
    if (field.own !== 'link') return null;
    [here] = field.targets;
  }
  return null;
}

export function fieldChoices(entity) {
  const { fields } = facesOf(entity);
  const usable = fields.filter((field) => field.operators.length);
  const further = fields.filter((field) => field.own === 'link' && !field.system);
  return [
    ...usable.map((field) => ({ key: field.key, label: field.label })),
    ...further.map((field) => ({ key: `${field.key}.`, label: words.path.replace('{link}', field.label).replace('{field}', '…') })),
  ];
}
