// Owns htmx for the whole page: its settings, the CSRF header, refusals as toasts, our dialogue for hx-confirm.
// A 409 or 422 answer is a fragment with findings and is swapped in; any other refusal leaves the page as it is.

import htmx from 'htmx.org/dist/htmx.esm.js';
import { ask } from './layers.js';
import { csrfToken, renewToken, staleType } from './net.js';
import { offerDoor, showToast } from './toasts.js';
import { wireAll } from './wire.js';
import { word } from './words.js';

Object.assign(htmx.config, {
  allowEval: false,
  allowScriptTags: false,
  includeIndicatorStyles: false,
  selfRequestsOnly: true,
  // Record pages hold personal figures: nothing of them goes into local storage.
  historyCacheSize: 0,
  refreshOnHistoryMiss: true,
  defaultSwapDelay: 0,
  defaultSettleDelay: 0,
  responseHandling: [
    { code: '204', swap: false },
    { code: '[23]..', swap: true },
    { code: '4(09|22)', swap: true, error: false },
    { code: '[45]..', swap: false, error: true },
  ],
});

function textOfRefusal(request) {
  const kind = request.getResponseHeader('content-type') ?? '';
  if (kind.includes('json')) {
    try {
      const problem = JSON.parse(request.responseText);
      return problem.detail || problem.title || word('refused');
    } catch {
      return word('refused');
    }
  }
  return { 403: word('forbidden'), 404: word('gone') }[request.status] ?? word('refused');
}

async function confirmWithDialog(event) {
  if (!event.detail.question) return;
  event.preventDefault();
  const { confirmText, confirmLabel } = event.detail.elt.dataset;
  const go = await ask({ title: event.detail.question, text: confirmText, act: confirmLabel || word('go_on'), danger: true });
  if (go) event.detail.issueRequest(true);
}

const { body } = document;
body.addEventListener('htmx:configRequest', (event) => {
  if (event.detail.verb !== 'get') event.detail.headers['X-CSRFToken'] = csrfToken();
});
// Once for each page: with a fresh token the same request goes out again; whatever was typed still stands there.
async function sendAgain({ elt, requestConfig, target }) {
  if (!await renewToken()) return false;
  const values = { ...requestConfig.parameters };
  if ('csrf_token' in values) values.csrf_token = csrfToken();
  htmx.ajax(requestConfig.verb.toUpperCase(), requestConfig.path, { source: elt, target, values, swap: elt.getAttribute?.('hx-swap') ?? undefined });
  return true;
}

// A refusal in words for scripts is no fragment, whatever its status.
body.addEventListener('htmx:beforeSwap', ({ detail }) => {
  if (!detail.xhr.getResponseHeader('content-type')?.includes('problem+json')) return;
  detail.shouldSwap = false;
  detail.isError = true;
});

let renewed = false;
body.addEventListener('htmx:afterOnLoad', ({ detail }) => { if (detail.xhr.status < 400) renewed = false; });
body.addEventListener('htmx:responseError', async ({ detail }) => {
  if (!renewed && detail.xhr.status === 400 && detail.xhr.responseText.includes(staleType)) {
    renewed = true;
    if (await sendAgain(detail)) return;
  }
  if (detail.xhr.status === 401) offerDoor();
  else showToast({ kind: 'bad', text: textOfRefusal(detail.xhr) });
});
// Changes of many records at once are never kept for later: whom they would meet then is not whom they were meant for.
const ofMany = /^\/(?:operations|[a-z][a-z0-9_]*\/(?:many|delete|restore))\b/;
body.addEventListener('htmx:sendError', ({ detail }) => {
  const { target, requestConfig: asked } = detail;
  if (target?.closest('[data-unasked]')) return; // nobody asked for it, so nobody misses it
  if (asked?.verb === 'get' && target?.closest('[data-edit-url], .is-editing')) return; // cells.js goes on without the server
  showToast({ kind: 'bad', text: word(ofMany.test(asked?.path ?? '') ? 'many_no_network' : 'no_network') });
});
// The second press of a double click would meet what the first one brought: it would end what was just begun, or strike the next entry.
document.addEventListener('click', (event) => {
  if (event.detail > 1 && event.target.closest?.('button[hx-post]:not([type=submit])')) event.stopImmediatePropagation();
}, true);
let underWay = 0;
for (const [type, more] of [['htmx:beforeSend', 1], ['htmx:afterRequest', -1]]) {
  body.addEventListener(type, () => {
    underWay = Math.max(0, underWay + more);
    body.classList.toggle('is-asking', underWay > 0);
  });
}
body.addEventListener('htmx:timeout', () => showToast({ kind: 'bad', text: word('no_network') }));
body.addEventListener('htmx:confirm', confirmWithDialog);
htmx.onLoad((element) => wireAll(element));

export { htmx };
