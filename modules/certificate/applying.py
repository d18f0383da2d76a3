"""The web application that a certificate asks: the one that serves people, over another database. Knows no record."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from modules.runtime import Runtime
from modules.web.application import make_flask


def application(runtime: Runtime) -> Flask:
    """The real application with all its pages, but without the brakes that would stop who asks so much so fast."""
    app = make_flask(runtime)
    for limiter in app.extensions.get('limiter', ()):
        limiter.enabled = False
    return app


@contextmanager
def quiet() -> Iterator[None]:
    """Faults that a trial provokes stand in its report, and not in the log beside real ones."""
    logger = logging.getLogger('trellis.web')
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before
