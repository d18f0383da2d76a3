"""The action `create_record`: a new record of any entity, filled from the run's own."""

from __future__ import annotations

import uuid

from modules.records.store import Store
from schema.base.findings import Finding, finding, nearest
from schema.catalog import Catalog, Entity
from schema.definitions import Document
from workflows.actions.base import Call, Done
from workflows.actions.writing import Writing, check_values, wire_of


class CreateRecord:
    """`{"type": "create_record", "entity": "task", "values": {"title": "Call back", "contact": {"from": "uid"}}}`."""

    def check(self, step: Document, entity: Entity, catalog: Catalog) -> list[Finding]:
        target = catalog.find_entity(str(step.get('entity')))
        if target is None:
            name = str(step.get('entity'))
            return [finding('WFL-E006', '/entity', value=name[:60], hint=nearest(name, catalog.entities))]
        return check_values(step, target, entity)

    def preview(self, call: Call) -> Writing:
        return Writing(call.step.document['entity'], wire_of(call, call.catalog.find_entity(call.step.document['entity'])))

    def perform(self, call: Call, effect: Writing, store: Store) -> Done:
        uid = str(uuid.uuid5(uuid.NAMESPACE_OID, call.key))  # the same on every attempt
        saved = store.create(effect.entity, effect.wire, uid=uid)
        return Done({'entity': effect.entity, 'uid': saved.uid})
