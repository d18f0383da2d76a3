"""The chain of the audit log: sealing entries, proving that none was changed, letting go of old ones. Knows no words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from schema.base.actor import system_actor
from schema.base.audit import ONLY_ROW, audit_entry, audit_head, canonical, note
from schema.base.database import Database
from schema.base.findings import Finding, finding
from schema.base.upsert import insert_once

SEALED_AT_ONCE = 500
READ_AT_ONCE = 5_000
TOLD = 20
BACKDATED = timedelta(hours=1)  # no transaction that notes something lasts so long
UNSEALED = timedelta(hours=1)  # longer, and nobody seals
SLACK = timedelta(days=7)  # letting go leaves an entry of its own, so it waits until a week's worth is due


@dataclass(frozen=True)
class Proof:
    """What a walk over the chain found. `count` entries were read, the last at `position` with `hash`; `breaches` says where
    it does not hold, at most the first `TOLD` of `total`."""

    count: int
    position: int
    hash: str
    breaches: tuple[Finding, ...] = ()
    total: int = 0

    @property
    def holds(self) -> bool:
        return not self.total


def digest(row: Any, position: int, previous: str) -> str:
    """The hash of an entry at its place: SHA-256 over the hash before it and everything the entry says."""
    at: datetime = row.at
    told = [
        position, previous, row.id, at.isoformat(timespec='microseconds'), row.kind, row.actor_id, row.actor_name,
        row.actor_kind, row.subject, row.params, row.address,
    ]  # fmt: skip
    return sha256(canonical(told).encode()).hexdigest()


def seal(database: Database) -> int:
    """Put the entries that were committed since into the chain, in order of their ids; how many there were.

    Sealers queue up behind the head row, in short transactions of their own; whoever notes something waits for none of them.
    """
    total = 0
    while _waiting(database):
        with database.writing() as connection:
            total += (count := _seal_some(connection))
        if count < SEALED_AT_ONCE:
            break
    return total


def _waiting(database: Database) -> bool:
    with database.reading() as connection:
        return (
            connection.execute(sa.select(audit_entry.c.id).where(audit_entry.c.position.is_(None)).limit(1)).first() is not None
        )


def _seal_some(connection: sa.Connection) -> int:
    head = _locked_head(connection)
    position, previous = int(head.position), str(head.hash)
    rows = connection.execute(
        sa.select(audit_entry).where(audit_entry.c.position.is_(None)).order_by(audit_entry.c.id).limit(SEALED_AT_ONCE)
    ).all()
    sealed = []
    for row in rows:
        position += 1
        own = digest(row, position, previous)
        sealed.append({'entry': row.id, 'place': position, 'before': previous, 'own': own})
        previous = own
    if sealed:
        connection.execute(_SEAL, sealed)
        connection.execute(audit_head.update().values(position=position, hash=previous))
    return len(sealed)


_SEAL = (
    audit_entry.update()
    .where(audit_entry.c.id == sa.bindparam('entry'))
    .values(position=sa.bindparam('place'), previous_hash=sa.bindparam('before'), hash=sa.bindparam('own'))
)


def _locked_head(connection: sa.Connection) -> Any:
    read = sa.select(audit_head).where(audit_head.c.id == ONLY_ROW).with_for_update()
    found = connection.execute(read).first()
    if found is None:
        connection.execute(insert_once(connection, audit_head, 'id').values(id=ONLY_ROW, position=0, hash=''))
        found = connection.execute(read).one()
    return found


def let_go(database: Database, cutoff: datetime, rows: int, now: datetime) -> int:
    """Remove at most `rows` of the oldest entries, all of them sealed before the cutoff; how many went. Commits.

    The head keeps the hash of the last one that went, so that what is left still proves itself, and an entry tells of it.
    """
    with database.reading() as connection:
        oldest = connection.execute(sa.select(sa.func.min(audit_entry.c.at))).scalar()
    if oldest is None or oldest >= cutoff - SLACK:
        return 0
    with database.writing() as connection:
        head = _locked_head(connection)
        going = []
        for row in connection.execute(
            sa.select(audit_entry.c.position, audit_entry.c.hash, audit_entry.c.at)
            .where(audit_entry.c.position > head.kept_after)
            .order_by(audit_entry.c.position)
            .limit(rows)
        ):
            if row.at >= cutoff:
                break
            going.append(row)
        if not going:
            return 0
        last = going[-1]
        connection.execute(audit_head.update().values(kept_after=last.position, kept_hash=last.hash))
        connection.execute(audit_entry.delete().where(audit_entry.c.position <= last.position))
        told = {'position': last.position, 'hash': last.hash, 'rows': len(going), 'before': cutoff.date().isoformat()}
        note(connection, 'audit_trimmed', actor=system_actor('retention'), params=told, now=now)
    return len(going)


def prove(database: Database, now: datetime) -> Proof:
    """Walk over the whole chain and say where an entry was changed, removed or slipped in. Reads one moment; writes nothing."""
    with _one_moment(database) as connection:
        head = connection.execute(sa.select(audit_head).where(audit_head.c.id == ONLY_ROW)).first()
        walk = _Walk(head.kept_after if head else 0, head.kept_hash if head else '')
        for row in _rows(connection):
            walk.step(row)
        walk.end(head)
        _check_letting_go(connection, walk, head)
        waiting = connection.execute(
            sa.select(sa.func.count(), sa.func.min(audit_entry.c.id))
            .select_from(audit_entry)
            .where(audit_entry.c.position.is_(None), audit_entry.c.at < now - UNSEALED)
        ).one()
        if waiting[0]:
            walk.tell('AUD-E006', id=waiting[1], count=waiting[0])
    return Proof(walk.count, walk.position, walk.hash, tuple(walk.found[:TOLD]), len(walk.found))


@contextmanager
def _one_moment(database: Database) -> Iterator[sa.Connection]:
    """Sealing and letting go go on meanwhile, and must not look like breaches."""
    if database.is_sqlite:
        with database.reading() as connection:
            yield connection
        return
    with database.write_engine.connect().execution_options(isolation_level='REPEATABLE READ') as connection, connection.begin():
        yield connection


def _rows(connection: sa.Connection) -> Iterator[Any]:
    """Everything sealed, in order, also what stands where nothing may be left."""
    last: int | None = None
    while True:
        after = audit_entry.c.position.is_not(None) if last is None else audit_entry.c.position > last
        rows = connection.execute(
            sa.select(audit_entry).where(after).order_by(audit_entry.c.position).limit(READ_AT_ONCE)
        ).all()
        yield from rows
        if len(rows) < READ_AT_ONCE:
            return
        last = rows[-1].position


@dataclass
class _Walk:
    """The last entry seen, and what does not hold so far."""

    position: int
    hash: str
    at: datetime | None = None
    count: int = 0
    found: list[Finding] = field(default_factory=list)

    def step(self, row: Any) -> None:
        place = {'position': row.position, 'id': row.id, 'at': row.at.isoformat(timespec='seconds')}
        self.count += 1
        if row.position > self.position + 1:
            self.tell('AUD-E002', first=self.position + 1, last=row.position - 1, **place)
        elif row.position <= self.position or row.previous_hash != self.hash:
            self.tell('AUD-E003', **place)
        if digest(row, row.position, row.previous_hash or '') != row.hash:
            self.tell('AUD-E001', **place)
        elif self.at is not None and row.at < self.at - BACKDATED:
            self.tell('AUD-E004', before=self.at.isoformat(timespec='seconds'), **place)
        self.position, self.hash, self.at = row.position, row.hash or '', row.at

    def end(self, head: Any) -> None:
        """The head knows how far the chain went, so that its end cannot be cut off or drawn out."""
        position, last = (head.position, head.hash) if head else (0, '')
        if position > self.position:
            self.tell('AUD-E002', first=self.position + 1, last=position, position=position, id='', at='')
        elif (position, last) != (self.position, self.hash):
            self.tell('AUD-E005', position=self.position, kept=position)

    def tell(self, code: str, **params: Any) -> None:
        self.found.append(finding(code, **params))


def _check_letting_go(connection: sa.Connection, walk: _Walk, head: Any) -> None:
    """Where the chain begins is told by its newest entry about letting go."""
    told = connection.execute(
        sa.select(audit_entry.c.params).where(audit_entry.c.kind == 'audit_trimmed').order_by(audit_entry.c.id.desc()).limit(1)
    ).scalar()
    begins = (head.kept_after, head.kept_hash) if head else (0, '')
    if begins != ((told['position'], told['hash']) if told else (0, '')):
        walk.tell('AUD-E007', position=begins[0])
