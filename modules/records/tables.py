"""System tables of records: derived fields that wait, and those of `schema.base.record_log` for whoever reads them here."""

from __future__ import annotations

import sqlalchemy as sa

from schema.base.record_log import operation, record_history
from schema.base.tables import BigId, Json, UtcDateTime, metadata

__all__ = ['derived_job', 'operation', 'record_history']

derived_job = sa.Table(
    'derived_job',
    metadata,
    sa.Column('id', BigId, primary_key=True, autoincrement=True),
    sa.Column('entity_ref', sa.String(80), nullable=False),
    sa.Column('field_ref', sa.String(80), nullable=False),
    sa.Column('link_ref', sa.String(80)),
    sa.Column('ids', Json, nullable=False),
    sa.Column('last_id', BigId, nullable=False),
    sa.Column('done', sa.Integer, nullable=False),
    sa.Column('created_at', UtcDateTime, nullable=False),
    sa.Index('ix_derived_job_entity_ref', 'entity_ref'),
)
"""Derived fields that wait to be recomputed in the background: of rows whose link points to one of `ids`, or of rows `ids`."""
