"""Which records a search can find at all, by the search index: asked before the list itself, so that what is rare is looked up
and what is common is met on a walk. Knows no right: what is found here is asked again with the rule and the whole search.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from migrations.tables import WHOLE
from permissions.scoping import ReaderSession
from schema.base.database import is_missing_table
from schema.catalog import Entity
from schema.search_index import Needles, SearchIndex, as_like, as_match, search_index_of

MOST = 2_500
"""More candidates are not looked up one by one."""
PLACES, EACH = 16, 128
"""PostgreSQL reads an index of trigrams to its end, and sorts what it finds: whether that is worth while, so many rows at so
many places tell, the newest first."""
COMMON, SPREAD = 12, 12
"""One row of so many makes a word common: a walk meets it soon. One that is met at so many of the places, and among the newest,
is met on a walk too, but counted by the index."""
NEWEST, AMONG, SOME = 2_048, 12, 6
"""So is one that so many of the newest have, and that is met at some places: they lie together, those of an index apart."""
_NOT_THERE, _COMMON, _SPREAD = -3, -2, -1


@dataclass(frozen=True)
class Asked:
    """What stands in SQLite's index of this name for some texts, as long as a statement reads it."""

    index: str
    match: str

    def ids(self) -> sa.Select[int]:
        table = sa.table(self.index, sa.column('rowid', sa.Integer), sa.column(self.index, sa.Text))
        return sa.select(table.c.rowid).where(table.c[self.index].match(self.match))


@dataclass(frozen=True)
class Found:
    """`ids` of candidates; `whole` when there are no others, `newest` when others are older. None at all, and not whole, where
    a word is so common that a walk soon meets it. `about` so many are there in all, where `asked` finds them again."""

    ids: tuple[int, ...]
    whole: bool
    newest: bool = True
    about: int = 0
    asked: Asked | None = None

    @property
    def is_nothing(self) -> bool:
        return self.whole and not self.ids and self.asked is None

    def sifted(self, most: int) -> Found | None:
        """All of them, however many pass for it by single trigrams alone; None where a statement cannot look at them, or where
        they are more than `most`."""
        return None if self.asked is None or self.about > most else replace(self, ids=(), whole=True)

    def clause(self, table: sa.FromClause, dialect: str) -> sa.ColumnElement[bool]:
        """Being one of them."""
        if self.asked is not None and self.whole:
            return table.c.id.in_(self.asked.ids())
        if dialect == 'sqlite':
            each = sa.func.json_each(json.dumps(self.ids)).table_valued('value')
            return table.c.id.in_(sa.select(each.c.value))
        return table.c.id == sa.any_(sa.literal(list(self.ids), sa.ARRAY(sa.BigInteger)))


def find(session: ReaderSession, entity: Entity, needles: Needles) -> Found | None:
    """One statement, once for a session; None when the index is not there yet."""
    kept: dict[tuple[str, Needles], Found | None] = session.info.setdefault(Found, {})
    place = (entity.key, needles)
    if place not in kept:
        index = search_index_of(entity.table)
        kept[place] = None if index is None else _find(session, entity, index, needles)
    return kept[place]


def _find(session: ReaderSession, entity: Entity, index: SearchIndex, needles: Needles) -> Found | None:
    lite = session.get_bind().dialect.name == 'sqlite'
    ask = _on_sqlite if lite else _on_postgresql
    try:
        ids = ask(session, entity, index, needles)
    except OperationalError as error:
        if lite and is_missing_table(error):  # a publish took this version's index away, or no start has made it yet
            return None
        raise
    how = ids[0] if ids and ids[0] < 0 else 0
    if how == _NOT_THERE:
        return None
    if how == _COMMON:
        return Found((), whole=False)
    kept = tuple(ids[1:] if how else ids)
    if len(kept) <= MOST:
        return Found(kept, whole=True)
    if not lite:
        return Found(kept[:MOST], whole=False, newest=how != _SPREAD)
    about = len(kept) * kept[0] // (kept[0] - kept[-1] + 1)  # as if the older ones were as close together
    return Found(kept[:MOST], whole=False, about=about, asked=Asked(str(index.name), as_match(needles)))


def _on_sqlite(session: ReaderSession, entity: Entity, index: SearchIndex, needles: Needles) -> Sequence[int]:
    quote = session.get_bind().dialect.identifier_preparer.quote
    name = quote(str(index.name))
    statement = (
        f'SELECT {_NOT_THERE} WHERE NOT EXISTS (SELECT 1 FROM schema_search WHERE name = :name AND upto = {WHOLE})'
        f' UNION ALL SELECT * FROM (SELECT rowid FROM {name} WHERE {name} MATCH :match ORDER BY rowid DESC LIMIT {MOST + 1})'
    )
    given = {'name': str(index.name), 'match': as_match(needles)}
    return session.connection().execute(sa.text(statement), given).scalars().all()


def _on_postgresql(session: ReaderSession, entity: Entity, index: SearchIndex, needles: Needles) -> Sequence[int]:
    """One statement: parts whose condition looks at no row are left out before they begin."""
    table, document = entity.table, index.document(session.get_bind().dialect)
    fits, mode = as_like(needles, document), _mode(table, as_like(needles, document), str(index.name))
    alone = sa.func.pg_backend_pid() > 0  # no worker may say its own, so that none is started: that takes longer than reading
    ids = sa.select(table.c.id).where(fits, alone)
    told = sa.select(mode.label('id')).where(mode < 0)
    some = ids.where(mode == _SPREAD).limit(MOST + 1)
    newest = ids.where(mode == 0).order_by((table.c.id + 0).desc()).limit(MOST + 1)
    parts = (told, *(sa.select(each.subquery().c.id) for each in (some, newest)))
    return session.connection().execute(sa.union_all(*parts)).scalars().all()


def _mode(table: sa.Table, fits: sa.ColumnElement[bool], index: str) -> sa.ScalarSelect[int]:
    """How to find what fits, by the sample: 0 is by the index, newest first."""
    last = sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0).label('last')).cte('bounds').prefix_with('MATERIALIZED')
    places = sa.func.generate_series(0, PLACES - 1).table_valued('place', name='places').render_derived()
    rows = (
        sa.select(fits.label('fits'))
        .where(table.c.id <= last.c.last - places.c.place * last.c.last // PLACES)
        .order_by(table.c.id.desc())
        .limit(EACH)
        .correlate(places, last)
        .lateral('rows')
    )
    hits = sa.func.count().filter(rows.c.fits)
    met = sa.func.count(places.c.place.distinct()).filter(rows.c.fits)
    is_spread = sa.and_(met >= SPREAD, sa.func.min(places.c.place).filter(rows.c.fits) <= 1)
    newest = sa.select(fits.label('fits')).select_from(table).order_by(table.c.id.desc()).limit(NEWEST).subquery()
    among = sa.select(sa.func.count()).where(newest.c.fits).scalar_subquery()
    missing = sa.text('NOT coalesce((SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:index)), false)')
    mode = sa.case(
        (missing.bindparams(index=index), _NOT_THERE),
        (sa.and_(is_spread, hits * COMMON > sa.func.count()), _COMMON),
        (is_spread, _SPREAD),
        (met < SOME, 0),  # first, so that for what is rare nobody looks at the newest
        (among >= AMONG, _SPREAD),
        else_=0,
    )
    return sa.select(sa.select(mode.label('mode')).select_from(last, places, rows).cte('sample').c.mode).scalar_subquery()
