"""Derived values that are too many for one write: kept in the database, recomputed by the worker, marked stale until then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.records.tables import derived_job
from permissions.scoping import scoped_by_hand
from schema.base.clock import Clock
from schema.base.database import Database, share_fence
from schema.catalog import Entity, Field
from schema.catalogs import Catalogs
from schema.deriving import carrying, graph_of
from schema.deriving.carrying import Carrier, Deferred
from schema.versions import read_state

CHUNK = 200
"""Rows recomputed in one transaction: well under the 50 ms that a chunk may hold SQLite's write lock."""


def add(session: Session, work: Deferred, clock: Clock) -> None:
    """Note the work in the transaction that made it necessary."""
    session.execute(
        derived_job.insert().values(
            entity_ref=work.plan.entity.ref,
            field_ref=work.plan.field.ref,
            link_ref=work.link.ref if work.link is not None else None,
            ids=list(work.ids),
            last_id=0,
            done=0,
            created_at=clock.now(),
        )
    )


class Process(Protocol):
    """What a chore gets."""

    database: Database
    catalogs: Catalogs
    clock: Clock


def chore(runtime: Process) -> int:
    """The worker's part."""
    return drain(runtime.database, runtime.catalogs, runtime.clock)


def drain(database: Database, catalogs: Catalogs, clock: Clock) -> int:
    """Recompute what waits, chunk by chunk; how many rows were looked at. Safe to call at any time, by many at once: a chunk
    that two take is computed twice, to the same end."""
    looked_at = 0
    while True:
        with database.reading() as connection:
            job_id = connection.execute(sa.select(derived_job.c.id).order_by(derived_job.c.id).limit(1)).scalar()
        if job_id is None:
            return looked_at
        with database.session() as session:
            looked_at += _chunk(session, catalogs, job_id, clock)


def stale_fields(session: Session, entity: Entity, row_id: int) -> frozenset[str]:
    """Keys of the record's fields whose values are about to be recomputed."""
    waiting_here = sa.select(derived_job).where(derived_job.c.entity_ref == entity.ref)
    jobs = session.connection().execute(waiting_here).mappings().all()
    return frozenset(
        entity.by_ref[job['field_ref']].key
        for job in jobs
        if job['field_ref'] in entity.by_ref and row_id > job['last_id'] and _concerns(session, entity, dict(job), row_id)
    )


def waiting(session: Session, entities: Iterable[Entity]) -> frozenset[tuple[str, str]]:
    """`(entity key, field key)` of fields that have rows to recompute."""
    by_ref = {each.ref: each for each in entities}
    rows = session.execute(sa.select(derived_job.c.entity_ref, derived_job.c.field_ref).distinct())
    return frozenset(
        (by_ref[entity].key, by_ref[entity].by_ref[field].key)
        for entity, field in rows
        if entity in by_ref and field in by_ref[entity].by_ref
    )


def _concerns(session: Session, entity: Entity, job: Mapping[str, Any], row_id: int) -> bool:
    if job['link_ref'] is None:
        return row_id in job['ids']
    link = entity.by_ref.get(job['link_ref'])
    if link is None:
        return False
    column = entity.table.c[link.definition.column]
    pointing = scoped_by_hand(sa.select(column).where(entity.table.c.id == row_id))
    return session.execute(pointing).scalar() in job['ids']


def _chunk(session: Session, catalogs: Catalogs, job_id: int, clock: Clock) -> int:
    """The next rows of a job, with what depends on them; the job goes when none is left."""
    share_fence(session)
    state = read_state(session)
    job = session.execute(sa.select(derived_job).where(derived_job.c.id == job_id).with_for_update()).mappings().first()
    if job is None or state is None:
        return 0
    catalog = catalogs.at(state.active)
    entity = catalog.holders.get(job['entity_ref'])
    field = entity.by_ref.get(job['field_ref']) if entity is not None else None
    plan = graph_of(catalog).plan(entity.key, field.key) if entity is not None and field is not None else None
    ids = _next(session, entity, entity.by_ref.get(job['link_ref'] or ''), dict(job)) if entity is not None and plan else []
    if plan is not None and ids:
        carrier = Carrier(session, graph_of(catalog), defer=lambda work: add(session, work, clock))
        carrier.need(plan, ids)
        carrier.run()
    here = derived_job.c.id == job_id
    if len(ids) < _size():
        session.execute(derived_job.delete().where(here))
    else:
        session.execute(derived_job.update().where(here).values(last_id=ids[-1], done=job['done'] + len(ids)))
    return len(ids)


def _size() -> int:
    """Never more than one write may do, or a chunk would be deferred again."""
    return min(CHUNK, carrying.MOST)


def _next(session: Session, entity: Entity, link: Field | None, job: Mapping[str, Any]) -> list[int]:
    if job['link_ref'] is None:
        return sorted(each for each in job['ids'] if each > job['last_id'])[: _size()]
    if link is None:
        return []
    table = entity.table
    statement = sa.select(table.c.id).where(table.c[link.definition.column].in_(job['ids']), table.c.id > job['last_id'])
    return list(session.execute(statement.order_by(table.c.id).limit(_size())).scalars())
