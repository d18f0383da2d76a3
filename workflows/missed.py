"""Occurrences that were missed and wait for a person: listed, sent after all, or dropped. Starts no run itself.

Takes runtimes at the edges and sessions inside; the scheduler starts what is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from migrations.role_people import active_in, admin_keys, holders
from modules.notices.service import Notice, tell
from modules.runtime import Runtime
from schema.base.errors import Invalid
from workflows.definitions import Rule
from workflows.tables import workflow_occurrence

ASKED = 'asked'
PAGE = 50
MOST_AT_ONCE = 1000
Answer = Literal['send', 'drop']
BECOMES = {'send': 'due', 'drop': 'dropped'}


@dataclass(frozen=True)
class Asked:
    """One occurrence that waits for an answer."""

    id: int
    record_uid: str
    occurrence: str
    due_at: datetime


def list_asked(executor: Any, rule: Rule, limit: int = PAGE, offset: int = 0) -> list[Asked]:
    """Oldest first."""
    ledger = workflow_occurrence
    rows = executor.execute(_of(rule).order_by(ledger.c.due_at, ledger.c.id).limit(limit).offset(offset))
    return [Asked(row.id, row.record_uid, row.occurrence, row.due_at) for row in rows]


def count_asked(executor: Any) -> dict[str, int]:
    """`{rule ref: how many wait}`, rules without any left out."""
    ledger = workflow_occurrence
    counted = sa.select(ledger.c.rule_ref, sa.func.count()).where(ledger.c.state == ASKED).group_by(ledger.c.rule_ref)
    return {row[0]: row[1] for row in executor.execute(counted)}


def answer(session: Session, rule: Rule, wanted: Answer, ids: Sequence[int] | None) -> int:
    """Send or drop what waits: those named, or all of the rule; how many it was. What somebody else answered stays so.

    Raises: Invalid WFL-E042 for another answer, WFL-E043 for more than 1,000 by name."""
    if wanted not in BECOMES:
        raise Invalid.of('WFL-E042', value=str(wanted)[:20], choices=[*BECOMES])
    if ids is not None and len(ids) > MOST_AT_ONCE:
        raise Invalid.of('WFL-E043', limit=MOST_AT_ONCE)
    ledger = workflow_occurrence
    named = (ledger.c.id.in_(ids),) if ids is not None else ()
    waiting = (ledger.c.rule_ref == rule.ref, ledger.c.state == ASKED, *named)
    found: Any = session.execute(ledger.update().where(*waiting).values(state=BECOMES[wanted]))
    return int(found.rowcount)


def tell_asked(runtime: Runtime, rule: Rule, now: datetime) -> None:
    """Tell the administrators once a day that something waits for them. Commits."""
    with runtime.database.session() as session:
        waiting = count_asked(session).get(rule.ref, 0)
        if not waiting:
            return
        people = active_in(holders(session.connection()), admin_keys(runtime.catalogs.current().documents))
        label = rule.definition.label
        told = {
            'en': f'{label.get("en") or rule.key}: {{count}} were missed and wait for your answer',
            'vi': f'{label.get("vi") or label.get("en") or rule.key}: {{count}} lần bị lỡ đang chờ quyết định',
        }
        notice = Notice('workflow', told, href=f'/workflows/missed/{rule.key}', number=waiting)
        day = now.astimezone(runtime.settings.timezone).date()
        tell(session, list(people), notice, key=f'missed-{rule.ref}-{day}', now=now)


def _of(rule: Rule) -> sa.Select[Any]:
    return sa.select(workflow_occurrence).where(
        workflow_occurrence.c.rule_ref == rule.ref, workflow_occurrence.c.state == ASKED
    )
