// Owns the saves that could not be sent: which acts are kept, in which order they go, what became of them.

import { askedAlone, saved } from './network.js';
import { dropSave, ownSaves, pages, person, putSave, replaceSave } from './store.js';

// What is kept when it cannot be sent: by address, and what makes two of them the same act, so that the later one takes the place of the
// earlier. Each is harmless when it is sent twice: it carries the uid of what it makes, the revision it saw, or the state it wants.
const uid = '[0-9a-f-]{36}';
const record = `[a-z][a-z0-9_]*/${uid}`;
const acts = [
  { kind: 'form', path: /^\/[a-z][a-z0-9_]*\/new$/, same: (url, said) => said.uid },
  { kind: 'form', path: new RegExp(`^/${record}/edit$`), same: (url) => url.pathname },
  { kind: 'quick', path: /^\/[a-z][a-z0-9_]*\/quick$/, same: (url, said) => said.uid },
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
const unnamed = /^(?:uid|new_uid|revision|entity|kind|at|scope|state|select|stay|titled)$/; // of a new record the first thing typed is its name
export const actAt = (url) => acts.find((act) => act.path.test(url.pathname));

export async function savePage(request, url, act) {
  const copy = request.clone();
  try {
    return await saved(fetch(request));
  } catch (error) {
    const form = [...await copy.formData()];
    const fields = form.filter(([name, value]) => typeof value === 'string' && name !== 'csrf_token');
    await putInQueue(act, url, fields);
    await tell();
    if (request.mode === 'navigate') return Response.redirect('/offline', 303);
    if (request.headers.get('accept') === 'application/json') return Response.json({ kept: true });
    return new Response('', { headers: { 'HX-Reswap': 'none', 'HX-Trigger': told(act, Object.fromEntries(fields)) } });
  }
}

// A linked record that waits can be chosen at once, by the uid that it will have; headers hold no letters beyond ASCII.
function told(act, said) {
  if (act.kind !== 'quick' || !said.select) return 'kept';
  const events = { kept: true, 'record-created': { uid: said.uid, label: said[said.titled] || said.uid, select: said.select } };
  return JSON.stringify(events).replace(/[^\x20-\x7e]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

// The later of two saves of the same thing replaces the earlier, over the revision that the earlier one saw.
async function putInQueue(act, url, fields) {
  const [name, said] = [await person(), Object.fromEntries(fields)];
  const key = `${act.kind} ${act.same(url, said)}`;
  const former = (await ownSaves()).find((each) => each.key === key && each.state === 'waiting');
  const base = former?.fields.find(([field]) => field === 'revision');
  const about = url.pathname.replace('/board/', '/').match(new RegExp(record));
  const place = about ? `/${about[0]}` : '';
  const title = (place && (await pages()).find((each) => each.path === place)?.title) || said[said.titled] || fields.find(([field, value]) => value && !unnamed.test(field))?.[1];
  await replaceSave({
    person: name, key, url: url.pathname + url.search, kind: act.kind, place, title: title?.slice(0, 80) ?? '', at: Date.now(),
    state: 'waiting', fields: base ? [...fields.filter(([field]) => field !== 'revision'), base] : fields,
  }, former);
  await self.registration.sync?.register('saves').catch(() => {});
}

// What no later moment could do in one's place leaves the page as it is, and says so.
export async function orSayUnsent(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const seen = (await self.clients.matchAll({ type: 'window' })).filter((client) => client.visibilityState === 'visible');
    const asked = seen.filter((client) => client.focused);
    for (const client of asked.length ? asked : seen) client.postMessage({ type: 'unsent' });
    return new Response(null, { status: 204 });
  }
}

// --- sending -----------------------------------------------------------------------------------------------------------

let sending = null;

export function send() {
  sending ??= sendAll().finally(() => { sending = null; });
  return sending;
}

async function sendAll() {
  const told = { sent: 0, asks: 0, signIn: false };
  for (const save of (await ownSaves()).filter((each) => each.state === 'waiting')) {
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
export async function sendAllOrAgain() {
  await send();
  if ((await ownSaves()).some((each) => each.state === 'waiting')) throw new Error('later');
}

const askToken = () => askedAlone('/api/v1/security/csrf_token/', { headers: { Accept: 'application/json' } });

// Whether the server answers by now, for a page that shows a copy although the browser never lost the network.
export const isReached = () => askToken().then((answer) => answer.ok, () => false);

async function sendOne(save) {
  const asked = await askToken();
  if (asked.status === 401 || asked.redirected) return 'sign in';
  if (!asked.ok) return 'later';
  const token = (await asked.json()).result;
  const headers = { 'X-CSRFToken': token, ...(save.kind === 'form' ? {} : { 'HX-Request': 'true' }) };
  const body = new URLSearchParams([...save.fields, ['csrf_token', token]]);
  const answer = await askedAlone(save.url, { method: 'POST', body, headers });
  if (answer.status === 401 || (answer.redirected && new URL(answer.url).pathname.startsWith('/login'))) return 'sign in';
  if (answer.status >= 500 || answer.status === 429) return 'later';
  return answer.ok && (answer.redirected || save.kind !== 'form') ? 'done' : 'asks';
}

export async function tell(said = {}) {
  for (const client of await self.clients.matchAll()) client.postMessage({ ...said, type: 'saves' });
}
