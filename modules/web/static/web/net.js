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

async function readAnswer(response) {
  const kind = response.headers.get('content-type') ?? '';
  if (!kind.includes('json')) return {};
  return response.json();
}

export async function post(url, fields = {}) {
  let response;
  try {
    response = await fetch(url, {
      method: 'POST', credentials: 'same-origin', body: new URLSearchParams(fields),
      headers: { 'X-CSRFToken': csrfToken(), Accept: 'application/json', 'X-Requested-With': 'fetch' },
    });
  } catch (error) {
    throw new RefusedError(0, { detail: word('no_network') });
  }
  const answer = await readAnswer(response);
  if (!response.ok) throw new RefusedError(response.status, answer);
  return answer;
}

export async function getJson(url) {
  const response = await fetch(url, { credentials: 'same-origin', headers: { Accept: 'application/json' } });
  if (!response.ok) throw new RefusedError(response.status, await readAnswer(response));
  return response.json();
}
