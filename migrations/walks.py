"""A step that goes through all records of a table, as an operation that people watch: how far it came and how it ended.

It writes no history: what it makes is taken back by a rollback of the version. Knows steps by their stored shape alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from migrations.operations import titled
from migrations.pace import Chunk, in_chunks
from migrations.site import Site
from migrations.steps.base import Step
from schema.base.database import Database
from schema.base.record_log import operation
from schema.catalog import Catalog, Entity
from schema.changes import TYPE_WORDS
from schema.definitions import Texts, in_locale

CONVERSION, COMPUTATION, NUMBERING = 'conversion', 'computation', 'numbering'
SHAPES: Mapping[str, Texts] = {
    CONVERSION: {
        'en': 'Turn “{what}” from {old} into {new} in {count} {many}',
        'vi': 'Đổi “{what}” từ {old} sang {new} ở {count} {many}',
    },
    COMPUTATION: {'en': 'Compute “{what}” for {count} {many}', 'vi': 'Tính “{what}” cho {count} {many}'},
    NUMBERING: {'en': 'Give “{what}” to {count} {many}', 'vi': 'Cấp “{what}” cho {count} {many}'},
}


@dataclass(frozen=True)
class WalkState:
    """How a walk stands: `title` by language, `seen` of `total` records, `state` as operations have it."""

    id: str
    title: Texts
    state: str
    seen: int
    total: int

    def as_wire(self, locale: str) -> dict[str, Any]:
        title = in_locale(self.title, locale)
        return {'id': self.id, 'title': title, 'state': self.state, 'seen': self.seen, 'total': self.total}


class Walk:
    """One run of a step through its rows. `advance` belongs into the transaction of each chunk."""

    def __init__(self, site: Site, step: Step, kind: str) -> None:
        self._site, self._step, self._kind = site, step, kind
        self._total = self._done = self._left = self._failed = 0

    def begin(self, connection: sa.Connection) -> None:
        """Put it on record, or begin anew what was cut off; nothing for a table without rows."""
        self._total = total = self._step.rows(connection)
        connection.execute(operation.delete().where(operation.c.id == walk_id(self._site.plan_id, self._step)))
        if total:
            now = self._site.clock.now()
            connection.execute(operation.insert().values(
                id=walk_id(self._site.plan_id, self._step), kind=self._kind, entity_ref=self._owner.ref,
                params={'version': self._site.target.number}, title=self._title(total), state='running', total=total,
                actor_id=self._site.author_id, actor_name=self._site.author or 'Trellis', created_at=now, started_at=now,
                findings=[], position=0, counts=self._counts,
            ))  # fmt: skip

    def advance(self, connection: sa.Connection, seen: int, *, changed: int, failed: int = 0) -> None:
        self._done, self._failed = self._done + changed, self._failed + failed
        self._left += seen - changed - failed
        self._write(connection, counts=self._counts, position=self._done + self._left + self._failed)

    def passed(self, connection: sa.Connection, size: int, *, over: bool) -> None:
        """A chunk of at most `size` rows was changed; the last one takes what is left."""
        rest = max(self._total - self._done, 0)
        self.advance(connection, rest if over else size, changed=rest if over else size)

    def end(self, connection: sa.Connection) -> None:
        self._write(connection, state='done', finished_at=self._site.clock.now())

    @property
    def _counts(self) -> dict[str, int]:
        return {'done': self._done, 'skipped': self._left, 'failed': self._failed, 'kept': 0}

    @property
    def _owner(self) -> Entity:
        """The entity whose record holds the field, also when that stands in lines."""
        return _owner(self._site.target, self._step)

    def _write(self, connection: sa.Connection, **values: Any) -> None:
        mine = operation.c.id == walk_id(self._site.plan_id, self._step)
        connection.execute(operation.update().where(mine).values(**values))

    def _title(self, count: int) -> Mapping[str, str]:
        stored = self._step.as_stored()
        holder = self._site.target.holders[stored['entity']]
        new = holder.by_ref[stored['field']].definition
        before = self._site.base.holders.get(stored['entity']) if self._site.base else None
        old = before.by_ref.get(stored['field']) if before else None
        words = {
            'what': new.label, 'new': _type_words(new.type), 'old': _type_words(old.definition.type if old else new.type)
        }  # fmt: skip
        return titled(SHAPES[self._kind], self._owner, count, **words)


def in_walk(site: Site, step: Step, kind: str, chunk: Chunk) -> None:
    """Run `chunk` over all rows as one walk, from its beginning to its end."""
    walk = Walk(site, step, kind)
    site.in_turn(walk.begin, step.kind)
    in_chunks(site, step.kind, chunk, walk.passed)
    site.in_turn(walk.end, step.kind)


def walk_id(plan_id: str, step: Step) -> str:
    """The same in every run of the plan, so that one cut off goes on under it."""
    stored = step.as_stored()
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f'{plan_id}/{stored["kind"]}/{stored["table"]}.{stored["field"]}'))


def settle(connection: sa.Connection, site: Site, step: Step, *, unread: int) -> None:
    """The end of a walk that others finish, in the transaction of the switch; `unread` rows stay without a value."""
    mine = operation.c.id == walk_id(site.plan_id, step)
    row = connection.execute(sa.select(operation.c.counts).where(mine)).first()
    if row is None:
        return
    gone = unread - row.counts['failed']
    counts = {**row.counts, 'failed': unread, 'done': max(row.counts['done'] - gone, 0)}
    connection.execute(operation.update().where(mine).values(state='done', finished_at=site.clock.now(), counts=counts))


def withdraw(connection: sa.Connection, site: Site, step: Step) -> None:
    """The publish is undone; harmless when nothing was begun."""
    mine = operation.c.id == walk_id(site.plan_id, step)
    connection.execute(operation.update().where(mine).values(state='undone', finished_at=site.clock.now()))


def walks_of(database: Database, plan_id: str, steps: Iterable[Step]) -> list[WalkState]:
    """The walks of a plan that have begun, in its order."""
    ids = [walk_id(plan_id, each) for each in steps if {'table', 'field'} <= each.as_stored().keys()]
    columns = (operation.c.id, operation.c.title, operation.c.state, operation.c.position, operation.c.total)
    with database.reading() as connection:
        found = {row.id: WalkState(*row) for row in connection.execute(sa.select(*columns).where(operation.c.id.in_(ids)))}
    return [found[each] for each in ids if each in found]


def _owner(catalog: Catalog, step: Step) -> Entity:
    holder = catalog.holders[step.as_stored()['entity']]
    return catalog.entities.get(holder.key.partition('.')[0], holder)


def _type_words(kind: str) -> Texts:
    return TYPE_WORDS.get(kind, {'en': kind})
