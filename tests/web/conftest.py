"""A Trellis in this process, served to a real browser: SQLite, the sales pack, the demonstration people, no records."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from werkzeug.serving import make_server

from tests.support.browser import start_chromium
from tests.support.databases import Databases
from tests.support.site import PASSWORD, Site, copied_site
from tests.web.desk import Desk


@pytest.fixture(scope='module')
def served(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, str]]:
    """The site and its address."""
    logging.getLogger('werkzeug').setLevel(logging.ERROR)
    with copied_site(databases, 'sqlite', tmp_path_factory.mktemp('served') / 'home') as site:
        server = make_server('127.0.0.1', 0, site.app, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield site, f'http://127.0.0.1:{server.server_port}'
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope='module')
def desks(served: tuple[Site, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Desk]]:
    """Two people at their browsers: `manager` and `admin`."""
    site, address = served
    with ExitStack() as stack:
        people = {}
        for name in ('manager', 'admin'):
            browser = start_chromium(tmp_path_factory.mktemp(f'chromium-{name}'), width=1440)
            stack.callback(browser.quit)
            people[name] = Desk(browser, address, site)
            people[name].sign_in(name, PASSWORD)
        yield people
