"""Saved views and chosen columns that name an entity's fields: where-used and plans tell of them, and they follow renames."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
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
from schema.loading import Documents

PRIVATE: Texts = {'en': 'private views', 'vi': 'các cách xem riêng'}


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
    changed = 0
    for table in (saved_view, list_choice):
        for row in connection.execute(sa.select(table)).all():
            entity = keys.get(row.entity_ref)
            moved = moved_view(row.document, entity, target, moves, choices) if entity is not None else row.document
            if moved != row.document:
                same = (column == getattr(row, column.name) for column in table.primary_key)
                connection.execute(table.update().where(*same).values(document=moved))
                changed += 1
    return changed


def moved_view(document: Mapping[str, Any], entity: str, target: Documents, moves: Moves, choices: Choices) -> dict[str, Any]:
    """One view's contents by the new keys. Pure."""
    names = moves.fields.get(entity, {})
    moved = copy.deepcopy(dict(document))
    if 'sort' in moved:
        moved['sort'] = list(_signed(moved['sort'], names))
    if 'widths' in moved:
        moved['widths'] = {names.get(key) or key: width for key, width in moved['widths'].items()}
    named = {name: moved[name] for name in ('filter', 'columns') if name in moved}
    documents: dict[tuple[str, str], Any] = {
        name: copy.deepcopy(dict(each)) for name, each in target.items() if name[0] == 'entity'
    }
    documents['view', 'one'] = {'entity': entity, **named}
    follow(documents, Moves(dict(moves.entities), dict(moves.fields)))
    follow_choices(documents, choices)
    kept = documents['view', 'one']
    return {**moved, **{name: kept[name] for name in named}}


def _signed(keys: list[str], names: Mapping[str, str | None]) -> Iterator[str]:
    for each in keys:
        bare = each.lstrip('-')
        yield f'{"-" if each.startswith("-") else ""}{names.get(bare) or bare}'
