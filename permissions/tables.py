"""Tables of teams, rights to single records and preferences, and a narrow look at FAB's user tables. Knows no rule."""

from __future__ import annotations

import sqlalchemy as sa

from schema.base.tables import BigId, Json, UtcDateTime, metadata

# User ids are plain integers here: `ab_user` lives in FAB's own metadata, which ours must not name.
team = sa.Table(
    'team',
    metadata,
    sa.Column('id', sa.Integer, primary_key=True, autoincrement=True),
    sa.Column('uid', sa.String(36), nullable=False, unique=True),
    sa.Column('name', sa.String(200), nullable=False, unique=True),
    sa.Column('parent_id', sa.Integer, sa.ForeignKey('team.id')),
    sa.Column('created_at', UtcDateTime, nullable=False),
    sa.Column('kind', sa.String(12), nullable=False, server_default='team'),  # team or department
    sa.Column('description', sa.Text, nullable=False, server_default=''),
    sa.Column('active', sa.Boolean, nullable=False, server_default=sa.true()),  # a closed team is offered nowhere
    sa.Index('ix_team_parent_id', 'parent_id'),
)
team_member = sa.Table(
    'team_member',
    metadata,
    sa.Column('team_id', sa.Integer, sa.ForeignKey('team.id', ondelete='CASCADE'), primary_key=True),
    sa.Column('user_id', sa.Integer, primary_key=True),
    sa.Column('is_leader', sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index('ix_team_member_user_id', 'user_id'),
)
record_grant = sa.Table(
    'record_grant',
    metadata,
    sa.Column('id', BigId, primary_key=True, autoincrement=True),
    sa.Column('entity_ref', sa.String(80), nullable=False),
    sa.Column('record_id', sa.BigInteger, nullable=False),
    sa.Column('principal', sa.String(40), nullable=False),  # made by `schema.base.actor.principal`
    sa.Column('level', sa.String(4), nullable=False),  # view or edit
    sa.Column('source', sa.String(20), nullable=False),  # share, former_owner, pool or calendar
    sa.Column('granted_by', sa.Integer),
    sa.Column('granted_at', UtcDateTime, nullable=False),
    sa.UniqueConstraint('entity_ref', 'record_id', 'principal', 'source'),
    sa.Index('ix_record_grant_principal_entity_ref_record_id', 'principal', 'entity_ref', 'record_id'),
)
"""Sight of one record for a person, a team or a pool's people, beside what scopes reach. `permissions.granting` writes it."""
pool = sa.Table(
    'pool',
    metadata,
    sa.Column('id', sa.Integer, primary_key=True, autoincrement=True),
    sa.Column('uid', sa.String(36), nullable=False, unique=True),
    sa.Column('name', sa.String(200), nullable=False, unique=True),
    sa.Column('description', sa.Text, nullable=False, server_default=''),
    sa.Column('entity_ref', sa.String(80), nullable=False),
    sa.Column('source', Json),  # which records nobody owns enter by themselves; null for none
    sa.Column(
        'takes_new', sa.Boolean, nullable=False, server_default=sa.false()
    ),  # new ones for which nobody chose an owner too
    sa.Column('daily_limit', sa.Integer),
    sa.Column('return_days', sa.Integer),
    sa.Column('activity', sa.String(10), nullable=False, server_default='owner'),  # owner or anyone: whose work counts
    sa.Column('active', sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column('is_default', sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column('created_at', UtcDateTime, nullable=False),
    sa.Index('ix_pool_entity_ref', 'entity_ref'),
)
pool_member = sa.Table(
    'pool_member',
    metadata,
    sa.Column('id', sa.Integer, primary_key=True, autoincrement=True),
    sa.Column('pool_id', sa.Integer, sa.ForeignKey('pool.id', ondelete='CASCADE'), nullable=False),
    sa.Column('user_id', sa.Integer),
    sa.Column('team_id', sa.Integer, sa.ForeignKey('team.id', ondelete='CASCADE')),
    sa.Column('is_manager', sa.Boolean, nullable=False, server_default=sa.false()),
    sa.UniqueConstraint('pool_id', 'user_id', 'team_id', 'is_manager'),
    sa.Index('ix_pool_member_user_id', 'user_id'),
    sa.Index('ix_pool_member_team_id', 'team_id'),
)
"""A person or a team, as members or as managers; somebody who is both has two rows."""
user_preference = sa.Table(
    'user_preference',
    metadata,
    sa.Column('user_id', sa.Integer, primary_key=True, autoincrement=False),
    sa.Column('locale', sa.String(10)),
    sa.Column('timezone', sa.String(60)),
    sa.Column('theme', sa.String(10)),
    sa.Column('shortcuts', sa.Boolean, nullable=False, server_default=sa.true()),
)
account_security = sa.Table(
    'account_security',
    metadata,
    sa.Column('user_id', sa.Integer, primary_key=True, autoincrement=False),
    sa.Column('token_epoch', sa.Integer, nullable=False, server_default='0'),  # signed access tokens of an earlier one are void
    sa.Column('must_change_password', sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column('totp_secret', sa.Text),  # sealed with the installation's key
    sa.Column('totp_since', UtcDateTime),  # null until the person proved that their device shows the codes
    sa.Column('totp_step', sa.BigInteger),  # the last code's time step, so that no code works twice
    sa.Column('recovery_hashes', sa.Text),
)

# Reading needs only these columns; writing goes through FAB's own tables in `permissions.fab`.
ab_user = sa.table(
    'ab_user',
    sa.column('id', sa.Integer),
    sa.column('first_name', sa.String),
    sa.column('last_name', sa.String),
    sa.column('username', sa.String),
    sa.column('email', sa.String),
    sa.column('active', sa.Boolean),
)
ab_role = sa.table('ab_role', sa.column('id', sa.Integer), sa.column('name', sa.String))
ab_user_role = sa.table('ab_user_role', sa.column('user_id', sa.Integer), sa.column('role_id', sa.Integer))
