"""When a rule was first and last looked at: rows of the ledger under no record. Starts nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from schema.base.upsert import insert_once
from workflows.definitions import Rule
from workflows.tables import workflow_occurrence

SINCE, LOOKED = 'since', 'looked'


def looked_since(session: Session, rule: Rule, now: datetime) -> datetime:
    """When a rule by the calendar was first looked at."""
    found = _read(session, rule, SINCE)
    if found is None:
        _add(session, rule, SINCE, now)
    return found or now


def last_looked(executor: Any, rule: Rule) -> datetime | None:
    """Up to when the ledger of a rule was complete; None before its first look."""
    return _read(executor, rule, LOOKED)


def note_look(session: Session, rule: Rule, now: datetime) -> None:
    """The ledger is complete up to `now`."""
    if not _add(session, rule, LOOKED, now):
        session.execute(workflow_occurrence.update().filter_by(**_mark(rule, LOOKED)).values(due_at=now, created_at=now))


def _mark(rule: Rule, name: str) -> dict[str, Any]:
    return {'rule_ref': rule.ref, 'entity_ref': rule.entity.ref, 'record_uid': '', 'occurrence': name}


def _read(executor: Any, rule: Rule, name: str) -> datetime | None:
    found: datetime | None = executor.execute(sa.select(workflow_occurrence.c.due_at).filter_by(**_mark(rule, name))).scalar()
    return found


def _add(session: Session, rule: Rule, name: str, now: datetime) -> bool:
    row = {**_mark(rule, name), 'due_at': now, 'state': 'mark', 'created_at': now}
    added: Any = session.execute(insert_once(session, workflow_occurrence, 'rule_ref', 'record_uid', 'occurrence').values(row))
    return bool(added.rowcount)
