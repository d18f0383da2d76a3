// Owns the interface texts that scripts need, as the page gave them in the reader's language (data-words on <body>).

const texts = JSON.parse(document.body.dataset.words || '{}');

export function word(key, values = {}) {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
