"""A person at a screen of one size and language, who finds things as assistive software does: by role and accessible name."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import Any

from babel.messages.mofile import read_mo
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.story.looking import WORDS, Way
from tests.support.site import Site
from tests.web.desk import Desk

MARK = 'data-found'
FINGER_STEPS = 12
MIDDLE = """
const box = arguments[0].getBoundingClientRect();
const left = Math.max(box.left, 0), right = Math.min(box.right, innerWidth);
return [Math.round((left + right) / 2), Math.round(box.top + Math.min(box.height / 2, 60))];
"""


@cache
def vietnamese() -> dict[str, str]:
    """`{English text: Vietnamese text}` of the screens."""
    with WORDS.open('rb') as compiled:
        spoken = read_mo(compiled)
    pairs = ((each.id, each.string) for each in spoken if each.id)
    return {_one(ids): _one(text) for ids, text in pairs}


def _one(text: Any) -> str:
    """A message with a plural is known by its singular."""
    return str(text if isinstance(text, str) else text[0])


class Person(Desk):
    """Names in stories are the English texts of the screens; they are looked for in the person's language."""

    def __init__(self, browser: Chrome, address: str, site: Site) -> None:
        super().__init__(browser, address, site)
        browser.execute_cdp_cmd('Page.setBypassCSP', {'enabled': False})
        self.way = Way()
        self.marks = 0

    @property
    def phone(self) -> bool:
        return self.way.phone

    def stand(self, way: Way) -> None:
        """Sit down at a screen of this size, in this language."""
        self.way = way
        self.resize(way.size)
        self.theme(way.theme)
        super().go(f'/lang/{way.locale}')

    def resize(self, size: tuple[int, int]) -> None:
        """The same page on a screen of another size, such as a tablet that is turned."""
        self.way = replace(self.way, size=size)
        width, height = size
        metrics = {'width': width, 'height': height, 'deviceScaleFactor': 1, 'mobile': self.phone}
        self.browser.execute_cdp_cmd('Emulation.setDeviceMetricsOverride', metrics)
        self.browser.execute_cdp_cmd('Emulation.setTouchEmulationEnabled', {'enabled': self.phone})

    def say(self, text: str, **filled: object) -> str:
        """A text of the screens in the person's language."""
        spoken = vietnamese()[text] if self.way.locale == 'vi' else text
        return spoken % filled if filled else spoken

    def label(self, entity: str, field: str = '') -> str:
        """What an entity or a field is called."""
        found = self.site.runtime.catalogs.current().entity(entity)
        definition: Any = found.fields[field].definition if field else found.definition
        return str(definition.label[self.way.locale])

    def help(self, entity: str, field: str) -> str:
        """What a field is for, as its definition tells."""
        told = self.site.runtime.catalogs.current().entity(entity).fields[field].definition.help
        return str(told[self.way.locale])

    def stage(self, entity: str, key: str) -> str:
        pipelines = self.site.runtime.catalogs.current().entity(entity).definition.pipelines
        return str(next(each for pipeline in pipelines for each in pipeline.stages if each.key == key).label[self.way.locale])

    def find(self, role: str, name: str | re.Pattern[str]) -> WebElement:
        """What is shown with this role and this accessible name, or one that the pattern finds."""
        said = name.pattern if isinstance(name, re.Pattern) else name
        return self.until(lambda: next(iter(self.each(role, name)), None), f'the {role} “{said}”')

    def each(self, role: str, name: str | re.Pattern[str]) -> list[WebElement]:
        document = self.browser.execute_cdp_cmd('DOM.getDocument', {'depth': 0})['root']['nodeId']
        query = {'nodeId': document, 'role': role}
        nodes = self.browser.execute_cdp_cmd('Accessibility.queryAXTree', query)['nodes']
        return [self._element(node['backendDOMNodeId']) for node in nodes if _is_called(node, name)]

    def tap(self, role: str, name: str | re.Pattern[str]) -> None:
        """Click or touch what bears this name."""
        said = name.pattern if isinstance(name, re.Pattern) else name

        def found() -> WebElement | None:
            element = next(iter(self.each(role, name)), None)
            if element is not None:
                self.browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element)
            return element

        self._click(found, f'the {role} “{said}”')

    def follow(self, role: str, name: str | re.Pattern[str]) -> None:
        """The same, when it leads to another page."""
        self.leave(lambda: self.tap(role, name))

    def box(self, entity: str, field: str, role: str = 'textbox') -> WebElement:
        """The input of a field, by what the field is called; behind that it may say that it is required."""
        return self.find(role, re.compile(f'^{re.escape(self.label(entity, field))}( |$)'))

    def write(self, entity: str, field: str, text: str) -> None:
        """Put the words into a field instead of what stands there."""
        box = self.box(entity, field)
        box.clear()
        box.send_keys(text)

    def enter(self, role: str, name: str | re.Pattern[str], *keys: str) -> None:
        """Type into what bears this name; once more when the page drew it anew meanwhile."""

        def typed() -> bool:
            box = next(iter(self.each(role, name)), None)
            if box is not None:
                box.send_keys(*keys)
            return box is not None

        self.until(lambda: typed() or None, f'{keys} in the {role}')

    def drag_by_finger(self, card: WebElement, to: str) -> None:
        """Rest a finger on something until it is lifted, carry it over something else, and let go."""
        start = _middle(card)
        self._touch('touchStart', *start)
        self.see('.is-dragging')
        end = _middle(self.see(to))
        for step in range(1, FINGER_STEPS + 1):
            share = step / FINGER_STEPS
            self._touch('touchMove', *(int(one + (other - one) * share) for one, other in zip(start, end, strict=True)))
        self._touch('touchMove', end[0], end[1] + 1)
        self._touch('touchEnd')
        self.gone('.is-dragging')

    def pull_by_finger(self, event: WebElement, down: int, *, foot: bool = False) -> None:
        """Rest a finger on something in the hours of a day until it is taken up; put it or its end off by so many pixels."""
        held = self.browser.execute_script("return arguments[0].closest('[role=button]')", event)  # what is in it is drawn anew
        before, (x, y) = held.get_attribute('class'), _middle(held)
        self._touch('touchStart', x, y)
        self.until(lambda: held.get_attribute('class') != before, 'it in the hand')
        if foot:
            self._touch('touchEnd')
            x, y = _middle(self.until(lambda: held.find_elements(By.XPATH, './*[last()]')[0], 'its foot'))
            self._touch('touchStart', x, y)
        for step in range(1, FINGER_STEPS + 1):
            self._touch('touchMove', x, y + down * step // FINGER_STEPS)
        self._touch('touchEnd')

    def _touch(self, kind: str, *place: int) -> None:
        points = [{'x': place[0], 'y': place[1]}] if place else []
        self.browser.execute_cdp_cmd('Input.dispatchTouchEvent', {'type': kind, 'touchPoints': points})

    def _element(self, node: int) -> WebElement:
        self.marks += 1
        found = self.browser.execute_cdp_cmd('DOM.resolveNode', {'backendNodeId': node})['object']['objectId']
        mark = f'function () {{ this.setAttribute("{MARK}", "{self.marks}"); }}'
        self.browser.execute_cdp_cmd('Runtime.callFunctionOn', {'objectId': found, 'functionDeclaration': mark})
        return self.browser.find_element(By.CSS_SELECTOR, f'[{MARK}="{self.marks}"]')


def _is_called(node: dict[str, Any], name: str | re.Pattern[str]) -> bool:
    said = ' '.join(str(node.get('name', {}).get('value', '')).split())
    if node.get('ignored'):
        return False
    return bool(name.search(said)) if isinstance(name, re.Pattern) else said == name


def _middle(element: WebElement) -> tuple[int, int]:
    """In pixels of the window."""
    return tuple(element.parent.execute_script(MIDDLE, element))
