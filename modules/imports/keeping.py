"""Imports as they are kept: taken in, planned, checked, run, resumed. Files stay in the home folder; each step is on record."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from modules.assignment.service import read_strategy, settle
from modules.imports import mapping as mappings
from modules.imports import service
from modules.imports.errorfile import Spool, write_error_file
from modules.imports.model import OUTCOMES, Plan, RowOut
from modules.imports.model import Policy as Duplicates
from modules.imports.reading import Sheet, open_sheet
from modules.imports.tables import import_job
from modules.imports.telling import tell_over
from modules.operations import keeping as operations
from modules.operations import words
from modules.operations.keeping import Begun
from modules.operations.model import Reason, Tally
from modules.records.store import Store
from modules.records.transferring import OldOwner
from modules.runtime import Runtime
from permissions.actors import load_actor
from schema.base.actor import Actor, system_actor
from schema.base.audit import note
from schema.base.errors import Conflict, NotFound, TrellisError
from schema.base.ids import new_uid

FOLDER = 'imports'
SHOWN_PROBLEMS = 200
ABANDONED = timedelta(minutes=5)  # a chunk takes seconds at most, so whoever is silent for this long is gone
State = str  # new → [to_check →] checked → [to_run →] running → done | failed


@dataclass(frozen=True)
class Kept:
    """One import as it stands. `findings` are the first problems found, as `{row, outcome, cells, problems}`."""

    id: str
    entity_ref: str
    state: State
    file_name: str
    path: Path
    plan: Plan
    counts: Mapping[str, int]
    total: int | None
    last_row: int
    findings: Sequence[Mapping[str, Any]]
    error_path: Path | None
    operation_id: str | None
    actor_id: int | None
    created_at: datetime

    @property
    def written(self) -> int:
        return sum(self.counts.get(outcome, 0) for outcome in OUTCOMES)


def take_in(runtime: Runtime, actor: Actor, entity_key: str, source: Path, file_name: str, *, limit_bytes: int | None) -> Kept:
    """Copy a file into the home and suggest how its columns fill the entity. Raises: Forbidden PRM-E001, Invalid IMP-E001 …
    IMP-E005 (the copy is removed again)."""
    catalog = runtime.catalogs.current()
    entity = catalog.entity(entity_key)
    policy = runtime.policy(actor, catalog)
    policy.require('import', entity.key)
    job_id = new_uid()
    folder = runtime.settings.home / FOLDER / job_id
    folder.mkdir(parents=True)
    kept = folder / f'source{Path(file_name).suffix.lower()[:10]}'
    try:
        shutil.copyfile(source, kept)
        sheet = open_sheet(kept, limit_bytes=limit_bytes)
    except TrellisError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    plan = Plan(mappings.suggest(entity, sheet.headers, policy.writable(entity.key)))
    with runtime.database.writing() as connection:
        connection.execute(
            import_job.insert().values(
                id=job_id, entity_ref=entity.ref, state='new', file_name=file_name[:255], file_path=str(kept),
                plan=plan.as_json(), counts={}, findings=[], actor_id=actor.user_id, actor_name=actor.name,
                created_at=runtime.clock.now(),
            )
        )  # fmt: skip
    return get(runtime, job_id, actor)


def get(runtime: Runtime, job_id: str, actor: Actor) -> Kept:
    """An import of the actor's own; administrators see all. Raises: NotFound IMP-E019."""
    with runtime.database.reading() as connection:
        row = connection.execute(sa.select(import_job).where(import_job.c.id == job_id[:36])).first()
    if row is None or not (row.actor_id == actor.user_id or runtime.policy(actor).can_admin):
        raise NotFound.of('IMP-E019')
    return Kept(
        row.id, row.entity_ref, row.state, row.file_name, Path(row.file_path), Plan.from_json(row.plan), row.counts, row.total,
        row.last_row, row.findings, Path(row.error_path) if row.error_path else None, row.operation_id, row.actor_id,
        row.created_at,
    )  # fmt: skip


def settle_plan(
    runtime: Runtime, actor: Actor, kept: Kept, choices: Mapping[str, str], keys: Sequence[str], duplicates: Duplicates,
    *, old_owner: OldOwner | None = None, workflows: bool = True,
) -> Kept:  # fmt: skip
    """Lay people's choices over the suggested mapping. Raises: Invalid IMP-E006 … IMP-E010, IMP-E017; Forbidden PRM-E001."""
    catalog = runtime.catalogs.current()
    entity = catalog.by_ref[kept.entity_ref]
    chosen = mappings.choose(entity, kept.plan.mapping, choices, runtime.policy(actor, catalog).writable(entity.key))
    plan = Plan(chosen, tuple(keys), duplicates, kept.plan.giving, old_owner, workflows=workflows)
    service.open_import(runtime, actor, entity.key, plan)
    _set(runtime, kept.id, plan=plan.as_json(), state='new', counts={}, findings=[], total=None)
    return get(runtime, kept.id, actor)


def settle_giving(runtime: Runtime, actor: Actor, kept: Kept, wire: Mapping[str, Any] | None, *, nobody: bool = False) -> Kept:
    """Say who gets new records whose row names no owner: by a way of giving, `nobody`, or as with any new record. The rows that
    the check counted are the whole of an even split. Raises: Invalid ASG-*; Forbidden PRM-E001."""
    entity = runtime.catalogs.current().by_ref[kept.entity_ref]
    giving: dict[str, Any] | None = {'nobody': True} if nobody else None
    if wire is not None and not nobody:
        with runtime.database.session() as session:
            strategy = settle(session, read_strategy(session, wire, entity), runtime.clock)
        giving = {'strategy': strategy.as_json(), 'total': kept.plan.unowned}
    plan = replace(kept.plan, giving=giving)
    service.open_import(runtime, actor, entity.key, plan)
    _set(runtime, kept.id, plan=plan.as_json())
    return get(runtime, kept.id, actor)


def check(runtime: Runtime, actor: Actor, kept: Kept) -> Kept:
    """Rehearse the file and keep its tally and first problems; nothing else is written."""
    importing = _open(runtime, actor, kept)
    problems: list[dict[str, Any]] = []
    unowned = 0

    def report(outs: Sequence[RowOut]) -> None:
        nonlocal unowned
        unowned += sum(out.unowned for out in outs)
        bad = (out for out in outs if out.outcome == 'error')
        problems.extend(_problem(out, actor.locale) for out in list(bad)[: SHOWN_PROBLEMS - len(problems)])

    tally = service.check(importing, open_sheet(kept.path), report)
    plan = replace(kept.plan, unowned=unowned).as_json()
    _set(
        runtime, kept.id, state='checked', plan=plan, counts=tally.as_json(), total=tally.total, findings=problems
    )  # fmt: skip
    return get(runtime, kept.id, actor)


def run(runtime: Runtime, actor: Actor, kept: Kept, report: service.Report | None = None) -> Kept:
    """Write the file's rows as one operation; an import that was interrupted goes on after its last committed row.

    Raises: Conflict IMP-E020 when it is finished already.
    """
    if kept.state in {'done', 'failed'}:
        raise Conflict.of('IMP-E020')
    importing = _open(runtime, actor, kept)
    operation_id = kept.operation_id or _begin(runtime, actor, kept)
    counts = dict.fromkeys(OUTCOMES, 0) | (dict(kept.counts) if kept.last_row else {})
    spool = Spool(kept.path.with_name('left_out.jsonl'), actor.locale)

    def commit(store: Store, outs: Sequence[RowOut]) -> None:
        fresh = dict(counts)
        for out in outs:
            fresh[out.outcome] += 1
        spool.add(outs)
        store.session.execute(
            import_job.update()
            .where(import_job.c.id == kept.id)
            .values(counts=fresh, last_row=max((out.number for out in outs), default=0), beat_at=runtime.clock.now())
        )

    def committed(outs: Sequence[RowOut]) -> None:
        for out in outs:
            counts[out.outcome] += 1
        if report is not None:
            report(outs)

    sheet = open_sheet(kept.path)
    service.run(importing, sheet, operation_id, commit, committed, after_row=kept.last_row)
    _finish(runtime, actor, kept, sheet, spool, operation_id)
    return get(runtime, kept.id, actor)


def actor_of(runtime: Runtime, actor_id: int | None) -> Actor:
    """Who an import acts for, with the rights of now. Raises: NotFound IMP-E019 when the person is gone."""
    if actor_id is None:
        return system_actor('import')
    with runtime.database.reading() as connection:
        actor = load_actor(connection, actor_id)
    if actor is None:
        raise NotFound.of('IMP-E019')
    return actor


def fail(runtime: Runtime, job_id: str, error: TrellisError, locale: str) -> None:
    """Keep why an import could not go on."""
    problems = [{'row': 0, 'outcome': 'error', 'cells': [], 'problems': [_told(each, locale)]} for each in error.findings]
    now = runtime.clock.now()
    _set(runtime, job_id, state='failed', findings=problems, finished_at=now)
    with runtime.database.writing() as connection:
        row = connection.execute(sa.select(import_job).where(import_job.c.id == job_id)).one()
        if row.operation_id:
            tally = _tally(row.counts)
            tally.reasons.append(Reason.of('', row.entity_ref, error.findings))
            operations.close(connection, row.operation_id, tally, now, failed=True)
            told = {'file': row.file_name, 'state': 'stopped', 'reason': error.findings[0].code, **_told_counts(row.counts)}
            who = Actor(row.actor_id, row.actor_name)
            note(connection, 'import', actor=who, subject=_entity_key(runtime, row.entity_ref), params=told, now=now)
            tell_over(connection, row.actor_id, _page(runtime, row.entity_ref, job_id), told, now)


def queue(runtime: Runtime, job_id: str, state: State) -> None:
    """Say that an import waits to be checked (`to_check`) or written (`to_run`)."""
    _set(runtime, job_id, state=state, beat_at=None)


def claim(runtime: Runtime) -> tuple[str, State, int | None] | None:
    """Take one waiting or abandoned import: `(id, state, actor id)`. Two claimers never get the same one."""
    now = runtime.clock.now()
    waiting = import_job.c.state.in_(('to_check', 'to_run')) & import_job.c.beat_at.is_(None)
    abandoned = import_job.c.state.in_(('to_check', 'to_run', 'running')) & (import_job.c.beat_at < now - ABANDONED)
    with runtime.database.writing() as connection:
        row = connection.execute(
            sa.select(import_job.c.id, import_job.c.state, import_job.c.actor_id)
            .where(waiting | abandoned)
            .order_by(import_job.c.created_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if row is None:
            return None
        connection.execute(import_job.update().where(import_job.c.id == row.id).values(beat_at=now))
    return row.id, row.state, row.actor_id


def _open(runtime: Runtime, actor: Actor, kept: Kept) -> service.Importing:
    entity = runtime.catalogs.current().by_ref.get(kept.entity_ref)
    if entity is None:
        raise NotFound.of('IMP-E019')
    return service.open_import(runtime, actor, entity.key, kept.plan)


def _begin(runtime: Runtime, actor: Actor, kept: Kept) -> str:
    entity = runtime.catalogs.current().by_ref[kept.entity_ref]
    title = words.title('import', entity, what={'en': kept.file_name})
    operation_id = operations.begin(
        runtime, actor, Begun('import', kept.entity_ref, title, {'import': kept.id}, kept.total), holder=kept.id
    )
    with runtime.database.writing() as connection:
        connection.execute(
            import_job.update()
            .where(import_job.c.id == kept.id)
            .values(state='running', operation_id=operation_id, counts={}, findings=[])
        )
        told = {'file': kept.file_name, 'entity': entity.definition.plural, 'state': 'started'}
        note(connection, 'import', actor=actor, subject=entity.key, params=told, now=runtime.clock.now())
    return operation_id


def _finish(runtime: Runtime, actor: Actor, kept: Kept, sheet: Sheet, spool: Spool, operation_id: str) -> None:
    suffix = '.csv' if sheet.encoding else '.xlsx'
    path = kept.path.with_name(f'left_out{suffix}')
    written = write_error_file(path, sheet.headers, spool, actor.locale)
    now = runtime.clock.now()
    with runtime.database.writing() as connection:
        counts = connection.execute(sa.select(import_job.c.counts).where(import_job.c.id == kept.id)).scalar_one()
        connection.execute(
            import_job.update()
            .where(import_job.c.id == kept.id)
            .values(state='done', error_path=str(path) if written else None, finished_at=now, total=sum(counts.values()))
        )
        operations.close(connection, operation_id, _tally(counts), now)
        told = {'file': kept.file_name, **_told_counts(counts)}
        note(connection, 'import', actor=actor, subject=_entity_key(runtime, kept.entity_ref), params=told, now=now)
        tell_over(connection, actor.user_id, _page(runtime, kept.entity_ref, kept.id), told, now)


def _told_counts(counts: Mapping[str, int]) -> dict[str, int]:
    names = {'created': 'create', 'updated': 'update', 'skipped': 'skip', 'failed': 'error'}
    return {name: counts[key] for name, key in names.items() if counts.get(key)}


def _entity_key(runtime: Runtime, ref: str) -> str:
    entity = runtime.catalogs.current().by_ref.get(ref)
    return entity.key if entity else ref


def _tally(counts: Mapping[str, int]) -> Tally:
    """An import's outcomes as those of an operation."""
    done, left = counts.get('create', 0) + counts.get('update', 0), counts.get('skip', 0) + counts.get('unchanged', 0)
    return Tally(done, left, counts.get('error', 0))


def _set(runtime: Runtime, job_id: str, **values: Any) -> None:
    with runtime.database.writing() as connection:
        connection.execute(import_job.update().where(import_job.c.id == job_id).values(**values))


def _problem(out: RowOut, locale: str) -> dict[str, Any]:
    cells = [str(cell if cell is not None else '')[:200] for cell in out.cells]
    return {
        'row': out.number, 'outcome': out.outcome, 'cells': cells, 'problems': [_told(each, locale) for each in out.findings]
    }  # fmt: skip


def _told(each: Any, locale: str) -> dict[str, Any]:
    key = each.pointer.strip('/').partition('/')[2].split('/')[0]
    return {'field': key, 'code': each.code, 'text': each.text(locale), 'hint': each.hint_text(locale), 'level': each.level}


def _page(runtime: Runtime, entity_ref: str, job_id: str) -> str:
    return f'/{_entity_key(runtime, entity_ref)}/import/{job_id}'
