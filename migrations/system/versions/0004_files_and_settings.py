"""Files with what holds them; the installation's settings in one place, which takes over the company's name and address."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from schema.base import tables

revision = '0004_files_and_settings'
down_revision = '0003_operations'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'stored_file',
        sa.Column('uid', sa.String(length=36), nullable=False),
        sa.Column('name', sa.String(length=255), nullable=False),
        sa.Column('size', sa.BigInteger(), nullable=False),
        sa.Column('media', sa.String(length=120), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('uploader_id', sa.Integer(), nullable=True),
        sa.Column('created_at', tables.UtcDateTime(), nullable=False),
        sa.Column('attached_at', tables.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint('uid', name=op.f('pk_stored_file')),
    )
    op.create_index('ix_stored_file_waiting', 'stored_file', ['attached_at', 'created_at'])
    op.create_table(
        'file_attachment',
        sa.Column('id', tables.BigId, autoincrement=True, nullable=False),
        sa.Column('file_uid', sa.String(length=36), nullable=False),
        sa.Column('entity_ref', sa.String(length=80), nullable=False),
        sa.Column('record_uid', sa.String(length=36), nullable=False),
        sa.Column('field_ref', sa.String(length=80), nullable=False),
        sa.Column('since', tables.UtcDateTime(), nullable=False),
        sa.Column('until', tables.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_file_attachment')),
    )
    op.create_index('ix_file_attachment_file_uid', 'file_attachment', ['file_uid'])
    op.create_index('ix_file_attachment_record_uid', 'file_attachment', ['record_uid', 'field_ref'])
    op.create_index('ix_file_attachment_until', 'file_attachment', ['until'])
    op.create_table(
        'installation_setting',
        sa.Column('key', sa.String(length=60), nullable=False),
        sa.Column('value', tables.Json(), nullable=False),
        sa.PrimaryKeyConstraint('key', name=op.f('pk_installation_setting')),
    )
    op.create_table(
        'setting_change',
        sa.Column('id', tables.BigId, autoincrement=True, nullable=False),
        sa.Column('key', sa.String(length=60), nullable=False),
        sa.Column('old', tables.Json(), nullable=True),
        sa.Column('new', tables.Json(), nullable=True),
        sa.Column('actor_id', sa.Integer(), nullable=True),
        sa.Column('actor_name', sa.String(length=200), nullable=False),
        sa.Column('at', tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_setting_change')),
    )
    op.create_index('ix_setting_change_at', 'setting_change', ['at'])
    _take_over_company()
    op.drop_table('company_profile')


def downgrade() -> None:
    op.create_table(
        'company_profile',
        sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('name', tables.Json(), nullable=False),
        sa.Column('mail_address', sa.String(length=320), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_company_profile')),
    )
    op.drop_table('setting_change')
    op.drop_table('installation_setting')
    op.drop_table('file_attachment')
    op.drop_table('stored_file')


def _take_over_company() -> None:
    connection = op.get_bind()
    row = connection.execute(sa.text('SELECT name, mail_address FROM company_profile')).first()
    if row is None:
        return
    kept = {'company_name': row.name}
    if row.mail_address:
        kept['mail_address'] = json.dumps(row.mail_address)
    insert = sa.text('INSERT INTO installation_setting (key, value) VALUES (:key, :value)')
    for key, value in kept.items():
        connection.execute(insert, {'key': key, 'value': value})
