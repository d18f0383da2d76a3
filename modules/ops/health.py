"""What /healthz, /readyz and /metrics answer, computed from callables; knows no web framework."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)

LOG = logging.getLogger(__name__)

REQUESTS = Counter('trellis_http_requests', 'Answered requests', ['method', 'endpoint', 'status'])
REQUEST_SECONDS = Histogram(
    'trellis_http_request_seconds',
    'Time from request to answer',
    ['endpoint'],
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)

Check = Callable[[], None]
"""Returns when its part answers, raises anything when it does not."""


@dataclass(frozen=True)
class PartState:
    """`ok` or the kind of error; never its text, which may hold an address or a password."""

    state: str
    milliseconds: float


@dataclass(frozen=True)
class Readiness:
    """The answer of /readyz: every part by name, in the order of the checks."""

    parts: dict[str, PartState]

    @property
    def ready(self) -> bool:
        return all(part.state == 'ok' for part in self.parts.values())

    @property
    def status(self) -> int:
        return 200 if self.ready else 503

    def document(self) -> dict[str, object]:
        parts = {name: {'state': part.state, 'ms': round(part.milliseconds, 1)} for name, part in self.parts.items()}
        return {'ready': self.ready, 'parts': parts}


def check_readiness(checks: Mapping[str, Check]) -> Readiness:
    """Run every check, also after one failed."""
    return Readiness({name: _run(name, check) for name, check in checks.items()})


def _run(name: str, check: Check) -> PartState:
    begun = time.perf_counter()
    try:
        check()
    except Exception as error:  # noqa: BLE001 - any failure of a part is the answer asked for
        LOG.warning('%s is not ready: %s', name, error)
        state = type(error).__name__
    else:
        state = 'ok'
    return PartState(state, (time.perf_counter() - begun) * 1000)


def observe_request(method: str, endpoint: str, status: int, seconds: float) -> None:
    """Count one answered request. `endpoint` is the route's name, never a path: paths are without number."""
    REQUESTS.labels(method, endpoint, str(status)).inc()
    REQUEST_SECONDS.labels(endpoint).observe(seconds)


def metrics() -> tuple[bytes, str]:
    """`(body, content type)` for Prometheus, summed over all web workers when they share a folder."""
    if 'PROMETHEUS_MULTIPROC_DIR' not in os.environ:
        return generate_latest(REGISTRY), CONTENT_TYPE_LATEST
    summed = CollectorRegistry()
    multiprocess.MultiProcessCollector(summed)  # type: ignore[no-untyped-call]
    return generate_latest(summed), CONTENT_TYPE_LATEST
