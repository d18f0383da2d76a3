"""Operations say what they are, how far they came and what took them back; the log of stages, filled from what is known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from schema.base import tables
from schema.base.stage_log import stage_log

revision = '0003_operations'
down_revision = '0002_publishing'
branch_labels = None
depends_on = None

BATCH = 500


def upgrade() -> None:
    with op.batch_alter_table('operation') as batch:
        batch.alter_column('summary', new_column_name='title', existing_type=sa.Text(), existing_nullable=False)
        for name, empty in (('params', '{}'), ('counts', '{}'), ('findings', '[]')):
            batch.add_column(sa.Column(name, tables.Json(), nullable=False, server_default=empty))
        batch.add_column(sa.Column('total', sa.Integer(), nullable=True))
        batch.add_column(sa.Column('position', sa.BigInteger(), nullable=False, server_default='0'))
        batch.add_column(sa.Column('undo_of', sa.String(length=36), nullable=True))
        batch.add_column(sa.Column('undone_by', sa.String(length=36), nullable=True))
        batch.add_column(sa.Column('started_at', tables.UtcDateTime(), nullable=True))
        batch.add_column(sa.Column('claimed_by', sa.String(length=80), nullable=True))
        batch.add_column(sa.Column('lease_until', tables.UtcDateTime(), nullable=True))
    op.create_index('ix_operation_state', 'operation', ['state', 'created_at'])
    op.create_table(
        'stage_log',
        sa.Column('id', tables.BigId, autoincrement=True, nullable=False),
        sa.Column('entity_ref', sa.String(length=80), nullable=False),
        sa.Column('record_uid', sa.String(length=36), nullable=False),
        sa.Column('pipeline_ref', sa.String(length=80), nullable=False),
        sa.Column('stage_ref', sa.String(length=80), nullable=False),
        sa.Column('stage_label', tables.Json(), nullable=True),
        sa.Column('entered_at', tables.UtcDateTime(), nullable=False),
        sa.Column('left_at', tables.UtcDateTime(), nullable=True),
        sa.Column('actor_id', sa.Integer(), nullable=True),
        sa.Column('actor_name', sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_stage_log')),
    )
    op.create_index('ix_stage_log_record', 'stage_log', ['record_uid', 'left_at'])
    for document in _staged_entities(op.get_bind()):
        _fill(op.get_bind(), document)


def downgrade() -> None:
    op.drop_index('ix_stage_log_record', table_name='stage_log')
    op.drop_table('stage_log')
    op.drop_index('ix_operation_state', table_name='operation')
    with op.batch_alter_table('operation') as batch:
        for name in ('lease_until', 'claimed_by', 'started_at', 'undone_by', 'undo_of', 'position', 'total', 'findings',
                     'counts', 'params'):  # fmt: skip
            batch.drop_column(name)
        batch.alter_column('title', new_column_name='summary', existing_type=sa.Text(), existing_nullable=False)


def _staged_entities(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    """Documents of the live version's entities that have pipelines."""
    active = connection.execute(sa.text('SELECT active FROM schema_state')).scalar()
    if active is None:
        return
    manifest = connection.execute(sa.text('SELECT manifest FROM schema_version WHERE number = :number'), {'number': active})
    for name, digest in json.loads(manifest.scalar_one()).items():
        if name.startswith('entity/'):
            found = connection.execute(sa.text('SELECT body FROM schema_document WHERE hash = :hash'), {'hash': digest})
            document = json.loads(found.scalar_one())
            if document.get('x-pipelines'):
                yield document


def _fill(connection: sa.Connection, document: dict[str, Any]) -> None:
    """Present stays from the records themselves, earlier ones from their history."""
    field = next((part for part in document['properties'].values() if part.get('x-type') == 'stage'), None)
    if field is None:
        return
    pipelines = {stage['ref']: pipeline['ref'] for pipeline in document['x-pipelines'] for stage in pipeline['stages']}
    since, column = f'{field["x-column"]}__since', field['x-column']
    rows = sa.table(
        document['x-table'], sa.column('uid'), sa.column(column), sa.column(since, tables.UtcDateTime()),
        sa.column('created_at', tables.UtcDateTime()),
    )  # fmt: skip
    found = sa.select(
        rows.c.uid, rows.c[column], sa.func.coalesce(rows.c[since], rows.c.created_at, type_=tables.UtcDateTime())
    )
    entries = []
    for uid, stage, entered_at in connection.execute(found.where(rows.c[column].is_not(None))).all():
        entries.append(_stay(document['x-ref'], uid, pipelines.get(stage, ''), stage, (entered_at, None)))
    past = list(_past(connection, document['x-ref'], field['x-ref'], pipelines))
    for first in range(0, len(whole := past + entries), BATCH):
        connection.execute(stage_log.insert(), whole[first : first + BATCH])


def _past(connection: sa.Connection, entity: str, field: str, pipelines: dict[str, str]) -> Iterator[dict[str, Any]]:
    history = sa.table(
        'record_history', sa.column('id'), sa.column('entity_ref'), sa.column('record_uid'), sa.column('changes', tables.Json()),
        sa.column('at', tables.UtcDateTime()), sa.column('actor_id'), sa.column('actor_name'),
    )  # fmt: skip
    wanted = (
        sa.select(history)
        .where(history.c.entity_ref == entity, sa.cast(history.c.changes, sa.Text).contains(f'"{field}"', autoescape=True))
        .order_by(history.c.record_uid, history.c.id)
    )
    before: Any = None
    for row in connection.execute(wanted).all():
        if before is not None and before.record_uid == row.record_uid and (stage := before.changes[field][1]):
            who = {'actor_id': before.actor_id, 'actor_name': before.actor_name}
            yield {**_stay(entity, row.record_uid, pipelines.get(stage, ''), stage, (before.at, row.at)), **who}
        before = row


def _stay(entity: str, uid: str, pipeline: str, stage: str, times: tuple[Any, Any]) -> dict[str, Any]:
    return {'entity_ref': entity, 'record_uid': uid, 'pipeline_ref': pipeline, 'stage_ref': stage, 'entered_at': times[0],
            'left_at': times[1], 'actor_id': None, 'actor_name': ''}  # fmt: skip
