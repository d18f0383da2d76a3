"""The action `delete_record`: the run's own record goes to the bin."""

from __future__ import annotations

from modules.records.store import Store
from schema.base.findings import Finding
from schema.catalog import Catalog, Entity
from schema.definitions import Document
from workflows.actions.base import Call, Done, present_record
from workflows.actions.writing import Writing


class DeleteRecord:
    """`{"type": "delete_record"}`: the record goes to the bin; one that is there already is left alone."""

    def check(self, step: Document, entity: Entity, catalog: Catalog) -> list[Finding]:
        return []

    def preview(self, call: Call) -> Writing:
        present_record(call)
        return Writing(call.entity.key, {})

    def perform(self, call: Call, effect: Writing, store: Store) -> Done:
        saved = store.delete(effect.entity, call.record_uid)
        return Done({'entity': effect.entity, 'uid': saved.uid})
