// Owns what the browser keeps for one person: copies of pages that were seen, saves that wait for the network. Answers in their place
// when the server cannot be reached. Everything is of the person who signed in last and goes away when somebody else does.

const assets = 'assets';
const about = 'about';
const mostPages = 120;
const keptMilliseconds = 7 * 24 * 60 * 60 * 1000;
const blankMilliseconds = 60 * 60 * 1000;
const unclaimedMilliseconds = 30000;
const record = '[a-z][a-z0-9_]*/[0-9a-f-]{36}';
const keeps = new RegExp(`^/(?:[a-z][a-z0-9_]*/(?:board|new)?|${record}(?:/edit)?)?$`);
// What a page asks for itself and shows; and pages that show the same whatever the question behind their path, which says where one came from.
const parts = /^\/calendar\/(?:events|agenda)$/;
const choices = /^\/(?:[a-z][a-z0-9_]*|people\/(?:users|teams))\/choices$/;
const mostChoices = 200;
const single = new RegExp(`^/(?:[a-z][a-z0-9_]*/new|${record}(?:/edit)?)$`);
// What is kept when it cannot be sent: by address, and what makes two of them the same act, so that the later one takes the place of the
// earlier. Each is harmless when it is sent twice: it carries the uid of what it makes, the revision it saw, or the state it wants.
const uid = '[0-9a-f-]{36}';
const acts = [
  { kind: 'form', path: new RegExp(`^/[a-z][a-z0-9_]*/new$`), same: (url, said) => said.uid },
  { kind: 'form', path: new RegExp(`^/${record}/edit$`), same: (url) => url.pathname },
  { kind: 'note', path: new RegExp(`^/${record}/log$`), same: (url, said) => said.uid },
  { kind: 'entry', path: new RegExp(`^/${record}/log/${uid}(?:/delete|/pin)?$`), same: (url) => url.pathname },
  { kind: 'mail', path: new RegExp(`^/${record}/letter$`), same: (url, said) => said.uid },
  { kind: 'cell', path: new RegExp(`^/${record}/cell$`), same: (url) => `${url.pathname}:${url.searchParams.get('field')}` },
  { kind: 'move', path: new RegExp(`^/(?:${record}|[a-z][a-z0-9_]*/board/${uid})/move$`), same: (url) => url.pathname.replace('/board/', '/') },
  { kind: 'tick', path: new RegExp(`^/calendar/${record}/done$`), same: (url, said) => `${url.pathname}:${said.at ?? ''}` },
  { kind: 'event', path: /^\/calendar\/new$/, same: (url, said) => said.new_uid },
  { kind: 'event', path: new RegExp(`^/calendar/${record}$`), same: (url, said) => `${url.pathname}:${said.at ?? ''}` },
  { kind: 'time', path: new RegExp(`^/calendar/${record}/move$`), same: (url, said) => `${url.pathname}:${said.at ?? ''}` },
];
const unnamed = /^(?:uid|new_uid|revision|entity|kind|at|scope|state)$/; // of a new record the first thing typed is its name
const actAt = (url) => acts.find((act) => act.path.test(url.pathname));
const entrance = /^\/(?:login|logout)\b/;
const never = /^\/(?:studio|login|logout|language|settings|people|account)\b/;

const fresh = new Map(); // by client whose person is not known yet: copies of its page and parts, by path
const stale = new Map(); // by client: when the copy that it shows was made
const greeted = new Map(); // by client: whose page it is

// --- the store of saves ------------------------------------------------------------------------------------------------

function database() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('trellis', 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore('saves', { keyPath: 'id', autoIncrement: true });
      opening.result.createObjectStore('pages', { keyPath: 'path' });
    };
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}

async function inStore(name, mode, act) {
  const open = await database();
  try {
    return await new Promise((resolve, reject) => {
      const work = open.transaction(name, mode);
      const asked = act(work.objectStore(name));
      work.oncomplete = () => resolve(asked?.result);
      work.onerror = () => reject(work.error);
      work.onabort = () => reject(work.error);
    });
  } finally {
    open.close();
  }
}

const saves = () => inStore('saves', 'readonly', (store) => store.getAll());
const putSave = (save) => inStore('saves', 'readwrite', (store) => store.put(save));
const dropSave = (id) => inStore('saves', 'readwrite', (store) => store.delete(id));
const pages = () => inStore('pages', 'readonly', (store) => store.getAll());
const putPage = (page) => inStore('pages', 'readwrite', (store) => store.put(page));
const dropPage = (path) => inStore('pages', 'readwrite', (store) => store.delete(path));

// --- whose it all is ---------------------------------------------------------------------------------------------------

async function person() {
  const kept = await (await caches.open(about)).match('/person');
  return kept ? (await kept.json()).person : '';
}

async function forgetPages() {
  await Promise.all([caches.delete('pages'), caches.delete('choices')]);
  await inStore('pages', 'readwrite', (store) => store.clear());
}

async function greet(source, { person: name, language, title, path }) {
  greeted.set(source.id, name);
  if (name !== await person()) {
    await forgetPages();
    await (await caches.open(about)).put('/person', new Response(JSON.stringify({ person: name })));
  }
  const copies = fresh.get(source.id) ?? new Map();
  fresh.delete(source.id);
  for (const [each, copy] of copies) {
    if (name) await keep(copy, each === path ? title : '', each);
    else copy.body?.cancel();
  }
  if (name) await keepOwnPage(language);
}

// The forms that a page leads to are kept with it, so that they open without the network; a blank one once an hour.
async function keepForms(source, { forms }) {
  if (greeted.get(source.id) !== await person()) return;
  const kept = new Map((await pages()).map(({ path, at }) => [path, at]));
  for (const path of forms) {
    const isFresh = path.endsWith('/new') && kept.get(path) > Date.now() - blankMilliseconds;
    const answer = isFresh ? null : await fetch(path, { headers: { Accept: 'text/html' } }).catch(() => null);
    if (!answer?.ok || answer.redirected) continue;
    const markup = await answer.clone().text();
    await keep(answer, '', path);
    await askForChoices(markup);
  }
}

// What the selects of a form offer before anything is typed, once an hour.
async function askForChoices(markup) {
  const found = [...markup.matchAll(/ data-(?:remote-)?url="([^"]+)"/g)].map(([, address]) => new URL(address.replaceAll('&amp;', '&'), self.location.href));
  for (const url of new Map(found.map((each) => [each.href, each])).values()) {
    if (!choices.test(url.pathname) || (await choicesAt(placeOf(url))).at > Date.now() - blankMilliseconds) continue;
    url.searchParams.set('q', '');
    const answer = await fetch(url, { headers: { Accept: 'application/json' } }).catch(() => null);
    if (answer?.ok && !answer.redirected) await keepChoices(placeOf(url), answer);
  }
}

// The page of what waits is kept beforehand: it is needed when it can no longer be asked for.
async function keepOwnPage(language) {
  const cache = await caches.open('pages');
  const kept = await cache.match('/offline');
  if (kept?.headers.get('content-language') === language) return;
  const answer = await fetch('/offline').catch(() => null);
  if (answer?.ok && !answer.redirected) await cache.put('/offline', answer);
}

async function keep(copy, title, path) {
  await (await caches.open('pages')).put(path, copy);
  await putPage({ path, title, at: Date.now() });
  const all = (await pages()).sort((one, other) => other.at - one.at);
  const old = all.filter((each, place) => place >= mostPages || each.at < Date.now() - keptMilliseconds);
  for (const each of old) {
    await dropPage(each.path);
    await (await caches.open('pages')).delete(each.path);
  }
}

// --- in place of the server --------------------------------------------------------------------------------------------

async function openPage(event, url) {
  try {
    const answer = await fetch(event.request);
    const isPage = answer.ok && !answer.redirected && (answer.headers.get('content-type') ?? '').startsWith('text/html');
    if (isPage && keeps.test(url.pathname) && !never.test(url.pathname)) remember(event.resultingClientId, url, answer.clone());
    return answer;
  } catch (error) {
    const copy = await copyOf(url);
    const known = copy && (await pages()).find((each) => each.path === url.pathname || each.path === url.pathname + url.search);
    stale.set(event.resultingClientId, known?.at ?? 0);
    return copy ?? await caches.match('/offline') ?? Response.error();
  }
}

// A list is never answered by what another search or filter found.
async function copyOf(url) {
  const cache = await caches.open('pages');
  return await cache.match(url.pathname + url.search)
    ?? (single.test(url.pathname) || !url.search ? cache.match(url.pathname, { ignoreSearch: true }) : undefined);
}

async function partOf(event, url) {
  const path = url.pathname + url.search;
  try {
    const answer = await fetch(event.request);
    const copy = answer.ok && !answer.redirected ? answer.clone() : null;
    if (copy && !greeted.has(event.clientId)) remember(event.clientId, url, copy);
    else if (copy && greeted.get(event.clientId) === await person()) await keep(copy, '', path);
    else copy?.body?.cancel();
    return answer;
  } catch (error) {
    return await (await caches.open('pages')).match(path) ?? Response.error();
  }
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

async function choicesOf(event, url) {
  try {
    const answer = await fetch(event.request);
    if (answer.ok && !answer.redirected && greeted.get(event.clientId) === await person()) await keepChoices(placeOf(url), answer.clone());
    return answer;
  } catch (error) {
    return Response.json({ kept: true, results: await found(url) });
  }
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

async function savePage(request, url, act) {
  const copy = request.clone();
  try {
    return await fetch(request);
  } catch (error) {
    const form = [...await copy.formData()];
    const fields = form.filter(([name, value]) => typeof value === 'string' && name !== 'csrf_token');
    await putInQueue(act, url, fields);
    await tell();
    if (request.mode === 'navigate') return Response.redirect('/offline', 303);
    if (request.headers.get('accept') === 'application/json') return Response.json({ kept: true });
    return new Response('', { headers: { 'HX-Reswap': 'none', 'HX-Trigger': 'kept' } });
  }
}

// The later of two saves of the same thing replaces the earlier, over the revision that the earlier one saw.
async function putInQueue(act, url, fields) {
  const [name, said] = [await person(), Object.fromEntries(fields)];
  const key = `${act.kind} ${act.same(url, said)}`;
  const former = (await saves()).find((each) => each.person === name && each.key === key && each.state === 'waiting');
  const base = former?.fields.find(([field]) => field === 'revision');
  const about = url.pathname.replace('/board/', '/').match(new RegExp(record));
  const place = about ? `/${about[0]}` : '';
  const title = (place && (await pages()).find((each) => each.path === place)?.title) || fields.find(([field, value]) => value && !unnamed.test(field))?.[1];
  await putSave({
    ...(former ? { id: former.id } : {}), person: name, key, url: url.pathname + url.search, kind: act.kind, place, title: title?.slice(0, 80) ?? '', at: Date.now(),
    state: 'waiting', fields: base ? [...fields.filter(([field]) => field !== 'revision'), base] : fields,
  });
  await self.registration.sync?.register('saves').catch(() => {});
}

// What no later moment could do in one's place leaves the page as it is, and says so.
async function orSayUnsent(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const seen = (await self.clients.matchAll({ type: 'window' })).filter((client) => client.visibilityState === 'visible');
    const asked = seen.filter((client) => client.focused);
    for (const client of asked.length ? asked : seen) client.postMessage({ type: 'unsent' });
    return new Response(null, { status: 204 });
  }
}

async function asset(request) {
  const cache = await caches.open(assets);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok && new URL(request.url).pathname.startsWith('/static/')) await cache.put(request, answer.clone());
  return answer;
}

// --- sending -----------------------------------------------------------------------------------------------------------

let sending = null;

function send() {
  sending ??= sendAll().finally(() => { sending = null; });
  return sending;
}

async function sendAll() {
  const name = await person();
  const told = { sent: 0, asks: 0, signIn: false };
  for (const save of (await saves()).filter((each) => each.person === name && each.state === 'waiting')) {
    const outcome = await sendOne(save).catch(() => 'later');
    if (outcome === 'later') break;
    if (outcome === 'sign in') {
      told.signIn = true;
      break;
    }
    if (outcome === 'done') {
      await dropSave(save.id);
      told.sent += 1;
    } else {
      await putSave({ ...save, state: 'asks' });
      told.asks += 1;
    }
  }
  await tell(told);
}

// For a browser that wakes the worker when the network is back, with or without a page: what is left is tried again.
async function sendAllOrAgain() {
  await send();
  const name = await person();
  if ((await saves()).some((each) => each.person === name && each.state === 'waiting')) throw new Error('later');
}

async function sendOne(save) {
  const asked = await fetch('/api/v1/security/csrf_token/', { credentials: 'same-origin', headers: { Accept: 'application/json' } });
  if (asked.status === 401 || asked.redirected) return 'sign in';
  if (!asked.ok) return 'later';
  const token = (await asked.json()).result;
  const headers = { 'X-CSRFToken': token, ...(save.kind === 'form' ? {} : { 'HX-Request': 'true' }) };
  const body = new URLSearchParams([...save.fields, ['csrf_token', token]]);
  const answer = await fetch(save.url, { method: 'POST', body, headers, credentials: 'same-origin' });
  if (answer.status === 401 || (answer.redirected && new URL(answer.url).pathname.startsWith('/login'))) return 'sign in';
  if (answer.status >= 500 || answer.status === 429) return 'later';
  return answer.ok && (answer.redirected || save.kind !== 'form') ? 'done' : 'asks';
}

async function tell(told = {}) {
  for (const client of await self.clients.matchAll()) client.postMessage({ ...told, type: 'saves' });
}

// --- events ------------------------------------------------------------------------------------------------------------

const answers = {
  hello: async (source, said) => {
    await greet(source, said);
    return { stale: stale.get(source.id) ?? null };
  },
  saves: async () => {
    const name = await person();
    const seen = name ? (await pages()).filter(({ title }) => title).sort((a, b) => b.at - a.at) : [];
    return { saves: (await saves()).filter((each) => each.person === name), pages: seen };
  },
  forms: (source, said) => keepForms(source, said),
  drop: (source, { id }) => dropSave(id),
  send: () => send(),
  forget: () => forgetPages(),
};

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('message', (event) => {
  const act = answers[event.data.type];
  if (event.data.type !== 'hello') greeted.set(event.source.id, event.data.person);
  if (act) event.waitUntil(Promise.resolve(act(event.source, event.data)).then((answer) => event.ports[0]?.postMessage(answer ?? {})));
});
self.addEventListener('sync', (event) => { if (event.tag === 'saves') event.waitUntil(sendAllOrAgain()); });
self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.method === 'GET' && request.mode === 'navigate') event.respondWith(openPage(event, url));
  else if (request.method === 'GET' && url.pathname.startsWith('/static/vendor/')) event.respondWith(asset(request));
  else if (request.method === 'GET' && parts.test(url.pathname)) event.respondWith(partOf(event, url));
  else if (request.method === 'GET' && choices.test(url.pathname)) event.respondWith(choicesOf(event, url));
  else if (request.method === 'POST') {
    const act = actAt(url);
    if (act) event.respondWith(savePage(request, url, act));
    else if (request.mode === 'navigate' && !entrance.test(url.pathname)) event.respondWith(orSayUnsent(request));
  }
});
