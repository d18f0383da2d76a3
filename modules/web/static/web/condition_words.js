// Owns the words of the condition builder, as the page gave them in the reader's language.

export const words = JSON.parse(document.getElementById('condition-words')?.dataset.words ?? '{}');
