"""What a person in a browser waits for, for `bench.screens`: bytes, paint, and the time from a hand's move to its effect.

Times are the browser's own, from the event of the hand to the first frame after the change. Bytes are bodies as they came and
300 for each answer's head, which is how browsers tell them; the service worker is left out: nothing comes from its store.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

from selenium.webdriver import Keys

from tests.story.browsing import Visitor

LOADS, TURNS = 3, 5
LOADED = "return document.readyState === 'complete' && 'ready' in document.documentElement.dataset"
PAINTED = """
const done = arguments[arguments.length - 1];
let largest = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) largest = Math.max(largest, entry.startTime);
}).observe({ type: 'largest-contentful-paint', buffered: true });
requestAnimationFrame(() => setTimeout(() => {
  const parts = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
  const first = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0;
  done({ first, largest: Math.max(largest, first), bytes: parts.reduce((sum, part) => sum + part.transferSize, 0) });
}, 150));
"""
WATCH = """
const [kind, key, there, gone] = arguments;
window.benched = new Promise((resolve) => {
  let began = 0;
  const hand = (event) => {
    if (key && event.key !== key) return;
    began = event.timeStamp;
    removeEventListener(kind, hand, true);
  };
  addEventListener(kind, hand, true);
  const watcher = new MutationObserver(() => {
    if (!began || (there && !document.querySelector(there)) || (gone && document.querySelector(gone))) return;
    watcher.disconnect();
    requestAnimationFrame(() => resolve(performance.now() - began));
  });
  watcher.observe(document, { subtree: true, childList: true, attributes: true });
});
"""
WAITED = 'const done = arguments[arguments.length - 1]; window.benched.then(done);'
MARK = "for (const each of document.querySelectorAll(arguments[0])) each.setAttribute('data-benched', '')"


DELAYS = """
window.benchedDelays = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (entry.interactionId) window.benchedDelays.push(entry.duration);
}).observe({ type: 'event', durationThreshold: 16 });
"""
DELAYED = """
const done = arguments[arguments.length - 1];
requestAnimationFrame(() => setTimeout(() => done(Math.max(0, ...window.benchedDelays)), 150));
"""
KEYS = {'ArrowDown': Keys.ARROW_DOWN, 'ArrowRight': Keys.ARROW_RIGHT, 'ArrowUp': Keys.ARROW_UP}


@dataclass(frozen=True)
class Seen:
    """Milliseconds and bytes of a page that a browser has never seen, and of one whose parts it keeps. `delay` is the longest
    from a key or click to the next paint (INP; what is quicker than 16 ms is 0)."""

    first_bytes: float
    warm_bytes: float
    first_paint: float
    """The first paint of a warm page."""
    first_largest: float
    warm_largest: float
    delay: float


class Watcher(Visitor):
    """A signed-in person whose browser tells what it took."""

    def settle(self, path: str, sign: str) -> None:
        self.go(path)
        self.see(sign)
        self.until(lambda: self.browser.execute_script(LOADED), 'the scripts')
        self.gone('.htmx-request')

    def look(self, path: str, sign: str, acts: Sequence[str]) -> Seen:
        """The page without and with the browser's store, then with a hand at work."""
        self.browser.execute_cdp_cmd('Network.enable', {})
        self.browser.execute_cdp_cmd('Network.setBypassServiceWorker', {'bypass': True})
        first, warm = [], []
        for _ in range(LOADS):
            self.browser.execute_cdp_cmd('Network.clearBrowserCache', {})
            first.append(self._load(path, sign))
            warm.append(self._load(path, sign))
        return Seen(
            _median(first, 'bytes'), _median(warm, 'bytes'), _median(warm, 'first'),
            _median(first, 'largest'), _median(warm, 'largest'), self._delay(acts),
        )  # fmt: skip

    def _delay(self, acts: Sequence[str]) -> float:
        """Of the page that is open: `acts` are `key:` a key, `click:`, `see:`, `focus:` a selector; then the search palette."""
        self.browser.execute_script(DELAYS)
        for kind, _colon, what in (act.partition(':') for act in acts):
            if kind == 'key':
                self.actions().send_keys(KEYS.get(what, what)).perform()
            elif kind == 'click':
                self.click(what)
            elif kind == 'see':
                self.see(what)
            else:
                self.browser.execute_script('document.querySelector(arguments[0]).focus()', what)
        if self.all('dialog[open]'):  # in a form Escape would ask whether to leave it
            self.actions().send_keys(Keys.ESCAPE).perform()
            self.gone('dialog[open]')
        self.actions().key_down(Keys.CONTROL).send_keys('k').key_up(Keys.CONTROL).perform()
        self.see('#palette[open] input:focus')
        self.actions().send_keys('nguyen').perform()
        self.see('#palette-results [href]')
        found: float = self.browser.execute_async_script(DELAYED)
        return found

    def _load(self, path: str, sign: str) -> dict[str, float]:
        self.settle(path, sign)
        found: dict[str, float] = self.browser.execute_async_script(PAINTED)
        return found

    def search(self, text: str) -> float:
        """Milliseconds from the last key in the search palette to its rows, the pause for more keys included."""
        taken = []
        for _ in range(TURNS):
            self.settle('/contact/', '.t-grid tbody tr')
            self.actions().key_down(Keys.CONTROL).send_keys('k').key_up(Keys.CONTROL).perform()
            box = self.see('#palette[open] input')
            box.send_keys(text[:-1])
            self.see(f'#palette-results [href$="?q={quote_plus(text[:-1])}"]')
            self.gone('.htmx-request')
            self.browser.execute_script(MARK, '#palette-results > *')
            rows = '#palette-results > :not([data-benched]) [href*="/contact/"]'
            taken.append(self._timed(lambda box=box: box.send_keys(text[-1]), 'keydown', there=rows))  # type: ignore[misc]
        return statistics.median(taken)

    def drag(self, board: str, stage: str, to: str) -> float:
        """Milliseconds from letting a card go to its being drawn anew in its column, saved."""
        taken = []
        for _ in range(TURNS):
            self.settle(board, f'.t-stack[data-stage="{stage}"] .t-card')
            card = self.see(f'.t-stack[data-stage="{stage}"] .t-card')
            uid = card.get_attribute('data-uid')
            self.browser.execute_script(MARK, f'.t-card[data-uid="{uid}"]')
            self.actions().click_and_hold(card).move_by_offset(24, 12).perform()
            self.see('.is-dragging')
            self.actions().move_to_element(self.see(f'.t-stack[data-stage="{to}"]')).move_by_offset(4, 4).perform()
            saved = f'.t-stack[data-stage="{to}"] .t-card[data-uid="{uid}"]:not([data-benched])'
            taken.append(self._timed(lambda: self.actions().release().perform(), 'pointerup', there=saved))
        return statistics.median(taken)

    def edit(self, listing: str, field: str) -> float:
        """Milliseconds from Enter in a cell of a list to its being shown, saved."""
        taken = []
        for turn in range(TURNS):
            self.settle(listing, '.t-grid tbody tr')
            self.actions().send_keys('j', 'e').perform()
            box = self.see(f'td.is-editing #cell-{field}:focus')
            box.clear()
            box.send_keys(f'Bậc {turn}')
            act = lambda box=box: box.send_keys(Keys.ENTER)  # noqa: E731
            taken.append(self._timed(act, 'keydown', key='Enter', gone='td.is-editing'))
        return statistics.median(taken)

    def _timed(self, act: Callable[[], Any], kind: str, *, key: str = '', there: str = '', gone: str = '') -> float:
        self.browser.execute_script(WATCH, kind, key, there, gone)
        act()
        return float(self.browser.execute_async_script(WAITED))


def _median(loads: list[dict[str, float]], name: str) -> float:
    return statistics.median(each[name] for each in loads)
