"""The ledger is looked up by rule and occurrence: who was told already is one range of its index, however long it is kept."""

from __future__ import annotations

from alembic import op

revision = '0026_ledger_by_occurrence'
down_revision = '0025_event_numbers'
branch_labels = None
depends_on = None

TABLE = 'workflow_occurrence'
OLD, NEW, RECORD = 'uq_workflow_occurrence_rule_record', 'uq_workflow_occurrence_rule_key', 'ix_workflow_occurrence_record'


def upgrade() -> None:
    op.create_index(NEW, TABLE, ['rule_ref', 'occurrence', 'record_uid'], unique=True)
    op.create_index(RECORD, TABLE, ['record_uid'])
    op.drop_index(OLD, TABLE)


def downgrade() -> None:
    op.create_index(OLD, TABLE, ['rule_ref', 'record_uid', 'occurrence'], unique=True)
    op.drop_index(RECORD, TABLE)
    op.drop_index(NEW, TABLE)
