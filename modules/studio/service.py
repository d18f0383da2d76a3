"""A person's draft in hand: the documents it leads to, its differences from the live version, findings, a preview."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from migrations.drafts import Draft
from migrations.mentions import Mention, uses_by_field
from migrations.references import Moves, follow
from migrations.requests import merge
from migrations.service import Publisher
from migrations.tables import schema_publish, schema_unread
from modules.studio import editing
from modules.studio.requesting import request_to
from schema.base.actor import Actor
from schema.base.database import Database
from schema.base.errors import BadRequest, NotFound
from schema.base.findings import Finding, nearest
from schema.catalog import Catalog
from schema.changes import (
    KEYWORDS,
    Change,
    ChangeEntity,
    ChangeField,
    ChangePart,
    ChangeType,
    DropEntity,
    DropField,
    DropPart,
    RenameField,
    RenamePart,
)
from schema.compiling import compile_catalog
from schema.definitions import Document
from schema.diff import diff
from schema.loading import Documents, settle
from schema.versions import SchemaVersion

Edit = Callable[[editing.Request], dict[str, Any]]
Rework = Callable[[Documents], editing.Schema]
PENDING = ('running', 'done')


@dataclass
class Workshop:
    """The draft of one person. Reading it is free of effects; `edit` and `tidy` save."""

    publisher: Publisher
    actor: Actor

    @cached_property
    def draft(self) -> Draft:
        return self.publisher.draft(self.actor)

    @cached_property
    def base(self) -> Documents:
        return self.publisher.documents()

    @cached_property
    def request(self) -> Mapping[str, Any]:
        """What the draft asks for, without what somebody else has removed since, or given a key that it meant to take."""
        return self._merged[0]

    @cached_property
    def documents(self) -> Documents:
        """What the draft leads to; parts that only the draft knows have no ref yet."""
        return self._merged[1]

    @cached_property
    def _merged(self) -> tuple[Mapping[str, Any], Documents]:
        request = self.draft.request
        try:
            return request, merge(self.base, request)
        except BadRequest:
            there = [pointer for pointer in request['remove'] if _resolves(self.base, pointer)]
            request = {**copy.deepcopy(dict(request)), 'remove': there}
        try:
            return request, merge(self.base, request)
        except BadRequest as error:
            for each in error.findings:
                _take_out(request, each.pointer)
            return request, merge(self.base, request)

    @cached_property
    def settled(self) -> Documents:
        return settle(self.documents, self.base)

    @cached_property
    def findings(self) -> list[Finding]:
        return self.publisher.check_documents(self.documents)

    @cached_property
    def changes(self) -> list[Change]:
        """Differences from the live version, in words; empty while the draft cannot be read."""
        return [] if self.findings else told_changes(self.base, self.settled)

    @property
    def count(self) -> int:
        """How many changes the draft holds, also while some of them are wrong."""
        if not self.findings:
            return len(self.changes)
        entities = self.request.get('entities', {})
        fields = sum(max(len(part.get('properties', {})), 1) for part in entities.values())
        others = sum(len(self.request.get(section, {})) for section in ('roles', 'workflows', 'templates'))
        return fields + others + len(self.request.get('remove', ()))

    def sketch(self, entity_key: str) -> Catalog | None:
        """The draft compiled as far as one entity's form needs it; None while it has findings. Compiling it whole would be
        the dearest part of every page."""
        if self.findings or ('entity', entity_key) not in self.settled:
            return None
        return compile_catalog(SchemaVersion(0, _drawn(self.settled, entity_key), ''))

    def entity(self, key: str) -> Document:
        """The entity as the draft has it. Raises: NotFound REC-E029."""
        found = self.documents.get(('entity', key))
        if found is None:
            known = [name for kind, name in self.documents if kind == 'entity']
            raise NotFound.of('REC-E029', value=key[:80], hint=nearest(key, known))
        return {**found, 'x-key': key}

    def live(self, key: str) -> Document | None:
        """The entity as it is published, also under a key that the draft changes; None when only the draft knows it."""
        ref = self.documents.get(('entity', key), {}).get('x-ref')
        if ref is None:
            return self.base.get(('entity', key))
        return next((each for (kind, _), each in self.base.items() if kind == 'entity' and each['x-ref'] == ref), None)

    def changed_at(self, pointer: str) -> bool:
        """Whether the draft touches a part or anything inside it."""
        return any(each.pointer == pointer or each.pointer.startswith(f'{pointer}/') for each in self.changes)

    def edit(self, change: Edit) -> Workshop:
        """Apply an edit of the request and save the draft. Raises: BadRequest MIG-E008, MIG-E009."""
        self.publisher.save_draft(self.actor, change(self.request))
        return Workshop(self.publisher, self.actor)

    def rework(self, change: Rework) -> Workshop:
        """Apply an edit of the documents and save the draft as what then differs. Raises: BadRequest MIG-E008, MIG-E009."""
        return self.edit(lambda request: request_to(self.base, change(self.documents), request))

    def tidy(self) -> None:
        """Discard the draft when nothing of it is left to publish. What was changed after a review stays."""
        if not self.draft.is_empty and not self.count:
            self.publisher.discard_draft(self.actor)


def told_changes(base: Documents, target: Documents) -> list[Change]:
    """The differences without those that only follow: lists and rules that name a renamed or removed field by its key."""
    everything = diff(base, target)
    moves = Moves()
    followed: dict[tuple[str, str], Any] = {name: copy.deepcopy(dict(document)) for name, document in base.items()}
    for each in everything:
        key = each.pointer.split('/')[2]
        if isinstance(each, RenameField):
            moves.field(key, each.old, each.new)
        elif isinstance(each, DropField):
            moves.field(key, each.pointer.rsplit('/', 1)[-1], None)
        elif isinstance(each, DropEntity):
            moves.entities[key] = None
            del followed['entity', key]
        elif isinstance(each, (DropPart, RenamePart)) and each.pointer.startswith('/roles/'):
            moves.roles[each.old if isinstance(each, RenamePart) else key] = key if isinstance(each, RenamePart) else None
    retyped = {each.pointer for each in everything if isinstance(each, ChangeType)}
    told = [each for each in everything if not (isinstance(each, ChangeField) and each.pointer in retyped and _follows(each))]
    if not moves.fields and not moves.entities and not moves.roles:
        return told
    for key, renames in moves.fields.items():
        fields = followed.get(('entity', key), {}).get('properties', {})
        kept = {renames.get(name, name): part for name, part in fields.items()}
        followed.get(('entity', key), {})['properties'] = {name: part for name, part in kept.items() if name is not None}
    follow(followed, moves)
    own = {each.pointer for each in diff(followed, target)}
    return [each for each in told if not isinstance(each, (ChangeEntity, ChangePart)) or each.pointer in own]


def _follows(change: ChangeField) -> bool:
    """Whether a keyword went with the former type, or came with the new one."""
    return change.keyword not in (KEYWORDS['x-label'], KEYWORDS['x-help'], KEYWORDS['x-search'])


def publish_of(database: Database, plan_id: str) -> str | None:
    """The publish that carries a plan out or has done so: a second click on the same plan leads there."""
    query = sa.select(schema_publish.c.id).where(schema_publish.c.plan_id == plan_id, schema_publish.c.state.in_(PENDING))
    with database.reading() as connection:
        found: str | None = connection.execute(query).scalar()
    return found


def unread_counts(database: Database) -> dict[int, int]:
    """How many values could not be read when each version was published; only versions that have any."""
    book = schema_unread.c
    with database.reading() as connection:
        rows = connection.execute(sa.select(book.version, sa.func.count()).group_by(book.version)).all()
    return {row[0]: row[1] for row in rows}


def _resolves(base: Documents, pointer: str) -> bool:
    try:
        merge(base, {'remove': [pointer]})
    except BadRequest:
        return False
    return True


def _take_out(node: Any, pointer: str) -> None:
    """The part of a request that a finding points at, if it is there."""
    *way, last = [each.replace('~1', '/').replace('~0', '~') for each in pointer.split('/')[1:]]
    for token in way:
        node = node.get(token, {})
    node.pop(last, None)


def _drawn(documents: Documents, entity_key: str) -> Documents:
    """The entity whole; of the others that it names what a link to them shows."""
    whole = documents['entity', entity_key]
    named = set(_words(whole))
    outlines = {
        (kind, key): _outline(document) for (kind, key), document in documents.items() if kind == 'entity' and key in named
    }
    return {**outlines, ('entity', entity_key): whole}


def _words(node: Any) -> Iterator[str]:
    """Every text of a document, keys of objects included."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for key, part in node.items():
            yield key
            yield from _words(part)
    elif isinstance(node, (list, tuple)):
        for part in node:
            yield from _words(part)


def _outline(document: Document) -> Document:
    title = document.get('x-title-field', '')
    fields = {title: document['properties'][title]} if title in document['properties'] else {}
    names = ('x-key', 'x-kind', 'x-ref', 'x-table', 'x-label', 'x-plural', 'x-icon', 'x-hue', 'x-order', 'x-title-field')
    kept = {name: document[name] for name in names if name in document}
    return {**kept, 'properties': {key: {**part, 'x-type': 'text'} for key, part in fields.items()}}


def uses_in(shop: Workshop, entity_key: str) -> dict[str | None, list[Mention]]:
    """By field of the draft where the draft names it, and what beside the schema does; each part once."""
    live, fields = shop.live(entity_key) or {}, shop.entity(entity_key).get('properties', {})
    refs = {part.get('x-ref'): key for key, part in fields.items()}
    now = {key: refs.get(part.get('x-ref')) for key, part in live.get('properties', {}).items()}
    beside = [each for each in shop.publisher.mentions_beside() if each.entity == live.get('x-key')] if live else []
    named = [replace(each, entity=entity_key, field=now.get(each.field)) for each in beside if each.field is not None]
    return uses_by_field(shop.documents, entity_key, [each for each in named if each.field is not None])
