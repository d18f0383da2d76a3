// Owns the copies of pages that were seen, of the forms and dialogues they lead to and of what selects offer, and answers by them.

import { askedAlone, soon } from './network.js';
import { about, dropPage, forgetPages, pages, person, putPage } from './store.js';

const assets = 'assets';
const mostPages = 120;
const keptMilliseconds = 7 * 24 * 60 * 60 * 1000;
const blankMilliseconds = 60 * 60 * 1000;
const unclaimedMilliseconds = 30000;
const record = '[a-z][a-z0-9_]*/[0-9a-f-]{36}';
const keeps = new RegExp(`^/(?:[a-z][a-z0-9_]*/(?:board|new)?|${record}(?:/edit)?)?$`);
// What a page asks for itself and shows; and pages that show the same whatever the question behind their path, which says where one came from.
export const parts = /^\/calendar\/(?:events|agenda)$/;
export const choices = /^\/(?:[a-z][a-z0-9_]*|people\/(?:users|teams))\/choices$/;
export const quick = /^\/[a-z][a-z0-9_]*\/quick$/;
const mostChoices = 200;
const single = new RegExp(`^/(?:[a-z][a-z0-9_]*/new|${record}(?:/edit)?)$`);
const never = /^\/(?:studio|login|logout|language|settings|people|account)\b/;

const fresh = new Map(); // by client whose person is not known yet: copies of its page and parts, by path
export const stale = new Map(); // by client: when the copy that it shows was made
export const greeted = new Map(); // by client: whose page it is

const isWhole = (answer) => answer?.ok && !answer.redirected;

export async function greet(source, { person: name, language, title, path }) {
  greeted.set(source.id, name);
  if (name !== await person()) {
    await forgetPages();
    await (await caches.open(about)).put('/person', new Response(JSON.stringify({ person: name })));
  }
  const copies = fresh.get(source.id) ?? new Map();
  fresh.delete(source.id);
  for (const [each, copy] of copies) {
    if (name) await keep(copy, each === path ? title : '', each, language);
    else copy.body?.cancel();
  }
  if (name) await keepOwnPage(language);
}

// The forms and dialogues that a page leads to are kept with it, so that they open without the network; a blank one once an hour.
export async function keepForms(source, { forms }) {
  if (greeted.get(source.id) !== await person()) return;
  for (const path of forms) {
    const markup = path.endsWith('/edit') ? await fetched(path) : await blank(path);
    await askForChoices(markup);
    for (const { pathname } of addresses(markup, 'data-create-url')) if (quick.test(pathname)) await blank(pathname);
  }
}

async function blank(path) {
  if (await isRecent(path)) return markupOf(path);
  return fetched(path, quick.test(path) ? { 'HX-Request': 'true' } : {});
}

async function isRecent(path) {
  const kept = (await pages()).find((each) => each.path === path);
  return kept !== undefined && kept.at > Date.now() - blankMilliseconds;
}

async function markupOf(path) {
  return (await (await (await caches.open('pages')).match(path))?.text()) ?? '';
}

async function fetched(path, headers = {}) {
  const answer = await askedAlone(path, { headers: { Accept: 'text/html', ...headers } }).catch(() => null);
  if (!isWhole(answer)) return '';
  const markup = await answer.clone().text();
  await keep(answer, '', path);
  return markup;
}

function addresses(markup, ...names) {
  const found = [...markup.matchAll(new RegExp(` (?:${names.join('|')})="([^"]+)"`, 'g'))];
  const urls = found.map(([, address]) => new URL(address.replaceAll('&amp;', '&'), self.location.href));
  return new Map(urls.map((each) => [each.href, each])).values();
}

// What the selects of a form offer before anything is typed, once an hour.
async function askForChoices(markup) {
  for (const url of addresses(markup, 'data-url', 'data-remote-url')) {
    if (!choices.test(url.pathname) || (await choicesAt(placeOf(url))).at > Date.now() - blankMilliseconds) continue;
    url.searchParams.set('q', '');
    const answer = await askedAlone(url, { headers: { Accept: 'application/json' } }).catch(() => null);
    if (isWhole(answer)) await keepChoices(placeOf(url), answer);
  }
}

// The page of what waits is kept beforehand: it is needed when it can no longer be asked for.
async function keepOwnPage(language) {
  const cache = await caches.open('pages');
  const kept = await cache.match('/offline');
  if (kept?.headers.get('content-language') === language) return;
  const answer = await askedAlone('/offline').catch(() => null);
  if (isWhole(answer)) await cache.put('/offline', answer);
}

async function keep(copy, title, path, language = '') {
  await (await caches.open('pages')).put(path, copy);
  await putPage({ path, title, language, at: Date.now() });
  const all = (await pages()).sort((one, other) => other.at - one.at);
  const old = all.filter((each, place) => place >= mostPages || each.at < Date.now() - keptMilliseconds);
  for (const each of old) {
    await dropPage(each.path);
    await (await caches.open('pages')).delete(each.path);
  }
}

function remember(client, url, copy) {
  const copies = fresh.get(client) ?? new Map();
  copies.set(url.pathname + url.search, copy);
  fresh.set(client, copies);
  setTimeout(() => {
    if (fresh.get(client) !== copies) return;
    fresh.delete(client);
    for (const each of copies.values()) each.body?.cancel();
  }, unclaimedMilliseconds);
}

// --- in place of the server --------------------------------------------------------------------------------------------

export async function openPage(event, url) {
  const asked = fetch(event.request);
  const answer = await soon(asked).catch(() => null) ?? await openCopy(event, url) ?? await asked.catch(() => null);
  if (!answer) {
    stale.set(event.resultingClientId, 0);
    return await caches.match('/offline') ?? Response.error();
  }
  const isPage = isWhole(answer) && (answer.headers.get('content-type') ?? '').startsWith('text/html');
  if (isPage && !stale.has(event.resultingClientId) && keeps.test(url.pathname) && !never.test(url.pathname)) {
    remember(event.resultingClientId, url, answer.clone());
  }
  return answer;
}

async function openCopy(event, url) {
  const copy = await copyOf(url);
  if (!copy) return null;
  const known = (await pages()).find((each) => each.path === url.pathname || each.path === url.pathname + url.search);
  stale.set(event.resultingClientId, known?.at ?? 0);
  return copy;
}

// A list is never answered by what another search or filter found.
async function copyOf(url) {
  const cache = await caches.open('pages');
  return await cache.match(url.pathname + url.search)
    ?? (single.test(url.pathname) || !url.search ? cache.match(url.pathname, { ignoreSearch: true }) : undefined);
}

export async function partOf(event, url) {
  const path = url.pathname + url.search;
  const asked = fetch(event.request);
  const answer = await soon(asked).catch(() => null);
  if (!answer) return await (await caches.open('pages')).match(path) ?? asked;
  const copy = isWhole(answer) ? answer.clone() : null;
  if (copy && !greeted.has(event.clientId)) remember(event.clientId, url, copy);
  else if (copy && greeted.get(event.clientId) === await person()) await keep(copy, '', path);
  else copy?.body?.cancel();
  return answer;
}

// The dialogue that makes a linked record. Its copy is blank and says that it is one: the page fills in what the server would have.
export async function quickOf(event, url) {
  const asked = fetch(event.request);
  const answer = await soon(asked).catch(() => null);
  if (answer) return answer;
  const markup = await markupOf(url.pathname);
  return markup ? new Response(markup, { headers: { 'Content-Type': 'text/html; charset=utf-8', 'X-Kept': '1' } }) : asked;
}

export async function asset(request) {
  const cache = await caches.open(assets);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok && new URL(request.url).pathname.startsWith('/static/')) await cache.put(request, answer.clone());
  return answer;
}

// --- choices of selects ------------------------------------------------------------------------------------------------

const bare = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replaceAll('đ', 'd');

// What was searched for is no part of the place: all that was ever found there is looked through.
function placeOf(url) {
  const asked = [...url.searchParams].filter(([name]) => name !== 'q').sort();
  return `${url.pathname}?${new URLSearchParams(asked)}`;
}

async function choicesAt(place) {
  const kept = await (await caches.open('choices')).match(place);
  return kept ? kept.json() : { at: 0, results: [] };
}

async function keepChoices(place, answer) {
  const { results } = await answer.json();
  const former = (await choicesAt(place)).results.filter(({ uid: one }) => !results.some((each) => each.uid === one));
  await (await caches.open('choices')).put(place, Response.json({ at: Date.now(), results: [...results, ...former].slice(0, mostChoices) }));
}

export async function choicesOf(event, url) {
  const answer = await soon(fetch(event.request)).catch(() => null);
  if (!answer) return Response.json({ kept: true, results: await found(url) });
  if (isWhole(answer) && greeted.get(event.clientId) === await person()) await keepChoices(placeOf(url), answer.clone());
  return answer;
}

// Records that were looked at can be chosen wherever the field takes any.
async function found(url) {
  const { results } = await choicesAt(placeOf(url));
  const home = url.pathname.replace(/choices$/, '');
  const isOpen = [...url.searchParams.keys()].every((name) => name === 'q');
  const seen = (await pages()).filter(({ path, title }) => isOpen && title && path.startsWith(home) && new RegExp(`^/${record}$`).test(path));
  const more = seen.map(({ path, title }) => ({ uid: path.slice(home.length), label: title }));
  const words = bare(url.searchParams.get('q') ?? '').split(/\s+/).filter(Boolean);
  return [...results, ...more.filter(({ uid: one }) => !results.some((each) => each.uid === one))].filter((each) => {
    const text = ` ${bare(`${each.label} ${each.sub ?? ''}`)}`;
    return words.every((word) => text.includes(word));
  });
}
