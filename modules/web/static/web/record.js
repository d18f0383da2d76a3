// Owns the record page: its parts on phones ([data-show-part] shows one, [data-shown] on .t-record names it), the tabs of the
// composer ([data-composer] with [data-composer-part]; the e-mail tab is fetched from [data-letter-url]), and the facts that are
// drawn again after one of them was edited ([data-facts-url]): only what differs is put in its place, so that an open editor stays.

import { htmx } from './requests.js';
import { on, wire, wireAll } from './wire.js';

// On a narrow screen the path begins where the record stands, not at its first stage.
wire('.t-path', (path) => {
  const now = path.querySelector('.is-now');
  if (now && path.scrollWidth > path.clientWidth) path.scrollLeft = now.offsetLeft - path.offsetLeft - 16;
});
on('click', '[data-show-part]', (event, tab) => {
  tab.closest('.t-record').dataset.shown = tab.dataset.showPart;
  for (const other of tab.parentElement.querySelectorAll('[data-show-part]')) {
    other.classList.toggle('is-on', other === tab);
    other.setAttribute('aria-pressed', String(other === tab));
  }
});

function showTab(composer, part) {
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
  showTab(composer, tab.dataset.part);
  const first = composer.querySelector(`[data-composer-part="${CSS.escape(tab.dataset.part)}"] :is(textarea, input:not([type=hidden]))`);
  if (event.isTrusted && !event.detail) first?.focus();
});
wire('[data-composer]', (composer) => {
  const chosen = composer.querySelector('[name=kind]:checked');
  if (chosen) showTab(composer, chosen.dataset.part);
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

async function refreshFacts() {
  const facts = document.getElementById('record-facts');
  if (!facts) return;
  const response = await fetch(facts.dataset.factsUrl, { credentials: 'same-origin', headers: { 'HX-Request': 'true' } });
  if (!response.ok) return;
  // The server's own fragment, read as a document of its own: nothing in it runs, and htmx would swap in the same markup.
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  const fresh = page.getElementById('record-facts');
  const path = page.getElementById('record-path');
  const tab = facts.querySelector('[role=tab].is-on')?.id;
  if (fresh) replaceFacts(document.adoptNode(fresh), facts);
  if (tab) document.getElementById(tab)?.click();
  const old = document.getElementById('record-path');
  if (path && old && path.innerHTML !== old.innerHTML) {
    const adopted = document.adoptNode(path);
    old.replaceWith(adopted);
    htmx.process(adopted);
    wireAll(adopted);
  }
}

document.body.addEventListener('record-changed', refreshFacts);
