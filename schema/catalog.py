"""A schema version compiled: tables, mapped classes, fields with types, roles, workflows, templates. Immutable once made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from schema.base.errors import NotFound
from schema.base.findings import nearest
from schema.definitions import EntityDef, FieldDef, RoleDef, TemplateDef, WorkflowDef
from schema.fieldtypes.base import FieldType
from schema.fieldtypes.registry import FIELD_TYPES
from schema.former import FormerKeys

LINK_TYPES = ('link', 'link_any')

_SYSTEM = (
    ('uid', 'text', 'uid', {'en': 'Record ID', 'vi': 'Mã hồ sơ'}, True),
    ('owner', 'user', 'owner_id', {'en': 'Owner', 'vi': 'Người phụ trách'}, False),
    ('team', 'team', 'team_id', {'en': 'Team', 'vi': 'Nhóm'}, False),
    ('created_at', 'datetime', 'created_at', {'en': 'Created', 'vi': 'Ngày tạo'}, True),
    ('created_by', 'user', 'created_by_id', {'en': 'Created by', 'vi': 'Người tạo'}, True),
    ('changed_at', 'datetime', 'changed_at', {'en': 'Changed', 'vi': 'Ngày sửa'}, True),
    ('changed_by', 'user', 'changed_by_id', {'en': 'Changed by', 'vi': 'Người sửa'}, True),
    ('revision', 'integer', 'revision', {'en': 'Revision', 'vi': 'Lần sửa'}, True),
)
SYSTEM_FIELDS = tuple(name for name, *_ in _SYSTEM)
SYSTEM_FACES = {name: (kind, label) for name, kind, _, label, _ in _SYSTEM}
"""`{key: (field type, label)}` for who shows them without a catalog."""


# Shadows of the user and team tables: foreign keys and labels need them, FAB's own classes cannot be mapped twice.
_PEOPLE = sa.MetaData()
USERS = sa.Table(
    'ab_user',
    _PEOPLE,
    sa.Column('id', sa.Integer, primary_key=True),
    sa.Column('first_name', sa.String(64)),
    sa.Column('last_name', sa.String(64)),
    sa.Column('username', sa.String(64)),
    sa.Column('email', sa.String(320)),
    sa.Column('active', sa.Boolean),
)
TEAMS = sa.Table(
    'team',
    _PEOPLE,
    sa.Column('id', sa.Integer, primary_key=True),
    sa.Column('uid', sa.String(36)),
    sa.Column('name', sa.String(200)),
)


class RecordRow:
    """Base of every mapped entity class, so that a session can tell entity classes from all others."""


class _Uid(FieldType):
    """The record's identity: plain equality on its own column."""

    key = 'uid'
    widget = 'text'
    operators = ('eq', 'in')

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        return {field.column: sa.String(36)}

    def normalise(self, field: FieldDef, wire: Any, reading: Any) -> Any:
        return wire or None

    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        return {'type': 'string', 'format': 'uuid'}


@dataclass(frozen=True, eq=False)
class Field:
    """A field of one entity with its type and columns; system fields are compiled the same way."""

    entity_key: str
    definition: FieldDef
    type: FieldType
    columns: Mapping[str, sa.Column[Any]]
    system: bool = False
    table: sa.Table | None = None
    """Of links and lines: `source_id target_id position`, or the table of `lines`."""
    lines: Entity | None = None
    """A line as an entity that no catalog lists, called `quote.items`; rows belong to `parent_id`."""

    @property
    def key(self) -> str:
        return self.definition.key

    @property
    def ref(self) -> str:
        return self.definition.ref

    @property
    def comparable(self) -> sa.ColumnElement[Any]:
        return self.type.comparable_column(self.definition, self.columns)

    @property
    def is_link(self) -> bool:
        return self.type.key in LINK_TYPES and self.type.stored

    @property
    def is_collection(self) -> bool:
        """Whether tables of its own hold the value."""
        return self.table is not None

    @property
    def home(self) -> str:
        """The physical place of the values: a column, or a table for links and lines. It changes with the storage alone."""
        return self.definition.table or self.definition.column

    @property
    def writable(self) -> bool:
        return not self.definition.read_only and not self.type.computed

    def from_row(self, row: Mapping[str, Any]) -> Any:
        return self.type.from_row(self.definition, row)

    def to_columns(self, value: Any) -> dict[str, Any]:
        return self.type.to_columns(self.definition, value)

    def wire(self, value: Any) -> Any:
        return self.type.wire(self.definition, value)


@dataclass(frozen=True, eq=False)
class Entity:
    """One entity of a catalog. `model` maps `table`; its attributes are the column names."""

    definition: EntityDef
    table: sa.Table
    model: type[RecordRow]
    fields: Mapping[str, Field]
    version: int
    _aliases: Mapping[str, str] = field(default_factory=dict)
    _former_keys: FormerKeys = field(default_factory=FormerKeys)

    @property
    def key(self) -> str:
        return self.definition.key

    @property
    def ref(self) -> str:
        return self.definition.ref

    @cached_property
    def own_fields(self) -> tuple[Field, ...]:
        return tuple(each for each in self.fields.values() if not each.system)

    @cached_property
    def twin(self) -> sa.FromClause:
        """The table under one other name, for statements inside statements over it: the same name each time, so that what is
        compiled is found again."""
        return self.table.alias()

    @cached_property
    def by_ref(self) -> Mapping[str, Field]:
        return {each.ref: each for each in self.fields.values()}

    @cached_property
    def collections(self) -> tuple[Field, ...]:
        """Links and lines."""
        return tuple(each for each in self.own_fields if each.is_collection)

    @cached_property
    def title(self) -> Field:
        return self.fields[self.definition.title_field]

    @cached_property
    def stage(self) -> Field | None:
        return next((each for each in self.own_fields if each.type.key == 'stage'), None)

    @cached_property
    def searched(self) -> tuple[Field, ...]:
        """Fields that the search box looks into: those marked, else the title."""
        marked = tuple(each for each in self.own_fields if each.definition.searched)
        return marked or ((self.title,) if not self.title.system else ())

    def find_field(self, key: str) -> Field | None:
        """By key, or by a former key, whose use is counted."""
        if (found := self.fields.get(key)) is None and (found := self.fields.get(self._aliases.get(key, ''))):
            self._former_keys.used(found.ref, key)
        return found

    def used_before(self, ref: str, label: str) -> None:
        """Count that a file named a field or an option by a label that it had before."""
        self._former_keys.used(ref, label)

    def field(self, key: str) -> Field:
        """Raises: NotFound REC-E036 with the nearest name."""
        if found := self.find_field(key):
            return found
        raise NotFound.of('REC-E036', value=key[:80], hint=nearest(key, self.fields))


@dataclass(frozen=True, eq=False)
class Catalog:
    """Everything that a process knows of one schema version."""

    number: int
    hash: str
    documents: Mapping[tuple[str, str], Any]
    manifest: Mapping[str, str]
    """`{"kind/key": hash of the document}`."""
    parts: Mapping[str, Any]
    """`{"kind/key": definition}`, derived fields as they are written: what the next catalog goes on with."""
    entities: Mapping[str, Entity]
    roles: Mapping[str, RoleDef]
    workflows: Mapping[str, WorkflowDef]
    templates: Mapping[str, TemplateDef]
    former_keys: FormerKeys = field(default_factory=FormerKeys)
    kept: dict[Any, Any] = field(default_factory=dict)
    """What others make of the catalog once, under names of their own. It goes with the catalog: a weak map whose values lead
    back to their keys would keep every catalog for good."""

    @cached_property
    def _aliases(self) -> Mapping[str, str]:
        return {alias: each.key for each in self.entities.values() for alias in each.definition.aliases}

    @cached_property
    def by_ref(self) -> Mapping[str, Entity]:
        return {each.ref: each for each in self.entities.values()}

    def holder(self, key: str) -> Entity:
        """An entity, or lines by their own key: `quote.items`. Raises: NotFound REC-E029."""
        owner, _, name = key.partition('.')
        each = self.entity(owner).find_field(name) if name else None
        return each.lines if each is not None and each.lines is not None else self.entity(key)

    @cached_property
    def holders(self) -> Mapping[str, Entity]:
        """By ref, everything with records or lines; lines have the ref of their field."""
        lines = (each.lines for entity in self.entities.values() for each in entity.collections if each.lines is not None)
        return {each.ref: each for each in (*self.entities.values(), *lines)}

    @cached_property
    def tables(self) -> Mapping[str, sa.Table]:
        """By physical name: those of entities, of their links and of their lines."""
        tables = [each.table for each in self.entities.values()]
        tables += [each.table for entity in self.entities.values() for each in entity.collections if each.table is not None]
        return {each.name: each for each in tables}

    def table_of(self, key: str) -> str | None:
        """The physical name of an entity's table; None without such an entity."""
        return self.entities[key].table.name if key in self.entities else None

    @property
    def users(self) -> sa.Table:
        return USERS

    @property
    def teams(self) -> sa.Table:
        return TEAMS

    def find_entity(self, key: str) -> Entity | None:
        """By key, or by a former key, whose use is counted."""
        if (found := self.entities.get(key)) is None and (found := self.entities.get(self._aliases.get(key, ''))):
            self.former_keys.used(found.ref, key)
        return found

    def entity(self, key: str) -> Entity:
        """Raises: NotFound REC-E029 with the nearest name."""
        if found := self.find_entity(key):
            return found
        raise NotFound.of('REC-E029', value=key[:80], hint=nearest(key, self.entities))

    @cached_property
    def inbound(self) -> Mapping[str, tuple[tuple[Entity, Field], ...]]:
        """`{entity key: ((entity, link or links field that points here), …)}`; those of lines are in `inbound_lines`."""
        found: dict[str, list[tuple[Entity, Field]]] = {key: [] for key in self.entities}
        for entity in self.entities.values():
            for each in entity.own_fields:
                for target in each.definition.targets if each.is_link or each.type.key == 'links' else ():
                    found.setdefault(target, []).append((entity, each))
        return {key: tuple(pairs) for key, pairs in found.items()}

    @cached_property
    def inbound_lines(self) -> Mapping[str, tuple[tuple[Entity, Field, Field], ...]]:
        """`{entity key: ((entity, its lines field, link in the lines that points here), …)}`."""
        found: dict[str, list[tuple[Entity, Field, Field]]] = {key: [] for key in self.entities}
        for entity in self.entities.values():
            for each in entity.collections:
                for part in each.lines.own_fields if each.lines is not None else ():
                    for target in part.definition.targets if part.is_link else ():
                        found.setdefault(target, []).append((entity, each, part))
        return {key: tuple(triples) for key, triples in found.items()}


_LINE_SYSTEM = (
    ('uid', 'text', {'en': 'Line ID', 'vi': 'Mã dòng'}),
    ('position', 'integer', {'en': 'Position', 'vi': 'Thứ tự'}),
)


def system_field_faces(definition: EntityDef) -> Iterable[tuple[FieldDef, FieldType]]:
    """System fields with their types, for checks that run before there is a catalog."""
    return ((each, _type_of(each)) for each in _system_fields(definition))


def line_field_faces() -> Iterable[tuple[FieldDef, FieldType]]:
    """What every line has, with types."""
    for key, kind, label in _LINE_SYSTEM:
        each = FieldDef(f'system_{key}', key, kind, label, key, document={}, help={}, read_only=True)
        yield each, _type_of(each)


def _type_of(system_field: FieldDef) -> FieldType:
    return _Uid() if system_field.key == 'uid' else FIELD_TYPES.get(system_field.type)


def _system_fields(definition: EntityDef) -> Iterable[FieldDef]:
    for key, kind, column, label, read_only in _SYSTEM:
        yield FieldDef(
            ref=f'system_{key}', key=key, type=kind, label=label, column=column, document={}, help={}, read_only=read_only
        )
