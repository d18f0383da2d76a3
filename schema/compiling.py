"""Documents of a schema version made into a catalog: tables, mapped classes, definitions. Opens no session.

Each entity is bound to no other, so that the next version's catalog goes on with those that did not change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import registry

from schema.base.tables import NAMING, BigId, UtcDateTime
from schema.catalog import (
    LINK_TYPES,
    TEAMS,
    USERS,
    Catalog,
    Entity,
    Field,
    RecordRow,
    line_field_faces,
    system_field_faces,
)
from schema.definitions import Document, EntityDef, FieldDef
from schema.derived import complete
from schema.ends import with_ends
from schema.fieldtypes.base import FieldType
from schema.fieldtypes.registry import type_of
from schema.former import FormerKeys
from schema.indexes import add_indexes, index_name
from schema.reading import read_entity, read_role, read_template, read_workflow
from schema.versions import SchemaVersion

READERS: Mapping[str, Callable[[Document], Any]] = {
    'entity': read_entity, 'role': read_role, 'workflow': read_workflow, 'template': read_template,
}  # fmt: skip


def compile_catalog(version: SchemaVersion, former: Catalog | None = None) -> Catalog:
    """Make tables and mapped classes of a version's documents; holds no connection.

    Some 6 ms an entity, but none for those that are what they are in `former`: their tables and classes are used on.
    """
    parts = _read(version, former)
    drawn = {name: part for name, part in parts.items() if name.startswith('entity/')}
    definitions = dict(zip(drawn, with_ends(complete(drawn.values())), strict=True))
    tables = {each.key: each.table for each in definitions.values()}
    former_keys = FormerKeys()
    entities = []
    for name, definition in definitions.items():
        entity = _unchanged(former, name, parts[name], definition, tables) or _compile_entity(definition, tables)
        entities.append(replace(entity, version=version.number, _former_keys=former_keys))
    by_kind = {kind: [part for name, part in parts.items() if name.startswith(f'{kind}/')] for kind in READERS}
    return Catalog(
        number=version.number,
        hash=version.hash,
        documents=version.documents,
        manifest=version.manifest,
        parts=parts,
        entities={each.key: each for each in sorted(entities, key=lambda each: (each.definition.order, each.key))},
        roles=_by_key(by_kind['role']),
        workflows=_by_key(by_kind['workflow']),
        templates=_by_key(by_kind['template']),
        former_keys=former_keys,
    )


def _read(version: SchemaVersion, former: Catalog | None) -> dict[str, Any]:
    """`{"kind/key": definition}`, before derived fields are completed."""
    parts = {}
    for (kind, key), document in version.documents.items():
        name = f'{kind}/{key}'
        known = former is not None and former.manifest.get(name) == version.manifest[name]
        if kind in READERS:
            parts[name] = former.parts[name] if former is not None and known else READERS[kind](document)
    return parts


def _unchanged(
    former: Catalog | None, name: str, drawn: EntityDef, definition: EntityDef, tables: Mapping[str, str]
) -> Entity | None:
    """The former catalog's entity, when its document, what it derives from others and the tables it links to are the same."""
    if former is None or former.parts.get(name) is not drawn:
        return None
    entity = former.entities[drawn.key]
    same = entity.definition == definition
    return entity if same and all(former.table_of(key) == tables.get(key) for key in _targets(definition)) else None


def _targets(definition: EntityDef) -> Iterator[str]:
    for each in definition.fields:
        yield from each.targets
        yield from _targets(each.lines) if each.lines is not None else ()


def _by_key(definitions: Iterable[Any]) -> dict[str, Any]:
    return {each.key: each for each in sorted(definitions, key=lambda each: (getattr(each, 'order', 0), each.key))}


@cache
def _id_of(table: str) -> sa.Column[Any]:
    """What a foreign key needs to know of the table it points to. The real one may change without those that point to it."""
    return sa.Table(table, sa.MetaData(), sa.Column('id', BigId, primary_key=True)).c.id


def _compile_entity(definition: EntityDef, tables: Mapping[str, str]) -> Entity:
    """With a registry of its own, so that it goes when the last catalog that has the entity goes."""
    mapper = registry(metadata=sa.MetaData(naming_convention=NAMING))
    fields: dict[str, tuple[FieldDef, FieldType, list[sa.Column[Any]], bool]] = {}
    columns: list[sa.Column[Any]] = [sa.Column('id', BigId, primary_key=True, autoincrement=True)]
    for system_field, field_type in system_field_faces(definition):
        made = _system_columns(system_field)
        fields[system_field.key] = (system_field, field_type, made, True)
        columns += made
    columns.append(sa.Column('deleted_at', UtcDateTime()))
    for each in definition.fields:
        made = _columns(each, tables)
        fields[each.key] = (each, type_of(each), made, False)
        columns += made
    table = sa.Table(definition.table, mapper.metadata, *columns, sqlite_autoincrement=True)
    model = type(f'Row_{definition.table}', (RecordRow,), {})
    mapper.map_imperatively(model, table)
    compiled = {
        key: Field(
            definition.key, each, field_type, {column.name: table.c[column.name] for column in made}, system,
            *_collection(definition, each, tables, mapper),
        )
        for key, (each, field_type, made, system) in fields.items()
    }  # fmt: skip
    add_indexes(definition, table, compiled)
    aliases = {alias: each.key for each in definition.fields for alias in each.aliases}
    mapper.configure()
    return Entity(definition, table, model, compiled, 0, aliases)


def _collection(
    owner: EntityDef, each: FieldDef, tables: Mapping[str, str], mapper: registry
) -> tuple[sa.Table | None, Entity | None]:
    """The table of links or lines, and the entity of lines. Rows go when the record, or a linked one, is purged."""
    if each.lines is not None:
        lines = _compile_lines(owner, each.lines, tables, mapper)
        return lines.table, lines
    if not each.table:
        return None, None
    table = sa.Table(
        each.table,
        mapper.metadata,
        sa.Column('id', BigId, primary_key=True, autoincrement=True),
        sa.Column('source_id', BigId, sa.ForeignKey(f'{owner.table}.id', ondelete='CASCADE'), nullable=False),
        sa.Column('target_id', BigId, sa.ForeignKey(_id_of(tables[each.targets[0]]), ondelete='CASCADE'), nullable=False),
        sa.Column('position', sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    pair = ('source_id', 'target_id')
    sa.Index(index_name(table.name, pair, unique=True), *(table.c[name] for name in pair), unique=True)
    sa.Index(index_name(table.name, ('source_id', 'position')), table.c.source_id, table.c.position)
    sa.Index(index_name(table.name, ('target_id',)), table.c.target_id)
    return table, None


def _compile_lines(owner: EntityDef, definition: EntityDef, tables: Mapping[str, str], mapper: registry) -> Entity:
    """Lines as an entity without rights, owner or bin: all of these are their parent's."""
    columns: list[sa.Column[Any]] = [
        sa.Column('id', BigId, primary_key=True, autoincrement=True),
        sa.Column('uid', sa.String(36), nullable=False, unique=True),
        sa.Column('parent_id', BigId, sa.ForeignKey(f'{owner.table}.id', ondelete='CASCADE'), nullable=False),
        sa.Column('position', sa.Integer, nullable=False),
        sa.Column('changed_at', UtcDateTime(), nullable=False),
        # never set, as a line lives and dies with its record; what reads any table of records need not tell them apart
        sa.Column('deleted_at', UtcDateTime()),
    ]
    made = {each.key: _columns(each, tables) for each in definition.fields}
    columns += [column for listed in made.values() for column in listed]
    table = sa.Table(definition.table, mapper.metadata, *columns, sqlite_autoincrement=True)
    model = type(f'Row_{definition.table}', (RecordRow,), {})
    mapper.map_imperatively(model, table)
    fields = {}
    for each, field_type in line_field_faces():
        fields[each.key] = Field(definition.key, each, field_type, {each.key: table.c[each.key]}, system=True)
    for each in definition.fields:
        held = {column.name: table.c[column.name] for column in made[each.key]}
        fields[each.key] = Field(definition.key, each, type_of(each), held)
        if fields[each.key].is_link:
            for name in held:
                sa.Index(index_name(table.name, (name, 'id')), table.c[name], table.c.id)
    sa.Index(index_name(table.name, ('parent_id', 'position')), table.c.parent_id, table.c.position)
    aliases = {alias: each.key for each in definition.fields for alias in each.aliases}
    return Entity(definition, table, model, fields, 0, aliases)


def _system_columns(system_field: FieldDef) -> list[sa.Column[Any]]:
    column = system_field.column
    if system_field.key == 'uid':
        return [sa.Column(column, sa.String(36), nullable=False, unique=True)]
    if system_field.key == 'revision':
        return [sa.Column(column, sa.Integer, nullable=False, server_default='1')]
    if system_field.type == 'user':
        return [sa.Column(column, sa.Integer, sa.ForeignKey(USERS.c.id))]
    if system_field.type == 'team':
        return [sa.Column(column, sa.Integer, sa.ForeignKey(TEAMS.c.id))]
    return [sa.Column(column, UtcDateTime(), nullable=False)]


def _columns(definition: FieldDef, tables: Mapping[str, str]) -> list[sa.Column[Any]]:
    field_type = type_of(definition)
    columns = []
    targets = iter(definition.targets)
    for name, column_type in field_type.column_types(definition).items():
        constraints = []
        if field_type.key in LINK_TYPES:
            constraints = [sa.ForeignKey(_id_of(tables[next(targets)]))]
        elif field_type.key in {'user', 'team'}:
            constraints = [sa.ForeignKey((USERS if field_type.key == 'user' else TEAMS).c.id)]
        columns.append(sa.Column(name, column_type, *constraints))
    return columns
