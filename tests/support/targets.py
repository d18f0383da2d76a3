"""How large what can be pressed is on a phone: everything that takes a finger, measured on the page as it stands."""

from __future__ import annotations

from selenium.webdriver import Chrome

SIZE = 44
"""CSS pixels, by the promise of the interface; WCAG 2.2 (2.5.8) asks for 24."""
MEASURE = """
const size = arguments[0];
const asked = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [role=tab], [role=radio]';
const named = (element) => {
  const own = [...element.classList].slice(0, 3).map((name) => `.${name}`).join('');
  const said = element.getAttribute('aria-label') || element.name || element.textContent || '';
  const words = said.trim().replace(/\\s+/g, ' ').slice(0, 30);
  return `${element.localName}${element.id ? `#${element.id}` : own} “${words}”`;
};
// A link within a sentence is as high as its line, which the standard allows.
const inSentence = (element) => element.localName === 'a' && getComputedStyle(element).display === 'inline'
  && [...element.parentElement.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim().length > 1);
const hidden = (element) => !element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || element.disabled
  || getComputedStyle(element).pointerEvents === 'none'
  || element.closest('[aria-hidden=true], .visually-hidden, [inert], .skip') || element.tabIndex < 0;
// What answers a press: the element, its label, or the row that passes the press on.
const answers = (hit, element) => hit && (element.contains(hit)
  || [...(element.labels ?? [])].some((label) => label.contains(hit))
  || element.closest('.ts-control, tr[data-href]')?.contains(hit));
// A row that opens as a whole is the target of the link that leads to the same place.
const pathOf = (address) => new URL(address, location.href).pathname;
const target = (element) => {
  const row = element.closest('tr[data-href]');
  const label = [...(element.labels ?? [])].find((each) => each.contains(element));
  if (label) return label;
  return row && element.href && pathOf(element.href) === pathOf(row.dataset.href) ? row : element;
};
const small = [];
for (const element of document.querySelectorAll(asked)) {
  if (hidden(element) || inSentence(element)) continue;
  element.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
  const box = target(element).getBoundingClientRect();
  if (!box.width || !box.height || box.right < 0 || box.left > innerWidth) continue;
  const [x, y, half] = [box.left + box.width / 2, box.top + box.height / 2, size / 2 - 2];
  if (!answers(document.elementFromPoint(x, y), element)) continue; // under a dialogue or a bar
  const reaches = (dx, dy) => box.width >= size - 1 && dx || box.height >= size - 1 && dy
    || answers(document.elementFromPoint(x + dx, y + dy), element);
  if (![[half, 0], [-half, 0], [0, half], [0, -half]].every(([dx, dy]) => reaches(dx, dy))) {
    small.push(`${named(element)} ${Math.round(box.width)}×${Math.round(box.height)}`);
  }
}
return [...new Set(small)];
"""


def small_targets(browser: Chrome, size: int = SIZE) -> list[str]:
    """What is too small for a finger on the page that is open, by its name and measured size."""
    return [str(each) for each in browser.execute_script(MEASURE, size)]
