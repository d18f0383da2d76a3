// Owns formatted text: [data-rich] holds a textarea with HTML, which an editor takes the place of; the server cleans what is sent.
// The toolbar is one tab stop; arrows move within it.

import DOMPurify from 'dompurify';
import Squire from 'squire-rte';

const tags = ['p', 'br', 'h2', 'h3', 'strong', 'b', 'em', 'i', 'u', 's', 'ul', 'ol', 'li', 'blockquote', 'pre', 'code', 'a', 'hr', 'div'];
const marks = { bold: 'B', italic: 'I', underline: 'U' };
const blocks = { heading: 'H2', bullets: 'UL', numbers: 'OL', quote: 'BLOCKQUOTE' };

function fragmentOf(html) {
  const clean = DOMPurify.sanitize(html, { ALLOWED_TAGS: tags, ALLOWED_ATTR: ['href'], RETURN_DOM_FRAGMENT: true });
  return document.importNode(clean, true);
}

function turnHeading(editor, on) {
  editor.modifyBlocks((fragment) => {
    for (const block of [...fragment.querySelectorAll(on ? 'h2' : 'p, div')]) {
      const turned = document.createElement(on ? 'p' : 'h2');
      turned.append(...block.childNodes);
      block.replaceWith(turned);
    }
    return fragment;
  });
}

const acts = {
  bold: (editor, on) => (on ? editor.removeBold() : editor.bold()),
  italic: (editor, on) => (on ? editor.removeItalic() : editor.italic()),
  underline: (editor, on) => (on ? editor.removeUnderline() : editor.underline()),
  heading: turnHeading,
  bullets: (editor, on) => (on ? editor.removeList() : editor.makeUnorderedList()),
  numbers: (editor, on) => (on ? editor.removeList() : editor.makeOrderedList()),
  quote: (editor, on) => (on ? editor.decreaseQuoteLevel() : editor.increaseQuoteLevel()),
  plain: (editor) => editor.removeAllFormatting(),
};

function isOn(editor, act) {
  return editor.hasFormat(marks[act] ?? blocks[act]);
}

function makeSurface(area, label) {
  const surface = document.createElement('div');
  surface.className = 't-rich-text t-richly';
  surface.setAttribute('role', 'textbox');
  surface.setAttribute('aria-multiline', 'true');
  surface.setAttribute('aria-label', label);
  for (const name of ['aria-describedby', 'aria-invalid', 'aria-required']) {
    if (area.hasAttribute(name)) surface.setAttribute(name, area.getAttribute(name));
  }
  area.after(surface);
  return surface;
}

function wireLink(root, editor) {
  const row = root.querySelector('.t-rich-link');
  const input = row.querySelector('input');
  const close = () => { row.hidden = true; editor.focus(); };
  const apply = () => {
    const address = input.value.trim();
    editor.focus();
    if (address) editor.makeLink(/^[a-z]+:/i.test(address) ? address : `https://${address}`);
    else editor.removeLink();
    close();
  };
  row.querySelector('[data-rich-apply]').addEventListener('click', apply);
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === 'Enter') apply(); else close();
  });
  return () => {
    const link = editor.getSelection().commonAncestorContainer.parentElement?.closest('a');
    input.value = link?.getAttribute('href') ?? '';
    row.hidden = false;
    input.focus();
  };
}

function wireBar(root, editor) {
  const bar = root.querySelector('.t-rich-bar');
  const buttons = [...bar.querySelectorAll('button')];
  const openLink = wireLink(root, editor);
  for (const button of buttons) {
    const act = button.dataset.richAct;
    button.addEventListener('mousedown', (event) => event.preventDefault());
    button.addEventListener('click', () => {
      if (act === 'link') { openLink(); return; }
      editor.focus();
      acts[act](editor, button.getAttribute('aria-pressed') === 'true');
    });
  }
  bar.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length];
    buttons.forEach((button) => { button.tabIndex = button === next ? 0 : -1; });
    next.focus();
  });
  const show = () => buttons.filter((button) => button.hasAttribute('aria-pressed'))
    .forEach((button) => button.setAttribute('aria-pressed', String(isOn(editor, button.dataset.richAct))));
  for (const name of ['pathChange', 'select', 'cursor', 'input']) editor.addEventListener(name, show);
  bar.hidden = false;
}

export function setUp(root) {
  const area = root.querySelector('textarea');
  if (area.readOnly) return;
  const surface = makeSurface(area, root.dataset.richLabel);
  const editor = new Squire(surface, { blockTag: 'P', sanitizeToDOMFragment: fragmentOf, tagAttributes: { a: {} } });
  editor.setHTML(area.value);
  area.hidden = true;
  editor.addEventListener('input', () => { area.value = surface.textContent.trim() ? editor.getHTML() : ''; });
  area.addEventListener('focus', () => surface.focus());
  area.focus = () => surface.focus();
  wireBar(root, editor);
  document.querySelector(`label[for="${area.id}"]`)?.addEventListener('click', () => editor.focus());
  root.dataset.richReady = '';
}
