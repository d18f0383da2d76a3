"""The publish row and its journal, each note in a transaction of its own. Knows no step's meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from migrations.tables import schema_journal, schema_publish
from schema.base.actor import Actor
from schema.base.clock import Clock
from schema.base.database import Database
from schema.base.errors import NotFound
from schema.base.findings import Finding
from schema.base.ids import new_uid

OPEN = ('running', 'undoing')


@dataclass(frozen=True)
class Publish:
    """`state`: running, undoing, done, undone. `done` of `total` steps are finished; `findings` say why it was undone."""

    id: str
    plan_id: str
    version: int
    state: str
    done: int
    total: int
    findings: list[dict[str, Any]]
    author: str
    started_at: datetime
    finished_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    def as_wire(self) -> dict[str, Any]:
        """`{id, state, version, progress}`; progress is a share of 1."""
        progress = round(self.done / self.total, 2) if self.total else 1
        return {'id': self.id, 'state': self.state, 'version': self.version, 'progress': progress, 'findings': self.findings}


class Journal:
    """All notes of one database's publishes."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def open(self, plan_id: str, version: int, total: int, actor: Actor) -> str:
        """A new publish in state running; returns its id."""
        publish_id = new_uid()
        with self._database.writing() as connection:
            connection.execute(
                schema_publish.insert().values(
                    id=publish_id, plan_id=plan_id, version=version, state='running', total=total, findings=[],
                    author_id=actor.user_id, author=actor.name, started_at=self._clock.now(),
                )
            )  # fmt: skip
        return publish_id

    def note(self, publish_id: str, number: int, kind: str, state: str) -> None:
        """`state`: there (nothing to do), started, done, undone. Commits."""
        with self._database.writing() as connection:
            connection.execute(
                schema_journal.insert().values(publish_id=publish_id, step=number, kind=kind, state=state, at=self._clock.now())
            )
            if state in {'there', 'done'}:
                connection.execute(schema_publish.update().where(schema_publish.c.id == publish_id).values(done=number + 1))

    def states(self, publish_id: str) -> dict[int, set[str]]:
        """`{step number: every state noted for it}`."""
        query = sa.select(schema_journal.c.step, schema_journal.c.state).where(schema_journal.c.publish_id == publish_id)
        states: dict[int, set[str]] = {}
        with self._database.reading() as connection:
            for number, state in connection.execute(query):
                states.setdefault(number, set()).add(state)
        return states

    def turn(self, publish_id: str, state: str, findings: Sequence[Finding] = ()) -> None:
        """Move the publish to another state; findings are kept in English and Vietnamese."""
        values: dict[str, Any] = {'state': state}
        if findings:
            values['findings'] = [{**each.as_wire('en'), 'detail_vi': each.text('vi')} for each in findings]
        if state not in OPEN:
            values['finished_at'] = self._clock.now()
        with self._database.writing() as connection:
            connection.execute(schema_publish.update().where(schema_publish.c.id == publish_id).values(values))

    def get(self, publish_id: str) -> Publish:
        """Raises: NotFound MIG-E005."""
        with self._database.reading() as connection:
            row = connection.execute(_SELECT.where(schema_publish.c.id == publish_id)).first()
        if row is None:
            raise NotFound.of('MIG-E005', value=publish_id[:60])
        return _publish(row)

    def latest_of(self, plan_id: str) -> Publish | None:
        """The last publish of a plan; one that was undone may be tried again."""
        query = _SELECT.where(schema_publish.c.plan_id == plan_id).order_by(schema_publish.c.id.desc()).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else _publish(row)

    def open_ones(self) -> list[Publish]:
        """Interrupted publishes, when nobody holds the publisher's lock. Oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(_SELECT.where(schema_publish.c.state.in_(OPEN)).order_by(schema_publish.c.started_at))
            return [_publish(row) for row in rows]


_SELECT = sa.select(schema_publish)


def _publish(row: Any) -> Publish:
    return Publish(
        row.id, row.plan_id, row.version, row.state, row.done, row.total, row.findings, row.author, row.started_at,
        row.finished_at,
    )  # fmt: skip
