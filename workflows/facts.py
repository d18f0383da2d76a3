"""How the runs of each workflow went lately, for the list in Studio. Two statements, whatever the number of workflows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from modules.runtime import Runtime
from schema.definitions import Texts
from workflows.runs import read_stored
from workflows.tables import workflow_run

LOCALES = ('en', 'vi')
BAD = ('failed', 'stopped')


@dataclass(frozen=True)
class Facts:
    """`total` and `failed` runs that began since an instant; `reason` is what the last failure said, by locale."""

    total: int
    failed: int
    reason: Texts


def run_facts(runtime: Runtime, since: datetime) -> Mapping[str, Facts]:
    """By the workflow's ref; workflows without a run are left out."""
    runs = workflow_run.c
    counted = (
        sa.select(runs.rule_ref, sa.func.count(), sa.func.sum(sa.case((runs.state.in_(BAD), 1), else_=0)))
        .where(runs.started_at >= since)
        .group_by(runs.rule_ref)
    )
    bad = (runs.state.in_(BAD), runs.started_at >= since)
    ranked = (
        sa.select(
            runs.id, sa.func.row_number().over(partition_by=runs.rule_ref, order_by=runs.started_at.desc()).label('place')
        )
        .where(*bad)
        .subquery()
    )
    last = sa.select(runs.rule_ref, runs.error).join(ranked, ranked.c.id == runs.id).where(ranked.c.place == 1)
    with runtime.database.reading() as connection:
        totals = connection.execute(counted).all()
        errors = {row.rule_ref: read_stored(row.error) for row in connection.execute(last)}
    return {
        ref: Facts(total, int(failed or 0), {each: found.text(each) for each in LOCALES} if (found := errors.get(ref)) else {})
        for ref, total, failed in totals
    }


def ahead_link(key: str) -> dict[str, str]:
    """Where what a workflow would do next is shown, for Studio."""
    return {'label': str(_('Next 30 days')), 'href': f'/workflows/{key}/preview'}


def back_link(key: str) -> dict[str, str]:
    """Where what it would have done is shown, for Studio."""
    return {'label': str(_('Replay the past')), 'href': f'/workflows/{key}/replay'}
