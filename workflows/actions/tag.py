"""The action `tag`: words are put on the run's own record or taken off it."""

from __future__ import annotations

from schema.base.findings import Finding, finding, nearest
from schema.base.text import fold
from schema.catalog import Catalog, Entity
from schema.definitions import Document
from workflows.actions.base import Call, present_record
from workflows.actions.update_record import UpdateRecord
from workflows.actions.writing import Writing


class Tag(UpdateRecord):
    """`{"type": "tag", "field": "tags", "add": ["vip"], "remove": ["cold"]}`: the other words stay."""

    def check(self, step: Document, entity: Entity, catalog: Catalog) -> list[Finding]:
        field = entity.find_field(str(step.get('field')))
        if field is None or field.type.key != 'tags':
            hint = nearest(str(step.get('field')), [key for key, each in entity.fields.items() if each.type.key == 'tags'])
            return [finding('WFL-E003', '/field', value=str(step.get('field'))[:60], hint=hint)]
        return []

    def preview(self, call: Call) -> Writing:
        record, document = present_record(call), call.step.document
        field = call.entity.field(document['field'])
        away = {fold(word) for word in (*document.get('remove', ()), *document.get('add', ()))}
        kept = [word for word in record.values.get(field.key) or () if fold(word) not in away]
        return Writing(call.entity.key, {field.key: [*kept, *document.get('add', ())]})
