"""The system table of handovers: what a handover took from the leaver besides records, so that an undo gives it back."""

from __future__ import annotations

import sqlalchemy as sa

from schema.base.tables import Json, UtcDateTime, metadata

handover = sa.Table(
    'handover',
    metadata,
    sa.Column('operation_id', sa.String(36), primary_key=True),
    sa.Column('leaver_id', sa.Integer, nullable=False),
    sa.Column('kept', Json, nullable=False),
    sa.Column('closed_at', UtcDateTime),
    sa.Column('reopened_at', UtcDateTime),
    sa.Index('ix_handover_leaver_id', 'leaver_id'),
)
"""`kept` is {was_active, stands_in: id of the successor or null} and what `modules.leaving.duties` took and gave; empty where
the account stayed open."""
