"""A person's draft in hand: the documents it leads to, its differences from the live version, findings, a preview."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from migrations.service import Publisher
from modules.studio import editing
from schema.base.actor import Actor
from schema.base.errors import NotFound
from schema.base.findings import Finding, nearest
from schema.catalog import Catalog, compile_catalog
from schema.changes import Change
from schema.definitions import Document
from schema.diff import diff
from schema.loading import Documents, settle
from schema.versions import SchemaVersion

Edit = Callable[[editing.Request], dict[str, Any]]


@dataclass
class Workshop:
    """The draft of one person. Reading it is free of effects; `edit` saves."""

    publisher: Publisher
    actor: Actor

    @cached_property
    def request(self) -> Mapping[str, Any]:
        return self.publisher.draft(self.actor).request

    @cached_property
    def saved_at(self) -> Any:
        return self.publisher.draft(self.actor).updated_at

    @cached_property
    def base(self) -> Documents:
        return self.publisher.documents()

    @cached_property
    def documents(self) -> Documents:
        """What the draft leads to; parts that only the draft knows have no ref yet."""
        return self.publisher.preview(self.request)

    @cached_property
    def settled(self) -> Documents:
        return settle(self.documents, self.base)

    @cached_property
    def findings(self) -> list[Finding]:
        return self.publisher.check(self.request)

    @cached_property
    def changes(self) -> list[Change]:
        """Differences from the live version, in words; empty while the draft cannot be read."""
        return [] if self.findings else diff(self.base, self.settled)

    @property
    def count(self) -> int:
        """How many changes the draft holds, also while some of them are wrong."""
        if not self.findings:
            return len(self.changes)
        entities = self.request.get('entities', {})
        fields = sum(max(len(part.get('properties', {})), 1) for part in entities.values())
        return fields + len(self.request.get('remove', ()))

    @cached_property
    def preview(self) -> Catalog | None:
        """The draft compiled, for the live preview; None while it has findings."""
        return None if self.findings else compile_catalog(SchemaVersion(0, self.settled, ''))

    def entity(self, key: str) -> Document:
        """The entity as the draft has it. Raises: NotFound REC-E029."""
        found = self.documents.get(('entity', key))
        if found is None:
            known = [name for kind, name in self.documents if kind == 'entity']
            raise NotFound.of('REC-E029', value=key[:80], hint=nearest(key, known))
        return {**found, 'x-key': key}

    def changed_at(self, pointer: str) -> bool:
        """Whether the draft touches a part or anything inside it."""
        return any(each.pointer == pointer or each.pointer.startswith(f'{pointer}/') for each in self.changes)

    def edit(self, change: Edit) -> Workshop:
        """Apply an edit and save the draft. Raises: BadRequest MIG-E008, MIG-E009."""
        self.publisher.save_draft(self.actor, change(self.request))
        return Workshop(self.publisher, self.actor)


def used_in(documents: Documents, entity_key: str, field_key: str) -> list[dict[str, str]]:
    """Where a field is used: `[{kind, name}]`; kinds are list, card, quick, form, gate, duplicates, index, role, workflow,
    template."""
    found = []
    document = documents.get(('entity', entity_key), {})
    layouts = document.get('x-layouts', {})
    found += [{'kind': kind, 'name': ''} for kind in ('list', 'card', 'quick') if field_key in layouts.get(kind, ())]
    found += [{'kind': 'form', 'name': ''} for section in layouts.get('form', ()) if field_key in section.get('fields', ())]
    for pipeline in document.get('x-pipelines', ()):
        found += [{'kind': 'gate', 'name': each['key']} for each in pipeline['stages'] if field_key in each.get('requires', ())]
    for rule in document.get('x-duplicates', ()):
        if any(test['field'] == field_key for test in rule['match']):
            found.append({'kind': 'duplicates', 'name': rule['key']})
    found += [{'kind': 'index', 'name': ''} for index in document.get('x-indexes', ()) if field_key in index]
    for (kind, name), other in documents.items():
        if kind == 'role' and field_key in other.get('fields', {}).get(entity_key, {}):
            found.append({'kind': 'role', 'name': name})
        elif kind in {'workflow', 'template'} and other.get('entity') == entity_key and _mentions(other, field_key):
            found.append({'kind': kind, 'name': name})
    return found


def _mentions(node: Any, field_key: str) -> bool:
    if isinstance(node, Mapping):
        return node.get('field') == field_key or any(_mentions(part, field_key) for part in node.values())
    if isinstance(node, (list, tuple)):
        return any(_mentions(part, field_key) for part in node)
    return isinstance(node, str) and f'record.{field_key}' in node
