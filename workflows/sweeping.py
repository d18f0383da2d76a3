"""Which events, runs and entries of the ledger have been kept long enough."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from modules.installation.keeping import delete_ended, delete_keys
from modules.runtime import Runtime
from schema.base.outbox import outbox
from workflows.tables import workflow_occurrence, workflow_run, workflow_step

LEDGER_KEPT = timedelta(days=800)
"""The ledger keeps a rule from firing twice for one occurrence, so it outlives every look-back and every early reminder."""


def clear_events(runtime: Runtime, cutoff: datetime, rows: int) -> int:
    """Events that were dealt with, or given up."""
    ended = (outbox.c.state.in_(('done', 'failed')), outbox.c.created_at < cutoff)
    oldest = (
        sa.select(outbox.c.id, outbox.c.created_at).where(ended[0]).order_by(outbox.c.state, outbox.c.id).limit(rows).subquery()
    )
    chosen = sa.select(oldest.c.id).where(oldest.c.created_at < cutoff)
    return len(delete_ended(runtime.database, chosen, outbox.c.id, *ended))


def clear_runs(runtime: Runtime, cutoff: datetime, rows: int) -> int:
    """Runs that ended, with their steps."""
    table = workflow_run
    ended = (table.c.state != 'running', table.c.started_at < cutoff, table.c.finished_at < cutoff)
    chosen = sa.select(table.c.id).where(*ended).limit(rows)
    gone = delete_ended(runtime.database, chosen, table.c.id, *ended)
    if gone:
        delete_keys(runtime.database, gone, workflow_step.c.run_id)
    return len(gone)


def clear_occurrences(runtime: Runtime, cutoff: datetime, rows: int) -> int:
    """Entries of the ledger that no rule can come upon again."""
    table, long_ago = workflow_occurrence, min(cutoff, runtime.clock.now() - LEDGER_KEPT)
    ended = (table.c.state != 'due', table.c.created_at < long_ago)
    oldest = sa.select(table.c.id, table.c.created_at, table.c.state).order_by(table.c.id).limit(rows).subquery()
    chosen = sa.select(oldest.c.id).where(oldest.c.created_at < long_ago, oldest.c.state != 'due')
    return len(delete_ended(runtime.database, chosen, table.c.id, *ended))
