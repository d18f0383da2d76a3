// Owns what all of Studio's pages share: leaving with something typed asks first, finding in a list, choices that submit or reveal.
// Parts with scripts of their own: rows.js (tables and order), editor.js (one field), layouts.js (the form board).

import './rows.js';
import './editor.js';
import './layouts.js';
import { dirtyForm } from '../../../web/static/web/forms.js';
import { ask } from '../../../web/static/web/layers.js';
import { on, wire, wireAll } from '../../../web/static/web/wire.js';
import { word } from '../../../web/static/web/words.js';

// A question of ours instead of the browser's, which does not say what would be lost.
document.addEventListener('click', async (event) => {
  const link = event.target.closest?.('a[href]');
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  if (link.target === '_blank' || link.matches('[data-cancel]') || link.getAttribute('href').startsWith('#')) return;
  const form = dirtyForm();
  if (!form) return;
  event.preventDefault();
  const go = await ask({ title: word('leave_title'), text: word('leave_text'), act: word('leave'), danger: true });
  if (!go) return;
  form.setAttribute('aria-busy', '');
  window.location.assign(link.href);
});

const plain = (text) => text.toLowerCase().normalize('NFD').replace(/[\u0300-\u036f]/g, '').replace(/đ/g, 'd');

wire('[data-find]', (box) => {
  const list = document.querySelector(box.dataset.find);
  const none = document.querySelector('[data-find-none]');
  box.addEventListener('input', () => {
    const wanted = plain(box.value.trim());
    let found = 0;
    for (const row of list.children) {
      row.hidden = !plain(row.dataset.words ?? '').includes(wanted);
      found += row.hidden ? 0 : 1;
    }
    if (none) none.hidden = found > 0;
  });
});
on('change', '[data-submit]', (event, select) => select.form.requestSubmit());
on('change', '[data-reveals]', (event, box) => {
  document.getElementById(box.dataset.reveals).hidden = !box.checked;
});
on('change', 'select[data-hue]', (event, select) => { select.dataset.hue = select.value; });
wireAll(document.body);
// A link of the list of problems leads to the input: what is folded around it opens.
function showPlace() {
  if (window.location.hash.length < 2) return;
  const place = document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
  if (!place) return;
  for (let holder = place; holder; holder = holder.parentElement?.closest('details')) {
    if (holder.tagName === 'DETAILS') holder.open = true;
  }
  const pane = place.closest('.t-body');
  if (pane && pane.scrollHeight > pane.clientHeight) {
    // Only the pane moves: a plain jump would move the fixed shell with it.
    for (const root of [document.documentElement, document.body]) root.scrollTop = 0;
    pane.scrollTop += place.getBoundingClientRect().top - pane.getBoundingClientRect().top - 16;
  } else {
    place.scrollIntoView({ block: 'center' });
  }
  if (place.id.startsWith('in-')) place.querySelector('input:not([type=hidden]), select, textarea')?.focus({ preventScroll: true });
}
window.addEventListener('hashchange', showPlace);
// After the browser's own jump to the part named in the address, which would move the shell as well.
if (document.readyState === 'complete') showPlace();
else window.addEventListener('load', () => window.requestAnimationFrame(showPlace));
