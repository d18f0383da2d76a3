"""System tables of assignment: the log, saved rules, turns, away states and planned absences. Knows no rule."""

from __future__ import annotations

import sqlalchemy as sa

from schema.base.tables import BigId, Json, UtcDateTime, metadata

assignment_log = sa.Table(
    'assignment_log',
    metadata,
    sa.Column('id', BigId, primary_key=True, autoincrement=True),
    sa.Column('entity_ref', sa.String(80), nullable=False),
    sa.Column('record_uid', sa.String(36), nullable=False),
    sa.Column('from_id', sa.Integer),
    sa.Column('to_id', sa.Integer),
    sa.Column('strategy', sa.String(20), nullable=False),
    sa.Column('code', sa.String(20), nullable=False),
    sa.Column('params', Json, nullable=False),
    sa.Column('rule_uid', sa.String(36)),
    sa.Column('operation_id', sa.String(36)),
    sa.Column('by_id', sa.Integer),
    sa.Column('by_name', sa.String(200), nullable=False),
    sa.Column('at', UtcDateTime, nullable=False),
    sa.Index('ix_assignment_log_record', 'record_uid', 'id'),
    sa.Index('ix_assignment_log_to', 'to_id', 'id'),
    sa.Index('ix_assignment_log_operation', 'operation_id', 'id'),
)
"""One row for each record that came to another person. `code` and `params` are the reason, put into words when shown."""

assignment_rule = sa.Table(
    'assignment_rule',
    metadata,
    sa.Column('uid', sa.String(36), primary_key=True),
    sa.Column('entity_ref', sa.String(80), nullable=False),
    sa.Column('name', sa.String(200), nullable=False),
    sa.Column('place', sa.Integer, nullable=False),
    sa.Column('active', sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column('unchosen', sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column('condition', Json),
    sa.Column('strategy', Json, nullable=False),
    sa.Column('changed_at', UtcDateTime, nullable=False),
    sa.Column('changed_by', sa.String(200), nullable=False),
    sa.Index('ix_assignment_rule_entity_ref', 'entity_ref', 'place'),
)
"""`place` orders the rules of an entity; `unchosen` rules also take records whose creator chose nobody."""

assignment_turn = sa.Table(
    'assignment_turn',
    metadata,
    sa.Column('key', sa.String(120), primary_key=True),
    sa.Column('last_id', sa.Integer),
    sa.Column('place', sa.Integer, nullable=False, server_default='0'),
    sa.Column('moved_at', UtcDateTime),
)
"""Whose turn it was last: one row for each rule or chosen circle of people, locked while somebody takes turns."""

user_presence = sa.Table(
    'user_presence',
    metadata,
    sa.Column('user_id', sa.Integer, primary_key=True, autoincrement=False),
    sa.Column('away_until', UtcDateTime),
    sa.Column('note', sa.String(200), nullable=False, server_default=''),
    sa.Column('since', UtcDateTime, nullable=False),
)
"""People who said that they are away; without `away_until` until they say that they are back."""

absence = sa.Table(
    'absence',
    metadata,
    sa.Column('id', sa.Integer, primary_key=True, autoincrement=True),
    sa.Column('user_id', sa.Integer, nullable=False),
    sa.Column('from_on', sa.Date, nullable=False),
    sa.Column('to_on', sa.Date, nullable=False),
    sa.Column('note', sa.String(200), nullable=False, server_default=''),
    sa.Column('by_name', sa.String(200), nullable=False),
    sa.Column('at', UtcDateTime, nullable=False),
    sa.Index('ix_absence_user_id', 'user_id', 'to_on'),
)
"""Planned absences, both days included, in the company's calendar."""
