"""The outbox: events and outgoing effects, written in the transaction that caused them. Dispatching is not done here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schema.base.events import Event
from schema.base.tables import BigId, Json, UtcDateTime, metadata

outbox = sa.Table(
    'outbox',
    metadata,
    sa.Column('id', BigId, primary_key=True, autoincrement=True),
    sa.Column('name', sa.String(40), nullable=False),
    sa.Column('entity_ref', sa.String(80), nullable=False),
    sa.Column('record_uid', sa.String(36), nullable=False),
    sa.Column('version', sa.Integer, nullable=False),
    sa.Column('actor_id', sa.Integer),
    sa.Column('changed', Json, nullable=False),
    sa.Column('cause', Json, nullable=False),
    sa.Column('state', sa.String(12), nullable=False, server_default='new'),
    sa.Column('created_at', UtcDateTime, nullable=False),
    sa.Column('claimed_by', sa.String(80)),
    sa.Column('lease_until', UtcDateTime),
    sa.Column('attempts', sa.Integer, nullable=False, server_default='0'),
    sa.Column('last_error', sa.Text),
    sa.Index('ix_outbox_state_id', 'state', 'id'),
    sa.Index('ix_outbox_record', 'record_uid', 'id'),
    sqlite_autoincrement=True,  # a run is known by the number of its event for longer than the event is kept
)


_ADD = outbox.insert()


def add(executor: Any, events: list[Event], at: datetime) -> None:
    """Write events in the caller's transaction, in order. Does not commit."""
    if events:
        executor.execute(
            _ADD,
            [
                {
                    'name': event.name,
                    'entity_ref': event.entity_ref,
                    'record_uid': event.record_uid,
                    'version': event.version,
                    'actor_id': event.actor_id,
                    'changed': dict(event.changed),
                    'cause': list(event.cause),
                    'created_at': at,
                }
                for event in events
            ],
        )
