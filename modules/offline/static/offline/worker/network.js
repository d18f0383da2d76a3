// Owns how long the server is waited for. A connection may hang without being lost: then the copy of a page answers, and a save is kept.

const pageMilliseconds = 8000;
const hungMilliseconds = 1500;
const saveMilliseconds = 20000;
const sendMilliseconds = 30000;
let isHanging = false; // since the last answer or failure: who waited for one page need not wait so long for the next

function within(asked, milliseconds) {
  let timer = 0;
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(() => {
      isHanging = true;
      reject(new Error('no answer in time'));
    }, milliseconds);
  });
  asked.then(() => { isHanging = false; }, () => { isHanging = false; });
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}

// What was asked goes on being asked: an answer that comes late is still the answer of a page that has no copy.
export function soon(asked) {
  return within(asked, isHanging ? hungMilliseconds : pageMilliseconds);
}

export function saved(asked) {
  return within(asked, saveMilliseconds);
}

// For what the worker asks by itself, and asks again later.
export function askedAlone(path, options = {}) {
  return fetch(path, { credentials: 'same-origin', ...options, signal: AbortSignal.timeout(sendMilliseconds) });
}
