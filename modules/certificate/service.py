"""Drawing up leak certificates: asked for by administrators or a command, carried out by one worker, kept with their proof."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from modules.certificate.applying import application, quiet
from modules.certificate.clone import throw_away
from modules.certificate.report import Report, report_of
from modules.certificate.tables import certificate_run
from modules.certificate.trial import Trial
from modules.runtime import Runtime
from modules.ways import WayOut
from schema.base.actor import Actor, system_actor
from schema.base.audit import note
from schema.base.errors import NotFound
from schema.base.ids import is_uid, new_uid

LOG = logging.getLogger(__name__)
LEASE = timedelta(minutes=15)  # a certificate takes a minute; a killed worker's is drawn up anew
LISTED = 20
OVER = frozenset({'green', 'red', 'untried', 'failed'})


@dataclass(frozen=True)
class Certificate:
    """One certificate. `report` is empty until it is over."""

    id: str
    version: int
    state: str
    engine: str
    actor_name: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    requests: int
    problem: str
    report: Report

    @property
    def over(self) -> bool:
        return self.state in OVER


def ways_of(runtime: Runtime) -> dict[str, WayOut]:
    """Every way out that a module registered, in their order."""
    registry = runtime.registries.ways_out
    return dict(zip(registry.keys(), registry, strict=True))


def examine(
    runtime: Runtime, ways: Mapping[str, WayOut] | None = None, roles: Collection[str] | None = None
) -> tuple[Report, str, int]:
    """Try the present schema in a throw-away copy: `(report, engine, number of requests)`. The installation stays as it is."""
    chosen = ways_of(runtime) if ways is None else ways
    with throw_away(runtime) as clone, quiet():
        trial = Trial(application(clone), clone, chosen)
        trial.plant()
        outcome = trial.run(roles)
        return report_of(outcome, trial.catalog, chosen), clone.database.dialect, outcome.requests


def ask(runtime: Runtime, actor: Actor) -> str:
    """Ask for a certificate of the present schema; the id of the one that waits, if one does already."""
    now = runtime.clock.now()
    with runtime.database.writing() as connection:
        waiting = sa.select(certificate_run.c.id).where(certificate_run.c.state == 'waiting').limit(1)
        if (found := connection.execute(waiting).scalar()) is not None:
            return str(found)
        made = new_uid()
        connection.execute(certificate_run.insert().values(
            id=made, version=runtime.catalogs.current().number, state='waiting', actor_id=actor.user_id, actor_name=actor.name,
            created_at=now,
        ))  # fmt: skip
        note(connection, 'certificate', actor=actor, subject=made, params={'state': 'waiting'}, now=now)
    runtime.nudge()
    return made


def carry_out(runtime: Runtime, holder: str) -> str | None:
    """Draw up the oldest certificate that waits, or that a killed worker left; its id. None when there is none."""
    claimed = _claim(runtime, holder)
    if claimed is None:
        return None
    values: dict[str, Any]
    try:
        report, engine, requests = examine(runtime)
        values = {
            'state': report.state, 'engine': engine, 'requests': requests, 'matrix': report.as_json(),
            'faults': list(report.faults), 'version': runtime.catalogs.current().number,
        }  # fmt: skip
    except Exception as error:  # the edge of a job: an administrator must learn that there is no certificate
        LOG.exception('the certificate %s could not be drawn up', claimed)
        values = {'state': 'failed', 'problem': f'{type(error).__name__}: {error}'[:2000]}
    now = runtime.clock.now()
    with runtime.database.writing() as connection:
        mine = certificate_run.update().where(certificate_run.c.id == claimed, certificate_run.c.claimed_by == holder)
        connection.execute(mine.values(**values, finished_at=now, claimed_by=None, lease_until=None))
        note(
            connection,
            'certificate',
            actor=system_actor('certificate'),
            subject=claimed,
            params={'state': values['state']},
            now=now,
        )
    return claimed


def keep(runtime: Runtime, actor: Actor, report: Report, engine: str, requests: int) -> str:
    """Store a certificate that a command drew up itself; its id."""
    now, made = runtime.clock.now(), new_uid()
    with runtime.database.writing() as connection:
        connection.execute(certificate_run.insert().values(
            id=made, version=runtime.catalogs.current().number, state=report.state, engine=engine, actor_id=actor.user_id,
            actor_name=actor.name, created_at=now, started_at=now, finished_at=now, requests=requests, matrix=report.as_json(),
            faults=list(report.faults),
        ))  # fmt: skip
        note(connection, 'certificate', actor=actor, subject=made, params={'state': report.state}, now=now)
    return made


def get(runtime: Runtime, run_id: str) -> Certificate:
    """Raises: NotFound CRT-E001."""
    with runtime.database.reading() as connection:
        wanted = sa.select(certificate_run).where(certificate_run.c.id == run_id)
        row = connection.execute(wanted).first() if is_uid(run_id) else None
    if row is None:
        raise NotFound.of('CRT-E001', value=run_id[:60])
    return _certificate(row, Report.from_json(row.matrix, row.faults))


def listed(runtime: Runtime) -> list[Certificate]:
    """The newest first, without their reports."""
    shown = [column for column in certificate_run.c if column.name not in {'matrix', 'faults'}]
    newest = sa.select(*shown).order_by(certificate_run.c.created_at.desc()).limit(LISTED)
    with runtime.database.reading() as connection:
        return [_certificate(row, Report()) for row in connection.execute(newest)]


def clear(runtime: Runtime, cutoff: datetime, rows: int) -> int:
    """Throw away certificates from before an instant, at most so many, but never the newest; how many went."""
    old = sa.select(certificate_run.c.id).where(certificate_run.c.created_at < cutoff).limit(rows)
    with runtime.database.writing() as connection:
        gone = connection.execute(certificate_run.delete().where(certificate_run.c.id.in_(old)))
    return int(gone.rowcount)


def _claim(runtime: Runtime, holder: str) -> str | None:
    now, table = runtime.clock.now(), certificate_run.c
    free = sa.or_(table.state == 'waiting', sa.and_(table.state == 'running', table.lease_until < now))
    with runtime.database.reading() as connection:  # most turns end here, without a lock
        if connection.execute(sa.select(table.id).where(free).limit(1)).first() is None:
            return None
    with runtime.database.writing() as connection:
        wanted = sa.select(table.id).where(free).order_by(table.created_at).limit(1).with_for_update(skip_locked=True)
        found = connection.execute(wanted).scalar()
        if found is not None:
            taking = certificate_run.update().where(table.id == found)
            connection.execute(taking.values(state='running', claimed_by=holder, lease_until=now + LEASE, started_at=now))
    return found


def _certificate(row: Any, report: Report) -> Certificate:
    return Certificate(
        row.id, row.version, row.state, row.engine, row.actor_name, row.created_at, row.started_at, row.finished_at,
        row.requests, row.problem, report,
    )  # fmt: skip
