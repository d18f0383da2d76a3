// Owns making small pieces of page from code; text goes in as text, never as markup.

export function make(tag, className = '', text = '') {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

export function icon(name) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('class', 'ti');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(space, 'use');
  use.setAttribute('href', `${document.body.dataset.icons}#${name}`);
  svg.append(use);
  return svg;
}

export function button(className, text, iconName = '') {
  const element = make('button', `btn ${className}`);
  element.type = 'button';
  if (iconName) element.append(icon(iconName));
  if (className.includes('btn-square')) {
    element.setAttribute('aria-label', text);
    element.title = text;
  } else {
    element.append(text);
  }
  return element;
}

export function isTyping(target) {
  return target instanceof HTMLElement
    && (target.isContentEditable || target.matches('input:not([type=checkbox], [type=radio]), textarea, select, .ts-control *'));
}

// A region that stands in the page before its words change is read out; one that arrives with its words often is not.
export function announce(text) {
  const region = document.getElementById('announce');
  if (region) region.textContent = text;
}
