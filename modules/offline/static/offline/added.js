// Owns what stands in a related list although it still waits to be sent. The button that adds to the list tells which records are meant:
// its address holds the field, or fields, that name the record of this page.

import { make } from '../../../web/static/web/dom.js';

const ofDialogue = new Set(['text', 'select', 'stay']);

function isAdded(save, asked) {
  if (save.kind !== 'quick' || new URL(save.url, window.location.href).pathname !== asked.pathname) return false;
  const links = [...asked.searchParams].filter(([name]) => !ofDialogue.has(name));
  return links.every(([name, value]) => save.fields.some(([field, said]) => field === name && said === value.split(':').pop()));
}

// `says` is what is told of each beside its title.
export function drawAdded(saves, says) {
  for (const button of document.querySelectorAll('[data-part=related] [hx-get*="/quick?"]')) {
    const section = button.closest('section');
    section.querySelector('[data-added]')?.remove();
    const asked = new URL(button.getAttribute('hx-get'), window.location.href);
    const added = saves.filter((save) => isAdded(save, asked));
    const none = section.querySelector(':scope > .t-hint');
    if (none) none.hidden = added.length > 0;
    if (!added.length) continue;
    const list = make('ul', 't-list');
    list.dataset.added = '';
    for (const save of added) {
      const entry = make('li', 't-row');
      entry.append(make('span', 't-strong', save.title), make('span', 't-tag t-row-end', says(save)));
      list.append(entry);
    }
    section.append(list);
  }
}
