"""The action `send_zns`: the blanks of a template at Zalo, filled from the record. Calls no provider."""

from __future__ import annotations

from collections.abc import Mapping

from modules.records.store import Store
from schema.base.findings import Finding
from schema.catalog import Catalog, Entity
from schema.definitions import Document
from workflows.actions.base import Call, Done, present_record
from workflows.actions.messages import Messaging, check_recipient, phone_of, post, values_for
from workflows.actions.writing import check_sources

LONGEST_PARAM = 200


class SendZns:
    """`{"to": {"field": "phone"}, "template_id": "334455", "params": {"name": {"from": "full_name"}, "shop": "Sen Vàng"}}`."""

    def check(self, step: Document, entity: Entity, catalog: Catalog) -> list[Finding]:
        return check_recipient(step, entity) + check_sources(step, entity, 'params')

    def preview(self, call: Call) -> Messaging:
        record = present_record(call)
        phone, shown = phone_of(call, record), values_for(call, record)[0].record
        document = call.step.document
        params = {}
        for name, given in document.get('params', {}).items():
            key = str(given['from']) if isinstance(given, Mapping) else ''
            field = call.entity.find_field(key) if key else None
            text = str(shown[field.key]) if field is not None and field.key in record.values else '' if key else str(given)
            params[name] = text[:LONGEST_PARAM]
        content = {'phone': phone, 'template_id': str(document['template_id']), 'params': params}
        return Messaging(content, f'{content["template_id"]}: {", ".join(filter(None, params.values()))}')

    def perform(self, call: Call, effect: Messaging, store: Store) -> Done:
        return post(call, effect, store, 'zns')
