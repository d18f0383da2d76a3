"""What the searched texts of an entity are like: some hundred of them, kept for minutes, tell how common a word is before any
index is asked. That decides about speed alone, and the texts are shown to nobody. Knows no right.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

import sqlalchemy as sa

from permissions.scoping import ReaderSession
from schema.catalog import Entity
from schema.search_index import Needles, Roads, SearchIndex

PLACES, EACH, NEWEST = 16, 32, 512
"""Texts are taken at so many places of a table, so many at each; more at its newest end, from which lists are walked."""
LONGEST, REMEMBERED = 1_000, 500
KNOWN_SECONDS, FRESH_SECONDS = 600, 60
OFTEN, APART = 125, 3
"""What one text of so many has is met soon on a walk, if it is met at so many places beside the newest."""


class Sample:
    """Texts as the index has them, each with the number of the place that it comes from, 0 for the newest end. `last` is the
    highest id of the table; `until` when it is to be taken anew."""

    def __init__(self, taken: Sequence[tuple[int, str]], last: int, *, is_indexed: bool) -> None:
        self.last, self.is_indexed, self.until = last, is_indexed, time.monotonic() + KNOWN_SECONDS
        self._places = [place for place, _ in taken]
        self._newest = self._places.count(0)
        self._text = '\n'.join(text for _, text in taken)
        self._starts = [0, *accumulate(len(text) + 1 for _, text in taken)]
        self._holders: dict[str, frozenset[int]] = {}

    def holders(self, text: str) -> frozenset[int]:
        """The numbers of the texts that hold this one."""
        if (found := self._holders.get(text)) is None:
            if len(self._holders) >= REMEMBERED:
                self._holders.clear()
            found = self._holders[text] = frozenset(self._met(text))
        return found

    def share(self, holders: frozenset[int]) -> float:
        """How many of all texts these are."""
        return len(holders) / len(self._places) if self._places else 0.0

    def fitting(self, roads: Roads) -> frozenset[int]:
        """The numbers of the texts in which one of the roads can be gone."""
        fitting: frozenset[int] = frozenset()
        for road in roads:
            fitting |= self._all([self._any([self.holders(text) for text in texts]) for texts in road])
        return fitting

    def having(self, needles: Needles) -> frozenset[int]:
        """The numbers of the texts that have all that must hold."""
        return self._all([self.fitting(roads) for roads in needles])

    def is_met_soon(self, needles: Needles) -> bool:
        """Whether what fits is met soon on a walk from the newest on, wherever the walk has come."""
        having = self.having(needles)
        newest = sum(not self._places[number] for number in having)
        older, places = len(self._places) - self._newest, {self._places[number] for number in having} - {0}
        return newest * OFTEN >= self._newest and (len(having) - newest) * OFTEN >= older and len(places) >= APART

    def _met(self, text: str) -> Iterator[int]:
        at = self._text.find(text)
        while at >= 0:
            number = bisect_right(self._starts, at) - 1
            yield number
            at = self._text.find(text, self._starts[number + 1])

    def _all(self, parts: Sequence[frozenset[int]]) -> frozenset[int]:
        return frozenset.intersection(*parts) if parts else frozenset(range(len(self._places)))

    def _any(self, parts: Sequence[frozenset[int]]) -> frozenset[int]:
        return frozenset().union(*parts)


def sample_of(session: ReaderSession, entity: Entity, index: SearchIndex) -> Sample:
    """Two statements, once for as long as a sample is believed; of several that are old, a session takes one anew."""
    kept: dict[str, Sample] = session.catalog.kept.setdefault(Sample, {})
    found = kept.get(entity.key)
    if found is None or (found.until < time.monotonic() and not session.info.get(Sample)):
        session.info[Sample] = found is not None
        found = kept[entity.key] = _taken(session.connection(), index)
    return found


def doubt(session: ReaderSession, entity: Entity) -> None:
    """What a sample told was not so: the next one to ask takes it anew, unless it is fresh."""
    found: Sample | None = session.catalog.kept.get(Sample, {}).get(entity.key)
    if found is not None and found.until - time.monotonic() < KNOWN_SECONDS - FRESH_SECONDS:
        found.until = 0.0


def _taken(connection: sa.Connection, index: SearchIndex) -> Sample:
    assert index.table is not None
    lite, quote = connection.dialect.name == 'sqlite', connection.dialect.identifier_preparer.quote
    table, text = quote(index.table.name), index.document(connection.dialect)
    if lite:
        known = '1'  # whether the index is whole, whoever asks it looks
    else:
        known = f"coalesce((SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('{quote(str(index.name))}')), false)"
    last, is_indexed = connection.exec_driver_sql(f'SELECT coalesce(max(id), 0), {known} FROM {table}').one()
    rows = connection.exec_driver_sql((_on_sqlite if lite else _on_postgresql)(table, text, last)).all()
    taken = [(int(place), held.replace('  ', ' ') if lite else held) for place, held in rows]
    return Sample(taken, last, is_indexed=bool(is_indexed))


def _on_sqlite(table: str, text: str, last: int) -> str:
    return ' UNION ALL '.join(
        f'SELECT * FROM (SELECT {place}, substr({text}, 1, {LONGEST}) FROM {table}'
        f' WHERE id <= {last - place * last // PLACES} ORDER BY id DESC LIMIT {EACH if place else NEWEST})'
        for place in range(PLACES)
    )


def _on_postgresql(table: str, text: str, last: int) -> str:
    held = f'SELECT left({text}, {LONGEST}) AS held FROM {table}'
    return (
        f'SELECT 0, held FROM ({held} ORDER BY id DESC LIMIT {NEWEST}) AS newest UNION ALL'
        f' SELECT places.at, held FROM generate_series(1, {PLACES - 1}) AS places (at), LATERAL'
        f' ({held} WHERE id <= {last}::bigint - places.at * {last}::bigint / {PLACES} ORDER BY id DESC LIMIT {EACH}) AS others'
    ).replace('%', '%%')
