"""The action `relate`: records are put into a links field of the run's own record, or taken out of it."""

from __future__ import annotations

from typing import Any

from modules.records.model import Record
from schema.base.findings import Finding, finding, nearest
from schema.catalog import Catalog, Entity
from schema.definitions import Document
from schema.values import Link, Links
from workflows.actions.base import Call, LeftOut, present_record
from workflows.actions.update_record import UpdateRecord
from workflows.actions.writing import Writing

LINKS = ('link', 'links')


class Relate(UpdateRecord):
    """`{"field": "participants", "add": {"from": "contact"}}`: the records of a link field, the record itself with `uid`, or
    one record by its uid; `remove` in the same way. The other links stay."""

    def check(self, step: Document, entity: Entity, catalog: Catalog) -> list[Finding]:
        name = str(step.get('field'))
        field = entity.find_field(name)
        if field is None or field.type.key != 'links':
            hint = nearest(name, [key for key, each in entity.fields.items() if each.type.key == 'links'])
            return [finding('WFL-E003', '/field', value=name[:60], hint=hint)]
        found = []
        for keyword in ('add', 'remove'):
            given = step.get(keyword)
            source = given.get('from') if isinstance(given, dict) else None
            if source is not None and not _fits(entity, str(source), field.definition.targets):
                fitting = [key for key in entity.fields if _fits(entity, key, field.definition.targets)]
                found.append(
                    finding('WFL-E003', f'/{keyword}/from', value=str(source)[:60], hint=nearest(str(source), fitting))
                )
        return found

    def preview(self, call: Call) -> Writing:
        record, document = present_record(call), call.step.document
        field = call.entity.field(document['field'])
        delta = {keyword: _uids(call, record, document[keyword]) for keyword in ('add', 'remove') if keyword in document}
        if not any(delta.values()):
            raise LeftOut(finding('WFL-W011', value=field.definition.label, level='warning'))
        return Writing(call.entity.key, {field.key: delta})


def _fits(entity: Entity, source: str, targets: tuple[str, ...]) -> bool:
    if source == 'uid':
        return entity.key in targets
    field = entity.find_field(source)
    return field is not None and field.type.key in LINKS and set(field.definition.targets) <= set(targets)


def _uids(call: Call, record: Record, given: Any) -> list[str]:
    """Uids of the records that a step names and that the run's actor may see."""
    if isinstance(given, str):
        return [given]
    if given['from'] == 'uid':
        return [record.uid]
    field = call.entity.find_field(str(given['from']))
    value = record.values.get(field.key) if field else None
    links = value.links if isinstance(value, Links) else [value] if isinstance(value, Link) else []
    return [each.uid for each in links if each.uid and not each.hidden]
