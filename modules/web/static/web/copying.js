// Owns data-copy="#id": what that element holds, or says, goes to the clipboard. Where a browser keeps its clipboard to itself, as it does
// at addresses without https, it is asked to copy what is selected; where it does not do that either, the text stays selected for its reader.

import { showToast } from './toasts.js';
import { on } from './wire.js';
import { word } from './words.js';

function select(place) {
  if (place.select) {
    place.focus();
    place.select();
  } else window.getSelection().selectAllChildren(place);
}

async function copied(place) {
  try {
    await navigator.clipboard.writeText(place.value ?? place.textContent);
    return true;
  } catch {
    select(place);
    return document.execCommand('copy');
  }
}

on('click', '[data-copy]', async (event, source) => {
  if (await copied(document.querySelector(source.dataset.copy))) {
    source.focus();
    showToast({ text: word('copied') });
  } else showToast({ kind: 'warn', text: word('copy_selected') });
});
