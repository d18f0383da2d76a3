// Owns tabs: [data-tabs] is a list of [role=tab] buttons, each with a panel by aria-controls. Arrows, Home and End walk them
// (WAI-ARIA tabs pattern). Without scripts every panel shows.

import { on } from './wire.js';

function select(tab, focus = false) {
  for (const other of tab.parentElement.querySelectorAll('[role=tab]')) {
    const chosen = other === tab;
    other.classList.toggle('is-on', chosen);
    other.setAttribute('aria-selected', String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    document.getElementById(other.getAttribute('aria-controls'))?.classList.toggle('is-on', chosen);
  }
  if (focus) tab.focus();
}

// Shows the panel that an element stands in.
export function openTabOf(element) {
  const panel = element.closest('[role=tabpanel]');
  if (panel && !panel.classList.contains('is-on')) select(document.getElementById(panel.getAttribute('aria-labelledby')));
}

function onKey(event, tab) {
  const tabs = [...tab.parentElement.querySelectorAll('[role=tab]')];
  const place = tabs.indexOf(tab);
  const next = { ArrowRight: place + 1, ArrowLeft: place - 1 + tabs.length, Home: 0, End: tabs.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  select(tabs[next % tabs.length], true);
}

on('click', '[data-tabs] [role=tab]', (event, tab) => select(tab));
on('keydown', '[data-tabs] [role=tab]', onKey);
