// Owns the search dialogue: a combobox whose list the server answers (WAI-ARIA combobox pattern). The words stay in the field, the
// arrows walk the list, Enter opens what is chosen: the first of what was found, once it belongs to the words that stand there.
// .t-palette holds input[role=combobox], #palette-results with [role=option] links, and a [role=status] that tells how many there are.

import { wire } from './wire.js';
import { word } from './words.js';

const optionsOf = (palette) => [...palette.querySelectorAll('[role=option]')];

function choose(palette, option) {
  const input = palette.querySelector('[role=combobox]');
  for (const each of optionsOf(palette)) {
    each.classList.toggle('is-on', each === option);
    each.setAttribute('aria-selected', String(each === option));
  }
  if (option) input.setAttribute('aria-activedescendant', option.id);
  else input.removeAttribute('aria-activedescendant');
  option?.scrollIntoView({ block: 'nearest' });
}

function onKey(event, palette) {
  const options = optionsOf(palette);
  const place = options.findIndex((option) => option.classList.contains('is-on'));
  const inNewTab = event.ctrlKey || event.metaKey;
  const chosen = options[place] ?? (inNewTab ? options[0] : null);
  if (event.key === 'Enter' && chosen && !event.isComposing && !event.target.closest('[role=option]')) {
    event.preventDefault();
    event.stopPropagation();
    if (inNewTab) window.open(chosen.href, '_blank', 'noopener');
    else chosen.click();
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || !options.length) return;
  event.preventDefault();
  choose(palette, options.at(place < 0 ? Math.min(step, 0) : (place + step) % options.length));
}

const told = (count) => (count ? word('found', { count }) : word('none_found'));

function onFound(palette) {
  const input = palette.querySelector('[role=combobox]');
  const options = optionsOf(palette);
  input.setAttribute('aria-expanded', String(options.length > 0));
  const asked = input.value.trim() !== '';
  choose(palette, asked ? options[0] : null);
  // What stands outside of a modal dialogue is not read out.
  palette.querySelector('[role=status]').textContent = asked ? told(options.length) : '';
}

wire('.t-palette', (palette) => {
  palette.addEventListener('keydown', (event) => onKey(event, palette));
  // What was found belongs to other words by now; Enter asks for all of the new ones until the list follows.
  palette.addEventListener('input', () => choose(palette, null));
  palette.addEventListener('htmx:afterSettle', ({ detail }) => { if (detail.target.id === 'palette-results') onFound(palette); });
  palette.addEventListener('close', () => { palette.querySelector('[role=combobox]').value = ''; });
});
