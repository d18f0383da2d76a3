// Owns the board: moving cards by mouse, finger and keyboard, telling the server, and putting a card back when it refuses.
// [data-board][data-move-url][data-card-url] (`{uid}` in them stands for the record); [data-stage] on stacks and zones, with
// data-label, on stacks data-moves with the only stages that their cards may go to; .t-card[data-uid][data-revision]. Sends stage,
// revision, before (uid of the card below, may be empty). Answers {revision, stage, label, card, stages: {key: {count, total}}}; a
// refusal may carry dialog_url for what the stage still needs, or `moved` when somebody else moved the record meanwhile. A cancelled
// dialogue changes nothing: the card is back already. An undone move answers {moved: uid}, and that card is drawn again.

import { carryCards, placeOf, putBack } from './carrying.js';
import { announce } from './dom.js';
import { cardBeside, cardsIn, foldFar, reveal } from './folding.js';
import { getJson, goneType, post } from './net.js';
import { htmx } from './requests.js';
import { showError, showToast } from './toasts.js';
import { wire, wireAll } from './wire.js';
import { word } from './words.js';

// Columns and cards are gone through by hand: a selector would look at every element of ten thousand cards.
const stacksOf = (board) => [...board.children].map((column) => column.lastElementChild);

function showFigures(board, stages) {
  for (const column of board.children) {
    const figures = stages?.[column.dataset.column];
    if (!figures) continue;
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
  for (const stack of stacksOf(board)) {
    for (const card of cardsIn(stack)) if (card.getAttribute('data-uid') === uid) return reveal(card) ? card : null;
  }
  return null;
}

// Nothing has the focus once a dialogue is gone that another took the place of.
function hasFocus(card) {
  return card.contains(document.activeElement) || document.activeElement === document.body;
}

// A card leaves the board; the keyboard goes on at the one beside it.
function takeAway(board, card) {
  if (!card) return;
  const held = hasFocus(card);
  const beside = held ? cardBeside(card, 1) ?? cardBeside(card, -1) : null;
  card.remove();
  if (held) (beside ?? board.querySelector('.t-card') ?? board).focus({ preventScroll: true });
}

// The server's word on a card: drawn anew in the column it stands in by now; away when that is none of this board.
function settle(board, uid, answer, known = null) {
  const old = known ?? cardOf(board, uid);
  const stack = stacksOf(board).find((each) => each.dataset.stage === answer.stage);
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
    settle(board, uid, answer, card);
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

// The card as far down in the next column that has any.
function focusBeside(stacks, column, sideways, card) {
  const row = [...cardsIn(card.parentElement)].indexOf(card);
  for (let next = column + sideways; stacks[next]; next += sideways) {
    const cards = [...cardsIn(stacks[next])];
    const beside = cards[Math.min(row, cards.length - 1)];
    if (reveal(beside)) {
      beside.focus();
      return;
    }
  }
}

function moveByKey(event, places) {
  const card = event.target.closest('.t-card');
  if (!card || event.target !== card) return;
  if (event.key === 'Enter') {
    card.querySelector('a')?.click();
    return;
  }
  if (!event.key.startsWith('Arrow') || card.hasAttribute('aria-busy')) return;
  const column = places.indexOf(card.parentElement);
  const sideways = { ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0;
  const along = { ArrowUp: -1, ArrowDown: 1 }[event.key] ?? 0;
  event.preventDefault();
  if (!event.shiftKey || card.dataset.fixed !== undefined) {
    if (sideways) focusBeside(places, column, sideways, card);
    else cardBeside(card, along)?.focus();
    return;
  }
  const stack = sideways ? places[column + sideways] : null;
  if (!stack) return;
  const from = placeOf(card);
  if (stack.dataset.zone === undefined) {
    stack.prepend(card);
    card.focus();
  }
  tellServer(event.currentTarget, card, stack, from);
}

function zonesOf(board) {
  return [...document.querySelectorAll('[data-zone][data-stage]')].filter(
    (zone) => !zone.dataset.zone || zone.dataset.zone === board.id,
  );
}

// While a card is in the hand: where it may not go is faint, and what lies open for it says so.
function lift(places, card) {
  const { moves } = card.parentElement.dataset;
  document.body.classList.add('is-dragging');
  if (moves === undefined) return;
  const open = moves.split(' ');
  for (const place of places) {
    if (place !== card.parentElement && !open.includes(place.dataset.stage)) place.classList.add('is-barred');
  }
}

function letGo(places) {
  document.body.classList.remove('is-dragging');
  for (const place of places) place.classList.remove('is-barred');
}

function setUp(board) {
  const places = [...stacksOf(board), ...zonesOf(board)];
  for (const stack of stacksOf(board)) foldFar(stack);
  board.addEventListener('keydown', (event) => moveByKey(event, places));
  carryCards(board, {
    start: (card) => lift(places, card),
    over: (card, place, from) => { card.dataset.slot = place === from.stack ? '' : word('move_to', { stage: place.dataset.label }); },
    end: (card, place, from) => {
      letGo(places);
      if (place !== from.stack) tellServer(board, card, place, from);
    },
  });
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
