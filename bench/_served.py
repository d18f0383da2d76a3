"""What gunicorn serves for `bench.screens`: the application of `trellis web` with a `Server-Timing` header, and a bare answer.

The header tells milliseconds of the request and of its thread's CPU, and the number of statements. The bare answer looks the
session up as ours does, runs the statements that BENCH_FLOORS names for the path, and writes their rows as a table of HTML.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from html import escape
from typing import Any

import psycopg
from sqlalchemy import event
from sqlalchemy.engine import Engine

from app import create_app as create_ours

FLOORS, DATABASE = 'BENCH_FLOORS', 'TRELLIS_DATABASE_URL'
SESSION = 'SELECT s.user_id FROM web_session s JOIN ab_user u ON u.id = s.user_id WHERE s.hash = {mark} AND s.ended_at IS NULL'
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


def create_app() -> Wsgi:
    """Ours, metered."""
    ours, count = create_ours(), threading.local()

    def note(*_given: Any) -> None:
        count.statements = getattr(count, 'statements', 0) + 1

    event.listen(Engine, 'before_cursor_execute', note)

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        begun, used, count.statements = time.perf_counter(), time.thread_time(), 0

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            wall, cpu = (time.perf_counter() - begun) * 1000, (time.thread_time() - used) * 1000
            told = f'app;dur={wall:.2f}, cpu;dur={cpu:.2f}, sql;dur={count.statements}'
            return start_response(status, [*headers, ('Server-Timing', told)], *rest)

        answer: Iterable[bytes] = ours(environ, start)
        return answer

    application.extensions = ours.extensions  # type: ignore[attr-defined]  # what a worker makes ready before it answers
    return application


def create_bare() -> Wsgi:
    """The floor: no framework, one connection for each thread."""
    url, floors, kept = os.environ[DATABASE], json.loads(os.environ[FLOORS]), threading.local()
    lite = url.startswith('sqlite')
    session = SESSION.format(mark='?' if lite else '%s')

    def connect() -> Any:
        if lite:
            return sqlite3.connect(url.removeprefix('sqlite:///'))
        return psycopg.connect(url.replace('postgresql+psycopg', 'postgresql'), autocommit=True)

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ['PATH_INFO'] == '/healthz':
            start_response('200 OK', [('Content-Type', 'text/plain')])
            return [b'ok\n']
        if not hasattr(kept, 'connection'):
            kept.connection = connect()
        cursor = kept.connection.cursor()
        cursor.execute(session, ('',)).fetchone()
        rows = [row for statement in floors[environ['PATH_INFO'][1:]] for row in cursor.execute(statement).fetchall()]
        cells = '\n'.join(f'<tr>{"".join(f"<td>{escape(str(each))}</td>" for each in row)}</tr>' for row in rows)
        body = f'<!doctype html><table>{cells}</table>'.encode()
        start_response('200 OK', [('Content-Type', 'text/html; charset=utf-8'), ('Content-Length', str(len(body)))])
        return [body]

    return application
