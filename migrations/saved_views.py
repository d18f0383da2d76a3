"""Saved views and chosen columns that name an entity's fields: where-used and plans tell of them, and they follow renames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from migrations.choice_following import Choices, follow_choices, moved_choices
from migrations.mentions import Mention
from migrations.references import Moves, follow
from migrations.role_following import moves_between
from schema import conditions
from schema.base.saved_views import list_choice, saved_view
from schema.catalog import Catalog
from schema.definitions import Texts
from schema.loading import Documents, copy_of

PRIVATE: Texts = {'en': 'private views', 'vi': 'các cách xem riêng'}
FOLLOWING = ('filter', 'columns')


def view_mentions(connection: sa.Connection, catalog: Catalog) -> list[Mention]:
    """What saved views show, sort and filter by, by the present keys. Private views are told of together, without a name."""
    found: list[Mention] = []
    for row in connection.execute(sa.select(saved_view).order_by(saved_view.c.id)):
        entity = catalog.by_ref.get(row.entity_ref)
        if entity is None:
            continue
        private = row.audience == 'private'
        pointer = '/views/private' if private else f'/views/{row.uid}'
        place = (pointer, 'saved_view', PRIVATE if private else {'en': row.name})
        found.append(Mention(entity.key, None, *place))
        shown = (entity.find_field(key.lstrip('-')) for part in ('columns', 'sort') for key in row.document.get(part, ()))
        reads = {(entity.key, each.key) for each in shown if each is not None}
        if condition := row.document.get('filter'):
            reads |= conditions.reads(condition, entity.key, catalog)
        found += [Mention(entity_key, field_key, *place) for entity_key, field_key in sorted(reads)]
    return found


def follow_views(connection: sa.Connection, base: Documents, target: Documents) -> int:
    """Rewrite by the new keys what views and people's choices name; how many rows changed. What was removed stays named."""
    moves = moves_between(base, target)
    choices = moved_choices(base, target)
    if not moves.entities and not moves.fields and not choices:
        return 0
    keys = {document['x-ref']: key for (kind, key), document in target.items() if kind == 'entity'}
    found = [
        (table, row) for table in (saved_view, list_choice) for row in connection.execute(sa.select(table)).all()
        if row.entity_ref in keys
    ]  # fmt: skip
    views = [(keys[row.entity_ref], row.document) for _, row in found]
    changed = 0
    for (table, row), document in zip(found, _moved(views, target, moves, choices), strict=True):
        if document != row.document:
            same = (column == getattr(row, column.name) for column in table.primary_key)
            connection.execute(table.update().where(*same).values(document=document))
            changed += 1
    return changed


def _moved(
    views: Sequence[tuple[str, Mapping[str, Any]]], target: Documents, moves: Moves, choices: Choices
) -> list[dict[str, Any]]:
    """The contents of views of entities by the new keys: all in one go, for writers may be waiting."""
    documents = copy_of({name: each for name, each in target.items() if name[0] == 'entity'})
    for number, (entity, document) in enumerate(views):
        named = {name: document[name] for name in FOLLOWING if name in document}
        documents |= copy_of({('view', str(number)): {'entity': entity, **named}})
    follow(documents, Moves(dict(moves.entities), dict(moves.fields)))
    follow_choices(documents, choices)
    return [_renamed(document, moves.fields.get(entity, {}), documents['view', str(number)])
            for number, (entity, document) in enumerate(views)]  # fmt: skip


def _renamed(document: Mapping[str, Any], names: Mapping[str, str | None], followed: Mapping[str, Any]) -> dict[str, Any]:
    moved = {**document, **{name: followed[name] for name in FOLLOWING if name in document}}
    if 'sort' in moved:
        moved['sort'] = list(_signed(moved['sort'], names))
    if 'widths' in moved:
        moved['widths'] = {names.get(key) or key: width for key, width in moved['widths'].items()}
    return moved


def _signed(keys: list[str], names: Mapping[str, str | None]) -> Iterator[str]:
    for each in keys:
        bare = each.lstrip('-')
        yield f'{"-" if each.startswith("-") else ""}{names.get(bare) or bare}'
