"""The audit log: entries that may be added and sealed once, and that only retention may remove."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from schema.base import tables

revision = '0009_audit'
down_revision = '0008_record_grants'
branch_labels = None
depends_on = None

CONTENT = ('id', 'at', 'kind', 'actor_id', 'actor_name', 'actor_kind', 'subject', 'params', 'address')
REFUSED = 'the audit log only grows'


def upgrade() -> None:
    op.create_table(
        'audit_entry',
        sa.Column('id', tables.BigId, autoincrement=True, nullable=False),
        sa.Column('at', tables.UtcDateTime(), nullable=False),
        sa.Column('kind', sa.String(length=30), nullable=False),
        sa.Column('actor_id', sa.Integer(), nullable=True),
        sa.Column('actor_name', sa.String(length=200), nullable=False),
        sa.Column('actor_kind', sa.String(length=10), nullable=False),
        sa.Column('subject', sa.String(length=200), nullable=False),
        sa.Column('params', tables.Json(), nullable=False),
        sa.Column('address', sa.String(length=64), nullable=False),
        sa.Column('position', sa.BigInteger(), nullable=True),
        sa.Column('previous_hash', sa.String(length=64), nullable=True),
        sa.Column('hash', sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entry')),
        sa.UniqueConstraint('position', name=op.f('uq_audit_entry_position')),
    )
    op.create_index('ix_audit_entry_at', 'audit_entry', ['at'])
    op.create_index('ix_audit_entry_actor_id', 'audit_entry', ['actor_id', 'id'])
    op.create_index('ix_audit_entry_kind', 'audit_entry', ['kind', 'id'])
    unsealed = sa.text('position IS NULL')
    op.create_index('ix_audit_entry_unsealed', 'audit_entry', ['id'], sqlite_where=unsealed, postgresql_where=unsealed)
    head = op.create_table(
        'audit_head',
        sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('position', sa.BigInteger(), nullable=False),
        sa.Column('hash', sa.String(length=64), nullable=False),
        sa.Column('kept_after', sa.BigInteger(), server_default='0', nullable=False),
        sa.Column('kept_hash', sa.String(length=64), server_default='', nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_head')),
    )
    op.bulk_insert(head, [{'id': 1, 'position': 0, 'hash': ''}])
    if op.get_bind().dialect.name == 'postgresql':
        _guard_postgres()
    else:
        _guard_sqlite()


def downgrade() -> None:
    op.drop_table('audit_head')
    op.drop_table('audit_entry')
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('DROP FUNCTION trellis_audit_entry()')
        op.execute('DROP FUNCTION trellis_audit_head()')


def _differs(word: str) -> str:
    """Whether an update would change what an entry says, or seal it a second time."""
    return ' OR '.join(['OLD.position IS NOT NULL', *(f'NEW.{name} {word} OLD.{name}' for name in CONTENT)])


_BORN_SEALED = 'NEW.position IS NOT NULL OR NEW.hash IS NOT NULL OR NEW.previous_hash IS NOT NULL'
_KEPT = 'OLD.position IS NULL OR OLD.position > (SELECT kept_after FROM audit_head)'
_BACK = 'NEW.id <> OLD.id OR NEW.position < OLD.position OR NEW.kept_after < OLD.kept_after OR NEW.kept_after > NEW.position'


def _guard_sqlite() -> None:
    guards = (
        ('audit_entry', 'INSERT', _BORN_SEALED),
        ('audit_entry', 'UPDATE', _differs('IS NOT')),
        ('audit_entry', 'DELETE', _KEPT),
        ('audit_head', 'UPDATE', _BACK),
        ('audit_head', 'DELETE', '1'),
    )
    for table, event, refused in guards:
        op.execute(
            f'CREATE TRIGGER {table}_{event.lower()} BEFORE {event} ON {table} WHEN {refused} '
            f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
        )


def _guard_postgres() -> None:
    op.execute(
        'CREATE FUNCTION trellis_audit_entry() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN '
        f"IF TG_OP = 'INSERT' THEN IF {_BORN_SEALED} THEN RAISE EXCEPTION '{REFUSED}'; END IF; RETURN NEW; END IF; "
        f"IF TG_OP = 'UPDATE' THEN IF {_differs('IS DISTINCT FROM')} THEN RAISE EXCEPTION '{REFUSED}'; END IF; RETURN NEW; END IF; "
        f"IF TG_OP = 'DELETE' THEN IF {_KEPT} THEN RAISE EXCEPTION '{REFUSED}'; END IF; RETURN OLD; END IF; "
        f"RAISE EXCEPTION '{REFUSED}'; END $$"
    )
    op.execute(
        'CREATE FUNCTION trellis_audit_head() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN '
        f"IF TG_OP = 'UPDATE' THEN IF {_BACK} THEN RAISE EXCEPTION '{REFUSED}'; END IF; RETURN NEW; END IF; "
        f"RAISE EXCEPTION '{REFUSED}'; END $$"
    )
    for table, events in (('audit_entry', 'INSERT OR UPDATE OR DELETE'), ('audit_head', 'UPDATE OR DELETE')):
        op.execute(f'CREATE TRIGGER {table}_rows BEFORE {events} ON {table} FOR EACH ROW EXECUTE FUNCTION trellis_{table}()')
        op.execute(
            f'CREATE TRIGGER {table}_all BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION trellis_{table}()'
        )
