// Owns naming colleagues in notes: after an @ the people who may see the record are offered ([data-mentions] is their address);
// arrows choose, Enter or Tab takes, Esc closes. [data-mention-start] types the @. Markup: a listbox beside the text.

import { make } from './dom.js';
import { getJson } from './net.js';
import { on, wire } from './wire.js';
import { word } from './words.js';

const waitMilliseconds = 150;
const named = /(?:^|[^\w@.])@([\p{L}\p{N}_.-]{0,40})$/u;

function typedName(text) {
  const found = named.exec(text.value.slice(0, text.selectionStart));
  return found ? found[1] : null;
}

class Offer {
  constructor(text) {
    this.text = text;
    this.list = make('ul', 't-menu t-mentions');
    this.list.id = `mentions-${Math.random().toString(36).slice(2)}`;
    this.list.setAttribute('role', 'listbox');
    this.list.setAttribute('aria-label', word('mention'));
    this.list.hidden = true;
    text.after(this.list);
    text.setAttribute('aria-autocomplete', 'list');
    text.setAttribute('aria-controls', this.list.id);
    this.asked = 0;
  }

  close() {
    this.asked += 1;
    this.list.hidden = true;
    this.text.removeAttribute('aria-activedescendant');
  }

  async look() {
    const name = typedName(this.text);
    if (name === null) {
      this.close();
      return;
    }
    this.asked += 1;
    const asked = this.asked;
    await new Promise((resolve) => { window.setTimeout(resolve, waitMilliseconds); });
    if (asked !== this.asked) return;
    const people = await getJson(`${this.text.dataset.mentions}?q=${encodeURIComponent(name)}`).catch(() => []);
    if (asked === this.asked && document.activeElement === this.text) this.show(people);
  }

  show(people) {
    this.list.replaceChildren(...people.map((person, place) => {
      const entry = make('li');
      entry.id = `${this.list.id}-${place}`;
      entry.dataset.username = person.username;
      entry.setAttribute('role', 'option');
      entry.append(make('span', 't-strong', person.name), make('small', 't-hint', `@${person.username}`));
      entry.addEventListener('pointerdown', (event) => { event.preventDefault(); this.take(entry); });
      return entry;
    }));
    this.list.hidden = people.length === 0;
    if (people.length) this.point(0);
  }

  point(step) {
    const entries = [...this.list.children];
    const now = entries.findIndex((entry) => entry.classList.contains('is-on'));
    const next = entries[(Math.max(now, 0) + step + entries.length) % entries.length];
    for (const entry of entries) {
      entry.classList.toggle('is-on', entry === next);
      entry.setAttribute('aria-selected', String(entry === next));
    }
    this.text.setAttribute('aria-activedescendant', next.id);
    next.scrollIntoView({ block: 'nearest' });
  }

  take(entry = this.list.querySelector('.is-on')) {
    const { text } = this;
    const end = text.selectionStart;
    const start = text.value.slice(0, end).lastIndexOf('@');
    text.setRangeText(`@${entry.dataset.username} `, start, end, 'end');
    this.close();
    text.focus();
  }

  onKey(event) {
    if (this.list.hidden || event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.point(step);
    else if (['Enter', 'Tab'].includes(event.key) && !event.ctrlKey && !event.metaKey) this.take();
    else if (event.key === 'Escape') this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

wire('[data-mentions]', (text) => {
  const offer = new Offer(text);
  text.addEventListener('input', () => offer.look());
  text.addEventListener('click', () => offer.look());
  text.addEventListener('keydown', (event) => offer.onKey(event));
  text.addEventListener('blur', () => offer.close());
});
on('click', '[data-mention-start]', (event, button) => {
  const text = button.closest('form').querySelector('[data-mentions]');
  const before = text.value.slice(0, text.selectionStart);
  text.focus();
  text.setRangeText(before === '' || /\s$/.test(before) ? '@' : ' @', text.selectionStart, text.selectionEnd, 'end');
  text.dispatchEvent(new Event('input', { bubbles: true }));
});
