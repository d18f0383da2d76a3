"""The action `send_sms`: a text filled from the record for the number in one of its fields. Calls no provider."""

from __future__ import annotations

from modules.mail.filling import check_texts
from modules.messaging.texts import fill
from modules.records.store import Store
from schema.base.findings import Finding
from schema.catalog import Catalog, Entity
from schema.definitions import Document
from workflows.actions.base import Call, Done, present_record
from workflows.actions.messages import Messaging, check_recipient, phone_of, post, values_for


class SendSms:
    """`{"to": {"field": "phone"}, "text": {"vi": "Chào {{ record.full_name }}"}, "bulk": false, "any_time": false}`."""

    def check(self, step: Document, entity: Entity, catalog: Catalog) -> list[Finding]:
        return [*check_recipient(step, entity), *check_texts(step.get('text', {}), '/text')]

    def preview(self, call: Call) -> Messaging:
        record = present_record(call)
        phone = phone_of(call, record)
        text = fill(call.step.document['text'], *values_for(call, record))
        return Messaging({'phone': phone, 'text': text}, text)

    def perform(self, call: Call, effect: Messaging, store: Store) -> Done:
        return post(call, effect, store, 'sms')
