// Owns the link between markup and scripts: a selector, and what to do once with each element that matches it, on the
// first page and in every fragment that is swapped in later. Knows no component.

const setups = [];

export function wire(selector, setup) {
  setups.push({ selector, setup, done: new WeakSet() });
}

export function wireAll(root) {
  for (const { selector, setup, done } of setups) {
    const found = [...root.querySelectorAll(selector)];
    if (root.matches?.(selector)) found.unshift(root);
    for (const element of found) {
      if (done.has(element)) continue;
      done.add(element);
      setup(element);
    }
  }
}

// For events that may come from elements not there yet: one listener on the document, found by the nearest match.
export function on(type, selector, listener) {
  document.addEventListener(type, (event) => {
    const element = event.target instanceof Element ? event.target.closest(selector) : null;
    if (element) listener(event, element);
  });
}
