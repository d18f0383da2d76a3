"""Tables of the publisher: drafts, plans, publishes, lock, heartbeats, shadows, former keys, ended roles. No logic."""

from __future__ import annotations

import sqlalchemy as sa

from schema.base.tables import BigId, Json, UtcDateTime, metadata

schema_draft = sa.Table(
    'schema_draft',
    metadata,
    sa.Column('author_id', sa.Integer, primary_key=True, autoincrement=False),
    sa.Column('base', sa.Integer, nullable=False),
    sa.Column('changes', Json, nullable=False),
    sa.Column('removed', Json, nullable=False),
    sa.Column('updated_at', UtcDateTime, nullable=False),
)
schema_plan = sa.Table(
    'schema_plan',
    metadata,
    sa.Column('id', sa.String(36), primary_key=True),
    sa.Column('base', sa.Integer, nullable=False),
    sa.Column('base_hash', sa.String(64), nullable=False),
    sa.Column('documents', Json, nullable=False),
    sa.Column('changes', Json, nullable=False),
    sa.Column('steps', Json, nullable=False),
    sa.Column('impact', Json, nullable=False),
    sa.Column('findings', Json, nullable=False),
    sa.Column('remap', Json, nullable=False),
    sa.Column('answers', Json),
    sa.Column('estimates', Json),
    sa.Column('mentions', Json),
    sa.Column('slow_rows', sa.Integer, nullable=False, server_default='0'),
    sa.Column('note', sa.Text, nullable=False, server_default=''),
    sa.Column('author_id', sa.Integer),
    sa.Column('author', sa.String(200), nullable=False, server_default=''),
    sa.Column('created_at', UtcDateTime, nullable=False),
    sa.Index('ix_schema_plan_created_at', 'created_at'),
)
schema_outlook = sa.Table(
    'schema_outlook',
    metadata,
    sa.Column('id', sa.String(36), primary_key=True),
    sa.Column('author_id', sa.Integer),
    sa.Column('state', sa.String(12), nullable=False),
    sa.Column('seen', sa.BigInteger, nullable=False),
    sa.Column('total', sa.BigInteger, nullable=False),
    sa.Column('plan_id', sa.String(36)),
    sa.Column('findings', Json, nullable=False),
    sa.Column('asked', Json, nullable=False),
    sa.Column('told_at', UtcDateTime, nullable=False),
)
schema_publish = sa.Table(
    'schema_publish',
    metadata,
    sa.Column('id', sa.String(36), primary_key=True),
    sa.Column('plan_id', sa.String(36), nullable=False),
    sa.Column('version', sa.Integer, nullable=False),
    sa.Column('state', sa.String(12), nullable=False),
    sa.Column('done', sa.Integer, nullable=False, server_default='0'),
    sa.Column('total', sa.Integer, nullable=False),
    sa.Column('findings', Json, nullable=False),
    sa.Column('author_id', sa.Integer),
    sa.Column('author', sa.String(200), nullable=False, server_default=''),
    sa.Column('started_at', UtcDateTime, nullable=False),
    sa.Column('finished_at', UtcDateTime),
    sa.Index('ix_schema_publish_state', 'state'),
)
schema_journal = sa.Table(
    'schema_journal',
    metadata,
    sa.Column('id', BigId, primary_key=True, autoincrement=True),
    sa.Column('publish_id', sa.String(36), nullable=False),
    sa.Column('step', sa.Integer, nullable=False),
    sa.Column('kind', sa.String(40), nullable=False),
    sa.Column('state', sa.String(12), nullable=False),
    sa.Column('detail', Json),
    sa.Column('at', UtcDateTime, nullable=False),
    sa.Index('ix_schema_journal_publish_id', 'publish_id', 'id'),
)
schema_lock = sa.Table(
    'schema_lock',
    metadata,
    sa.Column('id', sa.Integer, primary_key=True, autoincrement=False),
    sa.Column('holder', sa.String(36), nullable=False),
    sa.Column('pid', sa.Integer, nullable=False),
    sa.Column('born', sa.Float, nullable=False),
    sa.Column('lease_until', UtcDateTime, nullable=False),
)
process_heartbeat = sa.Table(
    'process_heartbeat',
    metadata,
    sa.Column('process', sa.String(80), primary_key=True),
    sa.Column('role', sa.String(20), nullable=False),
    sa.Column('version', sa.Integer),
    sa.Column('at', UtcDateTime, nullable=False),
    sa.Index('ix_process_heartbeat_at', 'at'),
)
schema_shadow = sa.Table(
    'schema_shadow',
    metadata,
    sa.Column('table_name', sa.String(63), primary_key=True),
    sa.Column('column_name', sa.String(63), primary_key=True),
    sa.Column('ref', sa.String(80), nullable=False),
    sa.Column('version', sa.Integer, nullable=False),
    sa.Column('dropped_at', UtcDateTime, nullable=False),
    sa.Column('upto', sa.BigInteger, nullable=False, server_default='0'),  # the last row whose value is gone
    sa.Column('reaped_at', UtcDateTime),
)
schema_remapped = sa.Table(
    'schema_remapped',
    metadata,
    sa.Column('id', BigId, primary_key=True, autoincrement=True),
    sa.Column('version', sa.Integer, nullable=False),
    sa.Column('table_name', sa.String(63), nullable=False),
    sa.Column('column_name', sa.String(63), nullable=False),
    sa.Column('row_id', sa.BigInteger, nullable=False),
    sa.Column('old', sa.Text, nullable=False),
    sa.Column('new', sa.Text),
    sa.Column('whole_before', sa.Text),
    sa.Column('whole_after', sa.Text),
    sa.Index('ix_schema_remapped_row', 'table_name', 'column_name', 'old', 'row_id'),
)
schema_touched = sa.Table(
    'schema_touched',
    metadata,
    sa.Column('id', BigId, primary_key=True, autoincrement=True),
    sa.Column('place', sa.String(130), nullable=False),
    sa.Column('row_id', sa.BigInteger, nullable=False),
    sa.Index('ix_schema_touched_place', 'place', 'id'),
)
schema_unread = sa.Table(
    'schema_unread',
    metadata,
    sa.Column('id', BigId, primary_key=True, autoincrement=True),
    sa.Column('version', sa.Integer, nullable=False),
    sa.Column('entity_ref', sa.String(80), nullable=False),
    sa.Column('field_ref', sa.String(80), nullable=False),
    sa.Column('row_id', sa.BigInteger, nullable=False),
    sa.Column('uid', sa.String(36), nullable=False),
    sa.Column('title', sa.String(200), nullable=False, server_default=''),
    sa.Column('value', sa.Text, nullable=False),
    sa.Index('ix_schema_unread_place', 'version', 'field_ref', 'row_id'),
)
schema_search = sa.Table(
    'schema_search',
    metadata,
    sa.Column('name', sa.String(63), primary_key=True),
    sa.Column('table_name', sa.String(63), nullable=False),
    sa.Column('upto', sa.BigInteger, nullable=False),  # the last row that it knows while it is built, then `WHOLE`
)
WHOLE = 2**62
alias_use = sa.Table(
    'alias_use',
    metadata,
    sa.Column('part_ref', sa.String(80), primary_key=True),
    sa.Column('alias', sa.String(80), primary_key=True),
    sa.Column('count', sa.BigInteger, nullable=False),
    sa.Column('first_used_at', UtcDateTime, nullable=False),
    sa.Column('last_used_at', UtcDateTime, nullable=False),
)
role_withdrawn = sa.Table(
    'role_withdrawn',
    metadata,
    sa.Column('role_ref', sa.String(80), primary_key=True),
    sa.Column('user_id', sa.Integer, primary_key=True, autoincrement=False),
    sa.Column('version', sa.Integer, nullable=False),
    sa.Column('heir', sa.String(80)),  # key of the role that this person got instead
    sa.Column('withdrawn_at', UtcDateTime, nullable=False),
)
