"""What no page may show: what axe finds, words of the other language, more than a phone is wide, complaints of the browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel.messages.mofile import read_mo
from selenium.common.exceptions import JavascriptException
from selenium.webdriver import Chrome

from tests.story.browsing import Visitor
from tests.support.site import Site
from tests.support.targets import small_targets

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / 'node_modules/axe-core/axe.min.js'
WORDS = ROOT / 'modules/web/translations/vi/LC_MESSAGES/messages.mo'
SCRIPT = Path(__file__).with_name('looking.js')
PLACEHOLDER = re.compile(r'%\(\w+\)[sd]')
WORD = re.compile('[A-Za-z]{2,}')
OF_ITS_OWN = '/unsubscribe/'  # a page in the language of the mail that leads to it
NOT_MEASURED = re.compile(r'\.fc-|-ts-control ')  # as high as it lasts; a box within the one that takes the press
LANGUAGES = {'English'}  # named in their own words everywhere
DESK, PHONE, NARROW = (1280, 900), (390, 844), (320, 640)


@dataclass(frozen=True)
class Way:
    """How a page is looked at."""

    theme: str = 'light'
    locale: str = 'en'
    size: tuple[int, int] = DESK

    @property
    def name(self) -> str:
        return f'{self.theme}-{self.locale}-{"phone" if self.phone else "desk"}'

    @property
    def phone(self) -> bool:
        return self.size[0] < 500


# In the dark a phone is as narrow as a page may get (WCAG 2.2, 1.4.10).
WAYS = tuple(
    Way(theme, locale, size)
    for theme, phone in (('light', PHONE), ('dark', NARROW))
    for locale in ('en', 'vi')
    for size in (DESK, phone)
)


def english_left_out(site: Site) -> tuple[list[str], list[str]]:
    """What a Vietnamese page must not say: whole texts, and patterns of texts with something filled in."""
    with WORDS.open('rb') as compiled:
        spoken = read_mo(compiled)
    said = {(english, text) for each in spoken if each.id for english, text in _pairs(each.id, each.string)}
    said |= {pair for document in site.runtime.publisher.documents().values() for pair in _labels(document)}
    # What is said alike in both languages somewhere (a name, a unit) may be said anywhere.
    alike = {english for english, text in said if english == text} | {text for _english, text in said}
    texts = {english for english, _text in said if english not in alike | LANGUAGES and sum(map(str.isalpha, english)) > 2}
    whole = sorted(text for text in texts if not PLACEHOLDER.search(text))
    filled = sorted(_pattern(text) for text in texts - set(whole) if len(WORD.findall(PLACEHOLDER.sub('', text))) > 1)
    return whole, filled


def _pairs(ids: Any, strings: Any) -> Iterator[tuple[str, str]]:
    """A message with a plural has one Vietnamese text for both."""
    for each in ids if isinstance(ids, tuple | list) else (ids,):
        yield str(each), str(strings[0] if isinstance(strings, tuple | list) else strings)


def _labels(document: Any) -> Iterator[tuple[str, str]]:
    if isinstance(document, Mapping):
        if isinstance(document.get('en'), str) and isinstance(document.get('vi'), str):
            yield document['en'], document['vi']
        for each in document.values():
            yield from _labels(each)
    elif isinstance(document, list | tuple):
        for each in document:
            yield from _labels(each)


def _pattern(text: str) -> str:
    parts = (re.escape(part) for part in PLACEHOLDER.split(text.replace('%%', '%')))
    return f'^{".+".join(parts)}$'


class Looker(Visitor):
    """A person who looks at page after page; what they find is told in short lines."""

    def __init__(self, browser: Chrome, address: str, site: Site) -> None:
        super().__init__(browser, address)
        self.way: Way | None = None
        self.allowed = ['/nowhere/']
        whole, filled = english_left_out(site)
        tongue = f'window.lookedFor = {json.dumps({"whole": whole, "filled": filled})};'
        browser.execute_cdp_cmd('Page.enable', {})
        for source in (AXE.read_text(encoding='utf-8'), tongue, SCRIPT.read_text(encoding='utf-8')):
            # the mail in a frame is nobody's page, and axe would speak to the page around it
            own = f'if (window === window.top) {{ {source}\n}}'
            browser.execute_cdp_cmd('Page.addScriptToEvaluateOnNewDocument', {'source': own})

    def stand(self, way: Way) -> None:
        """Look this way from now on."""
        if way == self.way:
            return
        width, height = way.size
        metrics = {'width': width, 'height': height, 'deviceScaleFactor': 1, 'mobile': way.phone}
        self.browser.execute_cdp_cmd('Emulation.setDeviceMetricsOverride', metrics)
        self.browser.execute_cdp_cmd('Emulation.setTouchEmulationEnabled', {'enabled': way.phone})
        self.browser.add_cookie({'name': 'theme', 'value': way.theme, 'path': '/'})
        self.go(f'/lang/{way.locale}')
        self.way = way

    def look(self, path: str, *, layer: bool = False) -> list[str]:
        """What is wrong with a page; or with a dialogue, which is brought in over a page that shows little else."""
        self.complaints()
        if layer and not self.browser.current_url.endswith('/help'):
            self.go('/help')
        if not layer:
            self.go(path)
        return self.look_here(path if layer else '', spoken_otherwise=path.startswith(OF_ITS_OWN))

    def look_here(self, layer: str = '', *, spoken_otherwise: bool = False) -> list[str]:
        """What is wrong with the page as it stands, or with a dialogue that is brought in over it."""
        try:
            found = self.browser.execute_async_script('window.lookAt(...arguments)', layer)
        except JavascriptException as error:
            return [str(error.msg)]
        way = self.way or Way()
        if f'{found["lang"]} {found["theme"]}' != f'{way.locale} {way.theme}' and not spoken_otherwise:
            found['faults'].append(f'it is shown in {found["lang"]}, {found["theme"]}')
        if way.size == PHONE:
            small = [each for each in small_targets(self.browser) if not NOT_MEASURED.search(each)]
            found['faults'] += [f'smaller than a thumb: {each}' for each in small]
        return [*found['faults'], *(f'console: {line}' for line in self.complaints())]
