"""Tables of workflows: the ledger of occurrences, runs with their steps, and the scheduler's lease. Holds no logic."""

from __future__ import annotations

import sqlalchemy as sa

from schema.base.tables import BigId, Json, UtcDateTime, metadata

workflow_occurrence = sa.Table(
    'workflow_occurrence',
    metadata,
    sa.Column('id', BigId, primary_key=True, autoincrement=True),
    sa.Column('rule_ref', sa.String(80), nullable=False),
    sa.Column('entity_ref', sa.String(80), nullable=False),
    sa.Column('record_uid', sa.String(36), nullable=False),
    sa.Column('occurrence', sa.String(40), nullable=False),
    sa.Column('due_at', UtcDateTime, nullable=False),
    sa.Column('state', sa.String(12), nullable=False),
    sa.Column('run_id', sa.String(36)),
    sa.Column('created_at', UtcDateTime, nullable=False),
    sa.Index('uq_workflow_occurrence_rule_key', 'rule_ref', 'occurrence', 'record_uid', unique=True),
    sa.Index('ix_workflow_occurrence_record', 'record_uid'),
    sa.Index('ix_workflow_occurrence_rule_state', 'rule_ref', 'state', 'due_at'),
    sqlite_autoincrement=True,
)
"""`state`: due (a run is to be started), skipped (the condition does not hold), started, moved (the date had moved
away meanwhile); of what an outage missed: missed (left out by the rule), asked (a person is to answer), dropped (the person
did). `mark`: no occurrence, but when a rule was looked at (`workflows.marks`)."""

workflow_run = sa.Table(
    'workflow_run',
    metadata,
    sa.Column('id', sa.String(36), primary_key=True),
    sa.Column('rule_ref', sa.String(80), nullable=False),
    sa.Column('document_hash', sa.String(64), nullable=False),
    sa.Column('entity_ref', sa.String(80), nullable=False),
    sa.Column('record_uid', sa.String(36), nullable=False),
    sa.Column('state', sa.String(12), nullable=False),
    sa.Column('step', sa.String(80), nullable=False, server_default=''),
    sa.Column('root', sa.String(80), nullable=False, server_default=''),
    sa.Column('parent_step_id', BigId),
    sa.Column('lane', sa.Integer, nullable=False, server_default='0'),
    sa.Column('start_key', sa.String(160), nullable=False, unique=True),
    sa.Column('cause', Json, nullable=False),
    sa.Column('started_by', Json, nullable=False),
    sa.Column('error', Json),
    sa.Column('started_at', UtcDateTime, nullable=False),
    sa.Column('finished_at', UtcDateTime),
    sa.Index('ix_workflow_run_rule_started', 'rule_ref', 'started_at'),
    sa.Index('ix_workflow_run_record', 'record_uid', 'started_at'),
    sa.Index('ix_workflow_run_state', 'state', 'started_at'),
    sa.Index('ix_workflow_run_parent', 'parent_step_id', 'state'),
)
"""`state`: running, done, skipped (nothing to do any more), failed, stopped (the loop guard), cancelled. `cause` is the chain
of run ids that led here; `started_by` says which event or occurrence. A run for one related record carries out the steps inside
the loop `root` and belongs to that step's row, `parent_step_id`. `lane`: see queues."""

workflow_step = sa.Table(
    'workflow_step',
    metadata,
    sa.Column('id', BigId, primary_key=True, autoincrement=True),
    sa.Column('run_id', sa.String(36), nullable=False),
    sa.Column('position', sa.Integer, nullable=False),
    sa.Column('key', sa.String(80), nullable=False),
    sa.Column('idempotency_key', sa.String(160), nullable=False, unique=True),
    sa.Column('state', sa.String(12), nullable=False),
    sa.Column('attempts', sa.Integer, nullable=False, server_default='0'),
    sa.Column('due_at', UtcDateTime, nullable=False),
    sa.Column('wakes', sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column('lane', sa.Integer, nullable=False, server_default='0'),
    sa.Column('claimed_by', sa.String(80)),
    sa.Column('lease_until', UtcDateTime),
    sa.Column('result', Json),
    sa.Column('error', Json),
    sa.Column('created_at', UtcDateTime, nullable=False),
    sa.Column('finished_at', UtcDateTime),
    sa.Index('ix_workflow_step_state_lane_due', 'state', 'lane', 'due_at', 'id'),
    sa.Index('ix_workflow_step_run', 'run_id', 'position'),
    sqlite_autoincrement=True,
)
"""`state`: new, claimed, waiting (parked until `due_at`; with `wakes` also until its record changes), done, skipped, failed,
cancelled. The next step's row is written together with this one's end; `result` is what a parked step must remember."""

workflow_lease = sa.Table(
    'workflow_lease',
    metadata,
    sa.Column('name', sa.String(40), primary_key=True),
    sa.Column('holder', sa.String(80), nullable=False),
    sa.Column('until', UtcDateTime, nullable=False),
)

workflow_pulse = sa.Table(
    'workflow_pulse',
    metadata,
    sa.Column('name', sa.String(80), primary_key=True),
    sa.Column('role', sa.String(20), nullable=False),
    sa.Column('started_at', UtcDateTime, nullable=False),
    sa.Column('at', UtcDateTime, nullable=False),
    sa.Column('turns', sa.BigInteger, nullable=False, server_default='0'),
)
"""When a scheduler's or a worker's loop last came round, by process: a loop that hangs grows old here."""
