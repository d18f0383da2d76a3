"""Carrying an operation out: chunk by chunk, each in one transaction with its progress, resumable where it stopped."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from modules.operations import keeping
from modules.operations.keeping import LEASE, LostLease
from modules.operations.model import Operation, Tally
from modules.operations.pace import Pace
from modules.records.store import Store
from modules.records.transferring import choice_of
from modules.runtime import Runtime
from permissions.actors import load_actor
from schema.base.actor import Actor, system_actor
from schema.base.errors import Forbidden, TrellisError, Unavailable
from schema.base.limits import Limit
from schema.catalog import Catalog
from schema.definitions import Texts

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Part:
    """A chunk to write: rows as the kind of work knows them, and the position once they are written."""

    rows: Sequence[Any]
    position: int


class Work(Protocol):
    """One kind of operation, registered under its kind. Keeps no state between calls."""

    silent: bool | None
    """Whether it starts no workflow; None leaves that to the operation's `workflows` parameter."""

    def part(self, runtime: Runtime, actor: Actor, found: Operation, size: int) -> Part:
        """The rows that follow the operation's position; none when it is over. Raises: TrellisError."""

    def write(self, store: Store, found: Operation, rows: Sequence[Any]) -> Tally:
        """Write the rows; what was refused is told in the tally and stops no other row."""


class Ordered(Work, Protocol):
    """A kind that `service.start` begins for another module, which reads its own orders."""

    action: str
    """The right that it needs on the entity."""

    def read(self, runtime: Runtime, actor: Actor, values: Mapping[str, Any]) -> tuple[dict[str, Any], Texts]:
        """The operation's parameters out of the order's values, and what its title names. Raises: TrellisError."""


class Reversible(Work, Protocol):
    """A kind that does something beside records, which an undo takes back too."""

    def check_undo(self, runtime: Runtime, actor: Actor) -> None:
        """Whether the actor may take it back at all. Raises: Forbidden."""

    def beyond(self, found: Operation) -> list[Texts]:
        """What an undo does beside records, and what it cannot bring back."""

    def taken_back(
        self, session: Session, catalog: Catalog, found: Operation, actor: Actor, now: datetime, *, again: bool
    ) -> None:  # fmt: skip
        """The undo is over; `again` when it was the undo of an undo. In the transaction that says so; refuses nothing."""


def holder_name(role: str) -> str:
    """Unique among everything that ever held an operation."""
    return f'{role}-{secrets.token_hex(8)}'


def run(runtime: Runtime, operation_id: str, holder: str) -> Operation:
    """Carry an operation that `holder` holds to its end. What cannot go on is closed with its reason.

    Killed in between, it goes on after its last committed chunk, in whatever process claims it.
    """
    found = keeping.read(runtime, operation_id)
    try:
        actor = actor_of(runtime, found)
        found = _run(runtime, actor, found, holder)
    except TrellisError as error:
        if isinstance(error, Unavailable):
            raise
        return keeping.finish(runtime, keeping.read(runtime, operation_id), holder, error)
    except LostLease:
        LOG.warning('operation %s was taken over', operation_id)
        return keeping.read(runtime, operation_id)
    return keeping.finish(runtime, found, holder)


def drain(runtime: Runtime) -> int:
    """Carry out every operation that waits or was abandoned; how many there were. Safe to call at any time, by many."""
    holder, count = holder_name('worker'), 0
    while claimed := keeping.claim(runtime, holder, list(runtime.registries.operations.keys())):
        count += 1
        run(runtime, claimed.id, holder)
    return count


def actor_of(runtime: Runtime, found: Operation) -> Actor:
    """Who the operation acts for, with the rights of now. Raises: Forbidden OPN-E002 when the person is gone."""
    if found.actor_id is None:
        return system_actor(found.actor_name)
    with runtime.database.reading() as connection:
        actor = load_actor(connection, found.actor_id)
    if actor is None:
        raise Forbidden.of('OPN-E002', value=found.actor_name)
    return replace(actor, limit=Limit.from_json(found.params.get('limit')))


def _run(runtime: Runtime, actor: Actor, found: Operation, holder: str) -> Operation:
    work: Work = runtime.registries.operations.get(found.kind)
    silent = not found.params.get('workflows', True) if work.silent is None else work.silent
    pace = Pace(waits=runtime.database.is_sqlite)
    while (part := work.part(runtime, actor, found, pace.rows)).rows:
        before, rows, position = found, part.rows, part.position
        tallies: list[Tally] = []

        def write(store: Store, before: Operation = before, rows: Sequence[Any] = rows, position: int = position) -> Tally:
            tally = before.tally().add(work.write(store, before, rows))
            until = runtime.clock.now() + LEASE
            keeping.advance(store.session, before, holder, position, tally, until)
            return tally

        pace.wait()
        started = time.perf_counter()
        old_owner = choice_of(found.params.get('old_owner'))
        tallies.append(runtime.write(actor, write, operation_id=found.id, silent=silent, old_owner=old_owner))
        pace.took(time.perf_counter() - started, len(rows))
        tally = tallies[-1]
        found = replace(found, position=position, counts=tally.counts(), reasons=tally.reasons)
    return found
