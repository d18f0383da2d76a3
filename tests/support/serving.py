"""An application of this process, served by a thread to a real browser."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from werkzeug.serving import make_server

from tests.support.databases import Databases
from tests.support.site import Site, copied_site


@contextmanager
def serving(app: Flask, port: int = 0) -> Iterator[str]:
    """Serve an application at a port, or any that is free; its address."""
    logging.getLogger('werkzeug').setLevel(logging.ERROR)
    server = make_server('127.0.0.1', port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f'http://127.0.0.1:{server.server_port}'
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def served_site(databases: Databases, engine: str, home: Path) -> Iterator[tuple[Site, str]]:
    """A new site with the sales pack and the demonstration people, and its address."""
    with copied_site(databases, engine, home) as site, serving(site.app) as address:
        yield site, address
