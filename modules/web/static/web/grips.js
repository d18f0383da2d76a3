// Owns the way to put rows in order without dragging and without a keyboard: a press on a grip offers up and down (WCAG 2.2, 2.5.7).
// Grips are [data-grip], [data-lines-move] and .t-grip in [data-sortable]; each list moves its rows by the arrows itself.

import { button, make as element } from './dom.js';
import { on } from './wire.js';
import { word } from './words.js';

const grips = '[data-grip], [data-lines-move], [data-sortable] .t-grip';
const still = 6; // pixels; beyond it the grip was dragged
let pressed = { x: 0, y: 0 };
let held = null;
let menu = null;

function place() {
  const box = held.getBoundingClientRect();
  const top = box.top + (box.height - menu.offsetHeight) / 2;
  menu.style.left = `${Math.max(8, Math.min(box.right + 4, window.innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${Math.max(8, Math.min(top, window.innerHeight - menu.offsetHeight - 8))}px`;
}

function move(key) {
  const altKey = held.closest('[data-sortable]') !== null;
  held.dispatchEvent(new KeyboardEvent('keydown', { key, altKey, bubbles: true, cancelable: true }));
  held.scrollIntoView({ block: 'nearest' });
  place();
}

function menuOfBoth() {
  const made = element('div', 't-pop t-pair-acts');
  made.popover = 'auto';
  for (const [key, text, icon] of [['ArrowUp', 'up', 'arrow-up'], ['ArrowDown', 'down', 'arrow-down']]) {
    const act = button('btn-quiet btn-square', word(text), icon);
    act.addEventListener('click', () => { move(key); act.focus(); });
    made.append(act);
  }
  return made;
}

document.addEventListener('pointerdown', ({ clientX, clientY }) => { pressed = { x: clientX, y: clientY }; }, true);
on('click', grips, (event, grip) => {
  const dragged = event.detail > 0 && Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > still;
  if (dragged) return;
  event.preventDefault();
  held = grip;
  menu ??= menuOfBoth();
  // Within a dialogue, for everything outside of one is out of reach.
  (grip.closest('dialog') ?? document.body).append(menu);
  menu.showPopover();
  place();
  menu.querySelector('button').focus();
});
