"""Former keys and labels: what uses them is counted per process and kept here; an admin sees the counts and retires them by a
publish."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from migrations.tables import alias_use
from schema.base.clock import Clock
from schema.base.database import Database
from schema.base.findings import escape_pointer
from schema.base.upsert import insert_once
from schema.catalogs import Catalogs
from schema.definitions import Texts, in_locale
from schema.loading import PLURALS, Documents

KEYS, LABELS = 'x-aliases', 'x-former-labels'


@dataclass(frozen=True)
class FormerKey:
    """A key that a part had before, or a label (`keyword` x-former-labels), by which files still mean it. `pointer` goes into
    `remove` to retire it; times are None while nobody has used it."""

    pointer: str
    part_ref: str
    alias: str
    key: str
    label: Texts
    place: Texts
    count: int = 0
    last_used_at: datetime | None = None

    @property
    def keyword(self) -> str:
        return self.pointer.rsplit('/', 2)[1]

    def name_in(self, locale: str) -> str:
        """What took its place."""
        return in_locale(self.label, locale) if self.keyword == LABELS else self.key

    def as_wire(self, locale: str) -> dict[str, Any]:
        last = self.last_used_at.replace(tzinfo=None).isoformat(timespec='seconds') + 'Z' if self.last_used_at else None
        return {
            'pointer': self.pointer,
            'alias': self.alias,
            'key': self.key,
            'label': in_locale(self.label, locale),
            'place': in_locale(self.place, locale),
            'count': self.count,
            'last_used_at': last,
        }


def keep_uses(database: Database, catalogs: Catalogs, clock: Clock) -> int:
    """Add what this process counted since the last call to the book; returns how many uses. Commits; no statement for none."""
    taken = catalogs.take_former_keys()
    if not taken:
        return 0
    now, book = clock.now(), alias_use.c
    with database.writing() as connection:
        for (ref, alias), count in sorted(taken.items()):
            fresh = {'part_ref': ref, 'alias': alias, 'count': 0, 'first_used_at': now, 'last_used_at': now}
            connection.execute(insert_once(connection, alias_use, 'part_ref', 'alias').values(fresh))
            place = (book.part_ref == ref) & (book.alias == alias)
            connection.execute(alias_use.update().where(place).values(count=book.count + count, last_used_at=now))
    return sum(taken.values())


def former_keys(database: Database, documents: Documents) -> list[FormerKey]:
    """Every former key that still works, with its use, in the order of the documents; most recently used parts tell most."""
    with database.reading() as connection:
        uses = {(row.part_ref, row.alias): row for row in connection.execute(sa.select(alias_use))}
    return [_with_use(each, uses.get((each.part_ref, each.alias))) for each in _all(documents)]


def _with_use(each: FormerKey, use: Any) -> FormerKey:
    if use is None:
        return each
    return FormerKey(
        each.pointer, each.part_ref, each.alias, each.key, each.label, each.place, use.count, use.last_used_at
    )  # fmt: skip


def _all(documents: Documents) -> Iterator[FormerKey]:
    for (kind, key), document in documents.items():
        place = f'/{PLURALS[kind]}/{escape_pointer(key)}'
        label = _label(document, key)
        yield from _of_part(document, place, key, label)
        for name, part in document.get('properties', {}).items() if kind == 'entity' else ():
            yield from _of_field(part, f'{place}/properties/{escape_pointer(name)}', name, label)
        for pipeline in document.get('x-pipelines', ()) if kind == 'entity' else ():
            at = f'{place}/x-pipelines/{escape_pointer(pipeline["ref"])}/stages'
            yield from _of_options(pipeline.get('stages', ()), at, _named(pipeline))


def _of_field(part: Mapping[str, Any], place: str, key: str, owner: Texts) -> Iterator[FormerKey]:
    yield from _of_part(part, place, key, owner)
    yield from _of_options(part.get('x-options', ()), f'{place}/x-options', _label(part, key))
    for name, child in part.get('x-lines', {}).get('properties', {}).items():
        yield from _of_part(child, f'{place}/x-lines/properties/{escape_pointer(name)}', name, _label(part, key))


def _of_options(options: Iterable[Mapping[str, Any]], place: str, owner: Texts) -> Iterator[FormerKey]:
    """Options or stages."""
    for part in options:
        yield from _named_before(part, f'{place}/{escape_pointer(part["ref"])}', part['ref'], part['key'], _named(part), owner)


def _named(part: Mapping[str, Any]) -> Texts:
    return part.get('label') or {'en': part['key']}


def _of_part(part: Mapping[str, Any], place: str, key: str, owner: Texts) -> Iterator[FormerKey]:
    yield from _named_before(part, place, part['x-ref'], key, _label(part, key), owner)


def _named_before(part: Mapping[str, Any], place: str, ref: str, key: str, label: Texts, owner: Texts) -> Iterator[FormerKey]:
    for keyword in (KEYS, LABELS):
        for name in part.get(keyword, ()):
            yield FormerKey(f'{place}/{keyword}/{escape_pointer(name)}', ref, name, key, label, owner)


def _label(part: Mapping[str, Any], key: str) -> Texts:
    return part.get('x-label') or {'en': key}
