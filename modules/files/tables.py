"""System tables of files: what was uploaded, and which field of which record holds or held it. Holds no content."""

from __future__ import annotations

import sqlalchemy as sa

from schema.base.tables import BigId, UtcDateTime, metadata

stored_file = sa.Table(
    'stored_file',
    metadata,
    sa.Column('uid', sa.String(36), primary_key=True),
    sa.Column('name', sa.String(255), nullable=False),
    sa.Column('size', sa.BigInteger, nullable=False),
    sa.Column('media', sa.String(120), nullable=False),
    sa.Column('digest', sa.String(64), nullable=False),
    sa.Column('uploader_id', sa.Integer),
    sa.Column('created_at', UtcDateTime, nullable=False),
    sa.Column('attached_at', UtcDateTime),
    sa.Index('ix_stored_file_waiting', 'attached_at', 'created_at'),
)
"""`attached_at` is None until a record first holds the file; what nobody attaches is removed after a day."""

file_attachment = sa.Table(
    'file_attachment',
    metadata,
    sa.Column('id', BigId, primary_key=True, autoincrement=True),
    sa.Column('file_uid', sa.String(36), nullable=False),
    sa.Column('entity_ref', sa.String(80), nullable=False),
    sa.Column('record_uid', sa.String(36), nullable=False),
    sa.Column('field_ref', sa.String(80), nullable=False),
    sa.Column('since', UtcDateTime, nullable=False),
    sa.Column('until', UtcDateTime),
    sa.Index('ix_file_attachment_file_uid', 'file_uid'),
    sa.Index('ix_file_attachment_record_uid', 'record_uid', 'field_ref'),
    sa.Index('ix_file_attachment_until', 'until'),
)
"""`until` is None while the record holds the file. Afterwards the row stays as long as the record's history does, for an older
revision shows its files, and a revert brings them back."""
