// Owns carrying a card of a board by mouse or finger: what lies under the pointer is asked for once in a frame and nothing else is measured,
// however many cards there are. A finger takes hold after resting a moment; Escape puts the card back. Knows no server.
// Cards are .t-card[data-uid]:not([data-fixed]); they are let go over .t-stack[data-stage] of the board and over its zones, unless .is-barred.

import { reveal } from './folding.js';

const tolerance = 4;
const restMilliseconds = 150;
const edge = 40;
const fastest = 14; // pixels in a frame
let hand = null; // { card, from, point, origin, ghost, frame, rest, acts, board, leaving }

export function placeOf(card) {
  return { stack: card.parentElement, next: card.nextElementSibling };
}

export function putBack(card, place) {
  reveal(place.next);
  place.stack.insertBefore(card, place.next?.parentElement === place.stack ? place.next : null);
}

const pointOf = (event) => ({ x: event.clientX, y: event.clientY });
const away = (one, other) => Math.max(Math.abs(one.x - other.x), Math.abs(one.y - other.y));

// The same size, over everything, and never in the pointer's way.
function makeGhost(card) {
  const { left, top, width, height } = card.getBoundingClientRect();
  const ghost = card.cloneNode(true);
  ghost.classList.add('is-lifted');
  ghost.setAttribute('aria-hidden', 'true');
  Object.assign(ghost.style, { position: 'fixed', left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px`, pointerEvents: 'none' });
  document.body.append(ghost);
  return ghost;
}

function lift() {
  window.clearTimeout(hand.rest);
  window.getSelection().removeAllRanges();
  hand.ghost = makeGhost(hand.card);
  hand.card.classList.add('is-slot');
  hand.acts.start(hand.card);
}

function cardAt({ x, y }, below = 0) {
  return document.elementFromPoint(x, y + below)?.closest('.t-card[data-uid]') ?? null;
}

// Into the column under the pointer, before or behind the card there; in its own column it stays where it was.
function moveSlot(place) {
  const { card, from, point } = hand;
  if (place === from.stack) {
    if (card.parentElement !== place) putBack(card, from);
    return;
  }
  const other = place.dataset.zone === undefined ? cardAt(point) ?? cardAt(point, 8) : null;
  if (other === card) return;
  if (other?.parentElement === place) {
    const { top, height } = other.getBoundingClientRect();
    const next = point.y < top + height / 2 ? other : other.nextElementSibling;
    if (next !== card && next !== card.nextElementSibling) place.insertBefore(card, next);
  } else if (card.parentElement !== place) {
    place.insertBefore(card, place.lastElementChild?.matches('button') ? place.lastElementChild : null);
  }
}

function placeUnder(board, { x, y }) {
  const under = document.elementFromPoint(x, y);
  const zone = under?.closest('[data-zone][data-stage]');
  if (zone) return zone.dataset.zone === board.id ? zone : null;
  const column = under?.closest('.t-col');
  return column?.parentElement === board ? column.lastElementChild : null;
}

const pull = (at, start, end) => (at < start + edge ? -fastest : at > end - edge ? fastest : 0);

// Held at an edge, the column or the board moves on by itself.
function scrollOn(board, { x, y }, place) {
  const around = board.getBoundingClientRect();
  const before = [board.scrollLeft, place?.scrollTop];
  board.scrollLeft += pull(x, around.left, around.right);
  if (place?.matches('.t-stack')) {
    const { top, bottom } = place.getBoundingClientRect();
    place.scrollTop += pull(y, top, bottom);
  }
  return before[0] !== board.scrollLeft || before[1] !== place?.scrollTop;
}

function step() {
  if (!hand) return;
  hand.frame = 0;
  const { acts, board, card, from, ghost, origin, point } = hand;
  ghost.style.translate = `${point.x - origin.x}px ${point.y - origin.y}px`;
  const place = placeUnder(board, point);
  if (place && !place.classList.contains('is-barred')) {
    moveSlot(place);
    acts.over(card, card.parentElement, from);
  }
  if (scrollOn(board, point, place)) hand.frame = requestAnimationFrame(step);
}

function onMove(event) {
  if (event.pointerId !== hand.pointer) return;
  hand.point = pointOf(event);
  if (!hand.ghost) {
    const moved = away(hand.point, hand.origin) >= tolerance;
    if (moved && hand.rest) leave(); // a finger that moves at once scrolls
    else if (moved) lift();
    if (!hand?.ghost) return;
  }
  hand.frame ||= requestAnimationFrame(step);
}

function leave() {
  window.clearTimeout(hand.rest);
  window.cancelAnimationFrame(hand.frame);
  hand.leaving.abort();
  hand.ghost?.remove();
  hand = null;
}

const stop = (event) => { event.preventDefault(); event.stopPropagation(); };

function letGo(isKept) {
  const { acts, card, from, ghost } = hand;
  if (ghost && isKept) step(); // the last word is where it was let go
  leave();
  if (!ghost) return;
  card.classList.remove('is-slot');
  delete card.dataset.slot;
  if (!isKept) putBack(card, from);
  // The click that follows opens no record.
  window.addEventListener('click', stop, { capture: true, once: true });
  window.setTimeout(() => window.removeEventListener('click', stop, { capture: true }));
  acts.end(card, card.parentElement, from);
}

function take(event, board, acts) {
  const card = event.target.closest('.t-card[data-uid]:not([data-fixed], [aria-busy])');
  if (hand || !card || event.button !== 0 || !event.isPrimary || event.target.closest('button')) return;
  const origin = pointOf(event);
  hand = { acts, board, card, from: placeOf(card), origin, point: origin, pointer: event.pointerId, frame: 0, ghost: null, leaving: new AbortController() };
  if (event.pointerType === 'touch') hand.rest = window.setTimeout(() => { lift(); hand.rest = 0; }, restMilliseconds);
  const { signal } = hand.leaving;
  const listen = (type, act, options = {}) => document.addEventListener(type, act, { signal, ...options });
  listen('pointermove', onMove);
  listen('pointerup', (up) => { if (up.pointerId === hand.pointer) letGo(true); });
  listen('pointercancel', () => letGo(false));
  listen('selectstart', (other) => other.preventDefault());
  listen('contextmenu', (other) => { if (hand.ghost) other.preventDefault(); });
  listen('touchmove', (other) => { if (hand.ghost && other.cancelable) other.preventDefault(); }, { passive: false });
  listen('keydown', (key) => {
    if (key.key !== 'Escape' || !hand.ghost) return;
    stop(key);
    letGo(false);
  }, { capture: true });
}

// `acts`: start(card), over(card, place, from), end(card, place, from); `from` is where it was, as `placeOf` tells it.
export function carryCards(board, acts) {
  board.addEventListener('pointerdown', (event) => take(event, board, acts));
}
