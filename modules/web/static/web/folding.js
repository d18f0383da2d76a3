// Owns how much of a long column is in the page: cards far above and below what is seen are taken out in runs, each of which leaves a
// .t-fold of its height, and come back before they are seen. Knows no board: a column is whatever scrolls and has cards as children.

import { make } from './dom.js';

const run = 20; // cards that go and come together
const near = 1500; // pixels beyond the edge: what lies there is in the page
const far = 3000;
const pauseMilliseconds = 200;
const cardsOf = new WeakMap(); // by fold
const foldOf = new WeakMap(); // by card

function unfold(fold) {
  const cards = cardsOf.get(fold);
  cardsOf.delete(fold);
  for (const card of cards) foldOf.delete(card);
  fold.replaceWith(...cards);
}

function fold(cards, height, watcher) {
  const space = make('div', 't-fold');
  space.style.height = `${height}px`;
  cards[0].before(space);
  for (const card of cards) {
    card.remove();
    foldOf.set(card, space);
  }
  cardsOf.set(space, cards);
  watcher.observe(space);
}

// Whole runs of cards that nobody holds and that lie far away, with the height of each. First everything is measured, then changed.
function farRuns(column) {
  const { top, bottom } = column.getBoundingClientRect();
  const held = document.activeElement;
  const runs = [];
  let cards = [];
  let start = 0;
  for (const each of column.children) {
    const box = each.getBoundingClientRect();
    const isFar = box.bottom < top - far || box.top > bottom + far;
    if (!isFar || !each.matches('.t-card:not(.is-slot, [aria-busy])') || each.contains(held)) {
      cards = [];
      continue;
    }
    if (!cards.length) start = box.top;
    cards.push(each);
    if (cards.length < run) continue;
    runs.push([cards, box.bottom - start]);
    cards = [];
  }
  return runs;
}

export function foldFar(column) {
  const watcher = new IntersectionObserver((seen) => {
    for (const { isIntersecting, target } of seen) {
      if (!isIntersecting || !cardsOf.has(target)) continue;
      watcher.unobserve(target);
      unfold(target);
    }
  }, { root: column, rootMargin: `${near}px 0px` });
  let timer = 0;
  const look = () => {
    timer = 0;
    if (column.clientHeight) for (const [cards, height] of farRuns(column)) fold(cards, height, watcher);
  };
  const soon = () => { timer ||= window.setTimeout(look, pauseMilliseconds); };
  column.addEventListener('scroll', soon, { passive: true });
  column.addEventListener('htmx:load', soon);
}

// The card comes back into the page if it was taken out; answers whether it is in it.
export function reveal(card) {
  const space = card && foldOf.get(card);
  if (space) unfold(space);
  return Boolean(card?.isConnected);
}

// All cards of a column in order, those that were taken out too.
export function* cardsIn(column) {
  for (let each = column.firstElementChild; each; each = each.nextElementSibling) {
    if (each.matches('.t-card')) yield each;
    else yield* cardsOf.get(each) ?? [];
  }
}

// The card before (-1) or behind (1) another one, in the page.
export function cardBeside(card, step) {
  const beside = () => (step < 0 ? card.previousElementSibling : card.nextElementSibling);
  if (cardsOf.has(beside())) unfold(beside());
  return beside()?.matches('.t-card') ? beside() : null;
}
