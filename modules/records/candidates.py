"""Which records a search can find at all, by the search index: asked before the list itself, so that what is rare is looked up
and what is common is met on a walk. Knows no right: what is found here is asked again with the rule and the whole search.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from migrations.tables import WHOLE
from permissions.scoping import ReaderSession
from schema.base.database import is_missing_table
from schema.catalog import Entity
from schema.search_index import Needles, SearchIndex, as_like, as_match, search_index_of

MOST = 5_000
"""More candidates are not looked up one by one."""
PLACES, EACH = 16, 128
"""PostgreSQL reads an index of trigrams to its end: whether that is worth while, so many rows at so many places tell."""
COMMON = 50
"""One row of so many makes a word common."""
_NOT_THERE, _TOO_MANY = -2, -1


@dataclass(frozen=True)
class Found:
    """`ids` of the newest candidates, newest first; `whole` when there are no others. None at all, and not whole, where a word
    is so common that a walk soon meets it."""

    ids: tuple[int, ...]
    whole: bool

    def clause(self, table: sa.FromClause, dialect: str) -> sa.ColumnElement[bool]:
        """Being one of them."""
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
    if _NOT_THERE in ids[:1]:
        return None
    return Found((), whole=False) if _TOO_MANY in ids[:1] else Found(tuple(ids[:MOST]), whole=len(ids) <= MOST)


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
    """The index is read only where the sample says that it is worth while: a condition that looks at no row is tested first."""
    table, dialect = entity.table, session.get_bind().dialect
    fits = as_like(needles, index.document(dialect))
    last = sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0).label('last')).cte('bounds').prefix_with('MATERIALIZED')
    places = sa.func.generate_series(0, PLACES - 1).table_valued('place', name='places').render_derived()
    rows = (
        sa.select(fits.label('fits'))
        .where(table.c.id > places.c.place * last.c.last // PLACES)
        .order_by(table.c.id)
        .limit(EACH)
        .correlate(places, last)
        .lateral('rows')
    )
    fitting = sa.func.count().filter(rows.c.fits) * COMMON
    sample = sa.select((fitting > sa.func.count()).label('common')).select_from(last, places, rows).cte('sample')
    ready = sa.text('coalesce((SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:index_name)), false)')
    ready = ready.bindparams(index_name=str(index.name))
    common = sa.select(sample.c.common).scalar_subquery()
    worth = sa.and_(ready, sa.not_(common))
    why = sa.case((ready, _TOO_MANY), else_=_NOT_THERE).label('id')
    walk = sa.select(why).where(sa.not_(worth))
    newest = sa.select(table.c.id).where(fits, worth).order_by((table.c.id + 0).desc()).limit(MOST + 1)
    statement = sa.union_all(walk, sa.select(newest.subquery().c.id))
    return session.connection().execute(statement).scalars().all()
