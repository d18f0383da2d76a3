"""One process of Trellis: its settings, database, live catalog, clock, registries and queue, and the two ways to records."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property, partial
from typing import Any, TypeVar

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from migrations.service import Publisher
from modules.ops.settings import Settings
from modules.records.queries import Reader
from modules.records.store import Store
from modules.records.transferring import OldOwner
from modules.registries import Registries
from permissions.fab import sync_permissions
from permissions.policy import Policy
from permissions.scoping import reader_session
from schema.base.actor import Actor
from schema.base.clock import Clock, SystemClock
from schema.base.database import Database, is_deadlock
from schema.base.errors import Stale
from schema.base.findings import Finding
from schema.catalog import Catalog
from schema.catalogs import Catalogs
from schema.checks import check_documents
from schema.loading import Documents

T = TypeVar('T')
ATTEMPTS = 4
"""Rollups make two writers wait for each other now and then; the one that the database gives up runs again."""
NUDGE = 'trellis:outbox'


class Runtime:
    """Made once by `create_app` or the command line. Thread-safe."""

    def __init__(
        self, settings: Settings, registries: Registries, *, clock: Clock | None = None, database: Database | None = None
    ) -> None:
        self.settings = settings
        self.registries = registries
        self.clock: Clock = clock or SystemClock(settings.timezone)
        self.database = database or Database(settings.database_url)
        self.catalogs = Catalogs(self.database)
        self._policies: dict[tuple[int, Actor], Policy] = {}
        self._lock = threading.Lock()
        self.catalogs.when_retired(self._policies.clear)

    @cached_property
    def redis(self) -> Redis:
        return Redis.from_url(self.settings.redis_url, socket_connect_timeout=2, socket_timeout=5)

    @cached_property
    def publisher(self) -> Publisher:
        return Publisher(
            self.database, self.catalogs, self.clock, sync_permissions=sync_permissions, check=check_documents,
            preflight=self._preflight,
        )  # fmt: skip

    def _preflight(self, before: Documents, after: Documents) -> list[Finding]:
        return [found for check in self.registries.preflights for found in check(self, before, after)]

    def policy(self, actor: Actor, catalog: Catalog | None = None) -> Policy:
        """The actor's rights, compiled once per catalog and actor; an actor's roles and teams are part of its identity."""
        catalog = catalog or self.catalogs.current()
        key = (catalog.number, actor)
        found = self._policies.get(key)
        if found is None or found.catalog is not catalog:
            found = Policy(catalog, actor, self.clock)
            with self._lock:
                if len(self._policies) >= 1000:
                    self._policies.clear()
                self._policies[key] = found
        return found

    @contextmanager
    def reader(self, actor: Actor, catalog: Catalog | None = None) -> Iterator[Reader]:
        """The only way people see records: a read-only session scoped to the actor, closed at the end."""
        catalog = catalog or self.catalogs.current()
        policy = self.policy(actor, catalog)
        with reader_session(self.database, catalog, policy) as session:
            yield Reader(session, catalog, policy, self.clock)

    def write(
        self, actor: Actor, work: Callable[[Store], T], *, catalog: Catalog | None = None, operation_id: str | None = None,
        cause: tuple[str, ...] = (), silent: bool = False, old_owner: OldOwner | None = None,
    ) -> T:  # fmt: skip
        """One unit of work: everything `work` does is committed together, or nothing is.

        A unit that met the writer fence is run once more on the current catalog, one that the database gave up in a deadlock
        on the same, so `work` must not keep state of its own.
        `silent` work starts no workflow. `old_owner` says whether who loses a record keeps seeing it; None asks the setting.
        """
        catalog = catalog or self.catalogs.current()
        made = partial(
            self._store, actor, operation_id=operation_id, cause=cause, silent=silent, old_owner=old_owner
        )  # fmt: skip
        try:
            answer = self._run(work, catalog, made)
        except Stale:
            fresh = self.catalogs.current()
            if fresh.number == catalog.number:
                raise
            answer = self._run(work, fresh, made)
        self.nudge()
        return answer

    def nudge(self) -> None:
        """Tell the dispatcher that there is work. It polls as well, so an unreachable Redis costs a second, not an event."""
        try:
            self.redis.publish(NUDGE, '1')
        except RedisError:
            return

    def close(self) -> None:
        self.database.dispose()

    def _run(self, work: Callable[[Store], T], catalog: Catalog, make: Callable[[Session, Catalog], Store]) -> T:
        for attempt in range(ATTEMPTS):
            try:
                with self.database.session() as session:
                    return work(make(session, catalog))
            except OperationalError as error:
                if not is_deadlock(error) or attempt + 1 == ATTEMPTS:
                    raise
        raise AssertionError('the loop returns or raises')

    def _store(self, actor: Actor, session: Session, catalog: Catalog, **manner: Any) -> Store:
        check, followers = next(iter(self.registries.duplicate_checks), None), tuple(self.registries.followers)
        return Store(session, catalog, self.policy(actor, catalog), self.clock, check, followers=followers, **manner)
