"""Gunicorn's settings for the web process: threads for waiting, two workers so that one may fall."""

from __future__ import annotations

import gc
import os
from contextlib import suppress
from typing import Any

from prometheus_client import multiprocess
from sqlalchemy.exc import DBAPIError

from modules.ops.launch import load
from schema.base.errors import Unavailable

bind = os.environ.get('TRELLIS_BIND', '127.0.0.1:8000')
worker_class = 'gthread'
workers = 2
threads = 4
timeout = 60
graceful_timeout = 8
keepalive = 5
limit_request_line = 8190  # filters of lists stand in addresses
control_socket_disable = True
accesslog = None
loglevel = 'warning'
proc_name = 'trellis-web'


def on_starting(server: Any) -> None:
    """Load what the workers serve before they fork: they start at once, come back at once, and share the memory of it.

    Only modules: connections, threads and the application itself are made in each worker, for a fork would break them.
    """
    load(server.app.app_uri.partition(':')[0])


def post_worker_init(worker: Any) -> None:
    """What is loaded by now stays to the end, the catalog with it; looking through it for garbage again and again would cost
    requests their time. Later catalogs are looked through in small portions, for everybody waits meanwhile."""
    runtime = getattr(worker.wsgi, 'extensions', {}).get('trellis')  # benches serve other things by this file too
    with suppress(Unavailable, DBAPIError):  # requests tell what is missing
        if runtime is not None:
            runtime.catalogs.current()
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 4, 100)


def child_exit(_server: Any, worker: Any) -> None:
    """Drop a dead worker's gauges; its counters stay in the sum."""
    if 'PROMETHEUS_MULTIPROC_DIR' in os.environ:
        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
