"""Going through a timeline that is made of several sources, page by page, newest first. Reads nothing itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from modules.records import paging
from schema.base.errors import BadRequest
from schema.base.numbers import LARGEST_ID, whole
from schema.catalog import Field

PAGE = 30
HIGHEST = 2**62
MARK = '~'


@dataclass(frozen=True)
class Place:
    """Where an entry stands: its moment, the rank of its source, and its row there (a number or a uid that rises with time)."""

    at: datetime
    rank: int
    row: str

    def text(self) -> str:
        return MARK.join((self.at.isoformat(), str(self.rank), self.row))

    @classmethod
    def read(cls, raw: str) -> Place | None:
        """None for a blank one. Raises: BadRequest REC-E039 when no timeline of ours made it."""
        if not raw:
            return None
        try:
            at, rank, row = raw[:120].split(MARK)
            moment = datetime.fromisoformat(at)
            if moment.tzinfo is None or not rank.isdigit() or len(rank) > 3 or len(row) > 40:
                raise ValueError
            return cls(moment, int(rank), row)
        except ValueError as error:
            raise BadRequest.of('REC-E039') from error

    @property
    def order(self) -> tuple[float, int, str]:
        """Rising from the newest; rows of one moment and source keep the order in which the source told them."""
        return -self.at.timestamp(), self.rank, ''


@dataclass(frozen=True)
class Window:
    """The part of a timeline that is asked for: `size` entries at most, those behind `after`. `kinds` is a choice of people:
    '' for all."""

    size: int = PAGE
    after: Place | None = None
    kind: str = ''

    def bound(self, rank: int, at: sa.ColumnElement[Any], row: sa.ColumnElement[Any], row_type: type) -> list[Any]:
        """What a SELECT of a source adds: its rows behind the place."""
        place = self.after
        if place is None:
            return []
        moment = sa.literal(place.at, at.type)
        if rank < place.rank:
            return [at < moment]
        if rank > place.rank:
            return [at <= moment]
        same = sa.and_(at == moment, row < _typed(place.row, row_type))
        return [sa.or_(at < moment, same)]

    def cursor(self, rank: int, at: Field) -> str | None:
        """The same for a list of records that is sorted by a moment, falling."""
        place = self.after
        if place is None:
            return None
        row = 0 if rank < place.rank else HIGHEST if rank > place.rank else _typed(place.row, int)
        return paging.cursor_of([(at, True)], [place.at], row)


@dataclass(frozen=True)
class Found:
    """What a source gave. `last` is the place of the last row it read when there may be more behind it, else None."""

    entries: Sequence[Mapping[str, Any]]
    last: Place | None = None


def entry_of(place: Place, kind: str, icon: str, **more: Any) -> dict[str, Any]:
    """An entry as timelines show it. `kind` is log, updated, plan, mail or system; a system entry has `text`, and perhaps
    `href`, `who`, `detail`, and `tag` with its `tone` (ok, warn, bad)."""
    return {'place': place, 'at': place.at, 'kind': kind, 'icon': icon, **more}


def last_of(places: Sequence[Place], size: int) -> Place | None:
    """`Found.last` of a source that read these rows."""
    return places[-1] if places and len(places) >= size else None


def merged(parts: Sequence[Found], size: int) -> tuple[list[dict[str, Any]], Place | None]:
    """The newest entries of all sources, and the place to go on from; None at the end.

    Behind the newest end of a source that may have more nothing is certain yet, so that far the page goes.
    """
    entries = sorted((dict(each) for part in parts for each in part.entries), key=lambda each: each['place'].order)
    ends = [part.last for part in parts if part.last is not None]
    frontier = min(ends, key=lambda place: place.order) if ends else None
    if frontier is not None:
        entries = [each for each in entries if each['place'].order <= frontier.order]
    if len(entries) > size:
        return entries[:size], entries[size - 1]['place']
    return entries, frontier


def _typed(row: str, kind: type) -> Any:
    if kind is int:
        return whole(row, LARGEST_ID) or 0
    return row
