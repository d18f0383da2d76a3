"""How the rows of a list are found: along the pieces of a record rule where it has some, by statements made once where nothing
in them belongs to one request. Decides nothing about rights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from modules.records import behind, paging
from modules.records.model import COUNTED, Count, ListQuery
from permissions import branches
from permissions.branches import PLACE, SKIP, Window
from permissions.scoping import ReaderSession
from schema.catalog import Entity, Field

COUNTED_ROWS = 1_000
"""The bound of a page's total where a role's condition must be asked of every row."""
Narrowing = Callable[[sa.FromClause], list[sa.ColumnElement[bool]]]
"""The clauses of filter and search over the entity's table or its twin."""


@dataclass(frozen=True, eq=False)
class Listing:
    """A list as it is asked for: `columns` by their names in a row, `pairs` what it is sorted by, at most `most` rows."""

    entity: Entity
    query: ListQuery
    columns: Mapping[str, sa.ColumnElement[Any]]
    pairs: Sequence[tuple[Field, bool]]
    most: int
    narrowing: Narrowing

    @property
    def is_plain(self) -> bool:
        query = self.query
        return not (query.filter or query.search.strip() or query.deleted or query.narrowed is not None)

    @property
    def skipped(self) -> int:
        query = self.query
        return 0 if query.cursor or query.backwards else (query.number - 1) * query.size


def rows(session: ReaderSession, listing: Listing) -> Sequence[Any]:
    """The rows of a page as mappings. Raises: BadRequest REC-E039."""
    rule, key = session.rule(listing.entity.key), listing.entity.key
    cursor = listing.query.before or listing.query.cursor
    if (
        not listing.is_plain
        or (listing.pairs and cursor)
        or any(isinstance(field, behind.Ordered) for field, _ in listing.pairs)
    ):
        return session.execute(_built(session, listing)).mappings().all()
    given = branches.parameters(rule)
    if listing.skipped:
        given[SKIP] = listing.skipped
    if cursor:
        given[PLACE] = paging.row_id_of(cursor)
    window = Window(
        listing.most, session.get_bind().dialect.name,
        placed=PLACE in given, skipping=SKIP in given, backwards=listing.query.backwards,
    )  # fmt: skip
    order = tuple((field.ref, down) for field, down in listing.pairs)
    place = ('rows', key, tuple(listing.columns), order, window)
    return session.run(session.prepared(place, key, lambda: _plain(session, listing, window)), given).mappings().all()


def _plain(session: ReaderSession, listing: Listing, window: Window) -> sa.Select[Any]:
    """A whole list, in order of ids along the pieces of the rule where it has some."""
    entity, rule, binding = listing.entity, session.rule(listing.entity.key), session.policy.binding()
    table = entity.table
    if branches.is_keyed(rule) and not listing.pairs:
        return _select(listing).where(branches.within(rule, entity, binding, window))
    statement = _select(listing).where(branches.whole(rule, entity, binding), table.c.deleted_at.is_(None))
    if window.placed:
        place = sa.bindparam(PLACE, type_=sa.BigInteger)
        statement = statement.where(table.c.id > place if window.backwards else table.c.id < place)
    statement = statement.limit(sa.literal_column(str(window.most)))
    return statement.offset(sa.bindparam(SKIP, type_=sa.Integer)) if window.skipping else statement


def _built(session: ReaderSession, listing: Listing) -> sa.Select[Any]:
    """A list that is filtered, searched, or goes on in another order than that of ids."""
    entity, query, table = listing.entity, listing.query, listing.entity.table
    deleted = table.c.deleted_at.is_not(None) if query.deleted else table.c.deleted_at.is_(None)
    narrowed = [*listing.narrowing(table), *paging.placed(table, listing.pairs, query)]
    statement = _select(listing).where(session.reach(entity.key), deleted, *narrowed).limit(listing.most)
    return statement.offset(listing.skipped) if listing.skipped else statement


def _select(listing: Listing) -> sa.Select[Any]:
    table, query = listing.entity.table, listing.query
    order = paging.order_by(table, listing.pairs, backwards=query.backwards)
    return sa.select(*listing.columns.values()).select_from(table).order_by(*order)


def _is_ordered_behind(listing: Listing) -> bool:
    """Whether it sorts by what stands behind a link, which each policy sees with eyes of its own."""
    return any(isinstance(field, behind.Ordered) for field, _ in listing.pairs)


def one(session: ReaderSession, entity: Entity, columns: Mapping[str, sa.ColumnElement[Any]], uid: str) -> Sequence[Any]:
    """The row of a single record in reach, in the bin or not, as a mapping; none when it is not there."""

    def make() -> sa.Select[Any]:
        reach = branches.whole(session.rule(entity.key), entity, session.policy.binding())
        return sa.select(*columns.values()).where(reach, entity.table.c.uid == sa.bindparam('_uid', type_=sa.String))

    prepared = session.prepared(('one', entity.key, tuple(columns)), entity.key, make)
    given = {**branches.parameters(session.rule(entity.key)), '_uid': uid}
    return session.run(prepared, given).mappings().all()


def count(session: ReaderSession, entity: Entity, query: ListQuery, narrowing: Narrowing, most: int = COUNTED) -> Count:
    """How many records a list has, up to a bound."""
    rule, table = session.rule(entity.key), entity.table
    listing = Listing(entity, query, {}, (), most + 1, narrowing)
    if listing.is_plain:
        window = Window(most + 1, session.get_bind().dialect.name)
        prepared = session.prepared(('count', entity.key, window), entity.key, lambda: _number(session, entity, window))
        found = session.run(prepared, branches.parameters(rule)).scalar_one()
    else:
        deleted = table.c.deleted_at.is_not(None) if query.deleted else table.c.deleted_at.is_(None)
        ids = sa.select(table.c.id).where(session.reach(entity.key), deleted, *narrowing(table)).limit(most + 1)
        found = session.execute(sa.select(sa.func.count()).select_from(ids.subquery())).scalar_one()
    return Count(min(found, most), exact=found <= most)


def bound(session: ReaderSession, entity: Entity) -> int:
    """How far a page counts."""
    return COUNTED_ROWS if session.rule(entity.key).conditions else COUNTED


def _number(session: ReaderSession, entity: Entity, window: Window) -> sa.Select[Any]:
    rule, binding, table = session.rule(entity.key), session.policy.binding(), entity.table
    if branches.is_keyed(rule):
        ids = branches.each_once(rule, entity, binding, window)
    else:
        ids = sa.select(table.c.id).where(branches.whole(rule, entity, binding), table.c.deleted_at.is_(None))
        ids = ids.limit(sa.literal_column(str(window.most)))
    return sa.select(sa.func.count()).select_from(ids.subquery())
