// Owns what the browser does in the server's place for one person: copies of pages that were seen (worker/copies.js), saves that wait for the
// network (worker/queue.js). Everything is of the person who signed in last and goes away when somebody else does.

import { asset, choices, choicesOf, greet, greeted, keepForms, openPage, parts, partOf, quick, quickOf, stale } from './worker/copies.js';
import { actAt, isReached, orSayUnsent, savePage, send, sendAllOrAgain } from './worker/queue.js';
import { dropSave, forgetPages, ownSaves, pages, person } from './worker/store.js';

const entrance = /^\/(?:login|logout)\b/;

const answers = {
  hello: async (source, said) => {
    await greet(source, said);
    return { stale: stale.get(source.id) ?? null };
  },
  saves: async () => {
    const seen = await person() ? (await pages()).filter(({ title }) => title).sort((a, b) => b.at - a.at) : [];
    return { saves: await ownSaves(), pages: seen };
  },
  reach: async () => ({ reached: await isReached() }),
  forms: (source, said) => keepForms(source, said),
  drop: (source, { id }) => dropSave(id),
  send: () => send(),
  forget: () => forgetPages(),
};

function answerTo(event, url) {
  const { request } = event;
  if (request.method === 'GET' && request.mode === 'navigate') return openPage(event, url);
  if (request.method === 'GET' && url.pathname.startsWith('/static/vendor/')) return asset(request);
  if (request.method === 'GET' && parts.test(url.pathname)) return partOf(event, url);
  if (request.method === 'GET' && choices.test(url.pathname)) return choicesOf(event, url);
  if (request.method === 'GET' && quick.test(url.pathname)) return quickOf(event, url);
  const act = request.method === 'POST' ? actAt(url) : null;
  if (act) return savePage(request, url, act);
  return request.method === 'POST' && request.mode === 'navigate' && !entrance.test(url.pathname) ? orSayUnsent(request) : null;
}

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(event.notification.data?.href || '/'));
});
self.addEventListener('message', (event) => {
  const act = answers[event.data.type];
  if (event.data.type !== 'hello') greeted.set(event.source.id, event.data.person);
  if (act) event.waitUntil(Promise.resolve(act(event.source, event.data)).then((answer) => event.ports[0]?.postMessage(answer ?? {})));
});
self.addEventListener('sync', (event) => { if (event.tag === 'saves') event.waitUntil(sendAllOrAgain()); });
self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  const answer = url.origin === self.location.origin ? answerTo(event, url) : null;
  if (answer) event.respondWith(answer);
});
