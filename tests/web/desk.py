"""A person at a desk of the installation under test: the story's visitor, with lists, records of its own and axe."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from modules.records.model import ListQuery
from tests.story.browsing import Visitor
from tests.support.site import Site

AXE = Path(__file__).resolve().parents[2] / 'node_modules/axe-core/axe.min.js'
RULES = ('wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa')
LOOK = """
const done = arguments[arguments.length - 1];
axe.run(document, {runOnly: {type: 'tag', values: %s}, resultTypes: ['violations']}).then((found) => done(found.violations.map(
  (each) => `${each.id}: ${each.nodes.map((node) => `${node.target.join(' ')} (${node.failureSummary})`).join('; ')}`)));
"""


class Desk(Visitor):
    """One person's browser, and the records behind it."""

    def __init__(self, browser: Chrome, address: str, site: Site) -> None:
        super().__init__(browser, address)
        self.site = site
        browser.execute_cdp_cmd('Page.enable', {})
        browser.execute_cdp_cmd('Page.setBypassCSP', {'enabled': True})  # axe comes in as a script of the test's own

    def go(self, path: str) -> None:
        super().go(path)
        self.until(lambda: self.browser.execute_script("return 'ready' in document.documentElement.dataset"), 'the scripts')

    def keys(self, *keys: str) -> None:
        """Typed to whatever has the focus."""
        self.actions().send_keys(*keys).perform()

    def field(self, entity: str, uid: str, key: str) -> Any:
        """What is stored, as the API tells it."""
        with self.site.runtime.reader(self.site.actor('admin')) as reader:
            return reader.get(entity, uid).wire()[key]

    def count(self, entity: str) -> int:
        with self.site.runtime.reader(self.site.actor('admin')) as reader:
            return reader.count(entity, ListQuery()).value

    def stored(self, entity: str, uid: str, key: str, value: Any) -> None:
        """Wait until it is."""
        self.until(lambda: self.field(entity, uid, key) == value, f'{entity}.{key} to be {value!r}')

    def card(self, uid: str) -> WebElement:
        return self.see(f'.t-card[data-uid="{uid}"]')

    def stack_of(self, uid: str) -> str:
        """The stage in whose column a card lies."""
        return str(self.card(uid).find_element(By.XPATH, '..').get_attribute('data-stage'))

    def drag(self, uid: str, to: str) -> None:
        """Take a card by the mouse and let it go over an element."""
        hand = self.actions().click_and_hold(self.card(uid)).move_by_offset(24, 12)
        hand.perform()
        self.see('.is-dragging')
        self.actions().move_to_element(self.see(to)).move_by_offset(4, 4).release().perform()
        self.gone('.is-dragging')

    def said(self) -> str:
        """What a screen reader was told last."""
        return str(self.browser.find_element(By.ID, 'announce').get_property('textContent'))

    def theme(self, name: str) -> None:
        self.browser.add_cookie({'name': 'theme', 'value': name, 'path': '/'})

    def faults(self) -> list[str]:
        """What axe finds against WCAG 2.2 A and AA on this page, once nothing is under way."""
        self.gone('.htmx-request')
        self.until(
            lambda: not self.browser.execute_script('return document.getAnimations().length'), 'the page to come to rest'
        )
        self.browser.execute_script(f'{AXE.read_text(encoding="utf-8")}; 0')
        return [str(each) for each in self.browser.execute_async_script(LOOK % json.dumps(RULES))]
