// Owns tag inputs: input[data-tags] holds words between commas and names the address that knows the words in use.
// Without this script the words are typed as they are. An input says `ready` once its words can be taken off one by one.

import { icon, make } from './dom.js';
import { getJson } from './net.js';
import { controlFor } from './selects.js';
import { showError } from './toasts.js';
import { wire } from './wire.js';
import { word } from './words.js';

const idleMilliseconds = 200;
const longest = 60;

function split(text) {
  return text.split(/[,;]/).map((part) => part.trim()).filter(Boolean);
}

function plain(text) {
  return text.normalize('NFD').replace(/\p{M}/gu, '').replace(/[đĐ]/g, 'd').toLowerCase().trim();
}

function address(input, text) {
  const url = new URL(input.dataset.tags, window.location.href);
  url.searchParams.set('q', text);
  return url.pathname + url.search;
}

function settingsFor(input, words) {
  return {
    plugins: { remove_button: { title: word('remove'), label: '×' } },
    valueField: 'uid', labelField: 'label', searchField: ['label'], delimiter: ',', maxItems: 50,
    options: words.map((each) => ({ uid: each, label: each })), items: words,
    hideSelected: true, closeAfterSelect: true, createOnBlur: true, persist: false, diacritics: true,
    preload: input.dataset.tags ? 'focus' : false, loadThrottle: idleMilliseconds, shouldLoad: () => Boolean(input.dataset.tags),
    dropdownParent: input.closest('td') ? 'body' : null,
    placeholder: input.dataset.placeholder ?? '',
    create: (text) => ({ uid: text.trim(), label: text.trim() }),
    // A word that differs in accents and capitals alone is the same tag.
    createFilter(text) {
      const bare = plain(text);
      return bare !== '' && text.trim().length <= longest && !text.includes('|') && !this.items.some((each) => plain(each) === bare);
    },
    // Suggestions that come late must not cover what stands below a word that was just taken.
    onItemAdd() { this.taken = true; },
    onType() { this.taken = false; },
    onLoad() { if (this.taken) this.close(false); },
    load(text, done) {
      getJson(address(input, text)).then((answer) => done(answer.results)).catch((error) => { showError(error); done(); });
    },
    render: {
      option(option) {
        const row = make('div', 'option');
        row.append(make('span', '', option.label));
        return row;
      },
      item: (option) => make('div', '', option.label),
      option_create(entry) {
        const row = make('div', 'create');
        row.append(icon('plus'), make('span', '', word('create_tag', { text: entry.input })));
        return row;
      },
      no_results: null,
      loading: null,
    },
  };
}

async function setUp(input) {
  const [{ default: TomSelect }, { default: removeButton }] = await Promise.all([
    import('tom-select/base'), import('tom-select/plugins/remove_button/plugin.js'),
  ]);
  TomSelect.define('remove_button', removeButton);
  const words = split(input.value);
  // Tom Select takes the classes over; what looks like a text field would stand in a second frame.
  input.classList.replace('form-control', 'form-select');
  input.value = words.join(',');
  const control = controlFor(TomSelect, input, settingsFor(input, words));
  input.setAttribute('aria-hidden', 'true');
  input.tabIndex = -1;
  const told = input.getAttribute('aria-describedby');
  if (told) control.control_input.setAttribute('aria-describedby', told);
  if (input.classList.contains('is-invalid')) control.control_input.setAttribute('aria-invalid', 'true');
  input.dispatchEvent(new Event('ready'));
}

wire('input[data-tags]', setUp);
