"""A person in front of a browser: finds things as people do, by their words, and waits for what they wait for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.support.waiting import wait_for

T = TypeVar('T')
IN_CLICKABLE = "(self::a or self::button or self::label or @role='option')"


class Visitor:
    """One browser at one installation; `allowed` are parts of console lines that the story brings about."""

    def __init__(self, browser: Chrome, address: str) -> None:
        self.browser, self.address = browser, address
        self.allowed: list[str] = []

    def complaints(self) -> list[str]:
        """Errors and warnings of the console since the last call, but for refusals that the story asks for."""
        log = self.browser.get_log('browser')
        said = [str(entry['message']) for entry in log if entry['level'] in {'WARNING', 'SEVERE'}]
        return [line for line in said if not any(part in line for part in self.allowed)]

    def sign_in(self, username: str, password: str) -> None:
        self.go('/login/')
        self.fill('#username', username)
        self.fill('#password', password + Keys.ENTER)
        self.see('.t-rail')

    def go(self, path: str) -> None:
        self.browser.get(self.address + path)

    def until(self, probe: Callable[[], T], what: str) -> T:
        def calm() -> T | None:
            with suppress(WebDriverException):
                return probe()
            return None

        try:
            found = wait_for(calm, what)
        except AssertionError as error:
            page = self.browser.find_element(By.TAG_NAME, 'body').text
            raise AssertionError(f'{error}\n{self.browser.current_url}\n{page[:3000]}') from error
        assert found is not None
        return found

    def all(self, css: str) -> list[WebElement]:
        return [each for each in self.browser.find_elements(By.CSS_SELECTOR, css) if _is_shown(each)]

    def see(self, css: str) -> WebElement:
        """The first shown element, once there is one."""
        return self.until(lambda: next(iter(self.all(css)), None), css)

    def gone(self, css: str) -> None:
        self.until(lambda: not self.all(css), f'{css} to go')

    def read(self, text: str, css: str = 'body') -> None:
        """Wait until the text is shown."""
        self.until(lambda: any(text in each.text for each in self.all(css)), f'{text!r} in {css}')

    def fill(self, css: str, text: str) -> None:
        box = self.see(css)
        box.clear()
        box.send_keys(text)

    def put(self, css: str, value: str) -> None:
        """A value that a picker of the browser gives, such as a date, or an option of a select."""
        self.browser.execute_script(
            "arguments[0].value = arguments[1]; for (const kind of ['input', 'change'])"
            ' arguments[0].dispatchEvent(new Event(kind, {bubbles: true}));',
            self.see(css), value,
        )  # fmt: skip

    def press(self, words: str, within: str = '') -> None:
        """Click what bears these words."""

        def found() -> WebElement | None:
            scope: Any = self.see(within) if within else self.browser
            path = f'.//*[{IN_CLICKABLE} and contains(normalize-space(.), {_quoted(words)})]'
            return next((each for each in scope.find_elements(By.XPATH, path) if each.is_displayed()), None)

        self._click(found, words)

    def click(self, css: str) -> None:
        self._click(lambda: next(iter(self.all(css)), None), css)

    def pick(self, key: str, text: str) -> None:
        """Search in the select of a link, and take the first that is offered by that name."""
        self.click(f'[data-field="{key}"] .ts-control')
        self.see(f'[data-field="{key}"] .ts-control input').send_keys(text)
        self.until(lambda: self._picked(key, text), f'{text} to be picked')

    def _picked(self, key: str, text: str) -> bool:
        """The list of choices is drawn anew while the search is on its way, so that a click may meet nothing."""
        field = f'[data-field="{key}"]'
        if self.all(f'{field} .ts-control .item'):
            return True
        for each in self.all(f'{field} .ts-dropdown .option'):
            if text in each.text:
                each.click()
                break
        return False

    def leave(self, act: Callable[[], None]) -> None:
        """Do something that loads another page, and wait until the old one is gone."""
        former = self.browser.find_element(By.TAG_NAME, 'html')
        act()
        self.until(lambda: _is_stale(former), 'another page')
        self.until(lambda: self.browser.execute_script('return document.readyState') == 'complete', 'the page to be there')

    def actions(self) -> ActionChains:
        return ActionChains(self.browser)

    def _click(self, find: Callable[[], WebElement | None], what: str) -> None:
        def clicked() -> bool:
            found = find()
            if found is None:
                return False
            found.click()
            return True

        self.until(clicked, what)


def _is_shown(element: WebElement) -> bool:
    """Not what the page has replaced meanwhile."""
    try:
        return element.is_displayed()
    except StaleElementReferenceException:
        return False


def _is_stale(element: WebElement) -> bool:
    try:
        element.is_enabled()
    except StaleElementReferenceException:
        return True
    return False


def _quoted(words: str) -> str:
    return f'"{words}"'
