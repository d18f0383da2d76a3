// Owns the record page: its parts on phones ([data-show-part] shows one, [data-shown] on .t-record names it), the tabs of the
// composer ([data-composer] with [data-composer-part]; the e-mail tab is fetched from [data-letter-url]), and the facts that are
// drawn again after one of them was edited ([data-facts-url]): only what differs is put in its place, so that an open editor stays.

import { htmx } from './requests.js';
import { goOn } from './standing.js';
import { on, wire, wireAll } from './wire.js';

// On a narrow screen the path begins where the record stands, not at its first stage.
wire('.t-path', (path) => {
  const now = path.querySelector('.is-now');
  if (now && path.scrollWidth > path.clientWidth) path.scrollLeft = now.offsetLeft - path.offsetLeft - 16;
});
on('click', '[data-show-part]', (event, chosen) => {
  const record = chosen.closest('.t-record');
  const part = chosen.dataset.showPart;
  record.dataset.shown = part;
  for (const tab of record.querySelectorAll('.t-record-tabs [data-show-part]')) {
    tab.classList.toggle('is-on', tab.dataset.showPart === part);
    tab.setAttribute('aria-pressed', String(tab.dataset.showPart === part));
  }
  if (chosen.dataset.write !== undefined) document.querySelector('[data-composer] textarea')?.focus();
});

function showTab(composer, { part, dated }) {
  for (const each of composer.querySelectorAll('[data-dated-only]')) each.hidden = dated === undefined;
  for (const each of composer.querySelectorAll('[data-composer-part]')) each.hidden = each.dataset.composerPart !== part;
  for (const each of composer.querySelectorAll('[data-for-part]')) each.hidden = each.dataset.forPart !== part;
  composer.querySelector('[data-composer-foot]').hidden = part === 'mail';
  composer.classList.toggle('is-mail', part === 'mail');
  const letter = document.getElementById('composer-mail');
  if (!letter) return;
  letter.hidden = part !== 'mail';
  if (part === 'mail' && !letter.childElementCount) htmx.ajax('GET', letter.dataset.letterUrl, { target: letter, swap: 'outerHTML' });
}

on('change', '[data-composer] [name=kind]', (event, tab) => {
  const composer = tab.closest('[data-composer]');
  showTab(composer, tab.dataset);
  const first = composer.querySelector(`[data-composer-part="${CSS.escape(tab.dataset.part)}"] :is(textarea, input:not([type=hidden]))`);
  if (event.isTrusted && !event.detail) first?.focus();
});
wire('[data-composer]', (composer) => {
  const chosen = composer.querySelector('[name=kind]:checked');
  if (chosen) showTab(composer, chosen.dataset);
});

function replaceFacts(fresh, old) {
  const open = old.querySelector('.is-editing');
  if (!open) {
    old.replaceWith(fresh);
    htmx.process(fresh);
    wireAll(fresh);
    return;
  }
  const facts = new Map([...fresh.querySelectorAll('[data-fact]')].map((fact) => [fact.dataset.fact, fact]));
  for (const fact of old.querySelectorAll('[data-fact]')) {
    const other = facts.get(fact.dataset.fact);
    if (other && other.innerHTML !== fact.innerHTML) {
      fact.replaceWith(other);
      wireAll(other);
    }
  }
}

function replacePart(fresh, old) {
  if (!fresh || !old || fresh.innerHTML === old.innerHTML) return;
  const adopted = document.adoptNode(fresh);
  old.replaceWith(adopted);
  htmx.process(adopted);
  wireAll(adopted);
}

async function refreshFacts() {
  const facts = document.getElementById('record-facts');
  if (!facts) return;
  const response = await fetch(facts.dataset.factsUrl, { credentials: 'same-origin', headers: { 'HX-Request': 'true' } });
  if (!response.ok) return;
  // The server's own fragment, read as a document of its own: nothing in it runs, and htmx would swap in the same markup.
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  const fresh = page.getElementById('record-facts');
  const tab = facts.querySelector('[role=tab].is-on')?.id;
  if (fresh) replaceFacts(document.adoptNode(fresh), facts);
  if (tab) document.getElementById(tab)?.click();
  for (const id of ['record-path', 'record-keys']) replacePart(page.getElementById(id), document.getElementById(id));
  goOn();
}

document.body.addEventListener('record-changed', refreshFacts);
// An entry of the time line that is being changed stays open.
document.body.addEventListener('htmx:beforeSwap', ({ detail }) => {
  if (detail.requestConfig?.elt.id === 'timeline-entries' && detail.target.querySelector('.t-composer')) detail.shouldSwap = false;
});
