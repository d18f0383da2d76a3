"""Checks a file without writing, and writes it in chunks that leave room for people at work. Knows no screen and no queue.

Good rows are never held back by bad ones. A chunk is one transaction; on SQLite it is sized to hold the write lock for at most
50 ms and followed by a pause, so that interactive saves get through.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeVar

from sqlalchemy.orm import Session

from modules.imports.cells import CellReader, RowIn
from modules.imports.chunks import Chunk, StoreWriter
from modules.imports.mapping import ColumnMapping, given_keys, identifies
from modules.imports.matching import Matcher, key_fields
from modules.imports.model import Plan, RowOut, Tally
from modules.imports.reading import Row, Sheet
from modules.imports.rehearsal import Rehearsal, Seen
from modules.imports.targets import Targets
from modules.operations.pace import Pace
from modules.records.store import Store
from modules.runtime import Runtime
from permissions.policy import Policy
from schema.base.actor import Actor
from schema.base.errors import Conflict, Invalid, Unavailable
from schema.base.findings import Finding, finding
from schema.catalog import Catalog, Entity
from schema.fieldtypes.base import Reading

T = TypeVar('T')
CHECKED_ROWS = 500
Report = Callable[[Sequence[RowOut]], None]
Commit = Callable[[Store, Sequence[RowOut]], None]


@dataclass(frozen=True)
class Importing:
    """One file on its way into one entity for one actor, on one catalog."""

    runtime: Runtime
    actor: Actor
    catalog: Catalog
    entity: Entity
    plan: Plan

    @property
    def policy(self) -> Policy:
        return self.runtime.policy(self.actor, self.catalog)

    @property
    def reading(self) -> Reading:
        return Reading(self.actor.locale, self.actor.zone)  # without the present: a file says the same days tomorrow

    def chunk(self) -> Chunk:
        fields = key_fields(self.entity, self.plan.keys, self.plan.mapping.fields)
        return Chunk(self.entity, self.plan, Matcher(self.entity, fields, self.policy, self.reading))


def open_import(runtime: Runtime, actor: Actor, entity_key: str, plan: Plan) -> Importing:
    """Check the right to import and that the plan fits the entity as it is now.

    Raises: NotFound REC-E029, Forbidden PRM-E001, Invalid IMP-E007 … IMP-E010, IMP-E017.
    """
    catalog = runtime.catalogs.current()
    entity = catalog.entity(entity_key)
    plan = replace(plan, keys=plan.keys or tuple(given_keys(entity, plan.mapping.fields)[:1]))
    policy = runtime.policy(actor, catalog)
    for action in ('import', 'create', *(('update',) if plan.updates else ())):
        policy.require(action, entity.key)
    writable, readable = policy.writable(entity.key), policy.readable(entity.key)
    findings = []
    for key in plan.mapping.fields:
        each = entity.find_field(key)
        if each is None or each.key not in readable or not (each.key in writable or identifies(each)):
            findings.append(finding('IMP-E007', value=key, hint=''))
    if not plan.mapping.fields:
        findings.append(finding('IMP-E017'))
    if findings:
        raise Invalid(*findings)
    columns = tuple(entity.field(key).key if key else None for key in plan.mapping.columns)
    if plan.giving and 'strategy' in plan.giving:
        policy.require('assign', entity.key)
    mapping = ColumnMapping(plan.mapping.headers, columns)
    current = Plan(mapping, plan.keys, plan.duplicates, plan.giving, plan.old_owner, workflows=plan.workflows)
    importing = Importing(runtime, actor, catalog, entity, current)
    importing.chunk()
    return importing


def check(importing: Importing, sheet: Sheet, report: Report) -> Tally:
    """Rehearse every row: what would be created, updated, left as it is, skipped or refused. Writes nothing."""
    runtime, chunk, tally = importing.runtime, importing.chunk(), Tally()
    duplicate_check = next(iter(runtime.registries.duplicate_checks), None)
    reader, targets = _cell_reader(importing)
    seen = Seen()
    try:
        for rows in _chunks(sheet.rows(), lambda: CHECKED_ROWS):
            # A session for each chunk: a long snapshot would keep SQLite's log and PostgreSQL's dead rows from being tidied.
            with Session(runtime.database.read_engine) as session:
                targets.session = session
                writer = Rehearsal(session, importing.catalog, importing.policy, runtime.clock, duplicate_check, seen)
                outs = chunk.write(writer, reader.read(rows))
            tally.add(outs)
            report(outs)
    finally:
        seen.close()
    return tally


def run(importing: Importing, sheet: Sheet, operation_id: str, commit: Commit, report: Report, *, after_row: int = 0) -> Tally:
    """Write every row after `after_row`. `commit(store, outs)` is called inside each chunk's transaction, last, and
    `report(outs)` once it is committed.

    Running again with the same operation and the last committed row goes on where it stopped.
    """
    runtime, tally = importing.runtime, Tally()
    pace = Pace(waits=runtime.database.is_sqlite)
    rest = (row for row in sheet.rows() if row[0] > after_row)
    step = _Step(importing, operation_id, commit, report)
    for rows in _chunks(rest, lambda: pace.rows):
        read = step.read(rows)
        pace.wait()
        started = time.perf_counter()
        outs = step.write(read)
        pace.took(time.perf_counter() - started, len(rows))
        tally.add(outs)
    return tally


class _Step:
    """Reads and writes chunks; a chunk that the database refuses as a whole is halved until the guilty row stands alone."""

    def __init__(self, importing: Importing, operation_id: str, commit: Commit, report: Report) -> None:
        self._importing, self._operation_id, self._commit, self._report = importing, operation_id, commit, report
        self._reader, self._targets = _cell_reader(importing)
        self._refers_to_itself = any(
            importing.entity.key in importing.entity.fields[key].definition.targets for key in importing.plan.mapping.fields
        )

    def read(self, rows: Sequence[Row]) -> list[RowIn]:
        if self._refers_to_itself:
            self._targets.forget()
        with Session(self._importing.runtime.database.read_engine) as session:
            self._targets.session = session
            return self._reader.read(rows)

    def write(self, rows: Sequence[RowIn]) -> list[RowOut]:
        before = [tuple(row.findings) for row in rows]

        def work(store: Store) -> list[RowOut]:
            for row, findings in zip(rows, before, strict=True):
                row.findings[:] = findings  # a unit that is replayed starts anew
            outs = self._chunk(store).write(StoreWriter(store, self._operation_id), rows)
            self._commit(store, outs)
            return outs

        try:
            outs = self._write(work)
        except Conflict as error:
            if len(rows) > 1:
                half = len(rows) // 2
                for row, findings in zip(rows, before, strict=True):
                    row.findings[:] = findings
                return self.write(rows[:half]) + self.write(rows[half:])
            return self._refused(rows[0], error.findings)
        self._report(outs)
        return outs

    def _refused(self, row: RowIn, findings: Sequence[Finding]) -> list[RowOut]:
        outs = [RowOut(row.number, row.cells, 'error', tuple(findings))]
        self._write(lambda store: self._commit(store, outs))
        self._report(outs)
        return outs

    def _write(self, work: Callable[[Store], T]) -> T:
        importing = self._importing
        return importing.runtime.write(
            importing.actor, work, catalog=importing.catalog, operation_id=self._operation_id,
            old_owner=importing.plan.old_owner, silent=not importing.plan.workflows,
        )  # fmt: skip

    def _chunk(self, store: Store) -> Chunk:
        """The chunk for the catalog that the store writes on; a publish may have moved it since the import began."""
        importing = self._importing
        if store.catalog is importing.catalog:
            return importing.chunk()
        entity = store.catalog.by_ref.get(importing.entity.ref)
        if entity is None or any(key not in entity.fields for key in importing.plan.mapping.fields):
            raise Unavailable.of('IMP-E018')
        return Importing(importing.runtime, importing.actor, store.catalog, entity, importing.plan).chunk()


def _cell_reader(importing: Importing) -> tuple[CellReader, Targets]:
    targets = Targets(importing.catalog, importing.policy)
    return CellReader(importing.entity, importing.plan.mapping, importing.reading, targets), targets


def _chunks(rows: Iterator[Row], size: Callable[[], int]) -> Iterator[list[Row]]:
    while taken := list(islice(rows, size())):
        yield taken


__all__ = ['Importing', 'check', 'open_import', 'run']
