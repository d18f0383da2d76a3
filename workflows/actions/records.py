"""The actions `create_record` and `update_record`: fields set from constants, from the record, or from today."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from modules.records.store import Store
from schema.base.findings import Finding, finding, nearest
from schema.catalog import Catalog, Entity
from schema.definitions import Document
from workflows.actions.base import Call, Result, Skipped


@dataclass(frozen=True)
class Writing:
    """What will be written: `wire` by field key, to a new record of `entity` or to the run's own."""

    entity: str
    wire: Mapping[str, Any]

    def describe(self) -> Result:
        return {'entity': self.entity, 'values': dict(self.wire)}


class CreateRecord:
    """`{"type": "create_record", "entity": "task", "values": {"title": "Call back", "contact": {"from": "uid"}}}`."""

    def check(self, step: Document, entity: Entity, catalog: Catalog) -> list[Finding]:
        target = catalog.find_entity(str(step.get('entity')))
        if target is None:
            name = str(step.get('entity'))
            return [finding('WFL-E006', '/entity', value=name[:60], hint=nearest(name, catalog.entities))]
        return _check_values(step, target, entity)

    def preview(self, call: Call) -> Writing:
        return Writing(call.step.document['entity'], _wire(call))

    def perform(self, call: Call, effect: Writing, store: Store) -> Result:
        uid = str(uuid.uuid5(uuid.NAMESPACE_OID, call.key))  # the same on every attempt
        saved = store.create(effect.entity, effect.wire, uid=uid)
        return {'entity': effect.entity, 'uid': saved.uid}


class UpdateRecord:
    """`{"type": "update_record", "values": {"status": "dormant"}}` on the run's own record."""

    def check(self, step: Document, entity: Entity, catalog: Catalog) -> list[Finding]:
        return _check_values(step, entity, entity)

    def preview(self, call: Call) -> Writing:
        if call.record is None or call.record.deleted_at is not None:
            raise Skipped(finding('WFL-E008'))
        return Writing(call.rule.entity.key, _wire(call))

    def perform(self, call: Call, effect: Writing, store: Store) -> Result:
        saved = store.update(effect.entity, call.record_uid, effect.wire)
        return {'entity': effect.entity, 'uid': saved.uid, 'changed': list(saved.changed)}


def _check_values(step: Document, target: Entity, source: Entity) -> list[Finding]:
    findings = []
    for name, value in step.get('values', {}).items():
        if target.find_field(name) is None:
            findings.append(finding('WFL-E003', f'/values/{name}', value=name[:60], hint=nearest(name, target.fields)))
        if isinstance(value, Mapping) and 'from' in value and source.find_field(str(value['from'])) is None:
            hint = nearest(str(value['from']), source.fields)
            findings.append(finding('WFL-E003', f'/values/{name}/from', value=str(value['from'])[:60], hint=hint))
    return findings


def _wire(call: Call) -> dict[str, Any]:
    return {name: _value(call, given) for name, given in call.step.document.get('values', {}).items()}


def _value(call: Call, given: Any) -> Any:
    """A constant, `{"from": field}` of the run's record, or `{"today": days}` in the company's zone."""
    if isinstance(given, Mapping) and set(given) == {'from'}:
        return call.record_uid if given['from'] == 'uid' else _field_wire(call, str(given['from']))
    if isinstance(given, Mapping) and set(given) == {'today'}:
        today = call.runtime.clock.now().astimezone(call.actor.zone).date()
        return (today + timedelta(days=int(given['today']))).isoformat()
    return given


def _field_wire(call: Call, name: str) -> Any:
    field = call.rule.entity.find_field(name)
    if field is None or call.record is None:
        return None
    return field.wire(call.record.values.get(field.key))
