// Owns where the keyboard stands. When what has the focus is drawn anew or goes away, the focus goes on at the same place, else at the
// next one; a page that is drawn again takes it up where it was left. Hands at a mouse or a screen are left alone.
// Who draws without htmx calls goOn() afterwards.

const reachable = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]';
const written = 'textarea, input:not([type=checkbox], [type=radio], [type=button], [type=submit])';
const layers = 'dialog, [popover]';
const ahead = 6;
const behind = 3;
const farthest = 400; // nodes looked at to either side: a board has very many
const keptPages = 8;

let byKeyboard = false;
let onPage = []; // the last place outside of dialogues and menus, and those around it, nearest first
let inLayer = [];

const isShown = (element) => element.isConnected && !element.disabled && element.getClientRects().length > 0;

// A place is told by what it is called, yet nothing of a record's words is kept.
function hashed(text) {
  let sum = 0;
  for (const letter of text) sum = (sum * 31 + letter.codePointAt(0)) % 2147483647;
  return sum;
}

function marksOf(element) {
  const said = element.getAttribute('aria-label') || element.textContent.trim();
  return { tag: element.tagName, id: element.id, name: element.name ?? '', href: element.getAttribute('href') ?? '', said: hashed(said) };
}

function walked(element, root, way, count) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT);
  walker.currentNode = element;
  const found = [];
  for (let step = 0; step < farthest && found.length < count; step += 1) {
    const node = walker[way]();
    if (!node) break;
    if (node.matches(reachable) && !element.contains(node)) found.push(node);
  }
  return found;
}

function around(element) {
  const root = element.closest(`${layers}, main`) ?? document.body;
  const places = [element, ...walked(element, root, 'nextNode', ahead), ...walked(element, root, 'previousNode', behind)];
  return places.map((place) => ({ place, marks: marksOf(place) }));
}

function again({ id, tag, name, href, said }, root) {
  if (id) {
    const same = document.getElementById(id);
    return same && root.contains(same) ? same : null;
  }
  return [...root.querySelectorAll(tag)].find((element) => {
    const marks = marksOf(element);
    return marks.name === name && marks.href === href && marks.said === said && isShown(element);
  });
}

function takeUp(places, root) {
  for (const { place, marks } of places) {
    const found = place && root.contains(place) && isShown(place) ? place : again(marks, root);
    if (!found || !isShown(found)) continue;
    found.focus();
    if (document.activeElement === found) return;
  }
}

export function isLost() {
  const { activeElement } = document;
  return !activeElement || activeElement === document.body || !activeElement.isConnected;
}

// `wished` is where it goes on best, if whoever draws knows.
export function goOn(wished = null) {
  if (!byKeyboard || !isLost()) return;
  if (wished && isShown(wished)) {
    wished.focus();
    return;
  }
  const dialog = [...document.querySelectorAll('dialog[open]')].at(-1);
  if (dialog) takeUp(inLayer, dialog);
  else takeUp(onPage, document.body);
}

// Left to whoever opens, closes or focuses something of its own first. What a button brought in its own place goes on at its beginning.
function goOnSoon({ target, detail }) {
  const own = detail?.target && detail.target === detail.requestConfig?.elt;
  const wished = own ? [target, ...target.querySelectorAll(reachable)].find((each) => each.matches(reachable)) : null;
  window.setTimeout(goOn, 0, wished);
}

const pages = () => JSON.parse(sessionStorage.getItem('standing') ?? '[]');
const address = () => window.location.pathname + window.location.search;

function keep() {
  const [{ place } = {}] = onPage;
  const others = pages().filter(([page]) => page !== address());
  const here = byKeyboard && place && !place.matches(written) ? [[address(), onPage.map(({ marks }) => marks)]] : [];
  sessionStorage.setItem('standing', JSON.stringify([...here, ...others].slice(0, keptPages)));
}

// Of a page that one comes back to, or that an act drew again.
export function comeBack() {
  const [{ type } = {}] = performance.getEntriesByType('navigation');
  const cameFrom = document.referrer && new URL(document.referrer).pathname;
  const left = pages().find(([page]) => page === address());
  if (!left || !isLost() || window.location.hash || (type === 'navigate' && cameFrom !== window.location.pathname)) return;
  byKeyboard = true;
  takeUp(left[1].map((marks) => ({ place: null, marks })), document.body);
}

document.addEventListener('keydown', () => { byKeyboard = true; }, true);
document.addEventListener('pointerdown', () => { byKeyboard = false; }, true);
document.addEventListener('focusin', ({ target }) => {
  if (!target.matches(reachable)) return;
  if (target.closest(layers)) inLayer = around(target);
  else onPage = around(target);
});
document.addEventListener('close', goOnSoon, true);
document.body.addEventListener('htmx:afterSettle', goOnSoon);
window.addEventListener('pagehide', keep);
