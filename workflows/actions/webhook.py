"""The action `webhook`: values of the record for another program, as a delivery that is signed and sent later. Calls nobody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any
from urllib.parse import urlsplit

from modules.hooks.secrets import require_secrets
from modules.hooks.service import Draft, add_delivery
from modules.records.store import Store
from schema.base.errors import Invalid
from schema.base.findings import Finding
from schema.catalog import Catalog, Entity
from schema.definitions import Document
from workflows.actions.base import Call, Done, Result, present_record
from workflows.actions.writing import check_sources, wire_of

LONGEST_BODY = 256 * 1024


@dataclass(frozen=True)
class Calling:
    """A call that is not stored yet. `told` is what people read of it."""

    draft: Draft
    told: Result

    def describe(self) -> Result:
        return self.told


class Webhook:
    """`{"url": "https://…", "method": "POST", "headers": {}, "secret": "shop", "values": {"name": {"from": "full_name"}}}`.

    What is sent is `{"type", "timestamp", "data"}` as Standard Webhooks have it; `data` holds the step's values, or the record
    as far as the run's actor may read it.
    """

    def check(self, step: Document, entity: Entity, catalog: Catalog) -> list[Finding]:
        return check_sources(step, entity)

    def preview(self, call: Call) -> Calling:
        record, document = present_record(call), call.step.document
        with call.runtime.database.reading() as connection:
            require_secrets(connection, secrets_of(document))
        values = wire_of(call, None) if 'values' in document else record.wire()
        method, url = document.get('method', 'POST'), str(document['url'])
        content = {
            'type': call.rule.key, 'timestamp': call.runtime.clock.now().astimezone(UTC).isoformat(timespec='seconds'),
            'data': {'entity': call.entity.key, 'uid': record.uid, 'revision': record.revision, 'values': values},
        }  # fmt: skip
        body = None if method == 'GET' else json.dumps(content, ensure_ascii=False, separators=(',', ':'))
        if body is not None and len(body) > LONGEST_BODY:
            raise Invalid.of('HOK-E028', '/values', limit=LONGEST_BODY)
        request = {
            'url': url, 'method': method, 'headers': document.get('headers', {}), 'secret': document.get('secret', ''),
            'body': body,
        }  # fmt: skip
        host = urlsplit(url).netloc
        draft = Draft('webhook', host, url, request, f'{method} {call.rule.key}', about_of(call))
        return Calling(draft, {'url': url, 'method': method, 'values': dict(values)})

    def perform(self, call: Call, effect: Calling, store: Store) -> Done:
        uid = add_delivery(store.session, effect.draft, key=call.key, at=call.wall.now())
        return Done({'delivery': uid, 'to': effect.draft.host, 'subject': effect.draft.summary})


def about_of(call: Call) -> dict[str, str]:
    """What caused a delivery, by column name."""
    return {
        'run_id': call.run_id, 'rule_ref': call.rule.ref, 'entity_ref': call.entity.ref, 'record_uid': call.record_uid,
    }  # fmt: skip


def secrets_of(document: Document) -> list[str]:
    """Names of all secrets that a step needs."""
    in_headers: list[Any] = [each['secret'] for each in document.get('headers', {}).values() if isinstance(each, Mapping)]
    return sorted({str(each) for each in (document.get('secret'), *in_headers) if each})
