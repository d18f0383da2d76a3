// Owns selects with search: Tom Select is fetched only when a page has one.
// select[data-select] holds its own options; select[data-remote-url] asks the server: {results: [{uid, label, sub, hue}]}.
// A select says `ready` once it is searchable. data-create-url offers a new record in a dialogue; the server then answers HX-Trigger {"record-created": {uid, label, select}}.

import { icon, make } from './dom.js';
import { later } from './later.js';
import { getJson } from './net.js';
import { htmx } from './requests.js';
import { showError } from './toasts.js';
import { on, wire } from './wire.js';
import { word } from './words.js';

const idleMilliseconds = 200;
const roomForChoices = 320;
const around = 'parent.';
const resting = new WeakSet();

function initials(label) {
  const names = label.trim().split(/\s+/);
  return names.slice(-2).map((name) => name[0]).join('').toUpperCase();
}

function drawOption(option) {
  const row = make('div', 'option');
  if (option.hue) {
    const avatar = make('span', `avatar t-hue-${Number(option.hue)}`, initials(option.label));
    avatar.setAttribute('aria-hidden', 'true');
    row.append(avatar);
  }
  row.append(make('span', '', option.label));
  if (option.sub) row.append(make('small', '', option.sub));
  return row;
}

function drawCreate(select, text) {
  const row = make('div', 'create');
  row.append(icon('plus'), make('span', '', word('create_named', { what: select.dataset.createLabel ?? '', text })));
  return row;
}

function urlWith(address, values) {
  const url = new URL(address, window.location.href);
  for (const [name, value] of Object.entries(values)) url.searchParams.set(name, value);
  return url.pathname + url.search;
}

function openCreate(select, text) {
  htmx.ajax('GET', urlWith(select.dataset.createUrl, { text, select: select.id }), { target: '#layer', swap: 'innerHTML' });
}

// How the names of the inputs begin that stand in the same row of a table of lines; nothing outside of one.
function rowPrefix(input) {
  return input.closest('[data-lines-row]') ? `${input.name.split('.').slice(0, 2).join('.')}.` : '';
}

// Where the inputs of a field stand that choices depend on: `parent.<key>` is one of the record around a row.
function placeOf(select, name) {
  const row = rowPrefix(select);
  return row && name.startsWith(around) ? [name.slice(around.length), '', around] : [name, row, ''];
}

// A link whose choices depend on other fields of the form, or of its row, sends what those hold.
function recordValues(select) {
  const found = select.dataset.record ? { record: select.dataset.record } : {};
  for (const wanted of (select.dataset.recordFields ?? '').split(' ').filter(Boolean)) {
    const [key, prefix, told] = placeOf(select, wanted);
    for (const input of select.form?.querySelectorAll(`[name="${prefix}${key}"], [name^="${prefix}${key}."]`) ?? []) {
      if (!prefix && input.matches(':disabled')) continue;
      if (['radio', 'checkbox'].includes(input.type) && !input.checked) continue;
      found[`record.${told}${input.name.slice(prefix.length)}`] = input.value;
    }
  }
  return found;
}

// Choices that were loaded for other values are forgotten; what is chosen stays until somebody changes it.
function forgetChoices(select) {
  select.tomselect?.clearOptions();
  select.tomselect?.wrapper.classList.remove('preloaded');
}

function remoteSettings(select) {
  const ask = (text) => getJson(urlWith(select.dataset.remoteUrl, { q: text, ...recordValues(select) }));
  return {
    valueField: 'uid', labelField: 'label', searchField: [], preload: 'focus', loadThrottle: idleMilliseconds,
    shouldLoad: () => true,
    // The server ranks; a second ranking here would hide what it found by other spellings.
    score: () => () => 1,
    sortField: [{ field: '$order' }],
    load(text, done) {
      this.clearOptions();
      ask(text).then((answer) => {
        this.isKept = Boolean(answer.kept); // by the browser, which did not reach the server
        done(answer.results);
      }).catch((error) => { showError(error); done(); });
    },
  };
}

function localSettings() {
  return { valueField: 'uid', labelField: 'label', searchField: ['label'], sortField: [{ field: '$order' }], maxOptions: null };
}

function readOption(option) {
  return { uid: option.value, label: option.textContent.trim(), sub: option.dataset.sub, hue: option.dataset.hue };
}

function settingsFor(select, plugins) {
  const multiple = select.multiple;
  const settings = select.dataset.remoteUrl ? remoteSettings(select) : localSettings();
  return {
    ...settings, plugins,
    options: [...select.options].filter((option) => option.value && !option.disabled).map(readOption),
    items: [...select.selectedOptions].map((option) => option.value).filter(Boolean),
    allowEmptyOption: false, maxItems: multiple ? null : 1, closeAfterSelect: !multiple, hideSelected: multiple, clearAfterSelect: multiple,
    placeholder: select.dataset.placeholder ?? '',
    create: 'createUrl' in select.dataset ? (text) => { openCreate(select, text); return false; } : false,
    createFilter: () => Boolean(select.dataset.createUrl),
    createOnBlur: false,
    // In a table the choices stand over the whole page, or the table's own edge would cut them off.
    dropdownParent: select.closest('td') ? 'body' : null,
    render: {
      option: drawOption,
      item: (option) => make('div', '', option.label),
      option_create: (entry) => drawCreate(select, entry.input),
      no_results() { return make('div', 'no-results', word(this.isKept ? 'none_kept' : 'none_found')); },
      loading: null,
    },
  };
}

// A dropdown that would leave the window at the foot stands over its control.
function keepInView(control) {
  const place = control.positionDropdown.bind(control);
  control.positionDropdown = () => {
    place();
    const box = control.control.getBoundingClientRect();
    const height = control.dropdown.offsetHeight;
    if (box.bottom + 8 + height > window.innerHeight && box.top > height) control.dropdown.style.top = `${box.top - height - 8}px`;
  };
  control.on('load', () => control.positionDropdown());
}

// A low dialogue lets the choices hang over its edge; a high one scrolls to them.
function spillOver(control, dialog) {
  control.on('dropdown_open', () => dialog.classList.toggle('is-spilling', dialog.offsetHeight < window.innerHeight - roomForChoices));
  control.on('dropdown_close', () => dialog.classList.remove('is-spilling'));
}

// The field is hidden behind its control: who had begun in it goes on there, with the list closed until it is asked for.
export function controlFor(TomSelect, field, settings) {
  const focused = document.activeElement === field;
  const control = new TomSelect(field, settings);
  if (focused) {
    restClosed(control);
    control.focus();
  }
  return control;
}

// Neither the focus nor choices that come late open the list before a key or a hand asks for it.
function restClosed(control) {
  control.close(false);
  if (resting.has(control)) return;
  resting.add(control);
  const { openOnFocus, preload } = control.settings;
  const shut = () => control.close(false);
  const wake = () => {
    resting.delete(control);
    Object.assign(control.settings, { openOnFocus, preload });
    control.off('load', shut);
    for (const kind of ['keydown', 'pointerdown']) control.wrapper.removeEventListener(kind, wake, true);
    if (preload) control.preload();
  };
  Object.assign(control.settings, { openOnFocus: false, preload: false });
  control.on('load', shut);
  for (const kind of ['keydown', 'pointerdown']) control.wrapper.addEventListener(kind, wake, true);
}

async function setUp(select) {
  const [{ default: TomSelect }, { default: removeButton }, { default: clearButton }] = await later.choices();
  TomSelect.define('remove_button', removeButton);
  TomSelect.define('clear_button', clearButton);
  const plugins = select.multiple ? { remove_button: { title: word('remove'), label: '×' } } : {};
  if (!select.multiple && !select.required) plugins.clear_button = { title: word('clear'), html: clearSign };
  const control = controlFor(TomSelect, select, settingsFor(select, plugins));
  select.setAttribute('aria-hidden', 'true');
  if (control.settings.dropdownParent === 'body') keepInView(control);
  const dialog = select.closest('dialog.t-dialog');
  if (dialog) spillOver(control, dialog);
  if (select.getAttribute('aria-describedby')) {
    control.control_input.setAttribute('aria-describedby', select.getAttribute('aria-describedby'));
  }
  if (select.classList.contains('is-invalid')) control.control_input.setAttribute('aria-invalid', 'true');
  select.dispatchEvent(new Event('ready'));
}

function clearSign() {
  const sign = make('button', 'clear-button');
  sign.type = 'button';
  sign.tabIndex = -1;
  sign.title = word('clear');
  sign.setAttribute('aria-label', word('clear'));
  sign.append(icon('x'));
  return sign;
}

wire('select[data-select], select[data-remote-url]', setUp);
// A link to any record: choosing the kind of record points the search beside it to that kind, and empties it.
on('change', 'select[data-target-for]', (event, kind) => {
  const select = document.getElementById(kind.dataset.targetFor);
  const [chosen] = kind.selectedOptions;
  Object.assign(select.dataset, {
    remoteUrl: chosen.dataset.url, createUrl: chosen.dataset.createUrl ?? '', createLabel: chosen.textContent.trim().toLocaleLowerCase(),
  });
  select.tomselect?.clear();
  select.tomselect?.clearOptions();
});
document.addEventListener('change', ({ target }) => {
  if (!target.name || !target.form) return;
  const prefix = rowPrefix(target);
  const [key] = target.name.slice(prefix.length).split('.');
  for (const select of target.form.querySelectorAll('select[data-record-fields]')) {
    const places = select.dataset.recordFields.split(' ').map((name) => placeOf(select, name));
    if (select !== target && places.some(([name, row]) => name === key && row === prefix)) forgetChoices(select);
  }
});
document.body.addEventListener('htmx:beforeCleanupElement', ({ detail }) => detail.elt.tomselect?.destroy());
document.body.addEventListener('record-created', ({ detail }) => {
  const control = document.getElementById(detail.select)?.tomselect;
  if (!control) return;
  control.addOption({ uid: detail.uid, label: detail.label, sub: detail.sub });
  control.addItem(detail.uid);
  restClosed(control); // the dialogue gives the focus back, which would open the choices over what was just chosen
  document.querySelector('#layer dialog')?.close();
});
