"""Runs of workflows on the timeline of the record that they were about: which workflow, and how it ended. Shows no value."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from modules.records.model import Record
from modules.timeline.windows import Found, Place, Window, entry_of, last_of
from modules.web.pages.context import Desk
from schema.definitions import in_locale
from workflows.tables import workflow_run
from workflows.wording import KINDS, run_words

RANK = 10


def runs_part(desk: Desk, record: Record, window: Window) -> Found:
    """One of `registries.timeline`: runs of workflows that are still there; one statement. Administrators may open them."""
    if window.kind not in {'', 'system'}:
        return Found(())
    table = workflow_run.c
    statement = (
        sa.select(table.id, table.rule_ref, table.state, table.started_at)
        .where(
            table.record_uid == record.uid, table.entity_ref == desk.entity.ref, table.parent_step_id.is_(None),
            *window.bound(RANK, table.started_at, table.id, str),
        )
        .order_by(table.started_at.desc(), table.id.desc())
        .limit(window.size)
    )  # fmt: skip
    rows = desk.reader.session.connection().execute(statement).all()
    places = [Place(row.started_at, RANK, row.id) for row in rows]
    labels = {each.ref: in_locale(each.label, desk.presenter.locale) for each in desk.presenter.catalog.workflows.values()}
    words, shown = run_words(), list[dict[str, Any]]()
    for place, row in zip(places, rows, strict=True):
        if row.rule_ref in labels:
            href = f'/workflows/runs/{row.id}' if desk.reader.policy.can_admin else ''
            shown.append(entry_of(
                place, 'system', 'bolt', text=labels[row.rule_ref], href=href, tag=words.get(row.state, row.state),
                tone=KINDS.get(row.state, ''),
            ))  # fmt: skip
    return Found(shown, last_of(places, window.size))
