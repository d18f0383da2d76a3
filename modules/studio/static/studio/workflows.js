// Owns the flow of a workflow: steps that are dragged between ways, moved by keys (Alt and arrows, Delete) and kept at once; and the
// editor of a mail: merge fields put in where the cursor is, lists with chosen columns, the preview that follows what is typed.

import { csrfToken, post } from '../../../web/static/web/net.js';
import { ask } from '../../../web/static/web/layers.js';
import { showToast } from '../../../web/static/web/toasts.js';
import { on, wire } from '../../../web/static/web/wire.js';
import { word } from '../../../web/static/web/words.js';
import { say } from './rows.js';

function goTo(key) {
  const address = new URL(window.location.href);
  address.searchParams.delete('move');
  address.searchParams.delete('at');
  if (key) address.searchParams.set('step', key);
  else address.searchParams.delete('step');
  address.hash = key ? `step-${key}` : '';
  if (address.href === window.location.href) window.location.reload();
  else {
    window.location.assign(address.href);
    if (address.pathname + address.search === window.location.pathname + window.location.search) window.location.reload();
  }
}

async function change(flow, key, act, fields = {}) {
  try {
    const answer = await post(`${flow.dataset.flow}${encodeURIComponent(key)}/${act}`, fields);
    if (!answer.moved && act !== 'remove') {
      say(word('refused'));
      return;
    }
    goTo(act === 'remove' ? '' : key);
  } catch (error) {
    showToast({ kind: 'bad', text: error.message });
  }
}

wire('[data-flow]', async (flow) => {
  flow.addEventListener('keydown', async (event) => {
    const link = event.target.closest('[data-step-link]');
    const card = link?.closest('article[data-step]');
    if (!card) return;
    const act = event.altKey ? { ArrowUp: 'up', ArrowDown: 'down' }[event.key] : { Delete: 'remove' }[event.key];
    if (act) {
      event.preventDefault();
      const sure = act !== 'remove' || await ask({ title: link.textContent, text: '', act: flow.dataset.deletes, danger: true });
      if (sure) change(flow, card.dataset.step, act);
      return;
    }
    const by = event.altKey ? 0 : { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const links = [...flow.querySelectorAll('[data-step-link]')];
    links[links.indexOf(link) + by]?.focus();
  });
  const named = window.location.hash.startsWith('#step-') ? document.getElementById(window.location.hash.slice(1)) : null;
  named?.querySelector('[data-step-link]')?.focus({ preventScroll: true });
  if (window.matchMedia('(pointer: coarse)').matches) return;
  const { default: Sortable } = await import('sortablejs/modular/sortable.core.esm.js');
  for (const list of flow.querySelectorAll('ol[data-way]')) {
    new Sortable(list, {
      group: 'steps', draggable: 'li', filter: '.t-menu, .btn, button', preventOnFilter: false, animation: 120, fallbackOnBody: true,
      onEnd: ({ item, from, to, oldDraggableIndex: before, newDraggableIndex: after }) => {
        if (from === to && before === after) return;
        const place = from === to && after > before ? after + 1 : after;
        change(flow, item.dataset.step, 'move', { at: `${to.dataset.way}:${place}` });
      },
    });
  }
});

// --- mails -----------------------------------------------------------------------------------------------------------

let lastBox = null;

function put(text) {
  const box = lastBox?.isConnected ? lastBox : document.querySelector('[data-merge-into]');
  if (!box) return;
  box.setRangeText(text, box.selectionStart ?? box.value.length, box.selectionEnd ?? box.value.length, 'end');
  box.focus();
  box.dispatchEvent(new Event('input', { bubbles: true }));
}

on('focusin', '[data-merge-into]', (event, box) => { lastBox = box; });
on('click', '[data-merge]', (event, button) => put(button.dataset.merge));
on('click', '[data-merge-if]', (event, button) => {
  const chosen = document.getElementById(button.dataset.mergeIf).value;
  if (chosen) put(`{% if ${chosen} %}\n…\n{% else %}\n…\n{% endif %}`);
});

function loopText(holder, isHtml) {
  const columns = [...holder.querySelectorAll('input:checked')].map((box) => ({ name: box.value, label: box.dataset.label }));
  const head = `{% for row in ${holder.dataset.loopOf} %}`;
  if (!isHtml) return `${head}- ${columns.map(({ name }) => `{{ ${name} }}`).join(', ')}\n{% endfor %}`;
  const names = columns.map(({ label }) => `<th>${label.replace(/[<&]/g, '')}</th>`).join('');
  const cells = columns.map(({ name }) => `<td>{{ ${name} }}</td>`).join('');
  return `<table class="facts">\n<tr>${names}</tr>\n${head}\n<tr>${cells}</tr>\n{% endfor %}\n</table>`;
}

on('click', '[data-loop-put]', (event, button) => {
  const box = lastBox?.isConnected ? lastBox : document.querySelector('[data-merge-into]');
  put(loopText(button.closest('[data-loop-of]'), box?.name === 'html'));
});

function drawPreview(form, answer) {
  const side = document.getElementById('mail-preview');
  for (const [name, text] of Object.entries({ subject: answer.subject, from: answer.from, text: answer.text })) {
    const place = side.querySelector(`[data-shows="${name}"]`);
    if (place) place.textContent = text ?? '';
  }
  side.querySelector('iframe').srcdoc = answer.html ?? '';
  side.querySelector('[data-shows-problems]').replaceChildren(...answer.problems.map((each) => {
    const line = document.createElement('p');
    line.className = 't-error';
    line.textContent = each.text;
    return line;
  }));
  for (const box of form.querySelectorAll('[data-merge-into]')) {
    const wrong = answer.problems.filter((each) => each.part === box.name);
    box.classList.toggle('is-invalid', wrong.length > 0);
    const place = document.getElementById(`wrong-${box.name}`);
    if (place) place.textContent = wrong.map((each) => each.text).join(' ');
  }
}

wire('form[data-preview-url]', (form) => {
  let timer = 0;
  let asked = 0;
  const record = document.getElementById('preview-record');
  const draw = async () => {
    asked += 1;
    const mine = asked;
    const fields = new FormData(form);
    if (record) fields.set('record', record.value);
    try {
      const answer = await fetch(form.dataset.previewUrl, {
        method: 'POST', body: new URLSearchParams(fields), credentials: 'same-origin', headers: { 'X-CSRFToken': csrfToken(), Accept: 'application/json' },
      });
      if (answer.ok && mine === asked) drawPreview(form, await answer.json());
    } catch (error) {
      showToast({ kind: 'bad', text: word('no_network') });
    }
  };
  const soon = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(draw, 500);
  };
  form.addEventListener('input', soon);
  record?.addEventListener('change', draw);
  draw();
});
