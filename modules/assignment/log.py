"""The log of who got which record, from whom, by whom and why; written with the record, read under the reader's rights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.assignment.model import Assigned
from modules.assignment.service import names_of
from modules.assignment.tables import assignment_log, assignment_rule
from modules.records.changing import Change
from modules.records.following import Unit
from modules.records.queries import Reader
from permissions.policy import Policy
from schema.base.findings import Finding, finding
from schema.catalog import Catalog, Entity

PAGE = 50


@dataclass(frozen=True)
class Because:
    """Why a change gives its record to somebody: the kind of strategy, the reason, and the saved rule if one did. A workflow's
    step has a uid of its own for each run in place of the rule's."""

    strategy: str
    reason: Finding
    rule_uid: str | None = None

    @classmethod
    def of(cls, given: Assigned) -> Because:
        return cls(given.strategy, given.reason, given.rule_uid)


@dataclass(frozen=True)
class Entry:
    """One row of the log. Names are those of now; `rule` is the name of the saved rule as long as it is there."""

    id: int
    entity_ref: str
    record_uid: str
    from_name: str
    to_name: str
    to_id: int | None
    strategy: str
    reason: Finding
    rule: str
    by: str
    at: datetime
    operation_id: str | None


@dataclass(frozen=True)
class Filter:
    """What to show: of one record or one entity, to or from one person, by one way of giving, since and until."""

    entity: Entity | None = None
    record_uid: str = ''
    user_id: int | None = None
    strategy: str = ''
    since: datetime | None = None
    until: datetime | None = None


HAND, UNDO = 'hand', 'undo'


def row(unit: Unit, entity: Entity, change: Change, from_id: int | None, to_id: int | None) -> dict[str, Any]:
    """A row of the log ready to insert; without a reason of its own somebody chose by hand."""
    because = change.because or _plain(change, to_id)
    return {
        'entity_ref': entity.ref, 'record_uid': change.uid, 'from_id': from_id, 'to_id': to_id,
        'strategy': because.strategy, 'code': because.reason.code, 'params': dict(because.reason.params),
        'rule_uid': because.rule_uid, 'operation_id': unit.operation_id, 'by_id': unit.actor.user_id,
        'by_name': unit.actor.name, 'at': unit.now,
    }  # fmt: skip


def add(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        session.connection().execute(assignment_log.insert(), list(rows))


def entries(reader: Reader, catalog: Catalog, wanted: Filter, *, number: int = 1, size: int = PAGE) -> list[Entry]:
    """Newest first, one more than `size` when there are more; only of live records that the reader may see, owner included."""
    policy = reader.policy
    kept = [
        each
        for key in policy.entities('read')
        if (each := catalog.entities[key]) and (wanted.entity in (None, each)) and 'owner' in policy.readable(key)
    ]
    if not kept:
        return []
    table = assignment_log
    seen = sa.or_(*(sa.and_(table.c.entity_ref == each.ref, _seen(policy, each)) for each in kept))
    where = [seen]
    if wanted.record_uid:
        where.append(table.c.record_uid == wanted.record_uid)
    if wanted.user_id is not None:
        where.append(sa.or_(table.c.to_id == wanted.user_id, table.c.from_id == wanted.user_id))
    if wanted.strategy:
        where.append(table.c.strategy == wanted.strategy)
    if wanted.since is not None:
        where.append(table.c.at >= wanted.since)
    if wanted.until is not None:
        where.append(table.c.at < wanted.until)
    statement = (
        sa.select(table, assignment_rule.c.name.label('rule'))
        .outerjoin(assignment_rule, assignment_rule.c.uid == table.c.rule_uid)
        .where(*where)
        .order_by(table.c.id.desc())
        .limit(size + 1)
        .offset((number - 1) * size)
    )
    rows = reader.session.connection().execute(statement).all()
    names = names_of(reader.session, [each for found in rows for each in (found.from_id, found.to_id)])
    return [
        Entry(
            found.id, found.entity_ref, found.record_uid, names.get(found.from_id, ''), names.get(found.to_id, ''), found.to_id,
            found.strategy, Finding(found.code, '', found.params, 'warning'), found.rule or '', found.by_name, found.at,
            found.operation_id,
        )
        for found in rows
    ]  # fmt: skip


def given_by(session: Session, operation_id: str, strategies: Sequence[str]) -> int:
    """How many records an operation gave by these strategies so far."""
    counted = sa.select(sa.func.count()).where(
        assignment_log.c.operation_id == operation_id, assignment_log.c.strategy.in_(strategies)
    )  # fmt: skip
    return int(session.execute(counted).scalar_one())


def _seen(policy: Policy, entity: Entity) -> sa.ColumnElement[bool]:
    table = entity.table
    return sa.exists(
        sa.select(table.c.id).where(
            table.c.uid == assignment_log.c.record_uid, table.c.deleted_at.is_(None),
            policy.table_predicate('read', entity, table),
        )
    )  # fmt: skip


def _plain(change: Change, to_id: int | None) -> Because:
    if change.reverts:
        return Because(UNDO, finding('ASG-R014', level='warning'))
    return Because(HAND, finding('ASG-R001' if to_id is not None else 'ASG-R015', level='warning'))
