// Owns the board: moving cards by mouse, finger and keyboard, telling the server, and putting a card back when it refuses.
// [data-board][data-move-url][data-card-url] (`{uid}` in them stands for the record); [data-stage] on stacks and zones, with
// data-label, on stacks data-moves with the only stages that their cards may go to; .t-card[data-uid][data-revision]. Sends stage,
// revision, before (uid of the card below, may be empty). Answers {revision, stage, label, card, stages: {key: {count, total}}}; a
// refusal may carry dialog_url for what the stage still needs, or `moved` when somebody else moved the record meanwhile. A cancelled
// dialogue changes nothing: the card is back already. An undone move answers {moved: uid}, and that card is drawn again.

import { announce } from './dom.js';
import { getJson, post } from './net.js';
import { htmx } from './requests.js';
import { showError, showToast } from './toasts.js';
import { wire, wireAll } from './wire.js';
import { word } from './words.js';

const goneType = 'urn:trellis:rec-e028';

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

// Of a very full board they come once the page is there.
async function lateFigures(board) {
  const { total, total_text: open, weighted_text: weighted, stages } = await getJson(board.dataset.figuresUrl);
  for (const [name, text] of Object.entries({ total, open, weighted })) {
    const place = document.querySelector(`[data-board-${name}]`);
    if (place) place.textContent = text ?? '';
  }
  showFigures(board, stages);
}

function drawn(html) {
  return new DOMParser().parseFromString(html, 'text/html').querySelector('.t-card');
}

function cardOf(board, uid) {
  return board.querySelector(`.t-card[data-uid="${CSS.escape(uid)}"]`);
}

// Nothing has the focus once a dialogue is gone that another took the place of.
function hasFocus(card) {
  return card.contains(document.activeElement) || document.activeElement === document.body;
}

// A card leaves the board; the keyboard goes on at the one beside it.
function takeAway(board, card) {
  if (!card) return;
  const beside = [card.nextElementSibling, card.previousElementSibling].find((each) => each?.matches('.t-card'));
  const held = hasFocus(card);
  card.remove();
  if (held) (beside ?? board.querySelector('.t-card') ?? board).focus({ preventScroll: true });
}

// The server's word on a card: drawn anew in the column it stands in by now; away when that is none of this board.
function settle(board, uid, answer) {
  const old = cardOf(board, uid);
  const stack = board.querySelector(`.t-stack[data-stage="${CSS.escape(answer.stage)}"]`);
  const card = document.adoptNode(drawn(answer.card));
  const focused = old && hasFocus(old);
  showFigures(board, answer.stages);
  if (!stack) {
    takeAway(board, old);
    return;
  }
  if (old?.parentElement === stack) old.replaceWith(card);
  else {
    old?.remove();
    stack.prepend(card);
  }
  wireAll(card);
  htmx.process(card);
  if (focused) card.focus({ preventScroll: true });
}

async function lookAgain(board, uid) {
  try {
    const answer = await getJson(board.dataset.cardUrl.replace('{uid}', encodeURIComponent(uid)));
    settle(board, uid, answer);
    return answer;
  } catch (error) {
    if (error.status === 404) takeAway(board, cardOf(board, uid));
    return null;
  }
}

// Somebody else moved it while it was in the hand: it goes where it is, and the person is told.
async function wasMoved(board, card) {
  const { uid, label } = card.dataset;
  const answer = await lookAgain(board, uid);
  const text = answer ? word('moved_elsewhere', { card: label, stage: answer.label }) : word('gone');
  announce(text);
  showToast({ kind: 'warn', text });
}

async function tellServer(board, card, stage, from) {
  const { uid, revision, label } = card.dataset;
  card.setAttribute('aria-busy', 'true');
  try {
    const answer = await post(board.dataset.moveUrl.replace('{uid}', encodeURIComponent(uid)), {
      stage: stage.dataset.stage, revision, before: card.nextElementSibling?.dataset.uid ?? '',
    });
    if (answer.kept) {
      card.dispatchEvent(new CustomEvent('kept', { bubbles: true }));
      card.title = word('waits');
      card.classList.add('is-waiting');
      announce(word('waits'));
      return;
    }
    settle(board, uid, answer);
    if (stage.dataset.zone !== undefined) takeAway(board, card); // let go over a zone it lies in there
    if (answer.text) showToast({ text: answer.text, undo: answer.undo });
    announce(word('moved', { card: label, stage: stage.dataset.label }));
  } catch (error) {
    putBack(card, from);
    if (error.problem?.moved || error.problem?.type === goneType) {
      await wasMoved(board, card);
      return;
    }
    announce(word('not_moved', { card: label }));
    if (error.problem?.dialog_url) htmx.ajax('GET', error.problem.dialog_url, { target: '#layer', swap: 'innerHTML' });
    else showError(error);
  } finally {
    card.removeAttribute('aria-busy');
  }
}

function places(board) {
  return [...board.querySelectorAll('.t-stack[data-stage]'), ...zonesOf(board)];
}

function focusBeside(stacks, column, sideways, row) {
  for (let next = column + sideways; stacks[next]; next += sideways) {
    const cards = stacks[next].querySelectorAll('.t-card');
    if (cards.length) {
      cards[Math.min(row, cards.length - 1)].focus();
      return;
    }
  }
}

function moveByKey(event, board) {
  const card = event.target.closest('.t-card');
  if (!card || event.target !== card) return;
  if (event.key === 'Enter') {
    card.querySelector('a')?.click();
    return;
  }
  if (!event.key.startsWith('Arrow') || card.hasAttribute('aria-busy')) return;
  const stacks = places(board);
  const column = stacks.indexOf(card.parentElement);
  const cards = [...card.parentElement.querySelectorAll('.t-card')];
  const row = cards.indexOf(card);
  const sideways = { ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0;
  const along = { ArrowUp: -1, ArrowDown: 1 }[event.key] ?? 0;
  event.preventDefault();
  if (!event.shiftKey || card.dataset.fixed !== undefined) {
    if (sideways) focusBeside(stacks, column, sideways, row);
    else cards[row + along]?.focus();
    return;
  }
  const stack = sideways ? stacks[column + sideways] : null;
  if (!stack) return;
  const from = placeOf(card);
  if (stack.dataset.zone === undefined) {
    stack.prepend(card);
    card.focus();
  }
  tellServer(board, card, stack, from);
}

function zonesOf(board) {
  return [...document.querySelectorAll('[data-zone][data-stage]')].filter(
    (zone) => !zone.dataset.zone || zone.dataset.zone === board.id,
  );
}

const animated = 60; // cards of a column; Sortable measures every one of them at each step to let them glide
const glide = 120;
let mounted = false;

// A card held at the edge of a narrow screen brings the next columns into sight.
async function sortableThatScrolls() {
  const { AutoScroll, default: Sortable } = await import('sortablejs/modular/sortable.core.esm.js');
  if (!mounted) Sortable.mount(new AutoScroll());
  mounted = true;
  return Sortable;
}

// While a card is in the hand: where it may not go is faint, and what lies open for it says so.
function lift(board, card) {
  const { moves } = card.parentElement.dataset;
  document.body.classList.add('is-dragging');
  if (moves === undefined) return;
  const open = moves.split(' ');
  for (const place of places(board)) {
    if (place !== card.parentElement && !open.includes(place.dataset.stage)) place.classList.add('is-barred');
  }
}

function letGo(board) {
  document.body.classList.remove('is-dragging');
  for (const place of places(board)) place.classList.remove('is-barred');
}

async function setUp(board) {
  board.addEventListener('keydown', (event) => moveByKey(event, board));
  const Sortable = await sortableThatScrolls();
  let from = null;
  const sortables = [];
  const settings = {
    group: { name: 'cards', put: (to) => !to.el.classList.contains('is-barred') }, draggable: '.t-card:not([data-fixed])', animation: glide, delay: 150, delayOnTouchOnly: true,
    ghostClass: 'is-slot', dragClass: 'is-lifted', forceFallback: true, fallbackOnBody: true, fallbackTolerance: 4,
    scroll: true, scrollSensitivity: 40, scrollSpeed: 14,
    onStart: ({ item }) => {
      from = placeOf(item);
      lift(board, item);
      for (const each of sortables) each.option('animation', each.el.childElementCount > animated ? 0 : glide);
    },
    onChange: ({ item, to }) => { item.dataset.slot = to === from.stack ? '' : word('move_to', { stage: to.dataset.label }); },
    onEnd: ({ item, to }) => {
      letGo(board);
      if (to !== from.stack) tellServer(board, item, to, from);
    },
  };
  for (const place of places(board)) sortables.push(new Sortable(place, { ...settings, sort: place.dataset.zone === undefined }));
}

wire('[data-board]', setUp);
wire('[data-figures-url]', lateFigures);
// A dialogue moved a card of this board, or a move was taken back.
for (const [type, uidOf] of [['card-moved', (said) => said.uid], ['undone', (said) => said?.moved]]) {
  document.body.addEventListener(type, ({ detail }) => {
    const board = document.querySelector('[data-board]');
    if (board && uidOf(detail)) lookAgain(board, uidOf(detail));
  });
}
wire('[data-sortable]', async (list) => {
  const { default: Sortable } = await import('sortablejs/modular/sortable.core.esm.js');
  new Sortable(list, {
    handle: '.t-grip', animation: 120, onEnd: () => list.dispatchEvent(new Event('reordered', { bubbles: true })),
  });
});
