"""The action `update_record`: fields of the run's own record are set."""

from __future__ import annotations

from modules.records.store import Store
from schema.base.findings import Finding
from schema.catalog import Catalog, Entity
from schema.definitions import Document
from workflows.actions.base import Call, Done, present_record
from workflows.actions.writing import Writing, check_values, wire_of


class UpdateRecord:
    """`{"type": "update_record", "values": {"status": "dormant"}}` on the run's own record."""

    def check(self, step: Document, entity: Entity, catalog: Catalog) -> list[Finding]:
        return check_values(step, entity, entity)

    def preview(self, call: Call) -> Writing:
        present_record(call)
        return Writing(call.entity.key, wire_of(call, call.entity))

    def perform(self, call: Call, effect: Writing, store: Store) -> Done:
        saved = store.update(effect.entity, call.record_uid, effect.wire)
        return Done({'entity': effect.entity, 'uid': saved.uid, 'changed': list(saved.changed)})
