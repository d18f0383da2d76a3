"""A site that may call servers of this machine, and the shorthand of its workflows and deliveries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from modules.hooks.courier import Courier
from modules.hooks.secrets import save_secret
from modules.hooks.tables import delivery
from schema.base.clock import FrozenClock
from schema.base.sealing import NAMED_SECRETS, Seal
from tests.support.receivers import Receiver, receiving
from tests.support.site import NOW, Site
from tests.support.standing import Standing
from workflows.dispatcher import Dispatcher
from workflows.runner import Runner


@dataclass
class Works(Standing):
    """The shorthand of workflows over contacts."""

    def secret(self, name: str, text: str) -> None:
        with self.runtime.database.session() as session:
            seal, actor = Seal(self.runtime.settings.secret_key, NAMED_SECRETS), self.site.actor('admin')
            save_secret(session, seal, name, text, actor=actor, now=self.clock.now())

    def run(self) -> None:
        """One turn of dispatcher and runner; nothing is delivered."""
        Dispatcher(self.runtime, 'dispatcher', self.clock).drain()
        runner = Runner(self.runtime, 'worker', self.clock)
        runner.drain(20)
        runner.close()

    def deliver(self) -> int:
        return Courier(self.runtime, 'courier', self.clock).drain(20)

    def later(self, **step: float) -> None:
        self.clock.move(timedelta(**step))

    @property
    def deliveries(self) -> list[Any]:
        return self.rows(delivery)


@pytest.fixture
def works(site: Site) -> Works:
    """Once on each engine."""
    return _works(site)


@pytest.fixture
def small_works(sqlite_site: Site) -> Works:
    """For what does not depend on the engine."""
    return _works(sqlite_site)


def _works(site: Site) -> Works:
    clock = FrozenClock(NOW)
    site.runtime.clock = clock
    site.runtime.settings = replace(site.runtime.settings, outgoing_allow=('127.0.0.1',))
    return Works(site, clock)


@pytest.fixture
def there() -> Iterator[Receiver]:
    """A server that the operator allows."""
    with receiving() as made:
        yield made


@pytest.fixture
def forbidden() -> Iterator[Receiver]:
    """A server on an address that nobody allowed."""
    with receiving('127.0.0.2') as made:
        yield made
