// Owns the board: moving cards by mouse, finger and keyboard, telling the server, and putting a card back when it refuses.
// [data-board][data-move-url] (`{uid}` in it stands for the record); [data-stage] on stacks and zones, with data-label;
// .t-card[data-uid][data-revision]. Sends stage, revision, before (uid of the card below, may be empty).
// Answers {revision, stages: {key: {count, total}}}; a refusal may carry dialog_url for what the stage still needs.

import { post } from './net.js';
import { htmx } from './requests.js';
import { showError, showToast } from './toasts.js';
import { wire } from './wire.js';
import { word } from './words.js';

function announce(text) {
  document.getElementById('announce').textContent = text;
}

function placeOf(card) {
  return { stack: card.parentElement, next: card.nextElementSibling };
}

function putBack(card, place) {
  place.stack.insertBefore(card, place.next?.parentElement === place.stack ? place.next : null);
}

function showFigures(board, stages) {
  for (const [key, figures] of Object.entries(stages ?? {})) {
    const column = board.querySelector(`.t-col[data-column="${CSS.escape(key)}"]`);
    if (!column) continue;
    column.querySelector('[data-count]').textContent = figures.count;
    const total = column.querySelector('[data-total]');
    if (total && figures.total !== undefined) total.textContent = figures.total;
  }
}

async function tellServer(board, card, stage, from) {
  const { uid, revision } = card.dataset;
  card.setAttribute('aria-busy', 'true');
  try {
    const answer = await post(board.dataset.moveUrl.replace('{uid}', encodeURIComponent(uid)), {
      stage: stage.dataset.stage, revision, before: card.nextElementSibling?.dataset.uid ?? '',
    });
    card.dataset.revision = answer.revision ?? revision;
    showFigures(board, answer.stages);
    if (stage.dataset.zone !== undefined) card.remove();
    if (answer.text) showToast({ text: answer.text, undo: answer.undo });
    announce(word('moved', { card: card.dataset.label, stage: stage.dataset.label }));
  } catch (error) {
    putBack(card, from);
    announce(word('not_moved', { card: card.dataset.label }));
    if (error.problem?.dialog_url) htmx.ajax('GET', error.problem.dialog_url, { target: '#layer', swap: 'innerHTML' });
    else showError(error);
  } finally {
    card.removeAttribute('aria-busy');
  }
}

function moveByKey(event, board) {
  const card = event.target.closest('.t-card');
  if (!card || event.target !== card || !event.key.startsWith('Arrow')) return;
  const stacks = [...board.querySelectorAll('.t-stack[data-stage]')];
  const column = stacks.indexOf(card.parentElement);
  const cards = [...card.parentElement.querySelectorAll('.t-card')];
  const row = cards.indexOf(card);
  const sideways = { ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0;
  const along = { ArrowUp: -1, ArrowDown: 1 }[event.key] ?? 0;
  event.preventDefault();
  if (!event.shiftKey || card.dataset.fixed !== undefined) {
    const beside = sideways ? stacks[column + sideways]?.querySelectorAll('.t-card') : null;
    (beside ? beside[Math.min(row, beside.length - 1)] : cards[row + along])?.focus();
    return;
  }
  const from = placeOf(card);
  if (sideways) {
    const stack = stacks[column + sideways];
    if (!stack) return;
    stack.prepend(card);
    card.focus();
    tellServer(board, card, stack, from);
  }
}

function zonesOf(board) {
  return [...document.querySelectorAll('[data-zone][data-stage]')].filter(
    (zone) => !zone.dataset.zone || zone.dataset.zone === board.id,
  );
}

async function setUp(board) {
  board.addEventListener('keydown', (event) => moveByKey(event, board));
  const { default: Sortable } = await import('sortablejs/modular/sortable.core.esm.js');
  let from = null;
  const settings = {
    group: 'cards', draggable: '.t-card:not([data-fixed])', animation: 120, delay: 150, delayOnTouchOnly: true,
    ghostClass: 'is-slot', dragClass: 'is-lifted', forceFallback: true, fallbackOnBody: true, fallbackTolerance: 4,
    onStart: ({ item }) => {
      from = { stack: item.parentElement, next: item.nextElementSibling };
      document.body.classList.add('is-dragging');
    },
    onEnd: ({ item, to }) => {
      document.body.classList.remove('is-dragging');
      if (to !== from.stack) tellServer(board, item, to, from);
    },
  };
  for (const stack of board.querySelectorAll('.t-stack[data-stage]')) new Sortable(stack, settings);
  for (const zone of zonesOf(board)) new Sortable(zone, { ...settings, sort: false });
}

wire('[data-board]', setUp);
wire('[data-sortable]', async (list) => {
  const { default: Sortable } = await import('sortablejs/modular/sortable.core.esm.js');
  new Sortable(list, {
    handle: '.t-grip', animation: 120, onEnd: () => list.dispatchEvent(new Event('reordered', { bubbles: true })),
  });
});
