"""Tables of notices and of what each person wants to hear. Knows no rule."""

from __future__ import annotations

import sqlalchemy as sa

from schema.base.tables import BigId, Json, UtcDateTime, metadata

KINDS = (
    'workflow', 'mention', 'assigned', 'follow', 'reminder', 'share', 'operation_done', 'import_done',
    'access',
)  # fmt: skip
"""What a notice may be about, in the order in which people choose; their words stand in `words.py`."""

notice = sa.Table(
    'notice',
    metadata,
    sa.Column('id', BigId, primary_key=True, autoincrement=True),
    sa.Column('user_id', sa.Integer, nullable=False),
    sa.Column('kind', sa.String(20), nullable=False),
    sa.Column('texts', Json, nullable=False),
    sa.Column('href', sa.String(500), nullable=False, server_default=''),
    sa.Column('entity_ref', sa.String(80), nullable=False, server_default=''),
    sa.Column('record_uid', sa.String(36), nullable=False, server_default=''),
    sa.Column('number', sa.Integer, nullable=False, server_default='1'),
    sa.Column('by_id', sa.Integer),
    sa.Column('at', UtcDateTime, nullable=False),
    sa.Column('listed', sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column('popup', sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column('mail_due', sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column('read_at', UtcDateTime),
    sa.Column('popped_at', UtcDateTime),
    sa.Column('key', sa.String(160), nullable=False),
    sa.UniqueConstraint('user_id', 'key'),
    sa.Index('ix_notice_person', 'user_id', 'listed', 'read_at', 'id'),
    sa.Index('ix_notice_at', 'at'),
    sa.Index(
        'ix_notice_mail_due', 'id', sqlite_where=sa.text('mail_due = 1'), postgresql_where=sa.text('mail_due'),
    ),
)  # fmt: skip
"""One row for a person and a key. `number` says how many things it is about; `listed` whether it stands on the page, `popup`
whether it pops up, `mail_due` whether its mail is still to be written."""

notice_choice = sa.Table(
    'notice_choice',
    metadata,
    sa.Column('user_id', sa.Integer, primary_key=True, autoincrement=False),
    sa.Column('kind', sa.String(20), primary_key=True),
    sa.Column('listed', sa.Boolean, nullable=False),
    sa.Column('popup', sa.Boolean, nullable=False),
    sa.Column('mail', sa.Boolean, nullable=False),
)
"""What a person chose for a kind; without a row the notice itself says."""
