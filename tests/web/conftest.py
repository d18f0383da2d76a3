"""A Trellis in this process, served to a real browser: SQLite, the sales pack, the demonstration people, no records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.support.browser import start_chromium
from tests.support.databases import Databases
from tests.support.serving import served_site
from tests.support.site import PASSWORD, Site
from tests.web.desk import Desk


@pytest.fixture(scope='module')
def served(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, str]]:
    """The site and its address."""
    with served_site(databases, 'sqlite', tmp_path_factory.mktemp('served') / 'home') as found:
        yield found


class Desks(dict[str, Desk]):
    """Two people at their browsers, `manager` and `admin`, each from when they are first asked for."""

    def __init__(self, sit_down: Callable[[str], Desk]) -> None:
        super().__init__()
        self._sit_down = sit_down

    def __missing__(self, name: str) -> Desk:
        self[name] = self._sit_down(name)
        return self[name]


@pytest.fixture(scope='module')
def desks(served: tuple[Site, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    site, address = served
    with ExitStack() as stack:

        def sit_down(name: str) -> Desk:
            browser = start_chromium(tmp_path_factory.mktemp(f'chromium-{name}'), width=1440)
            stack.callback(browser.quit)
            desk = Desk(browser, address, site)
            desk.sign_in(name, PASSWORD)
            return desk

        yield Desks(sit_down)
