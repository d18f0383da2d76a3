"""Operations as they are kept: begun, claimed by lease, advanced with each chunk's own transaction, finished, listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.notices.service import Notice, tell
from modules.operations import words
from modules.operations.model import Operation, Reason, Tally
from modules.records.tables import operation
from modules.runtime import Runtime
from permissions.actors import load_actor
from schema.base.actor import Actor, system_actor
from schema.base.errors import NotFound, TrellisError
from schema.base.ids import is_uid, new_uid
from schema.definitions import Texts

LEASE = timedelta(seconds=60)  # a chunk takes seconds at most, so whoever is silent for this long is gone
PAGE = 50
UNFINISHED = ('waiting', 'running')
IN_WORKER = 'worker'
"""How the names of holders begin whose work nobody watches: whoever began it is told of its end."""


class LostLease(Exception):
    """Somebody else carries on with the operation; what this process was about to write is rolled back."""


@dataclass(frozen=True)
class Begun:
    """What a new operation is: its kind, its title in both languages, and what its kind needs to carry it out."""

    kind: str
    entity_ref: str
    title: Texts
    params: Mapping[str, Any]
    total: int | None = None
    undo_of: str | None = None


def begin(runtime: Runtime, actor: Actor, begun: Begun, *, holder: str = '', position: int = 0) -> str:
    """Put an operation on record; its id. With a `holder` it runs in that hand at once, else it waits for the worker."""
    now, operation_id = runtime.clock.now(), new_uid()
    with runtime.database.writing() as connection:
        connection.execute(
            operation.insert().values(
                id=operation_id, kind=begun.kind, entity_ref=begun.entity_ref, title=dict(begun.title),
                params=_with_limit(begun.params, actor), state='running' if holder else 'waiting', total=begun.total,
                undo_of=begun.undo_of, actor_id=actor.user_id, actor_name=actor.name, created_at=now,
                started_at=now if holder else None, claimed_by=holder or None, lease_until=now + LEASE if holder else None,
                counts=Tally().counts(), findings=[], position=position,
            )
        )  # fmt: skip
        if begun.undo_of:
            undone = operation.update().where(operation.c.id == begun.undo_of)
            connection.execute(undone.values(state='undoing', undone_by=operation_id))
    return operation_id


def _with_limit(params: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """What a token with a limit began goes on under the same limit, also in the worker."""
    return {**params, **({'limit': actor.limit.as_json()} if actor.limit else {})}


def read(runtime: Runtime, operation_id: str) -> Operation:
    """Raises: NotFound OPN-E001."""
    if not is_uid(operation_id):
        raise NotFound.of('OPN-E001', value='…')
    with runtime.database.reading() as connection:
        row = connection.execute(sa.select(operation).where(operation.c.id == operation_id)).first()
    if row is None:
        raise NotFound.of('OPN-E001', value=operation_id)
    return _operation(row)


def get(runtime: Runtime, operation_id: str, actor: Actor) -> Operation:
    """An operation of the actor's own; administrators see all. Raises: NotFound OPN-E001."""
    found = read(runtime, operation_id)
    if found.actor_id != actor.user_id and not runtime.policy(actor).can_admin:
        raise NotFound.of('OPN-E001', value=operation_id[:60])
    return found


def list_page(
    runtime: Runtime, actor: Actor, *, number: int = 1, size: int = PAGE, entity_ref: str | None = None
) -> tuple[list[Operation], bool]:
    """Newest first, and whether there are more; the actor's own, or all for administrators."""
    wanted = sa.select(operation).order_by(operation.c.created_at.desc(), operation.c.id)
    if not runtime.policy(actor).can_admin:
        wanted = wanted.where(operation.c.actor_id == actor.user_id)
    if entity_ref:
        wanted = wanted.where(operation.c.entity_ref == entity_ref)
    with runtime.database.reading() as connection:
        rows = connection.execute(wanted.limit(size + 1).offset((number - 1) * size)).all()
    return [_operation(row) for row in rows[:size]], len(rows) > size


def claim(runtime: Runtime, holder: str, kinds: Sequence[str]) -> Operation | None:
    """Take one waiting or abandoned operation of the kinds; two claimers never get the same one."""
    now = runtime.clock.now()
    free = sa.and_(
        operation.c.kind.in_(kinds),
        sa.or_(
            operation.c.state == 'waiting', sa.and_(operation.c.state == 'running', operation.c.lease_until < now)
        ),
    )  # fmt: skip
    with runtime.database.reading() as connection:  # most looks find nothing and must not take SQLite's write lock
        if connection.execute(sa.select(operation.c.id).where(free).limit(1)).first() is None:
            return None
    with runtime.database.writing() as connection:
        wanted = sa.select(operation).where(free).order_by(operation.c.created_at).limit(1)
        row = connection.execute(wanted.with_for_update(skip_locked=True)).first()
        if row is None:
            return None
        connection.execute(
            operation.update()
            .where(operation.c.id == row.id)
            .values(state='running', claimed_by=holder, lease_until=now + LEASE, started_at=row.started_at or now)
        )
    return _operation(row)


def take(runtime: Runtime, operation_id: str, holder: str) -> bool:
    """Hold one waiting operation; False when somebody else was quicker."""
    now = runtime.clock.now()
    mine = operation.update().where(operation.c.id == operation_id, operation.c.state == 'waiting')
    with runtime.database.writing() as connection:
        taken = connection.execute(mine.values(state='running', claimed_by=holder, lease_until=now + LEASE, started_at=now))
    return bool(taken.rowcount)


def advance(executor: Any, found: Operation, holder: str, position: int, tally: Tally, lease_until: Any) -> None:
    """Say how far the operation came, in the transaction of the chunk itself. Raises: LostLease."""
    mine = (
        operation.c.id == found.id,
        operation.c.claimed_by == holder,
        operation.c.position == found.position,
        operation.c.state == 'running',
    )
    moved = executor.execute(
        operation.update()
        .where(*mine)
        .values(
            position=position,
            counts=tally.counts(),
            findings=[each.as_json() for each in tally.reasons],
            lease_until=lease_until,
        )
    )
    if moved.rowcount != 1:
        raise LostLease(found.id)


def let_go(executor: Any, found: Operation, holder: str) -> None:
    """Leave the rest to whoever claims it next, in the transaction of the last chunk. Raises: LostLease."""
    mine = (operation.c.id == found.id, operation.c.claimed_by == holder, operation.c.state == 'running')
    if (
        executor.execute(operation.update().where(*mine).values(state='waiting', claimed_by=None, lease_until=None)).rowcount
        != 1
    ):
        raise LostLease(found.id)


def close(executor: Any, operation_id: str, tally: Tally, at: datetime, *, failed: bool = False) -> None:
    """End an operation that its own module carried out, in the caller's transaction."""
    executor.execute(
        operation.update()
        .where(operation.c.id == operation_id)
        .values(
            state='failed' if failed else 'done',
            finished_at=at,
            counts=tally.counts(),
            claimed_by=None,
            lease_until=None,
            findings=[each.as_json() for each in tally.reasons],
        )
    )


def finish(runtime: Runtime, found: Operation, holder: str, error: TrellisError | None = None) -> Operation:
    """Close an operation, with what stopped it if anything did; an undo also settles what it took back."""
    now = runtime.clock.now()
    reasons = [Reason.of('', found.entity_ref, error.findings).as_json()] if error else []
    with runtime.database.writing() as connection:
        mine = operation.update().where(operation.c.id == found.id, operation.c.claimed_by == holder)
        closing: dict[str, Any] = {
            'state': 'failed' if error else 'done',
            'finished_at': now,
            'claimed_by': None,
            'lease_until': None,
        }
        if reasons:
            closing['findings'] = [*reasons, *(each.as_json() for each in found.reasons)]
        closed = bool(connection.execute(mine.values(**closing)).rowcount)
        if closed and found.undo_of:
            _settle(connection, found, failed=error is not None)
            if error is None:
                _tell_work(runtime, connection, found, now)
        if closed and holder.startswith(IN_WORKER) and found.actor_id is not None:
            told = Notice('operation_done', words.over(found, failed=error is not None), href=f'/operations/{found.id}')
            tell(connection, [found.actor_id], told, key=f'operation:{found.id}', now=now)
    return read(runtime, found.id)


def origin(connection: sa.Connection, found: Operation) -> tuple[Operation, int]:
    """The operation at the beginning of a chain of undos, and how many there are."""
    depth = 0
    while found.undo_of:
        row = connection.execute(sa.select(operation).where(operation.c.id == found.undo_of)).one()
        found, depth = _operation(row), depth + 1
    return found, depth


def _tell_work(runtime: Runtime, connection: sa.Connection, undo: Operation, now: datetime) -> None:
    """Kinds that did something beside records take that back as well."""
    first, depth = origin(connection, undo)
    work = runtime.registries.operations.find(first.kind)
    if work is None or not hasattr(work, 'taken_back'):
        return
    actor = load_actor(connection, undo.actor_id) if undo.actor_id is not None else None
    with Session(connection) as session:  # it joins the transaction, and closing it ends nothing
        catalog = runtime.catalogs.current()
        work.taken_back(session, catalog, first, actor or system_actor(undo.actor_name), now, again=depth % 2 == 0)


def _settle(connection: sa.Connection, undo: Operation, *, failed: bool) -> None:
    """What an undo leaves of the operation it took back, and, when that was an undo itself, of the one before."""
    undone = connection.execute(sa.select(operation).where(operation.c.id == undo.undo_of)).one()
    whole = not failed and not undo.tally().kept and undo.counts.get('skipped', 0) + undo.counts.get('failed', 0) == 0
    connection.execute(operation.update().where(operation.c.id == undone.id).values(state='undone' if whole else 'partly'))
    if undone.undo_of and whole:
        again = operation.update().where(operation.c.id == undone.undo_of)
        connection.execute(again.values(state='done', undone_by=None))


def _operation(row: Any) -> Operation:
    return Operation(
        row.id, row.kind, row.entity_ref, row.title, row.state, row.actor_id, row.actor_name, row.params, row.counts,
        [Reason.from_json(each) for each in row.findings], row.total, row.position, row.undo_of, row.undone_by, row.created_at,
        row.started_at, row.finished_at,
    )  # fmt: skip
