// Owns requests that scripts make themselves: same origin, with the CSRF token, answers as JSON, refusals as RefusedError.

import { word } from './words.js';

export class RefusedError extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || word('refused'));
    this.status = status;
    this.problem = problem;
  }
}

export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? '';
}

// A page that stood open while somebody signed in anew holds a token that counts no longer. Promises whether there is a fresh one.
export async function renewToken() {
  const asked = await fetch('/api/v1/security/csrf_token/', { credentials: 'same-origin', headers: { Accept: 'application/json' } }).catch(() => null);
  if (!asked?.ok) return false;
  const { result } = await asked.json();
  document.querySelector('meta[name="csrf-token"]').content = result;
  for (const input of document.querySelectorAll('input[name=csrf_token]')) input.value = result;
  return true;
}

export const staleType = 'urn:trellis:api-e419';
export const goneType = 'urn:trellis:rec-e028';

async function readAnswer(response) {
  const kind = response.headers.get('content-type') ?? '';
  if (!kind.includes('json')) return {};
  return response.json();
}

async function send(url, fields) {
  const body = new URLSearchParams(fields);
  if (body.has('csrf_token')) body.set('csrf_token', csrfToken());
  try {
    return await fetch(url, {
      method: 'POST', credentials: 'same-origin', body,
      headers: { 'X-CSRFToken': csrfToken(), Accept: 'application/json', 'X-Requested-With': 'fetch' },
    });
  } catch (error) {
    throw new RefusedError(0, { detail: word('no_network') });
  }
}

export async function post(url, fields = {}) {
  let response = await send(url, fields);
  let answer = await readAnswer(response);
  if (answer.type === staleType && await renewToken()) {
    response = await send(url, fields);
    answer = await readAnswer(response);
  }
  if (!response.ok) throw new RefusedError(response.status, answer);
  return answer;
}

export async function getJson(url) {
  const response = await fetch(url, { credentials: 'same-origin', headers: { Accept: 'application/json' } }).catch(() => {
    throw new RefusedError(0, { detail: word('no_network') });
  });
  if (!response.ok) throw new RefusedError(response.status, await readAnswer(response));
  return response.json();
}
