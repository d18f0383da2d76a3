// Owns the bell: how many notices are unread, and what pops up, as toasts while someone looks at the page and through the
// browser's own notices while they do not. Asks the server now and then, or when `trellis events` says that there is news.
// Markup: [data-bell] links with [data-bell-count] inside; data-events on the first holds the address of the streams, if any.
// [data-popup-leave]: the part of the page of choices that asks the browser for leave.

import { watched } from './jobs.js';
import { getJson, post } from './net.js';
import { showToast } from './toasts.js';
import { on, wire } from './wire.js';

const pollMilliseconds = 15000;
const sparingMilliseconds = 60000; // while a stream tells of news, and while nobody looks but the browser may show notices
const kept = 'trellis-notices';
let timer = 0;
let asking = false;
let askAgain = false;
let streaming = false;
const windows = 'BroadcastChannel' in window ? new BroadcastChannel(kept) : null;

const mayShow = () => 'Notification' in window && Notification.permission === 'granted';

function mark(unread, more) {
  for (const bell of document.querySelectorAll('[data-bell]')) {
    bell.classList.toggle('has-news', unread > 0);
    const count = bell.querySelector('[data-bell-count]');
    count.hidden = unread === 0;
    count.textContent = more ? `${unread - 1}+` : String(unread);
  }
}

function pop({ text, href, stays }) {
  showToast({ kind: 'new', text, href, stays });
}

function show(notice) {
  if (!document.hidden && watched(notice.target)) return; // its own panel tells of it
  if (!document.hidden || !mayShow()) {
    pop(notice);
    return;
  }
  const options = { body: notice.text, tag: `notice-${notice.id}`, requireInteraction: notice.stays, data: { href: notice.href } };
  try {
    const shown = new Notification(notice.label, options);
    shown.addEventListener('click', () => {
      window.focus();
      if (notice.href) window.location.assign(notice.href);
      shown.close();
    });
  } catch { // browsers of phones leave it to the worker
    navigator.serviceWorker.ready.then((worker) => worker.showNotification(notice.label, options)).catch(() => pop(notice));
  }
}

async function ask() {
  askAgain = asking; // news that comes while the answer is under way may not be in it
  if (asking) return;
  asking = true;
  try {
    const found = await getJson('/notices/new');
    mark(found.unread, found.more);
    sessionStorage.setItem(kept, JSON.stringify({ unread: found.unread, more: found.more, at: Date.now() }));
    // Whichever window takes a notice first shows it, so that it pops up once.
    if (found.pops.length) (await post('/notices/popped', { ids: found.pops.join(',') })).notices.forEach(show);
  } catch (error) {
    // No connection, or signed out: the bell stays as it is and asks again.
  } finally {
    asking = false;
    plan(askAgain ? 0 : null);
    askAgain = false;
  }
}

function plan(first = null) {
  window.clearTimeout(timer);
  if (document.hidden && !mayShow()) return;
  timer = window.setTimeout(ask, first ?? (streaming || document.hidden ? sparingMilliseconds : pollMilliseconds));
}

async function listen(address) {
  const again = () => window.setTimeout(() => listen(address), sparingMilliseconds * (0.5 + Math.random()));
  let source;
  try {
    const { token } = await getJson('/notices/stream-token');
    source = new EventSource(`${address}?token=${encodeURIComponent(token)}`);
  } catch (error) {
    again();
    return;
  }
  source.addEventListener('open', () => { streaming = true; });
  source.addEventListener('look', () => {
    windows?.postMessage('look');
    ask();
  });
  source.addEventListener('error', () => {
    // Its token is used up by now, so the browser's own way of connecting again would be refused.
    source.close();
    const lived = streaming;
    streaming = false;
    plan();
    if (lived) window.setTimeout(() => listen(address), 1000 * (1 + Math.random()));
    else again();
  });
}

// One window holds the stream and passes its word on: browsers open only a handful of connections to one address.
function listenForAll(address) {
  if (!navigator.locks) listen(address);
  else navigator.locks.request(kept, () => new Promise(() => { listen(address); }));
}

function start(bell) {
  const last = JSON.parse(sessionStorage.getItem(kept) ?? 'null');
  const age = last ? Date.now() - last.at : Infinity;
  if (last) mark(last.unread, last.more);
  // Walking from page to page asks no more often than standing still; the page of notices itself asks at once.
  plan(age < pollMilliseconds && !window.location.pathname.startsWith('/notices') ? pollMilliseconds - age : 300);
  if (bell.dataset.events) listenForAll(bell.dataset.events);
  windows?.addEventListener('message', () => { if (!document.hidden) ask(); });
  document.addEventListener('visibilitychange', () => plan(document.hidden ? null : 0));
}

wire('.t-rail [data-bell]', start);

function tellLeave(part) {
  part.hidden = !('Notification' in window);
  for (const each of part.querySelectorAll('[data-leave]')) each.hidden = each.dataset.leave !== Notification.permission;
}

wire('[data-popup-leave]', (part) => { if ('Notification' in window) tellLeave(part); });
on('click', '[data-leave-ask]', async (event, button) => {
  await Notification.requestPermission();
  tellLeave(button.closest('[data-popup-leave]'));
});
