"""A real headless Chromium, driven through its own chromedriver; nothing is downloaded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

CHROMIUM_NAMES = ('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')
DRIVER_NAMES = ('chromedriver', 'chromium.chromedriver')
FLAGS = (
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-search-engine-choice-screen',
)
MOUSE = '--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4'
OpenBrowser = Callable[..., Chrome]


def first_program(names: tuple[str, ...]) -> str | None:
    return next(filter(None, map(shutil.which, names)), None)


def start_chromium(
    profile: Path, *, width: int = 1280, height: int = 900, language: str = 'en', mouse: bool = False
) -> Chrome:  # fmt: skip
    """A browser with an empty profile; style sheets see a machine without a pointer, or one with a `mouse`. Its console is read
    with `browser.get_log('browser')`."""
    chromium, driver = first_program(CHROMIUM_NAMES), first_program(DRIVER_NAMES)
    if chromium is None or driver is None:
        pytest.skip('no Chromium with chromedriver: sudo apt install chromium chromium-driver')
    options = ChromeOptions()
    options.binary_location = chromium
    for flag in (
        *FLAGS,
        *([MOUSE] if mouse else []),
        f'--user-data-dir={profile}',
        f'--window-size={width},{height}',
        f'--lang={language}',
    ):
        options.add_argument(flag)
    options.add_experimental_option('prefs', {'intl.accept_languages': language, 'credentials_enable_service': False})
    options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
    return Chrome(options=options, service=Service(driver, env={**os.environ, 'SE_OFFLINE': 'true'}))


@pytest.fixture
def open_browser(tmp_path: Path) -> Iterator[OpenBrowser]:
    """`open_browser(width=390, height=844, language='vi')` starts one more browser; all are closed after the test."""
    opened: list[Chrome] = []

    def start(**options: int | str) -> Chrome:
        opened.append(start_chromium(tmp_path / f'chromium-{len(opened)}', **options))  # type: ignore[arg-type]
        return opened[-1]

    yield start
    for each in opened:
        each.quit()


@pytest.fixture
def browser(open_browser: OpenBrowser) -> Chrome:
    """A desktop browser with an empty profile."""
    return open_browser()
