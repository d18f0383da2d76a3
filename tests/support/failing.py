"""An address of an application that answers as it is told to: its pages of faults are looked at like all others."""

from __future__ import annotations

from typing import Never

from flask import Flask, abort
from sqlalchemy.exc import OperationalError

STATUSES = (400, 403, 404, 405, 409, 413, 415, 429, 500, 503)


def add_failing(app: Flask) -> None:
    """`/nowhere/<status>`; to be called before the first request."""
    app.add_url_rule('/nowhere/<int:status>', 'nowhere', _fail, methods=['GET', 'POST'])


def _fail(status: int) -> Never:
    if status == 500:
        raise RuntimeError('broken on purpose')
    if status == 503:
        raise OperationalError('SELECT 1', {}, RuntimeError('the server is gone'))
    abort(status)
