"""A small schema with every field type, and worlds of records that stand both in a database and in Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from schema.catalog import Catalog
from schema.compiling import compile_catalog
from schema.conditions import Binding, Condition, Hop, compile
from schema.fieldtypes.base import Reading
from schema.loading import settle
from schema.values import Link
from schema.versions import SchemaVersion
from tests.support.tables import create_tables

NOW = datetime(2026, 3, 1, 20, 30, tzinfo=UTC)  # 2 March, half past three, in Vietnam: the two days must not be confused
ZONE = ZoneInfo('Asia/Ho_Chi_Minh')
USERS = {'ada': 1, 'bela': 2, 'cleo': 3}
TEAMS = {'00000000-0000-7000-8000-0000000000a1': 1, '00000000-0000-7000-8000-0000000000a2': 2}
OPTIONS = [{'key': key, 'label': {'en': key.title(), 'vi': vi}} for key, vi in
           (('new', 'Mới'), ('contacted', 'Đã liên hệ'), ('won_back', 'Đã quay lại'))]  # fmt: skip
STAGES = [{'key': 'open', 'category': 'open'}, {'key': 'won', 'category': 'won'}, {'key': 'lost', 'category': 'lost'}]
DOCUMENTS: dict[tuple[str, str], Any] = {
    ('entity', 'thing'): {
        'x-label': {'en': 'Thing', 'vi': 'Vật'},
        'properties': {
            'name': {'x-type': 'text', 'x-label': {'en': 'Name', 'vi': 'Tên'}, 'x-aliases': ['former_name']},
            'mail': {'x-type': 'email', 'x-label': {'en': 'E-mail', 'vi': 'E-mail'}},
            'site': {'x-type': 'url'},
            'phone': {'x-type': 'phone', 'x-label': {'en': 'Phone', 'vi': 'Điện thoại'}},
            'story': {'x-type': 'long_text'},
            'size': {'x-type': 'integer', 'maximum': 100},
            'weight': {'x-type': 'decimal', 'x-scale': 3},
            'share': {'x-type': 'percent'},
            'price': {'x-type': 'money', 'x-label': {'en': 'Price', 'vi': 'Giá'}},
            'ready': {'x-type': 'boolean'},
            'born': {'x-type': 'date', 'x-label': {'en': 'Birthday', 'vi': 'Ngày sinh'}},
            'met': {'x-type': 'datetime', 'x-label': {'en': 'Met', 'vi': 'Gặp lúc'}},
            'status': {'x-type': 'picklist', 'x-options': OPTIONS, 'x-label': {'en': 'Status', 'vi': 'Giai đoạn'}},
            'tags': {'x-type': 'multi_picklist', 'x-options': OPTIONS, 'x-label': {'en': 'Tags', 'vi': 'Nhãn'}},
            'stage': {'x-type': 'stage'},
            'crowd': {'x-type': 'link', 'x-target': 'crowd', 'x-label': {'en': 'Crowd', 'vi': 'Hội'}},
            'parent': {'x-type': 'link', 'x-target': 'thing'},
            'about': {'x-type': 'link_any', 'x-targets': ['crowd', 'thing']},
            'keeper': {'x-type': 'user'},
            'side': {'x-type': 'team'},
            'stars': {'x-type': 'rating'},
            'length': {'x-type': 'duration'},
            'hour': {'x-type': 'time'},
            'labels': {'x-type': 'tags'},
            'essay': {'x-type': 'rich_text'},
            'place': {'x-type': 'address'},
            'doubled': {'x-type': 'formula', 'x-formula': 'size * 2', 'x-result': 'integer'},
        },
        'x-pipelines': [{'key': 'line', 'groups': [], 'stages': STAGES}],
    },
    ('entity', 'crowd'): {
        'x-label': {'en': 'Crowd', 'vi': 'Hội'},
        'x-aliases': ['mob'],
        'properties': {
            'name': {'x-type': 'text', 'x-label': {'en': 'Name', 'vi': 'Tên'}},
            'fee': {'x-type': 'money'},
            'boss': {'x-type': 'link', 'x-target': 'thing'},
        },
    },
    ('entity', 'note'): {
        'x-label': {'en': 'Note', 'vi': 'Ghi chú'},
        'properties': {
            'title': {'x-type': 'text', 'x-label': {'en': 'Title', 'vi': 'Tiêu đề'}},
            'score': {'x-type': 'integer', 'x-label': {'en': 'Score', 'vi': 'Điểm'}},
            'thing': {'x-type': 'link', 'x-target': 'thing', 'x-label': {'en': 'Thing', 'vi': 'Vật'}},
            'about': {'x-type': 'link_any', 'x-targets': ['crowd', 'thing']},
        },
    },
}
CATALOG: Catalog = compile_catalog(SchemaVersion(1, settle(DOCUMENTS, {}), 'conditions'))
READING = Reading(zone=ZONE)


def uid_of(number: int) -> str:
    return f'00000000-0000-7000-8000-{number:012d}'


@dataclass
class World:
    """Records by `(entity, id)`. Ids run over all entities, so that a mixed-up entity cannot go unseen."""

    values: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    deleted: set[tuple[str, int]] = field(default_factory=set)

    def add(self, entity: str, wire: Mapping[str, Any], *, deleted: bool = False) -> Link:
        """`wire` by field key; a link is given as a `Link` of this world."""
        number = len(self.values) + 1
        self.values[entity, number] = _system_values(number, wire) | {
            key: _value(entity, key, part) for key, part in wire.items()
        }
        if deleted:
            self.deleted.add((entity, number))
        return Link(entity, uid_of(number), number)

    def insert(self, connection: sa.Connection) -> None:
        for (key, number), values in self.values.items():
            entity = CATALOG.entity(key)
            row: dict[str, Any] = {'id': number, 'deleted_at': NOW if (key, number) in self.deleted else None}
            for name, each in entity.fields.items():
                row |= each.to_columns(values.get(name))
            row = {name: value for name, value in row.items() if name in entity.table.c}
            connection.execute(entity.table.insert().values(row))

    def neighbours(self, hop: Hop, values: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
        """What `Condition.decide` asks for; deleted records are left out."""
        if hop.back:
            here = (hop.source, values['id'])
            return [other for (key, number), other in self.values.items() if key == hop.target
                    and (key, number) not in self.deleted and _end(other.get(hop.field)) == here]  # fmt: skip
        end = _end(values.get(hop.field))
        return [self.values[end]] if end in self.values and end not in self.deleted else []

    def binding(self, condition: Condition, **changes: Any) -> Binding:
        ids = {('@user', name): number for name, number in USERS.items()}
        ids |= {('@team', uid): number for uid, number in TEAMS.items()}
        ids |= {(key, uid_of(number)): number for key, number in self.values}
        wanted = {(link.entity, link.uid): ids.get((link.entity, link.uid)) for link in condition.link_operands()}
        settings = {'now': NOW, 'zone': ZONE, 'user_id': 1, 'team_ids': frozenset({1}), 'link_ids': wanted, **changes}
        return Binding(**settings)


Answers = dict[int, bool | None]


def by_python(world: World, entity: str, document: Any, **changes: Any) -> Answers:
    """`{id: answer}` of all live records."""
    condition = compile(document, CATALOG.entity(entity), CATALOG)
    binding = world.binding(condition, **changes)
    return {
        number: condition.decide(values, binding, world.neighbours)
        for (key, number), values in world.values.items()
        if key == entity and (key, number) not in world.deleted
    }


def by_sql(connection: sa.Connection, world: World, entity: str, document: Any, **changes: Any) -> Answers:
    """The same, from one query: true where the condition picks the row, false where its negation does."""
    table = CATALOG.entity(entity).table
    condition = compile(document, CATALOG.entity(entity), CATALOG)
    opposite = compile({'not': document}, CATALOG.entity(entity), CATALOG)
    binding = world.binding(condition, **changes)
    live = table.c.deleted_at.is_(None)
    picked = sa.select(table.c.id, sa.literal(1)).where(live, condition.sql(binding))
    others = sa.select(table.c.id, sa.literal(0)).where(live, opposite.sql(binding))
    answers: Answers = {number: None for key, number in world.values if key == entity and (key, number) not in world.deleted}
    for number, answer in connection.execute(sa.union_all(picked, others)):
        assert answers[number] is None, f'{number} is both true and false'
        answers[number] = bool(answer)
    return answers


def _system_values(number: int, wire: Mapping[str, Any]) -> dict[str, Any]:
    return {'id': number, 'uid': uid_of(number), 'created_at': NOW, 'changed_at': NOW, 'revision': number}


def _value(entity: str, key: str, wire: Any) -> Any:
    each = CATALOG.entity(entity).field(key)
    if wire is None or (isinstance(wire, Link) and wire.id is not None):
        return wire
    value = each.type.normalise(each.definition, wire, READING)
    if isinstance(value, Link):
        return Link(value.entity, value.uid, USERS.get(value.uid) or TEAMS.get(value.uid))
    return value


def _end(link: Link | None) -> tuple[str, int | None] | None:
    return None if link is None else (link.entity, link.id)


def fill(connection: sa.Connection) -> None:
    """Tables, people and teams."""
    for table in (CATALOG.users, CATALOG.teams):
        table.create(connection)
    create_tables(connection, CATALOG)
    users, teams = CATALOG.users, CATALOG.teams
    connection.execute(users.insert(), [{'id': number, 'username': name} for name, number in USERS.items()])
    connection.execute(teams.insert(), [{'id': number, 'uid': uid, 'name': uid} for uid, number in TEAMS.items()])
