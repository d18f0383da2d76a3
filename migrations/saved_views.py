"""Saved views and chosen columns that name an entity's fields: where-used and plans tell of them, and they follow renames."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from migrations.choice_following import Choices, follow_choices, moved_choices
from migrations.mentions import Mention
from migrations.references import Moves, follow
from migrations.role_following import moves_between
from schema import conditions
from schema.base.saved_views import list_choice, saved_view
from schema.base.tables import Json
from schema.catalog import Catalog
from schema.definitions import Texts
from schema.loading import Documents, copy_of

PRIVATE: Texts = {'en': 'private views', 'vi': 'các cách xem riêng'}
FOLLOWING = ('filter', 'columns')
BOARD_CHOICE = sa.table('board_choice', sa.column('entity_ref'), sa.column('fields', Json))
"""Owned by an upper layer; refs need not follow anything."""


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


def choice_mentions(connection: sa.Connection, catalog: Catalog) -> list[Mention]:
    """What people chose as columns of lists, by keys, and for the cards of boards, by refs; told by their number."""
    found: dict[tuple[str, str, str], int] = defaultdict(int)
    for row in connection.execute(sa.select(list_choice.c.entity_ref, list_choice.c.document)):
        entity = catalog.by_ref.get(row.entity_ref)
        shown = [entity.find_field(key) for key in row.document.get('columns', ())] if entity is not None else []
        for each in filter(None, shown):
            found['columns', each.entity_key, each.key] += 1
    for row in connection.execute(sa.select(BOARD_CHOICE)):
        entity = catalog.by_ref.get(row.entity_ref)
        chosen = [entity.by_ref.get(ref) for ref in row.fields] if entity is not None else []
        for each in filter(None, chosen):
            found['cards', each.entity_key, each.key] += 1
    return [
        Mention(
            entity,
            field,
            f'/views/{noun}',
            noun,
            {'en': f'{count} people' if count > 1 else '1 person', 'vi': f'{count} người'},
        )
        for (noun, entity, field), count in sorted(found.items())
    ]


@dataclass(frozen=True)
class Renames:
    """What a publish calls otherwise: found once for all that follows, as writers may be waiting."""

    target: Documents
    moves: Moves
    choices: Choices

    @classmethod
    def between(cls, base: Documents, target: Documents) -> Renames:
        return cls(target, moves_between(base, target), moved_choices(base, target))

    def __bool__(self) -> bool:
        return bool(self.moves.entities or self.moves.fields or self.choices)

    def followed(self, named: Sequence[tuple[str, Mapping[str, Any]]]) -> list[dict[str, Any]]:
        """Views of entities, by their refs, with the new keys in their filters, columns, order and widths; what was removed
        stays named. All in one go."""
        keys = {document['x-ref']: key for (kind, key), document in self.target.items() if kind == 'entity'}
        documents = copy_of({name: each for name, each in self.target.items() if name[0] == 'entity'})
        for number, (ref, document) in enumerate(named):
            if ref in keys:
                parts = {name: document[name] for name in FOLLOWING if name in document}
                documents |= copy_of({('view', str(number)): {'entity': keys[ref], **parts}})
        follow(documents, Moves(dict(self.moves.entities), dict(self.moves.fields)))
        follow_choices(documents, self.choices)
        return [
            _renamed(document, self.moves.fields.get(keys[ref], {}), documents['view', str(number)])
            if ref in keys
            else dict(document)
            for number, (ref, document) in enumerate(named)
        ]


def follow_views(connection: sa.Connection, renames: Renames) -> None:
    """Rewrite by the new keys what views and people's choices name."""
    found = [(table, row) for table in (saved_view, list_choice) for row in connection.execute(sa.select(table)).all()]
    followed = renames.followed([(row.entity_ref, row.document) for _, row in found])
    for (table, row), document in zip(found, followed, strict=True):
        if document != row.document:
            same = (column == getattr(row, column.name) for column in table.primary_key)
            connection.execute(table.update().where(*same).values(document=document))


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
