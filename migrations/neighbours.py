"""What stands behind links, for values on their way into text and out of it: what records, people and teams are called, and
which of them a text names. Reads alone; converts nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from migrations.physical import Physical
from schema.base.ids import is_uid
from schema.base.text import fold
from schema.catalog import TEAMS, USERS, Catalog, Entity, Field
from schema.fieldtypes.base import Reading, Refused
from schema.values import TEAM, USER, Link, Links

POINTING = frozenset({'link', 'link_any', 'user', 'team'})
LEADING = POINTING | {'links'}
RECORDS = frozenset({'link', 'link_any', 'links'})
LISTING = frozenset({'multi_picklist', 'tags'})
NAMING = frozenset({'text', 'autonumber', 'email', 'phone', 'url'})
"""Types of fields by which people name a record."""
READING = Reading('vi')
Place = tuple[str, int]
"""Entity key, `@user` or `@team`, and the id of the row."""


@dataclass(frozen=True)
class Neighbours:
    """`called` tells what is behind the links of some rows; `named` what their texts lead to, several where it is not plain;
    `pairs` to which rows those of several links lead, by the id of the row that holds them; `behind` what a field that is read
    through a link shows, by the id in its `column`."""

    called: Mapping[Place, str] = field(default_factory=dict)
    named: Mapping[str, frozenset[Link]] = field(default_factory=dict)
    pairs: Mapping[int, Sequence[int]] = field(default_factory=dict)
    column: str = ''
    behind: Mapping[int, Any] = field(default_factory=dict)

    def value(self, each: Field, row: Mapping[str, Any]) -> Any:
        """What a row holds in a field; links with their labels, also those to records in the bin."""
        if not each.is_collection:
            value = self.behind.get(row[self.column]) if self.column else each.from_row(row)
            return self._labelled(value) if isinstance(value, Link) else value
        links = tuple(self._labelled(Link(each.definition.targets[0], '', row_id)) for row_id in self.pairs.get(row['id'], ()))
        return Links(links, len(links)) if links else None

    def _labelled(self, link: Link) -> Link:
        return link if link.id is None else replace(link, label=self.called.get((link.entity, link.id), ''))

    def find(self, wire: Any) -> Link | None:
        """The one that a text or a uid names. Raises: Refused MIG-E020 for none and for several."""
        text = _text_of(wire)
        if not text:
            return None
        found = self.named.get(text, frozenset())
        if len(found) != 1:
            raise Refused('MIG-E020', value=text[:60], count=len(found))
        return next(iter(found))

    def find_all(self, wire: Any) -> tuple[int, ...]:
        """Ids of those that a list names, each by a text or a uid, or that a text names: as one name, else as several with
        marks between them. Raises: Refused MIG-E020."""
        ways = [wire] if isinstance(wire, list) else _ways(_text_of(wire))
        plain = (way for way in ways if all(len(self.named.get(_text_of(each), ())) == 1 for each in way))
        found = [self.find(each) for each in next(plain, ways[-1] if ways else [])]
        return tuple(dict.fromkeys(link.id for link in found if link is not None and link.id is not None))


NOBODY = Neighbours()


@dataclass(frozen=True)
class Lens:
    """Where a field that is read through a link has its values: a link of the same record, and a field of what it leads to."""

    link: Field
    entity: Entity
    field: Field

    @property
    def columns(self) -> Mapping[str, sa.Column[Any]]:
        """Of the record that the field is read in."""
        return self.link.columns

    def shows(self) -> sa.ColumnElement[bool]:
        """Records that show a value. What is in the bin shows none."""
        target, (link,) = self.entity.table, self.columns.values()
        said = sa.or_(sa.false(), *(column.is_not(None) for column in self.field.columns.values()))
        return link.in_(sa.select(target.c.id).where(target.c.deleted_at.is_(None), said))


def lens_of(catalog: Catalog, each: Field) -> Lens | None:
    """None for a field that has a place of its own."""
    if each.definition.type != 'through':
        return None
    through, entity = each.definition.document['x-through'], catalog.entities[each.entity_key]
    link = entity.fields[through['link']]
    target = catalog.entities[link.definition.targets[0]]
    return Lens(link, target, target.fields[through['field']])


@dataclass(frozen=True)
class End:
    """A field as one catalog has it."""

    field: Field
    catalog: Catalog


@dataclass(frozen=True)
class Sides:
    """A field as it was and as it is to be. Until the switch tables hold what `live` says; what comes back from shadow is there
    as well, for which a plan must look at `physical`, the steps need not."""

    old: End
    new: End
    live: Catalog
    physical: Physical | None = None

    @property
    def back(self) -> Sides:
        """The way from what it is to be to what it was."""
        return Sides(self.new, self.old, self.live, self.physical)

    @property
    def goes_by_name(self) -> bool:
        """Whether what the values are called tells what the new field points to."""
        return self.new.field.type.key in LEADING and not tables_of(self.old.field) & tables_of(self.new.field)

    def entity(self, end: End, key: str) -> Entity | None:
        """What a link of one end points to, as its table is now; None while there is no such table."""
        wanted = end.catalog.entities[key]
        found = self.live.by_ref.get(wanted.ref, wanted)
        there = found is not wanted or self.physical is None or self.physical.columns_of(found.table.name)
        return found if there else None

    def titles(self, entity: Entity) -> list[Field]:
        """What records of a table are called by: before, afterwards and now, each as the table has it now. It may have become
        another field since words were made of links, or links of words."""
        known = (end.catalog.by_ref.get(entity.ref) for end in (self.old, self.new))
        before = [each.title for each in known if each is not None]
        named = [(each, entity.by_ref.get(each.ref)) for each in before]
        kept = [now for each, now in named if now is not None and now.home == each.home]
        return list(dict.fromkeys([*kept, entity.title]))


def neighbours_of(
    connection: sa.Connection, sides: Sides, rows: Sequence[Mapping[str, Any]], wires: Collection[Any] = (), *,
    locked: bool = False,
) -> Neighbours:  # fmt: skip
    """What the conversion of these rows needs to know, in a few statements. `wires` are answers beside their values. `locked`
    ones stay until the transaction ends."""
    near = seen_from(connection, sides, rows)
    new = sides.new.field
    if new.type.key not in LEADING:
        return near
    texts = {text for each in wires for text in _texts_of(each)}
    if sides.goes_by_name:
        values = (near.value(sides.old.field, row) for row in rows)
        texts |= {text for value in values if value is not None for text in _texts_of(names_in(sides.old.field, value))}
    texts.discard('')
    return replace(near, named=_named(connection, sides, texts, locked=locked) if texts else {})


def seen_from(connection: sa.Connection, sides: Sides, rows: Sequence[Mapping[str, Any]]) -> Neighbours:
    """What the former links of these rows lead to and how people read it, records in the bin included."""
    each, wanted = sides.old.field, defaultdict[str, set[int]](set)
    pairs: dict[int, list[int]] = defaultdict(list)
    behind: dict[int, Any] = {}
    lens = lens_of(sides.old.catalog, each)
    if lens is not None:
        behind = dict(_behind(connection, lens, rows))
        for link in behind.values() if each.type.key in POINTING else ():
            wanted[link.entity].add(link.id)
    elif each.is_collection:
        for source, target in _pairs(connection, each, [row['id'] for row in rows]):
            pairs[source].append(target)
            wanted[each.definition.targets[0]].add(target)
    elif each.type.key in POINTING:
        for link in filter(None, map(each.from_row, rows)):
            wanted[link.entity].add(link.id)
    called = {
        (target, row_id): label for target, ids in wanted.items() for row_id, label in _labels(connection, sides, target, ids)
    }
    return Neighbours(called, pairs=pairs, column=next(iter(lens.columns)) if lens is not None else '', behind=behind)


def _behind(connection: sa.Connection, lens: Lens, rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, Any]]:
    """What the records behind the link hold, by their id; nothing of blanks."""
    (name,), table = lens.columns, lens.entity.table
    ids = {row[name] for row in rows} - {None}
    query = sa.select(table.c.id.label('row_id'), *lens.field.columns.values())
    query = query.where(table.c.deleted_at.is_(None), table.c.id.in_(sorted(ids)))
    for row in connection.execute(query).mappings() if ids and lens.field.columns else ():
        if (value := lens.field.from_row(dict(row))) is not None:
            yield row['row_id'], value


def _pairs(connection: sa.Connection, each: Field, ids: Collection[int]) -> Iterator[tuple[int, int]]:
    assert each.table is not None
    pairs = each.table.c
    query = sa.select(pairs.source_id, pairs.target_id).where(pairs.source_id.in_(ids))
    for row in connection.execute(query.order_by(pairs.source_id, pairs.position, pairs.id)) if ids else ():
        yield row.source_id, row.target_id


def tables_of(each: Field) -> frozenset[str]:
    """The tables of records that a link, or several, may lead to."""
    if each.type.key == 'links':
        columns = [each.table.c.target_id] if each.table is not None else []
    else:
        columns = [*each.columns.values()] if each.is_link else []
    return frozenset(str(key.column.table.name) for column in columns for key in column.foreign_keys)


def names_in(each: Field, value: Any) -> Any:
    """The text by which a value names a record, or, of several, the list of them."""
    if isinstance(value, Links):
        return [link.label for link in value.links if link.label]
    if each.type.key in LISTING:
        parts = [(part,) for part in value]
        return [each.type.text(each.definition, part, READING) for part in parts]
    return str(value) if each.type.key == 'integer' else each.type.text(each.definition, value, READING)


def _labels(connection: sa.Connection, sides: Sides, target: str, ids: set[int]) -> Iterator[tuple[int, str]]:
    if target == USER:
        for row in connection.execute(sa.select(USERS).where(USERS.c.id.in_(sorted(ids)))):
            yield row.id, _names(row)[0]
    elif target == TEAM:
        for row in connection.execute(sa.select(TEAMS).where(TEAMS.c.id.in_(sorted(ids)))):
            yield row.id, row.name or ''
    elif (entity := sides.entity(sides.old, target)) is not None:
        titles = sides.titles(entity)
        columns = dict.fromkeys(column for title in titles for column in title.columns.values())
        query = sa.select(entity.table.c.id.label('row_id'), *columns).where(entity.table.c.id.in_(sorted(ids)))
        for each in map(dict, connection.execute(query).mappings()):
            said = (title.type.text(title.definition, title.from_row(each), READING) for title in titles)
            yield each['row_id'], next(filter(None, said), '')


def _named(connection: sa.Connection, sides: Sides, texts: set[str], *, locked: bool) -> dict[str, frozenset[Link]]:
    new, found = sides.new.field, defaultdict[str, set[Link]](set)
    if new.type.key in {'user', 'team'}:
        names = _people(connection) if new.type.key == 'user' else _teams(connection)
        for text in texts:
            found[text] |= names.get(fold(text), set())
    for target in new.definition.targets if new.type.key in RECORDS else ():
        entity = sides.entity(sides.new, target)
        for text, uid, row_id in _records(connection, sides, entity, texts, locked=locked) if entity is not None else ():
            found[text].add(Link(target, uid, row_id))
    return {text: frozenset(links) for text, links in found.items()}


def _records(
    connection: sa.Connection, sides: Sides, entity: Entity, texts: set[str], *, locked: bool
) -> Iterator[tuple[str, str, int]]:  # fmt: skip
    """Live records by what they are called: their title, what is unique about them, their number, their uid."""
    table = entity.table.c
    for each in _naming(sides, entity):
        wanted: dict[Any, list[str]] = defaultdict(list)
        for text in texts:
            if (value := _comparable(each, text)) is not None:
                wanted[value].append(text)
        query = sa.select(each.comparable, table.uid, table.id)
        query = query.where(table.deleted_at.is_(None), each.comparable.in_(sorted(wanted)))
        query = query.with_for_update(read=True, key_share=True) if locked else query
        for value, uid, row_id in connection.execute(query) if wanted else ():
            for text in wanted[value]:
                yield text, uid, row_id


def _naming(sides: Sides, entity: Entity) -> list[Field]:
    telling = [each for each in entity.own_fields if each.definition.unique or each.type.key == 'autonumber']
    named = [each for each in (*sides.titles(entity), *telling) if each.type.key in NAMING and each.columns]
    return [*dict.fromkeys(named), entity.fields['uid']]


def _comparable(each: Field, text: str) -> Any:
    if each.key == 'uid' and each.system:
        return text if is_uid(text) else None
    try:
        value = each.type.normalise(each.definition, each.type.parse(each.definition, text, READING), READING)
    except Refused:
        return None
    return None if value is None else each.type.comparable(each.definition, value)


def _people(connection: sa.Connection) -> Mapping[str, set[Link]]:
    """People by every way of writing them: full name in either order, user name, e-mail address."""
    found: dict[str, set[Link]] = defaultdict(set)
    for row in connection.execute(sa.select(USERS)):
        for name in (*_names(row), row.username or '', row.email or ''):
            found[fold(name)].add(Link(USER, row.username, row.id))
    return found


def _teams(connection: sa.Connection) -> Mapping[str, set[Link]]:
    found: dict[str, set[Link]] = defaultdict(set)
    for row in connection.execute(sa.select(TEAMS)):
        for name in (row.name or '', row.uid or ''):
            found[fold(name)].add(Link(TEAM, row.uid, row.id))
    return found


def _names(row: Any) -> tuple[str, str]:
    """Family name first, as people are shown, and last."""
    first, last = row.first_name or '', row.last_name or ''
    return f'{last} {first}'.strip(), f'{first} {last}'.strip()


def _texts_of(wire: Any) -> Iterator[str]:
    """Everything by which a wire value may name somebody."""
    if isinstance(wire, list):
        yield from map(_text_of, wire)
    else:
        yield from (word for way in _ways(_text_of(wire)) for word in way)


def _ways(text: str) -> list[list[str]]:
    """How a text may be read as names: as one, as several between semicolons and lines, or between commas as well."""
    ways = ([text], re.split('[;\n]', text), re.split('[;\n,]', text))
    read = [[word.strip() for word in way if word.strip()] for way in ways]
    return [way for place, way in enumerate(read) if way and way not in read[:place]]


def _text_of(wire: Any) -> str:
    found = wire.get('uid') if isinstance(wire, Mapping) else wire
    return found.strip() if isinstance(found, str) else ''
