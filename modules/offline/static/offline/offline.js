// Owns the page's side of going without the network: the bar that tells of it, the page of what waits, sending when the network is back.
// The worker keeps pages and saves (worker.js); drafts.js keeps what was typed. Without a worker, as over plain HTTP, drafts remain.

import { showInstant } from '../../../web/static/web/days.js';
import { button, make } from '../../../web/static/web/dom.js';
import { holdsTyped } from '../../../web/static/web/forms.js';
import { later, ofForms } from '../../../web/static/web/later.js';
import { ask } from '../../../web/static/web/layers.js';
import { csrfToken } from '../../../web/static/web/net.js';
import { htmx } from '../../../web/static/web/requests.js';
import { showToast } from '../../../web/static/web/toasts.js';
import { drawAdded } from './added.js';
import { forgetDrafts, keepDrafts, noteDoor } from './drafts.js';
import { joinWaiting } from './waiting.js';

const pollMilliseconds = 20000;
const restMilliseconds = 1500; // whoever only passes through a page asks the server for no form of it
const piecesKept = 'pieces-kept';
const formPath = /^\/[a-z][a-z0-9_]*\/(?:new|[0-9a-f-]{36}\/edit)$/;
// Nobody ('') at the door; unknown (undefined) on pages without the shell, which decide nothing.
const person = document.body.dataset.person;
const bar = document.querySelector('[data-offline-bar]');
const words = JSON.parse(bar?.dataset.words || '{}');
const say = (key, values = {}) => (words[key] ?? '').replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
const clock = (at) => showInstant(at, document.body.dataset.zone, document.documentElement.lang);
const reopened = 'reopened';
const spoken = new Set(['title', 'body', 'due', 'day', 'from', 'to']); // what people wrote of a note, task or appointment
let staleSince = null;
let isBack = false; // the network, while something typed keeps this page from being loaded again

function tellWorker(said) {
  return new Promise((resolve) => {
    const worker = navigator.serviceWorker.controller;
    if (!worker) {
      resolve({});
      return;
    }
    const channel = new MessageChannel();
    channel.port1.onmessage = (event) => resolve(event.data);
    worker.postMessage({ person, ...said }, [channel.port2]);
  });
}

function show(text, acts = []) {
  bar.querySelector('p').textContent = text;
  bar.querySelectorAll('.btn').forEach((each) => each.remove());
  bar.append(...acts);
  bar.hidden = !text;
}

function link(text, href) {
  const made = make('a', 'btn btn-quiet', text);
  made.href = href;
  return made;
}

async function refresh() {
  if (!bar || !person) return;
  const { saves = [] } = await tellWorker({ type: 'saves' });
  const waiting = saves.filter((each) => each.state === 'waiting').length;
  const asking = saves.length - waiting;
  const isOwnPage = document.querySelector('[data-offline-page]') !== null;
  const acts = [];
  const parts = [];
  if (staleSince !== null && isBack) parts.push(say('back'));
  else if (staleSince !== null && !isOwnPage) parts.push(staleSince ? say('stale', { at: clock(staleSince) }) : say('offline'));
  else if (!navigator.onLine) parts.push(say('offline'));
  if (waiting) parts.push(say('waiting', { count: waiting }));
  if (asking) parts.push(say('asks', { count: asking }));
  if (waiting) {
    const again = button('btn-quiet', say('again'));
    again.addEventListener('click', () => tellWorker({ type: 'send' }));
    acts.push(again);
    navigator.storage?.persist?.();
  }
  if (parts.length && !isOwnPage) acts.push(link(say(saves.length ? 'show' : 'kept_pages'), '/offline'));
  show(parts.join(' '), acts);
  drawPage(saves);
  drawAdded(saves, (save) => say(`state_${save.state}`));
}

function row(title, rest) {
  const entry = document.createElement('li');
  const words = make('span');
  words.append(title, rest ? ` · ${rest}` : '');
  entry.append(words);
  return entry;
}

async function drawPage(saves) {
  const page = document.querySelector('[data-offline-page]');
  if (!page) return;
  const { pages = [] } = await tellWorker({ type: 'saves' });
  page.querySelector('[data-waiting]').replaceChildren(...saves.map(drawSave));
  page.querySelector('[data-none-waiting]').hidden = saves.length > 0;
  page.querySelector('[data-kept]').replaceChildren(...pages.map((each) => {
    const title = make('a', 't-strong', each.title);
    title.href = each.path;
    if (each.language) title.lang = each.language;
    return row(title, clock(each.at));
  }));
  page.querySelector('[data-none-kept]').hidden = pages.length > 0;
}

// Forms and single values are decided about in the form, what was said or planned in a dialogue; for a move the record is looked at.
const deciding = { form: reopen, quick: reopen, cell: reopen, event: askAgain, time: askAgain, tick: askAgain, note: askAgain, entry: askAgain };

function wayTo(save) {
  if (!deciding[save.kind]) return save.place ? link(say('look'), save.place) : make('span');
  const decide = button('btn-quiet', say('open'));
  decide.addEventListener('click', () => deciding[save.kind](save));
  return decide;
}

// The server is asked once more: it takes what was typed by now, or answers with a dialogue of what stands against it. Closed unsaved,
// that is asked about again.
async function askAgain(save) {
  const headers = { 'X-CSRFToken': csrfToken(), 'HX-Request': 'true' };
  const answer = await fetch(save.url, { method: 'POST', body: new URLSearchParams(save.fields), headers }).catch(() => null);
  if (!answer) return;
  const asks = answer.headers.get('HX-Retarget') === '#layer' || (save.kind === 'event' && [409, 422].includes(answer.status));
  if (asks) {
    document.body.addEventListener('close-dialog', () => drop(save.id), { once: true });
    htmx.swap('#layer', await answer.text(), { swapStyle: 'innerHTML' });
  } else if (answer.ok) {
    await drop(save.id);
    showToast({ kind: 'ok', text: say('sent', { count: 1 }) });
  } else if (answer.status === 404) {
    showWords(save);
  } else {
    window.location.assign(save.place);
  }
}

// What it was about is there for nobody here any more: what was typed can still be read, and taken elsewhere.
async function showWords(save) {
  const typed = save.fields.filter(([name, value]) => value && spoken.has(name)).map(([, value]) => value).join(' · ');
  if (await ask({ title: say('nowhere'), text: typed, act: say('drop'), danger: true })) drop(save.id);
}

async function drop(id) {
  await tellWorker({ type: 'drop', id });
  refresh();
}

function drawSave(save) {
  const entry = row(make('b', 't-strong', save.title || save.place || save.url), `${say(`kind_${save.kind}`)} · ${clock(save.at)}`);
  const end = make('span', 't-row');
  end.append(make('span', save.state === 'waiting' ? 't-tag' : 't-tag t-warn', say(`state_${save.state}`)));
  if (save.state === 'asks') end.append(wayTo(save));
  const bin = button('btn-quiet btn-square', say('drop'), 'trash');
  bin.addEventListener('click', async () => {
    if (!await ask({ title: say('drop_title'), text: say('drop_text'), act: say('drop'), danger: true })) return;
    drop(save.id);
  });
  end.append(bin);
  entry.append(end);
  return entry;
}

// What was written is kept; the next entry is another one, by its uid too.
function writeAnew(form) {
  if (!form) return;
  form.reset();
  nameAnew(form);
}

function nameAnew(form) {
  form.querySelector('[name=uid]').value = crypto.randomUUID();
}

// Where the person may go on from here to type: forms, and the dialogues that add to a related list.
function formsHere() {
  const hrefs = [...document.querySelectorAll('.t-main a[href]')].map((each) => each.getAttribute('href'));
  const named = document.querySelector('[data-forms]')?.dataset.forms.split(' ') ?? [];
  const forms = [...hrefs, ...named].filter((href) => formPath.test(href) && (href.endsWith('/new') || href === `${window.location.pathname}/edit`));
  const adding = [...document.querySelectorAll('[hx-get*="/quick?"]')].map((each) => each.getAttribute('hx-get').split('?')[0]);
  return [...new Set([...forms, ...adding])];
}

// The server draws the form again with what was typed; the draft takes over from the queue.
export function redraw(url, fields) {
  const form = document.createElement('form');
  form.method = 'post';
  form.action = url;
  form.hidden = true;
  const token = document.querySelector('meta[name="csrf-token"]')?.content ?? '';
  for (const [name, value] of [...fields, ['csrf_token', token], ['draft', '1']]) {
    const input = document.createElement('input');
    input.type = 'hidden';
    input.name = name;
    input.value = value;
    form.append(input);
  }
  document.body.append(form);
  form.submit();
}

const formOf = { form: (save) => save.url, quick: (save) => save.url.replace(/quick.*/, 'new'), cell: (save) => `${save.place}/edit` };

// It is dropped once the form was drawn with it: until then it is nowhere else.
function reopen(save) {
  const url = formOf[save.kind](save);
  sessionStorage.setItem(reopened, JSON.stringify({ id: save.id, path: url.split('?')[0] }));
  redraw(url, save.fields);
}

async function dropReopened(form) {
  const { id, path } = JSON.parse(sessionStorage.getItem(reopened) ?? '{}');
  sessionStorage.removeItem(reopened);
  if (form?.dataset.typed !== undefined && path === window.location.pathname) await tellWorker({ type: 'drop', id });
}

// The kept copy of a form does not show what was saved in it before and waits.
async function joinFormer(form) {
  const { saves = [] } = await tellWorker({ type: 'saves' });
  const former = saves.find((each) => each.kind === 'form' && each.state === 'waiting' && each.url.split('?')[0] === window.location.pathname);
  if (!former || !joinWaiting(form, former.fields).length) return;
  const note = make('div', 't-note mb-3', say('joined', { at: clock(former.at) }));
  note.setAttribute('role', 'status');
  form.before(note);
}

// Without the network a dialogue cannot be asked for; the pages of what it tells and makes are kept.
function goWithout({ detail }) {
  const asked = new URL(detail.requestConfig.path, window.location.href);
  const event = asked.pathname.match(/^\/calendar\/([a-z][a-z0-9_]*\/[0-9a-f-]{36})$/);
  const isNew = asked.pathname === '/calendar/new';
  if (detail.requestConfig.verb !== 'get' || !(event || isNew) || !navigator.serviceWorker?.controller) return;
  window.location.assign(event ? `/${event[1]}` : `/${asked.searchParams.get('entity')}/new`);
}

function hide(form, name, value) {
  const input = make('input');
  Object.assign(input, { type: 'hidden', name, value });
  form.append(input);
}

// A related list adds records that are linked to the one of this page, a column of a board those in its stage; `uid` has its kind before it where
// a field takes several.
function linkTo(form, name, said) {
  const [target, uid] = said.includes(':') ? said.split(':') : ['', said];
  const [select, kind] = [name, `${name}.target`].map((each) => form.querySelector(`select[name="${CSS.escape(each)}"]`));
  if (target && kind) kind.value = target;
  else if (target) hide(form, `${name}.target`, target);
  if ([...select?.options ?? []].some((option) => option.value === uid)) select.value = uid;
  else if (select) select.append(new Option(titleHere(), uid, true, true));
  else hide(form, name, uid);
}

// The kept copy of a dialogue that makes a record is as blank as it was kept: it gets a uid of its own, what was typed into the select, the
// select that waits for it, and the record that it is to be linked to.
function fillQuick({ detail: { xhr } }) {
  const form = xhr?.getResponseHeader('X-Kept') ? document.getElementById('quick-form') : null;
  if (!form) return;
  const asked = new URL(xhr.responseURL || window.location.href).searchParams;
  nameAnew(form);
  for (const name of ['select', 'stay']) if (asked.get(name)) hide(form, name, asked.get(name));
  for (const [name, value] of asked) if (!['text', 'select', 'stay'].includes(name)) linkTo(form, name, value);
  const title = form.querySelector(`[name="${CSS.escape(form.querySelector('[name=titled]').value)}"]`);
  if (title && asked.get('text')) title.value = asked.get('text');
}

// Forms that lead on from here are kept, and once for each build the pieces of script that forms ask for.
function getReady() {
  tellWorker({ type: 'forms', forms: formsHere() });
  const build = document.querySelector('script[type=module][src*="/app."]')?.src ?? '';
  if (localStorage.getItem(piecesKept) === build) return;
  Promise.all(ofForms.map((name) => later[name]())).then(() => localStorage.setItem(piecesKept, build)).catch(() => {});
}

// What the page is called where it is listed: as it says itself, else as its heading is seen, without how many stand in it. The form of a record
// is found on its page.
function titleHere() {
  const heading = document.querySelector('h1');
  const count = heading?.querySelector('.t-count')?.innerText ?? '';
  const own = heading?.querySelector('[data-kept-title]')?.dataset.keptTitle;
  return own || heading?.innerText.replace(count, '').trim() || document.title;
}

async function hello() {
  await navigator.serviceWorker.ready;
  const path = window.location.pathname + window.location.search;
  const title = window.location.pathname.endsWith('/edit') ? '' : titleHere();
  const answer = await tellWorker({ type: 'hello', language: document.documentElement.lang, title, path });
  staleSince = answer.stale ?? null;
  const form = document.getElementById('record-form');
  if (staleSince !== null && form && window.location.pathname.endsWith('/new')) nameAnew(form);
  else if (staleSince !== null && form) await joinFormer(form);
  await dropReopened(form);
  if (staleSince === null && person) {
    tellWorker({ type: 'send' });
    window.setTimeout(getReady, restMilliseconds);
  }
  refresh();
}

// A page that shows a copy is loaded again, unless that would lose what was typed.
function onBack() {
  isBack = holdsTyped();
  if (staleSince !== null && !isBack) window.location.reload();
  else tellWorker({ type: 'send' }).then(refresh);
}

function onTold({ data }) {
  if (data.type === 'unsent') {
    window.dispatchEvent(new Event('pageshow')); // whoever waits for another page stays on this one
    showToast({ kind: 'bad', text: say('unsent') });
  }
  if (data.type !== 'saves') return;
  if (data.sent) {
    showToast({ kind: 'ok', text: say('sent', { count: data.sent }) });
    document.body.dispatchEvent(new Event('record-changed'));
  }
  if (data.signIn) showToast({ kind: 'warn', text: say('sign_in') });
  refresh();
}

if (person) keepDrafts(person, { say, clock }, redraw);
else if (person === '') noteDoor();
if (person !== undefined && 'serviceWorker' in navigator && window.isSecureContext) {
  navigator.serviceWorker.addEventListener('message', onTold);
  navigator.serviceWorker.addEventListener('controllerchange', hello, { once: true });
  if (navigator.serviceWorker.controller) hello(); // registering asks the server, which may hang
  navigator.serviceWorker.register('/worker.js', { scope: '/' }).catch(() => {});
  window.addEventListener('online', onBack);
  document.body.addEventListener('htmx:sendError', goWithout);
  document.body.addEventListener('htmx:afterSwap', fillQuick);
  window.addEventListener('offline', refresh);
  window.setInterval(async () => {
    if (staleSince !== null && !isBack && (await tellWorker({ type: 'reach' })).reached) onBack();
    const { saves = [] } = await tellWorker({ type: 'saves' });
    if (saves.some((each) => each.state === 'waiting')) tellWorker({ type: 'send' });
  }, pollMilliseconds);
  document.body.addEventListener('kept', (event) => {
    writeAnew(event.target.closest?.('form.t-composer, #composer-mail form'));
    event.target.closest?.('dialog')?.close();
    showToast({ kind: 'new', text: say('kept') });
  });
}
document.addEventListener('click', (event) => {
  if (!event.target.closest('a[href^="/logout"]')) return;
  forgetDrafts();
  if ('serviceWorker' in navigator) tellWorker({ type: 'forget' });
});
