"""Types that have to do with several links: their pairs in a table are copied, or read as words and made of words, while people
work.

The course is that of every type change (`migrations.steps.convert`); only what is read and written differs. Of several links
that become one the first by position stays, not counting records in the bin; who had more is reported, and the pairs stay as a
shadow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import sqlalchemy as sa

from migrations.neighbours import tables_of
from migrations.pace import in_chunks
from migrations.site import Site
from migrations.steps.convert import READING, Converted, ConvertField, read_rows
from migrations.steps.number_rows import ConvertToNumbers
from migrations.touched import watch_pairs
from migrations.unread import forget_unread, note_unread
from migrations.walks import Walk
from schema.base.bulk import write_rows
from schema.catalog import Entity, Field
from schema.values import Link, Links

NAMED = 20
"""As many of a record's links are named in the report; the rest is told by number."""


@dataclass(frozen=True)
class Pair:
    """One linked record; `live` False when it is in the bin."""

    target: int
    live: bool


Held = Mapping[int, Sequence[Pair]]
"""Pairs by the id of the record that holds them, in their order."""


@dataclass(frozen=True)
class _CopyLinks(ConvertField):
    """Reads within the writing transaction: a record purged in between must take its pairs along."""

    pairs: str = ''

    def _fill(self, site: Site, walk: Walk) -> None:
        in_chunks(site, self.kind, self._chunk, walk.passed)

    def _chunk(self, site: Site, after: int, size: int, connection: sa.Connection) -> int | None:
        rows = self._rows(site, connection, sa.column('id') > after, size)
        self._write(site, connection, rows)
        return rows[-1]['id'] if len(rows) == size else None

    def _rows(self, site: Site, connection: sa.Connection, where: Any, limit: int | None = None) -> list[dict[str, Any]]:
        query = sa.select(self._both(site)).where(where).order_by(sa.column('id')).limit(limit)
        return read_rows(connection, query.with_for_update(key_share=True))


@dataclass(frozen=True)
class LinkToLinks(_CopyLinks):
    """Pairs that come back from shadow stay where the first of them is what the link says now."""

    kind: ClassVar[str] = 'link_to_links'
    texts: ClassVar[dict[str, str]] = {
        'en': 'Copy each link in {table} to {pairs}',
        'vi': 'Chép từng liên kết ở {table} sang {pairs}',
    }

    def _write(self, site: Site, connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
        _, old, new = self._sides(site)
        table = new.table
        assert table is not None
        held = read_pairs(connection, new, _target(site, new), [row['id'] for row in rows])
        gone: list[int] = []
        come: list[dict[str, Any]] = []
        for row in rows:
            wanted, there = row[old.definition.column], held.get(row['id'], ())
            if [each.target for each in there] == _listed(wanted) or (self.restored and first(there) == wanted):
                continue
            gone += [row['id']] if there else []
            come += [{'source_id': row['id'], 'target_id': target, 'position': 0} for target in _listed(wanted)]
        if gone:
            connection.execute(table.delete().where(table.c.source_id.in_(gone)))
        if come:
            connection.execute(table.insert(), come)


@dataclass(frozen=True)
class LinksToLink(_CopyLinks):
    """Writers of pairs are noted by the record that holds them."""

    kind: ClassVar[str] = 'links_to_link'
    texts: ClassVar[dict[str, str]] = {
        'en': 'Keep the first link of each record from {pairs} in {table}',
        'vi': 'Giữ liên kết đầu tiên của từng hồ sơ từ {pairs} ở {table}',
    }

    @property
    def watched(self) -> str:
        return self.pairs

    def _begin(self, site: Site, connection: sa.Connection) -> None:
        watch_pairs(connection, self.pairs, self.place)
        forget_unread(connection, site.target.number, self.field)

    def _write(self, site: Site, connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
        former, old, new = self._sides(site)
        column = new.definition.column
        assert site.base is not None
        target = site.base.entities[old.definition.targets[0]]
        held = read_pairs(connection, old, target, [row['id'] for row in rows])
        chosen = {row['id']: first(held.get(row['id'], ())) for row in rows}
        changes = [{'id': row['id'], column: chosen[row['id']]} for row in rows if chosen[row['id']] != row[column]]
        write_rows(connection, self._both(site), changes)
        several = {row['id']: row for row in rows if row['deleted_at'] is None and _live(held.get(row['id'], ())) > 1}
        texts = link_texts(connection, target, old, {row_id: held[row_id] for row_id in several})
        note_unread(connection, [{**self._about(site, former, row), 'value': texts[row_id]} for row_id, row in several.items()])

    def _about(self, site: Site, former: Entity, row: Mapping[str, Any]) -> dict[str, Any]:
        title = former.title
        return {
            'version': site.target.number, 'entity_ref': self.entity, 'field_ref': self.field, 'row_id': row['id'],
            'uid': row['uid'], 'title': title.type.text(title.definition, title.from_row(row), READING),
        }  # fmt: skip


@dataclass(frozen=True)
class ConvertLinks(_CopyLinks):
    """Several links that become something else than links to the same records, or the other way round. `pairs` is the table of
    the former links, empty where the former values stand in columns."""

    kind: ClassVar[str] = 'convert_links'

    @property
    def watched(self) -> str:
        return self.pairs or self.table

    def _begin(self, site: Site, connection: sa.Connection) -> None:
        if not self.pairs:
            super()._begin(site, connection)
            return
        watch_pairs(connection, self.pairs, self.place)
        forget_unread(connection, site.target.number, self.field)

    def _store(self, site: Site, converted: Converted, connection: sa.Connection) -> None:
        new = self._sides(site)[2]
        if new.is_collection:
            write_pairs(connection, new, {each['id']: each[new.home] for each in converted.changes})
            converted = replace(converted, changes=())
        super()._store(site, converted, connection)


CONVERSIONS: Mapping[str, type[ConvertField]] = {
    each.kind: each for each in (ConvertField, ConvertToNumbers, LinkToLinks, LinksToLink, ConvertLinks)
}


def write_pairs(connection: sa.Connection, each: Field, wanted: Mapping[int, Sequence[int]]) -> None:
    """The links of these records and no others, in their order."""
    table = each.table
    assert table is not None
    come = [
        {'source_id': row_id, 'target_id': target, 'position': place}
        for row_id, targets in wanted.items() for place, target in enumerate(targets)
    ]  # fmt: skip
    if wanted:
        connection.execute(table.delete().where(table.c.source_id.in_(sorted(wanted))))
    if come:
        connection.execute(table.insert(), come)


def converts(former: Field, each: Field) -> bool:
    """Whether values stand in both places, or are read through a link, so that one may be read into the other."""
    shown = former.definition.type == 'through'
    return all(part.type.stored or part.type.key == 'links' for part in ((each,) if shown else (former, each)))


def conversion(entity: Entity, former: Field, each: Field, *, restored: bool) -> ConvertField:
    """The step that fills the field's new storage from the former one."""
    about = (entity.ref, each.ref, entity.table.name, restored)
    if not (each.is_collection or former.is_collection):
        return (ConvertToNumbers if each.type.key == 'autonumber' else ConvertField)(*about)
    if not links_alike(former, each):
        return ConvertLinks(*about, pairs=former.home if former.is_collection else '')
    return LinkToLinks(*about, pairs=each.home) if each.is_collection else LinksToLink(*about, pairs=former.home)


def read_conversion(stored: Mapping[str, Any]) -> ConvertField:
    """The inverse of `Step.as_stored` for conversions; one without a kind is that of a column."""
    values = {name: value for name, value in stored.items() if name != 'kind'}
    return CONVERSIONS[stored.get('kind', ConvertField.kind)](**values)


def links_alike(former: Field, each: Field) -> bool:
    """Whether a link and several links point to the same records, whatever these are called by now."""
    return {former.type.key, each.type.key} == {'link', 'links'} and tables_of(former) == tables_of(each)


def read_pairs(connection: sa.Connection, each: Field, target: Entity, ids: Collection[int]) -> Held:
    """What the table of pairs holds for these records. `target` is what it points at."""
    table = each.table
    assert table is not None
    live = target.table.c.deleted_at.is_(None)
    query = (
        sa.select(table.c.source_id, table.c.target_id, live)
        .join(target.table, target.table.c.id == table.c.target_id)
        .where(table.c.source_id.in_(ids))
        .order_by(table.c.source_id, table.c.position, table.c.id)
    )
    found: dict[int, list[Pair]] = defaultdict(list)
    for source_id, target_id, is_live in connection.execute(query):
        found[source_id].append(Pair(target_id, bool(is_live)))
    return found


def first(pairs: Iterable[Pair]) -> int | None:
    return next((each.target for each in pairs if each.live), None)


def _live(pairs: Iterable[Pair]) -> int:
    return sum(each.live for each in pairs)


def _listed(target: int | None) -> list[int]:
    return [] if target is None else [target]


def _target(site: Site, each: Field) -> Entity:
    return site.target.entities[each.definition.targets[0]]


def link_texts(connection: sa.Connection, target: Entity, each: Field, held: Held) -> dict[int, str]:
    """What the links of each record were, as people read it."""
    shown = {row_id: [pair.target for pair in pairs if pair.live] for row_id, pairs in held.items()}
    wanted = {target_id for ids in shown.values() for target_id in ids[:NAMED]}
    labels = dict(_labels(connection, target, wanted)) if wanted else {}
    texts = {}
    for row_id, ids in shown.items():
        links = tuple(Link(target.key, '', target_id, label=labels.get(target_id, '')) for target_id in ids[:NAMED])
        texts[row_id] = each.type.text(each.definition, Links(links, len(ids)), READING)
    return texts


def _labels(connection: sa.Connection, target: Entity, ids: Collection[int]) -> Iterator[tuple[int, str]]:
    title = target.title
    query = sa.select(target.table.c.id.label('row_id'), *title.columns.values()).where(target.table.c.id.in_(sorted(ids)))
    for row in connection.execute(query).mappings():
        yield row['row_id'], title.type.text(title.definition, title.from_row(dict(row)), READING)
