"""Planning that takes its time, apart from who asked: it runs beside them and tells how far it came until the plan is there.

Knows neither requests nor pages; what is planned is a function that makes a stored plan.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from migrations.looking import Looking
from migrations.plans import StoredPlan, finding_of, stored_of
from migrations.tables import schema_outlook
from schema.base.actor import Actor
from schema.base.clock import Clock
from schema.base.database import Database
from schema.base.errors import NotFound, TrellisError
from schema.base.findings import Finding, finding
from schema.base.ids import new_uid

PATIENCE_SECONDS = TELL_SECONDS = 1.0
SILENT = timedelta(seconds=60)
"""Who has told nothing for so long is gone with its process."""
KEPT = timedelta(days=1)
CUT_OFF = finding('MIG-E033')


@dataclass(frozen=True)
class Outlook:
    """`state`: running, done, failed. `plan_id` names what came of it; `findings` say why nothing did. `asked` is what
    the caller gave along."""

    id: str
    state: str
    seen: int
    total: int
    plan_id: str | None
    findings: Sequence[Finding]
    asked: Mapping[str, Any]

    def as_wire(self, locale: str) -> dict[str, Any]:
        return {'id': self.id, 'state': self.state, 'seen': self.seen, 'total': self.total, 'plan_id': self.plan_id,
                'findings': [each.as_wire(locale) for each in self.findings]}  # fmt: skip


@dataclass
class _Course:
    """One planning in hand, seen by its thread and by who waits for it."""

    looking: Looking = field(default_factory=Looking)
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    plan: StoredPlan | None = None
    error: BaseException | None = None
    id: str | None = None


class Outlooks:
    """Those of one database. Thread-safe."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def begin(
        self, actor: Actor, make: Callable[[Looking], StoredPlan], *, asked: Mapping[str, Any] | None = None,
        patience: float | None = None,
    ) -> StoredPlan | str:  # fmt: skip
        """The plan when it is made within `patience` seconds, else the id of an outlook that goes on.

        Raises: what `make` raises, when that is soon.
        """
        course = _Course()
        self._start(self._run, course, make)
        if not course.over.wait(PATIENCE_SECONDS if patience is None else patience):
            with course.lock:
                if not course.over.is_set():
                    course.id = self._open(actor, course.looking, asked or {})
                    self._start(self._tell, course, course.id)
                    return course.id
        if course.error is not None:
            raise course.error
        assert course.plan is not None
        return course.plan

    def get(self, outlook_id: str, actor: Actor) -> Outlook:
        """The actor's own; one whose process is gone has failed. Raises: NotFound MIG-E004."""
        book = schema_outlook
        with self._database.reading() as connection:
            row = connection.execute(sa.select(book).where(book.c.id == outlook_id, book.c.author_id == actor.user_id)).first()
        if row is None:
            raise NotFound.of('MIG-E004', value=outlook_id[:60])
        state, findings = row.state, [finding_of(each) for each in row.findings]
        if state == 'running' and row.told_at < self._clock.now() - SILENT:
            state, findings = 'failed', [CUT_OFF]
        return Outlook(row.id, state, row.seen, row.total, row.plan_id, findings, row.asked)

    def _start(self, work: Callable[..., None], *given: Any) -> None:
        beside = contextvars.copy_context()  # who only looks through another's eyes keeps nothing here either
        threading.Thread(target=beside.run, args=(work, *given), name='outlook', daemon=True).start()

    def _run(self, course: _Course, make: Callable[[Looking], StoredPlan]) -> None:
        """The thread's edge: whatever goes wrong is told to who waits, or stands in the row where people look."""
        try:
            course.plan = make(course.looking)
        except Exception as error:  # noqa: BLE001 - handed on to who asked
            course.error = error
        with course.lock:
            course.over.set()
        if course.id is not None:
            self._close(course, course.id)

    def _open(self, actor: Actor, looking: Looking, asked: Mapping[str, Any]) -> str:
        outlook_id, now = new_uid(), self._clock.now()
        with self._database.writing() as connection:
            connection.execute(schema_outlook.delete().where(schema_outlook.c.told_at < now - KEPT))
            connection.execute(schema_outlook.insert().values(
                id=outlook_id, author_id=actor.user_id, state='running', seen=looking.seen, total=looking.total, findings=[],
                asked=dict(asked), told_at=now,
            ))  # fmt: skip
        return outlook_id

    def _tell(self, course: _Course, outlook_id: str) -> None:
        """Also while one statement takes long: who tells nothing is taken for gone."""
        while not course.over.wait(TELL_SECONDS):
            with suppress(SQLAlchemyError):  # a busy database hears of it the next time
                self._write(outlook_id, seen=course.looking.seen, total=course.looking.total)

    def _close(self, course: _Course, outlook_id: str) -> None:
        if course.plan is not None:
            self._write(outlook_id, state='done', plan_id=course.plan.plan_id, seen=course.looking.total)
            return
        error = course.error
        findings = error.findings if isinstance(error, TrellisError) else [CUT_OFF]
        self._write(outlook_id, state='failed', findings=[stored_of(each) for each in findings])
        if not isinstance(error, TrellisError) and error is not None:
            raise error

    def _write(self, outlook_id: str, **values: Any) -> None:
        with self._database.writing() as connection:
            mine = schema_outlook.update().where(schema_outlook.c.id == outlook_id)
            connection.execute(mine.values(told_at=self._clock.now(), **values))
