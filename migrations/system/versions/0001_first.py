"""The first set of system tables: FAB's people, then the product's own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from schema.base import tables

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'ab_group',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=100), nullable=False),
        sa.Column('label', sa.String(length=150), nullable=True),
        sa.Column('description', sa.String(length=512), nullable=True),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('name'),
    )
    op.create_table(
        'ab_permission',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('name'),
    )
    op.create_table(
        'ab_register_user',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('first_name', sa.String(length=64), nullable=False),
        sa.Column('last_name', sa.String(length=64), nullable=False),
        sa.Column('username', sa.String(length=128), nullable=False),
        sa.Column('password', sa.String(length=256), nullable=True),
        sa.Column('email', sa.String(length=320), nullable=False),
        sa.Column('registration_date', sa.DateTime(), nullable=True),
        sa.Column('registration_hash', sa.String(length=256), nullable=True),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('email'),
        sa.UniqueConstraint('username'),
    )
    op.create_table(
        'ab_role',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('name'),
    )
    op.create_table(
        'ab_user',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('first_name', sa.String(length=64), nullable=False),
        sa.Column('last_name', sa.String(length=64), nullable=False),
        sa.Column('username', sa.String(length=128), nullable=False),
        sa.Column('password', sa.String(length=256), nullable=True),
        sa.Column('active', sa.Boolean(), nullable=True),
        sa.Column('email', sa.String(length=320), nullable=False),
        sa.Column('last_login', sa.DateTime(), nullable=True),
        sa.Column('login_count', sa.Integer(), nullable=True),
        sa.Column('fail_login_count', sa.Integer(), nullable=True),
        sa.Column('created_on', sa.DateTime(), nullable=True),
        sa.Column('changed_on', sa.DateTime(), nullable=True),
        sa.Column('created_by_fk', sa.Integer(), nullable=True),
        sa.Column('changed_by_fk', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ['changed_by_fk'],
            ['ab_user.id'],
        ),
        sa.ForeignKeyConstraint(
            ['created_by_fk'],
            ['ab_user.id'],
        ),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('email'),
        sa.UniqueConstraint('username'),
    )
    op.create_table(
        'ab_view_menu',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=250), nullable=False),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('name'),
    )
    op.create_table(
        'ab_api_key',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('uuid', sa.String(length=36), nullable=False),
        sa.Column('name', sa.String(length=256), nullable=False),
        sa.Column('key_hash', sa.String(length=256), nullable=False),
        sa.Column('lookup_hash', sa.String(length=256), nullable=True),
        sa.Column('key_prefix', sa.String(length=16), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('scopes', sa.Text(), nullable=True),
        sa.Column('active', sa.Boolean(), nullable=False),
        sa.Column('created_on', sa.DateTime(), nullable=True),
        sa.Column('expires_on', sa.DateTime(), nullable=True),
        sa.Column('revoked_on', sa.DateTime(), nullable=True),
        sa.Column('last_used_on', sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('lookup_hash'),
        sa.UniqueConstraint('uuid'),
    )
    op.create_index('idx_api_key_lookup_hash', 'ab_api_key', ['lookup_hash'], unique=True)
    op.create_index('idx_api_key_prefix', 'ab_api_key', ['key_prefix'], unique=False)
    op.create_index('idx_api_key_user_id', 'ab_api_key', ['user_id'], unique=False)
    op.create_table(
        'ab_group_role',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('group_id', sa.Integer(), nullable=True),
        sa.Column('role_id', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['group_id'], ['ab_group.id'], ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['role_id'], ['ab_role.id'], ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('group_id', 'role_id'),
    )
    op.create_index('idx_group_id', 'ab_group_role', ['group_id'], unique=False)
    op.create_index('idx_group_role_id', 'ab_group_role', ['role_id'], unique=False)
    op.create_table(
        'ab_permission_view',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('permission_id', sa.Integer(), nullable=False),
        sa.Column('view_menu_id', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ['permission_id'],
            ['ab_permission.id'],
        ),
        sa.ForeignKeyConstraint(
            ['view_menu_id'],
            ['ab_view_menu.id'],
        ),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('permission_id', 'view_menu_id'),
    )
    op.create_index('idx_permission_id', 'ab_permission_view', ['permission_id'], unique=False)
    op.create_index('idx_view_menu_id', 'ab_permission_view', ['view_menu_id'], unique=False)
    op.create_table(
        'ab_user_group',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=True),
        sa.Column('group_id', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['group_id'], ['ab_group.id'], ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('user_id', 'group_id'),
    )
    op.create_index('idx_user_group_id', 'ab_user_group', ['group_id'], unique=False)
    op.create_index('idx_user_id', 'ab_user_group', ['user_id'], unique=False)
    op.create_table(
        'ab_user_role',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=True),
        sa.Column('role_id', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['role_id'], ['ab_role.id'], ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('user_id', 'role_id'),
    )
    op.create_table(
        'ab_permission_view_role',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('permission_view_id', sa.Integer(), nullable=True),
        sa.Column('role_id', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['permission_view_id'], ['ab_permission_view.id'], ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['role_id'], ['ab_role.id'], ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('permission_view_id', 'role_id'),
    )
    op.create_index('idx_permission_view_id', 'ab_permission_view_role', ['permission_view_id'], unique=False)
    op.create_index('idx_role_id', 'ab_permission_view_role', ['role_id'], unique=False)
    op.create_table(
        'api_token',
        sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('prefix', sa.String(length=16), nullable=False),
        sa.Column('hash', sa.String(length=64), nullable=False),
        sa.Column('created_at', tables.UtcDateTime(), nullable=False),
        sa.Column('expires_at', tables.UtcDateTime(), nullable=True),
        sa.Column('revoked_at', tables.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_api_token')),
        sa.UniqueConstraint('hash', name=op.f('uq_api_token_hash')),
    )
    op.create_index('ix_api_token_user_id', 'api_token', ['user_id'], unique=False)
    op.create_table(
        'company_profile',
        sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('name', tables.Json(), nullable=False),
        sa.Column('mail_address', sa.String(length=320), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_company_profile')),
    )
    op.create_table(
        'import_job',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('entity_ref', sa.String(length=80), nullable=False),
        sa.Column('state', sa.String(length=12), nullable=False),
        sa.Column('file_name', sa.String(length=255), nullable=False),
        sa.Column('file_path', sa.Text(), nullable=False),
        sa.Column('plan', tables.Json(), nullable=False),
        sa.Column('counts', tables.Json(), nullable=False),
        sa.Column('total', sa.Integer(), nullable=True),
        sa.Column('last_row', sa.Integer(), server_default='0', nullable=False),
        sa.Column('findings', tables.Json(), nullable=False),
        sa.Column('error_path', sa.Text(), nullable=True),
        sa.Column('operation_id', sa.String(length=36), nullable=True),
        sa.Column('actor_id', sa.Integer(), nullable=True),
        sa.Column('actor_name', sa.String(length=200), nullable=False),
        sa.Column('created_at', tables.UtcDateTime(), nullable=False),
        sa.Column('beat_at', tables.UtcDateTime(), nullable=True),
        sa.Column('finished_at', tables.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_import_job')),
    )
    op.create_index('ix_import_job_actor_id', 'import_job', ['actor_id', 'created_at'], unique=False)
    op.create_table(
        'mail_message',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('idempotency_key', sa.String(length=160), nullable=False),
        sa.Column('recipient', sa.String(length=320), nullable=False),
        sa.Column('sender', sa.String(length=320), nullable=False),
        sa.Column('sender_name', sa.String(length=200), server_default='', nullable=False),
        sa.Column('subject', sa.Text(), nullable=False),
        sa.Column('html', sa.Text(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('locale', sa.String(length=10), nullable=False),
        sa.Column('state', sa.String(length=12), nullable=False),
        sa.Column('attempts', sa.Integer(), server_default='0', nullable=False),
        sa.Column('error', tables.Json(), nullable=True),
        sa.Column('run_id', sa.String(length=36), nullable=True),
        sa.Column('rule_ref', sa.String(length=80), nullable=True),
        sa.Column('entity_ref', sa.String(length=80), nullable=True),
        sa.Column('record_uid', sa.String(length=36), nullable=True),
        sa.Column('message_id', sa.String(length=400), nullable=False),
        sa.Column('due_at', tables.UtcDateTime(), nullable=False),
        sa.Column('claimed_by', sa.String(length=80), nullable=True),
        sa.Column('lease_until', tables.UtcDateTime(), nullable=True),
        sa.Column('created_at', tables.UtcDateTime(), nullable=False),
        sa.Column('sent_at', tables.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mail_message')),
        sa.UniqueConstraint('idempotency_key', name=op.f('uq_mail_message_idempotency_key')),
    )
    op.create_index('ix_mail_message_created_at', 'mail_message', ['created_at'], unique=False)
    op.create_index('ix_mail_message_record_uid', 'mail_message', ['record_uid'], unique=False)
    op.create_index('ix_mail_message_run_id', 'mail_message', ['run_id'], unique=False)
    op.create_index('ix_mail_message_state_due_at', 'mail_message', ['state', 'due_at'], unique=False)
    op.create_table(
        'operation',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('entity_ref', sa.String(length=80), nullable=False),
        sa.Column('summary', tables.Json(), nullable=False),
        sa.Column('state', sa.String(length=12), nullable=False),
        sa.Column('actor_id', sa.Integer(), nullable=True),
        sa.Column('actor_name', sa.String(length=200), nullable=False),
        sa.Column('created_at', tables.UtcDateTime(), nullable=False),
        sa.Column('finished_at', tables.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_operation')),
    )
    op.create_index('ix_operation_created', 'operation', ['created_at'], unique=False)
    op.create_table(
        'outbox',
        sa.Column('id', tables.BigId, autoincrement=True, nullable=False),
        sa.Column('name', sa.String(length=40), nullable=False),
        sa.Column('entity_ref', sa.String(length=80), nullable=False),
        sa.Column('record_uid', sa.String(length=36), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('actor_id', sa.Integer(), nullable=True),
        sa.Column('changed', tables.Json(), nullable=False),
        sa.Column('cause', tables.Json(), nullable=False),
        sa.Column('state', sa.String(length=12), server_default='new', nullable=False),
        sa.Column('created_at', tables.UtcDateTime(), nullable=False),
        sa.Column('claimed_by', sa.String(length=80), nullable=True),
        sa.Column('lease_until', tables.UtcDateTime(), nullable=True),
        sa.Column('attempts', sa.Integer(), server_default='0', nullable=False),
        sa.Column('last_error', sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox')),
    )
    op.create_index('ix_outbox_record', 'outbox', ['record_uid', 'id'], unique=False)
    op.create_index('ix_outbox_state_id', 'outbox', ['state', 'id'], unique=False)
    op.create_table(
        'process_heartbeat',
        sa.Column('process', sa.String(length=80), nullable=False),
        sa.Column('role', sa.String(length=20), nullable=False),
        sa.Column('version', sa.Integer(), nullable=True),
        sa.Column('at', tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('process', name=op.f('pk_process_heartbeat')),
    )
    op.create_index('ix_process_heartbeat_at', 'process_heartbeat', ['at'], unique=False)
    op.create_table(
        'record_history',
        sa.Column('id', tables.BigId, autoincrement=True, nullable=False),
        sa.Column('entity_ref', sa.String(length=80), nullable=False),
        sa.Column('record_uid', sa.String(length=36), nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=12), nullable=False),
        sa.Column('changes', tables.Json(), nullable=False),
        sa.Column('actor_id', sa.Integer(), nullable=True),
        sa.Column('actor_name', sa.String(length=200), nullable=False),
        sa.Column('at', tables.UtcDateTime(), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('operation_id', sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_record_history')),
    )
    op.create_index('ix_record_history_operation', 'record_history', ['operation_id', 'id'], unique=False)
    op.create_index('ix_record_history_record', 'record_history', ['record_uid', 'id'], unique=False)
    op.create_table(
        'schema_document',
        sa.Column('hash', sa.String(length=64), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('key', sa.String(length=80), nullable=False),
        sa.Column('format', sa.Integer(), nullable=False),
        sa.Column('body', tables.Json(), nullable=False),
        sa.PrimaryKeyConstraint('hash', name=op.f('pk_schema_document')),
    )
    op.create_table(
        'schema_draft',
        sa.Column('author_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('base', sa.Integer(), nullable=False),
        sa.Column('changes', tables.Json(), nullable=False),
        sa.Column('removed', tables.Json(), nullable=False),
        sa.Column('updated_at', tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('author_id', name=op.f('pk_schema_draft')),
    )
    op.create_table(
        'schema_journal',
        sa.Column('id', tables.BigId, autoincrement=True, nullable=False),
        sa.Column('publish_id', sa.String(length=36), nullable=False),
        sa.Column('step', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=40), nullable=False),
        sa.Column('state', sa.String(length=12), nullable=False),
        sa.Column('detail', tables.Json(), nullable=True),
        sa.Column('at', tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_schema_journal')),
    )
    op.create_index('ix_schema_journal_publish_id', 'schema_journal', ['publish_id', 'id'], unique=False)
    op.create_table(
        'schema_lock',
        sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('holder', sa.String(length=36), nullable=False),
        sa.Column('pid', sa.Integer(), nullable=False),
        sa.Column('born', sa.Float(), nullable=False),
        sa.Column('lease_until', tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_schema_lock')),
    )
    op.create_table(
        'schema_plan',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('base', sa.Integer(), nullable=False),
        sa.Column('base_hash', sa.String(length=64), nullable=False),
        sa.Column('documents', tables.Json(), nullable=False),
        sa.Column('changes', tables.Json(), nullable=False),
        sa.Column('steps', tables.Json(), nullable=False),
        sa.Column('impact', tables.Json(), nullable=False),
        sa.Column('findings', tables.Json(), nullable=False),
        sa.Column('remap', tables.Json(), nullable=False),
        sa.Column('slow_rows', sa.Integer(), server_default='0', nullable=False),
        sa.Column('note', sa.Text(), server_default='', nullable=False),
        sa.Column('author_id', sa.Integer(), nullable=True),
        sa.Column('author', sa.String(length=200), server_default='', nullable=False),
        sa.Column('created_at', tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_schema_plan')),
    )
    op.create_table(
        'schema_publish',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('plan_id', sa.String(length=36), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('state', sa.String(length=12), nullable=False),
        sa.Column('done', sa.Integer(), server_default='0', nullable=False),
        sa.Column('total', sa.Integer(), nullable=False),
        sa.Column('findings', tables.Json(), nullable=False),
        sa.Column('author_id', sa.Integer(), nullable=True),
        sa.Column('author', sa.String(length=200), server_default='', nullable=False),
        sa.Column('started_at', tables.UtcDateTime(), nullable=False),
        sa.Column('finished_at', tables.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_schema_publish')),
    )
    op.create_index('ix_schema_publish_state', 'schema_publish', ['state'], unique=False)
    op.create_table(
        'schema_remapped',
        sa.Column('id', tables.BigId, autoincrement=True, nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('table_name', sa.String(length=63), nullable=False),
        sa.Column('column_name', sa.String(length=63), nullable=False),
        sa.Column('row_id', sa.BigInteger(), nullable=False),
        sa.Column('old', sa.Text(), nullable=False),
        sa.Column('new', sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_schema_remapped')),
    )
    op.create_index('ix_schema_remapped_place', 'schema_remapped', ['table_name', 'column_name', 'version'], unique=False)
    op.create_table(
        'schema_shadow',
        sa.Column('table_name', sa.String(length=63), nullable=False),
        sa.Column('column_name', sa.String(length=63), nullable=False),
        sa.Column('ref', sa.String(length=80), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('dropped_at', tables.UtcDateTime(), nullable=False),
        sa.Column('reaped_at', tables.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint('table_name', 'column_name', name=op.f('pk_schema_shadow')),
    )
    op.create_table(
        'schema_state',
        sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('active', sa.Integer(), nullable=False),
        sa.Column('min_writer', sa.Integer(), nullable=False),
        sa.Column('rights_epoch', sa.Integer(), server_default='0', nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_schema_state')),
    )
    op.create_table(
        'schema_version',
        sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('base', sa.Integer(), nullable=True),
        sa.Column('hash', sa.String(length=64), nullable=False),
        sa.Column('manifest', tables.Json(), nullable=False),
        sa.Column('note', sa.Text(), server_default='', nullable=False),
        sa.Column('summary', tables.Json(), nullable=False),
        sa.Column('created_by_id', sa.Integer(), nullable=True),
        sa.Column('created_by', sa.String(length=200), server_default='', nullable=False),
        sa.Column('created_at', tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('number', name=op.f('pk_schema_version')),
    )
    op.create_table(
        'sign_in',
        sa.Column('id', tables.BigId, autoincrement=True, nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=True),
        sa.Column('username', sa.String(length=128), nullable=False),
        sa.Column('succeeded', sa.Boolean(), nullable=False),
        sa.Column('address', sa.String(length=64), server_default='', nullable=False),
        sa.Column('at', tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_in')),
    )
    op.create_index('ix_sign_in_username_at', 'sign_in', ['username', 'at'], unique=False)
    op.create_table(
        'team',
        sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
        sa.Column('uid', sa.String(length=36), nullable=False),
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('parent_id', sa.Integer(), nullable=True),
        sa.Column('created_at', tables.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(['parent_id'], ['team.id'], name=op.f('fk_team_parent_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_team')),
        sa.UniqueConstraint('name', name=op.f('uq_team_name')),
        sa.UniqueConstraint('uid', name=op.f('uq_team_uid')),
    )
    op.create_index('ix_team_parent_id', 'team', ['parent_id'], unique=False)
    op.create_table(
        'user_preference',
        sa.Column('user_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('locale', sa.String(length=10), nullable=True),
        sa.Column('timezone', sa.String(length=60), nullable=True),
        sa.Column('theme', sa.String(length=10), nullable=True),
        sa.Column('shortcuts', sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.PrimaryKeyConstraint('user_id', name=op.f('pk_user_preference')),
    )
    op.create_table(
        'workflow_lease',
        sa.Column('name', sa.String(length=40), nullable=False),
        sa.Column('holder', sa.String(length=80), nullable=False),
        sa.Column('until', tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('name', name=op.f('pk_workflow_lease')),
    )
    op.create_table(
        'workflow_occurrence',
        sa.Column('id', tables.BigId, autoincrement=True, nullable=False),
        sa.Column('rule_ref', sa.String(length=80), nullable=False),
        sa.Column('entity_ref', sa.String(length=80), nullable=False),
        sa.Column('record_uid', sa.String(length=36), nullable=False),
        sa.Column('occurrence', sa.String(length=40), nullable=False),
        sa.Column('due_at', tables.UtcDateTime(), nullable=False),
        sa.Column('state', sa.String(length=12), nullable=False),
        sa.Column('run_id', sa.String(length=36), nullable=True),
        sa.Column('created_at', tables.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_workflow_occurrence')),
        sqlite_autoincrement=True,
    )
    op.create_index('ix_workflow_occurrence_rule_state', 'workflow_occurrence', ['rule_ref', 'state', 'due_at'], unique=False)
    op.create_index(
        'uq_workflow_occurrence_rule_record', 'workflow_occurrence', ['rule_ref', 'record_uid', 'occurrence'], unique=True
    )
    op.create_table(
        'workflow_run',
        sa.Column('id', sa.String(length=36), nullable=False),
        sa.Column('rule_ref', sa.String(length=80), nullable=False),
        sa.Column('document_hash', sa.String(length=64), nullable=False),
        sa.Column('entity_ref', sa.String(length=80), nullable=False),
        sa.Column('record_uid', sa.String(length=36), nullable=False),
        sa.Column('state', sa.String(length=12), nullable=False),
        sa.Column('step', sa.String(length=80), server_default='', nullable=False),
        sa.Column('start_key', sa.String(length=160), nullable=False),
        sa.Column('cause', tables.Json(), nullable=False),
        sa.Column('started_by', tables.Json(), nullable=False),
        sa.Column('error', tables.Json(), nullable=True),
        sa.Column('started_at', tables.UtcDateTime(), nullable=False),
        sa.Column('finished_at', tables.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_workflow_run')),
        sa.UniqueConstraint('start_key', name=op.f('uq_workflow_run_start_key')),
    )
    op.create_index('ix_workflow_run_record', 'workflow_run', ['record_uid', 'started_at'], unique=False)
    op.create_index('ix_workflow_run_rule_started', 'workflow_run', ['rule_ref', 'started_at'], unique=False)
    op.create_index('ix_workflow_run_state', 'workflow_run', ['state', 'started_at'], unique=False)
    op.create_table(
        'workflow_step',
        sa.Column('id', tables.BigId, autoincrement=True, nullable=False),
        sa.Column('run_id', sa.String(length=36), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('key', sa.String(length=80), nullable=False),
        sa.Column('idempotency_key', sa.String(length=160), nullable=False),
        sa.Column('state', sa.String(length=12), nullable=False),
        sa.Column('attempts', sa.Integer(), server_default='0', nullable=False),
        sa.Column('due_at', tables.UtcDateTime(), nullable=False),
        sa.Column('claimed_by', sa.String(length=80), nullable=True),
        sa.Column('lease_until', tables.UtcDateTime(), nullable=True),
        sa.Column('result', tables.Json(), nullable=True),
        sa.Column('error', tables.Json(), nullable=True),
        sa.Column('created_at', tables.UtcDateTime(), nullable=False),
        sa.Column('finished_at', tables.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_workflow_step')),
        sa.UniqueConstraint('idempotency_key', name=op.f('uq_workflow_step_idempotency_key')),
        sqlite_autoincrement=True,
    )
    op.create_index('ix_workflow_step_run', 'workflow_step', ['run_id', 'position'], unique=False)
    op.create_index('ix_workflow_step_state_due', 'workflow_step', ['state', 'due_at', 'id'], unique=False)
    op.create_table(
        'team_member',
        sa.Column('team_id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('is_leader', sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(['team_id'], ['team.id'], name=op.f('fk_team_member_team_id'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('team_id', 'user_id', name=op.f('pk_team_member')),
    )
    op.create_index('ix_team_member_user_id', 'team_member', ['user_id'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_team_member_user_id', table_name='team_member')
    op.drop_table('team_member')
    op.drop_index('ix_workflow_step_state_due', table_name='workflow_step')
    op.drop_index('ix_workflow_step_run', table_name='workflow_step')
    op.drop_table('workflow_step')
    op.drop_index('ix_workflow_run_state', table_name='workflow_run')
    op.drop_index('ix_workflow_run_rule_started', table_name='workflow_run')
    op.drop_index('ix_workflow_run_record', table_name='workflow_run')
    op.drop_table('workflow_run')
    op.drop_index('uq_workflow_occurrence_rule_record', table_name='workflow_occurrence')
    op.drop_index('ix_workflow_occurrence_rule_state', table_name='workflow_occurrence')
    op.drop_table('workflow_occurrence')
    op.drop_table('workflow_lease')
    op.drop_table('user_preference')
    op.drop_index('ix_team_parent_id', table_name='team')
    op.drop_table('team')
    op.drop_index('ix_sign_in_username_at', table_name='sign_in')
    op.drop_table('sign_in')
    op.drop_table('schema_version')
    op.drop_table('schema_state')
    op.drop_table('schema_shadow')
    op.drop_index('ix_schema_remapped_place', table_name='schema_remapped')
    op.drop_table('schema_remapped')
    op.drop_index('ix_schema_publish_state', table_name='schema_publish')
    op.drop_table('schema_publish')
    op.drop_table('schema_plan')
    op.drop_table('schema_lock')
    op.drop_index('ix_schema_journal_publish_id', table_name='schema_journal')
    op.drop_table('schema_journal')
    op.drop_table('schema_draft')
    op.drop_table('schema_document')
    op.drop_index('ix_record_history_record', table_name='record_history')
    op.drop_index('ix_record_history_operation', table_name='record_history')
    op.drop_table('record_history')
    op.drop_index('ix_process_heartbeat_at', table_name='process_heartbeat')
    op.drop_table('process_heartbeat')
    op.drop_index('ix_outbox_state_id', table_name='outbox')
    op.drop_index('ix_outbox_record', table_name='outbox')
    op.drop_table('outbox')
    op.drop_index('ix_operation_created', table_name='operation')
    op.drop_table('operation')
    op.drop_index('ix_mail_message_state_due_at', table_name='mail_message')
    op.drop_index('ix_mail_message_run_id', table_name='mail_message')
    op.drop_index('ix_mail_message_record_uid', table_name='mail_message')
    op.drop_index('ix_mail_message_created_at', table_name='mail_message')
    op.drop_table('mail_message')
    op.drop_index('ix_import_job_actor_id', table_name='import_job')
    op.drop_table('import_job')
    op.drop_table('company_profile')
    op.drop_index('ix_api_token_user_id', table_name='api_token')
    op.drop_table('api_token')
    op.drop_index('idx_role_id', table_name='ab_permission_view_role')
    op.drop_index('idx_permission_view_id', table_name='ab_permission_view_role')
    op.drop_table('ab_permission_view_role')
    op.drop_table('ab_user_role')
    op.drop_index('idx_user_id', table_name='ab_user_group')
    op.drop_index('idx_user_group_id', table_name='ab_user_group')
    op.drop_table('ab_user_group')
    op.drop_index('idx_view_menu_id', table_name='ab_permission_view')
    op.drop_index('idx_permission_id', table_name='ab_permission_view')
    op.drop_table('ab_permission_view')
    op.drop_index('idx_group_role_id', table_name='ab_group_role')
    op.drop_index('idx_group_id', table_name='ab_group_role')
    op.drop_table('ab_group_role')
    op.drop_index('idx_api_key_user_id', table_name='ab_api_key')
    op.drop_index('idx_api_key_prefix', table_name='ab_api_key')
    op.drop_index('idx_api_key_lookup_hash', table_name='ab_api_key')
    op.drop_table('ab_api_key')
    op.drop_table('ab_view_menu')
    op.drop_table('ab_user')
    op.drop_table('ab_role')
    op.drop_table('ab_register_user')
    op.drop_table('ab_permission')
    op.drop_table('ab_group')
