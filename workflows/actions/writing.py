"""What the steps that write records have in common: the values of a step, from constants, the record or today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from modules.leaving.standing import in_service
from schema.base.findings import Finding, finding, nearest
from schema.catalog import Entity
from schema.definitions import Document
from workflows.actions.base import Call, Result


@dataclass(frozen=True)
class Writing:
    """What will be written: `wire` by field key, to a new record of `entity` or to the run's own."""

    entity: str
    wire: Mapping[str, Any]

    def describe(self) -> Result:
        return {'entity': self.entity, 'values': dict(self.wire)}


def check_values(step: Document, target: Entity, source: Entity) -> list[Finding]:
    findings = [
        finding('WFL-E003', f'/values/{name}', value=name[:60], hint=nearest(name, target.fields))
        for name in step.get('values', {})
        if target.find_field(name) is None
    ]
    return findings + check_sources(step, source)


def check_sources(step: Document, source: Entity, keyword: str = 'values') -> list[Finding]:
    """Fields that values are taken from."""
    findings = []
    for name, value in step.get(keyword, {}).items():
        if isinstance(value, Mapping) and 'from' in value and source.find_field(str(value['from'])) is None:
            hint = nearest(str(value['from']), source.fields)
            findings.append(finding('WFL-E003', f'/{keyword}/{name}/from', value=str(value['from'])[:60], hint=hint))
    return findings


def wire_of(call: Call, target: Entity | None) -> dict[str, Any]:
    """`{field: wire value}` for a record of `target`; whoever left is named no more where somebody took over."""
    wire = {name: _value(call, given) for name, given in call.step.document.get('values', {}).items()}
    named = {name: value for name, value in wire.items() if isinstance(value, str) and _is_person(target, name)}
    if named:
        with call.runtime.database.reading() as connection:
            acting = in_service(connection, named.values())
        wire |= {name: acting[value].username for name, value in named.items() if value in acting}
    return wire


def _is_person(target: Entity | None, name: str) -> bool:
    field = target.find_field(name) if target is not None else None
    return field is not None and field.type.key == 'user'


def _value(call: Call, given: Any) -> Any:
    """A constant, `{"from": field}` of the run's record, or `{"today": days}` in the company's zone."""
    if isinstance(given, Mapping) and set(given) == {'from'}:
        return call.record_uid if given['from'] == 'uid' else _field_wire(call, str(given['from']))
    if isinstance(given, Mapping) and set(given) == {'today'}:
        today = call.runtime.clock.now().astimezone(call.actor.zone).date()
        return (today + timedelta(days=int(given['today']))).isoformat()
    return given


def _field_wire(call: Call, name: str) -> Any:
    field = call.entity.find_field(name)
    if field is None or call.record is None:
        return None
    return field.wire(call.record.values.get(field.key))
