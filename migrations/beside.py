"""What stands beside the schema and names its parts, pools, assignment rules, saved views and what people chose: told by plans,
following renames.

The tables of pools and rules belong to upper layers; only what is named here is known of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from migrations.mentions import Mention
from migrations.saved_views import Renames, choice_mentions, follow_views, view_mentions
from schema import conditions
from schema.base.tables import Json
from schema.catalog import Catalog
from schema.versions import ONLY_ROW, schema_state

POOL = sa.table(
    'pool', sa.column('uid'), sa.column('name'), sa.column('entity_ref'), sa.column('source', Json)
)  # fmt: skip
RULE = sa.table(
    'assignment_rule', sa.column('uid'), sa.column('name'), sa.column('entity_ref'), sa.column('condition', Json),
    sa.column('strategy', Json),
)  # fmt: skip


@dataclass(frozen=True)
class _Standing:
    """A pool or an assignment rule: records of an entity that satisfy `condition`, given by what `via` names."""

    table: sa.TableClause
    row: Any

    @property
    def place(self) -> tuple[str, str, Mapping[str, str]]:
        """Pointer, noun and label of a mention."""
        name = {'en': self.row.name}
        if self.table is POOL:
            return f'/pools/{self.row.uid}', 'pool', name
        return f'/assignment/rules/{self.row.uid}', 'assignment', name

    @property
    def condition(self) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = self.row.source if self.table is POOL else self.row.condition
        return found

    @property
    def document(self) -> dict[str, Any]:
        """What it names, in the shape of a saved view."""
        via = [] if self.table is POOL else list(self.row.strategy.get('via', ()))
        return {'columns': via, **({'filter': self.condition} if self.condition else {})}

    def values(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Its columns with what `document` names instead."""
        condition = document.get('filter')
        if self.table is POOL:
            return {'source': condition}
        return {'condition': condition, 'strategy': {**self.row.strategy, 'via': document['columns']}}


def mentions_beside(connection: sa.Connection, catalog: Catalog | None) -> list[Mention]:
    """By the present keys; none before the first version."""
    if catalog is None:
        return []
    found: list[Mention] = []
    for each in _standing(connection):
        entity = catalog.by_ref.get(each.row.entity_ref)
        if entity is None:
            continue
        found.append(Mention(entity.key, None, *each.place))
        named = (entity.find_field(key) for key in each.document['columns'])
        reads = {(entity.key, field.key) for field in named if field is not None}
        if each.condition is not None:
            reads |= conditions.reads(each.condition, entity.key, catalog)
        found += [Mention(entity_key, field_key, *each.place) for entity_key, field_key in sorted(reads)]
    return [*found, *view_mentions(connection, catalog), *choice_mentions(connection, catalog)]


def follow_beside(connection: sa.Connection, renames: Renames) -> None:
    """Rewrite by the new keys what stands beside; what was removed stays named. Processes keep pools and rules by the rights'
    epoch, which moves with them."""
    follow_views(connection, renames)
    standing, moved = list(_standing(connection)), False
    followed = renames.followed([(each.row.entity_ref, each.document) for each in standing])
    for each, document in zip(standing, followed, strict=True):
        if document != each.document:
            mine, moved = each.table.c.uid == each.row.uid, True
            connection.execute(each.table.update().where(mine).values(each.values(document)))
    if moved:
        epoch = schema_state.c.rights_epoch
        connection.execute(schema_state.update().where(schema_state.c.id == ONLY_ROW).values(rights_epoch=epoch + 1))


def _standing(connection: sa.Connection) -> Iterator[_Standing]:
    for table in (POOL, RULE):
        for row in connection.execute(sa.select(table).order_by(table.c.uid)).all():
            yield _Standing(table, row)
