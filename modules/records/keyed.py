"""How the rows of a list are found: along the pieces of a record rule where it has some, by statements made once where nothing
in them belongs to one request. Decides nothing about rights."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import sqlalchemy as sa

from modules.records import behind, paging, walking
from modules.records.candidates import Found
from modules.records.model import COUNTED, Count, ListQuery
from permissions import branches
from permissions.branches import SKIP, Wanted, Window
from permissions.scoping import ReaderSession
from schema.catalog import Entity, Field

COUNTED_ROWS = 1_000
"""The bound of a page's total where rows are looked at, for a filter, a search or a role's condition: no page waits for it.
Of a reach, whose rows lie apart, no more are looked at: a smaller one has its exact total."""
SMALL, KNOWN_SECONDS = 3_000, 60
"""A reach of so many records is looked at whole sooner than other people's are walked past; how long that is believed."""
FEW, FEW_BESIDE, REACHED = 200_000, 20_000, 10_000
"""So many candidates of a search are asked one by one sooner than the table is walked from its newest end; so many sooner than
it is walked in another order, or along a reach that holds more than the last."""
FEW_SORTED = 80_000
"""So many are sorted sooner than they are met on a walk along an order in which they may lie together."""
FIRST = 2_000
"""So many of a sorted list are asked before it is known that what is often met stands further on."""
NUMBER = '_row_number'
FINDING = frozenset({'eq', 'in', 'starts_with', 'between', 'within'})
Way = Literal['pieces', 'gathered', 'walked', 'past', 'whole']
_REACHES = {'gathered': branches.gathered, 'past': branches.past, 'whole': branches.whole}


@dataclass(frozen=True, eq=False)
class Narrowing:
    """The clauses of filter and search over the entity's table or its twin. Statements that hold them are kept for the policy
    by `name`, blank where nothing is asked; those without one serve one request."""

    clauses: Callable[[sa.FromClause], list[sa.ColumnElement[bool]]]
    name: str | None = ''
    found: Found | None = None
    """What the search index knows of it; when that is all there is, it is one of the clauses."""
    is_walked: bool = False
    """Whether a search is met on a walk along a reach, as there is more than can be looked up, or the reach is small."""
    owned: bool = False
    """Whether it asks for the person's own records alone."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """The records and moments that it compares with, as parameters of its clauses."""
    further: bool = False
    """Whether it looks at other records, with the eyes of the person."""

    @property
    def finds_nothing(self) -> bool:
        return self.found is not None and self.found.is_nothing


@dataclass(frozen=True, eq=False)
class Listing:
    """A list as it is asked for: `columns` by their names in a row, `pairs` what it is sorted by, at most `most` rows."""

    entity: Entity
    query: ListQuery
    columns: Mapping[str, sa.ColumnElement[Any]]
    pairs: Sequence[tuple[Field, bool]]
    most: int
    narrowing: Narrowing
    way: Way | None = None
    """How its rows are found, where that is decided."""

    @property
    def name(self) -> str | None:
        """As `Narrowing.name`, of the list as a whole."""
        return None if self.query.deleted or _is_ordered_behind(self) else self.narrowing.name

    @property
    def skipped(self) -> int:
        query = self.query
        return 0 if query.cursor or query.backwards else (query.number - 1) * query.size


def rows(session: ReaderSession, listing: Listing) -> Sequence[Any]:
    """The rows of a page as mappings. Raises: BadRequest REC-E039."""
    if listing.narrowing.finds_nothing:
        return ()
    newest = _among_found(session, listing.entity, listing.narrowing)
    if newest is not None and not listing.pairs and not listing.query.backwards:
        found = rows(session, replace(listing, narrowing=newest))
        if len(found) == listing.most:
            return found
    if listing.narrowing.is_walked:
        if _may_stand_first(session, listing) and len(found := rows(session, _among_first(session, listing))) == listing.most:
            return found
        few = _worth(session, listing)
        listing = replace(listing, narrowing=sifted(session, listing.entity, listing.narrowing, few))
    key, spot = listing.entity.key, None
    given = {**branches.parameters(session.rule(key)), **listing.narrowing.given}
    if listing.skipped:
        given[SKIP] = listing.skipped
    if cursor := listing.query.before or listing.query.cursor:
        spot = paging.spot_of(cursor, listing.pairs)
        given |= spot.parameters
    window = Window(
        listing.most, session.get_bind().dialect.name, placed=None if spot is None else spot.blanks,
        skipping=SKIP in given, backwards=listing.query.backwards,
    )  # fmt: skip
    way = listing.way or _way(session, listing)
    if listing.name is None:
        return session.execute(_statement(session, listing, window, way), given).mappings().all()
    order = tuple((field.ref, down) for field, down in listing.pairs)
    kept_as = ('rows', key, listing.name, tuple(listing.columns), order, window, way, listing.query.counting)
    alone = listing.narrowing.further
    prepared = session.prepared(kept_as, key, lambda: _statement(session, listing, window, way), alone=alone)
    return session.run(prepared, given).mappings().all()


def _among_found(session: ReaderSession, entity: Entity, narrowing: Narrowing) -> Narrowing | None:
    """The same among the newest that the index told: where these fill a page or a count, nothing else is looked at. Pieces of a
    reach are walked sooner."""
    found, dialect = narrowing.found, session.get_bind().dialect
    if found is None or found.whole or not found.ids or branches.is_keyed(session.rule(entity.key)):
        return None
    return _among(narrowing, lambda table: found.clause(table, dialect), None)


def _may_stand_first(session: ReaderSession, listing: Listing) -> bool:
    """Whether what is met often may fill a page of a sorted list near its front: unless it lies together in this order."""
    found, query = listing.narrowing.found, listing.query
    often = found is None or found.is_met(2 * listing.most, FIRST)
    ordered = bool(listing.pairs) and walking.is_walkable(listing.entity, listing.pairs)
    unlimited = session.rule(listing.entity.key).scope == 'all'
    return often and ordered and unlimited and not query.deleted and not listing.skipped


def _among_first(session: ReaderSession, listing: Listing) -> Listing:
    """The same among those that stand first in its order."""
    query, entity, cursor = listing.query, listing.entity, listing.query.before or listing.query.cursor
    placed = paging.spot_of(cursor, listing.pairs).blanks if cursor else None
    window = Window(FIRST, session.get_bind().dialect.name, placed=placed, backwards=query.backwards)
    rule, binding = session.rule(entity.key), session.policy.binding()

    def clauses(table: sa.FromClause) -> list[sa.ColumnElement[bool]]:
        first = branches.among(
            rule, entity, binding, window.engine, lambda asked: walking.found(entity, listing.pairs, window, asked)
        )
        return [first, *listing.narrowing.clauses(table)]

    return replace(listing, narrowing=Narrowing(clauses, None, given=listing.narrowing.given), way='whole')


def sifted(session: ReaderSession, entity: Entity, narrowing: Narrowing, most: int = FEW_BESIDE) -> Narrowing:
    """The same among all that the index tells, where these are at most so many."""
    known = None if narrowing.found is None or narrowing.found.whole else narrowing.found.sifted(most)
    if known is None:
        return narrowing
    dialect = session.get_bind().dialect
    return _among(narrowing, lambda table: known.clause(table, dialect), known)


def _among(
    narrowing: Narrowing, being: Callable[[sa.FromClause], sa.ColumnElement[bool]], found: Found | None
) -> Narrowing:  # fmt: skip
    def clauses(table: sa.FromClause) -> list[sa.ColumnElement[bool]]:
        return [being(table), *narrowing.clauses(table)]

    return replace(narrowing, clauses=clauses, name=None, found=found, is_walked=False)


def _worth(session: ReaderSession, listing: Listing) -> int:
    """How many candidates are asked one by one sooner than what else there is to walk."""
    found = listing.narrowing.found
    if listing.pairs:
        return FEW_SORTED
    return 0 if found is not None and found.soon else _few(session, listing.entity)


def _few(session: ReaderSession, entity: Entity) -> int:
    if branches.is_keyed(session.rule(entity.key)):
        return FEW_BESIDE if _reaches(session, entity, REACHED) else 0
    return FEW


def _way(session: ReaderSession, listing: Listing) -> Way:
    """`pieces` are merged as far as the page goes where the order is theirs; a small reach is `gathered` and sorted or asked;
    an index in the list's order is `walked`, also to a page by its number, or the table in order of ids `past` what is out of
    reach; else the rule stands `whole`, so that indexes of what is asked can serve."""
    rule, query = session.rule(listing.entity.key, owned=listing.narrowing.owned), listing.query
    if query.deleted:
        return 'whole'
    found, is_keyed = listing.narrowing.found, branches.is_keyed(rule)
    asked = bool(query.search.strip()) or (found is not None and found.whole) or _asks_an_index(listing.entity, query)
    met = listing.narrowing.is_walked and not _asks_an_index(listing.entity, query)
    if is_keyed and not listing.pairs and (met or not asked):
        return 'pieces'
    if rule.scope not in {'all', 'none'} and is_small(session, listing.entity):
        return 'gathered' if is_keyed else 'whole'
    if asked:
        return 'whole'
    if listing.pairs or listing.skipped:
        return 'walked' if walking.is_walkable(listing.entity, listing.pairs) else 'whole'
    return 'whole' if rule.scope in {'all', 'none'} else 'past'


def _asks_an_index(entity: Entity, query: ListQuery) -> bool:
    """Whether one of the tests that must all hold may find fewer records by an index of its own than a reach holds."""
    asked = [query.filter] if query.filter else []
    if query.narrowed is not None:
        asked.append(query.narrowed.document)
    while asked:
        each = asked.pop()
        asked += each.get('all', ())
        if each.get('op') in FINDING and _is_indexed(entity, str(each.get('field'))):
            return True
    return False


def _asks_stages(entity: Entity, condition: Any) -> bool:
    """Whether records must stand in one of several stages."""
    if not condition or entity.stage is None:
        return False
    own = condition.get('op') == 'in' and condition.get('field') == entity.stage.key
    return own or any(_asks_stages(entity, part) for part in condition.get('all', ()))


def _is_indexed(entity: Entity, key: str) -> bool:
    field = entity.find_field(key) if '.' not in key else None
    if field is None:
        return False
    if field.system:
        return field.key in {'uid', 'owner', 'team'}
    given = field.definition
    return (
        field.is_link or given.searched or given.unique or any(names[:1] == (field.key,) for names in entity.definition.indexes)
    )


def _statement(session: ReaderSession, listing: Listing, window: Window, way: Way) -> sa.Select[Any]:
    entity, query, table, clauses = listing.entity, listing.query, listing.entity.table, listing.narrowing.clauses
    rule = session.rule(entity.key, owned=listing.narrowing.owned)
    binding, select = session.policy.binding(), _select(session, listing)
    if way == 'pieces':
        return select.where(branches.within(rule, entity, binding, window, clauses(entity.twin)))
    if way == 'walked':

        def walk(asked: list[sa.ColumnElement[bool]]) -> sa.Select[Any]:
            narrowed = clauses(entity.twin)
            if window.engine == 'sqlite' and walking.is_bounded(listing.pairs, query.filter):
                narrowed = walking.met(listing.pairs, narrowed)
            return walking.found(entity, listing.pairs, window, [*asked, *narrowed])

        found = select.where(branches.among(rule, entity, binding, window.engine, walk))
        return replace(window, skipping=False).cut(found)
    columns = None if query.search.strip() else paging.columns_of(table, listing.pairs)
    if way == 'gathered' and columns:
        wanted = Wanted(
            window, columns, lambda rows: paging.order_by(rows, listing.pairs, backwards=window.backwards),
            lambda rows: _beyond(rows, listing, window),
        )  # fmt: skip
        return select.where(branches.gathered_first(rule, entity, binding, wanted, clauses(entity.twin)))
    reach = _REACHES[way](rule, entity, binding)
    deleted = table.c.deleted_at.is_not(None) if query.deleted else table.c.deleted_at.is_(None)
    return window.cut(select.where(reach, deleted, *clauses(table), *_beyond(table, listing, window)))


def _beyond(table: sa.FromClause, listing: Listing, window: Window) -> list[sa.ColumnElement[bool]]:
    if window.placed is None:
        return []
    return [(paging.before if window.backwards else paging.after)(table, listing.pairs, window.placed)]


def is_small(session: ReaderSession, entity: Entity) -> bool:
    """Whether somebody's reach is small, as it was within the last minute: it decides about speed alone."""
    return not _reaches(session, entity, SMALL)


def _reaches(session: ReaderSession, entity: Entity, most: int) -> bool:
    """Whether somebody's reach holds more records than that."""
    place = ('reach', entity.key, most)
    kept: tuple[float, bool] | None = session.policy.pieces.get(place)
    if kept is None or kept[0] < time.monotonic():
        found = count(session, entity, ListQuery(), Narrowing(lambda _table: []), most)
        kept = session.policy.pieces[place] = time.monotonic() + KNOWN_SECONDS, not found.exact
    return kept[1]


def _select(session: ReaderSession, listing: Listing) -> sa.Select[Any]:
    entity, query = listing.entity, listing.query
    order = paging.order_by(entity.table, listing.pairs, backwards=query.backwards, filled=paging.filled_by(query.filter))
    columns = [*listing.columns.values()]
    if query.counting:
        window = Window(query.counting + 1, session.get_bind().dialect.name)
        number = _number(session, entity, query, listing.narrowing, window, ordered=not listing.pairs)
        columns.append(number.scalar_subquery().label(NUMBER))
    return sa.select(*columns).select_from(entity.table).order_by(*order)


def counted_beside(rows: Sequence[Any], most: int) -> Count:
    """What the rows of a list tell that was asked for `counting`."""
    number = rows[0][NUMBER] if rows else 0
    return Count(min(number, most), exact=number <= most)


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
    if narrowing.finds_nothing:
        return Count(0)
    known = _among_found(session, entity, narrowing)
    if known is not None and not (found := count(session, entity, query, known, most)).exact:
        return found
    window = Window(most + 1, session.get_bind().dialect.name)
    if narrowing.is_walked:
        soon = narrowing.found is not None and narrowing.found.is_met(most, narrowing.found.about)
        narrowing = narrowing if soon else sifted(session, entity, narrowing, _few(session, entity))
    kind = ('count', window, query.deleted)
    result = answered(session, entity, narrowing, kind, lambda: _number(session, entity, query, narrowing, window))
    number = result.scalar_one()
    return Count(min(number, most), exact=number <= most)


def total(session: ReaderSession, entity: Entity, query: ListQuery, narrowing: Narrowing, least: int) -> Count:
    """How many records a list has, for a page that waits for it; at `least` so many are known."""
    rule = session.rule(entity.key, owned=narrowing.owned)
    is_asked = bool(query.filter) or bool(query.search.strip()) or query.narrowed is not None
    if not (is_asked or rule.conditions):
        return count(session, entity, query, narrowing)
    if not _is_counted_by_parts(session, entity, query, narrowing):
        return count(session, entity, query, narrowing, COUNTED_ROWS)
    window = Window(COUNTED_ROWS + 1, session.get_bind().dialect.name)

    def make() -> sa.Select[Any]:
        return branches.weighed(rule, entity, session.policy.binding(), window, narrowing.clauses(entity.twin))

    found = answered(session, entity, narrowing, ('weighed', window), make).one()
    return Count(max(found.fitting, least), exact=found.looked <= COUNTED_ROWS)


def _is_counted_by_parts(session: ReaderSession, entity: Entity, query: ListQuery, narrowing: Narrowing) -> bool:
    """Whether an index of the reach is what leads to the records."""
    if query.deleted or narrowing.is_walked or not branches.is_keyed(session.rule(entity.key, owned=narrowing.owned)):
        return False
    return not (narrowing.found is not None and narrowing.found.whole) and not _asks_an_index(entity, query)


def answered(
    session: ReaderSession, entity: Entity, narrowing: Narrowing, kind: tuple[Any, ...], make: Callable[[], sa.Select[Any]]
) -> sa.Result[Any]:  # fmt: skip
    """The answer of a statement that is kept where the narrowing has a name, by it and `kind`."""
    given = {**branches.parameters(session.rule(entity.key)), **narrowing.given}
    if narrowing.name is None:
        return session.execute(make(), given)
    place = (*kind, entity.key, narrowing.name)
    return session.run(session.prepared(place, entity.key, make, alone=narrowing.further), given)


def _number(
    session: ReaderSession, entity: Entity, query: ListQuery, narrowing: Narrowing, window: Window, *, ordered: bool = True
) -> sa.Select[Any]:  # fmt: skip
    """`ordered` of a list in the order of ids."""
    rule = session.rule(entity.key, owned=narrowing.owned)
    binding, table = session.policy.binding(), entity.table
    clauses = narrowing.clauses
    if _is_counted_by_parts(session, entity, query, narrowing):
        return branches.number(rule, entity, binding, window, clauses(entity.twin))
    if narrowing.is_walked and branches.is_keyed(rule) and not query.deleted:
        ids = sa.select(table.c.id).where(branches.within(rule, entity, binding, window, clauses(entity.twin)))
    else:
        deleted = table.c.deleted_at.is_not(None) if query.deleted else table.c.deleted_at.is_(None)
        is_past = bool(rule.conditions) and not (query.deleted or narrowing.found or _asks_an_index(entity, query))
        reach = (branches.past if is_past else branches.whole)(rule, entity, binding)
        ids = sa.select(table.c.id).where(reach, deleted, *clauses(table))
        # Else SQLite goes along any index of what is live, say by teams, and looks up each row. Several stages have an index of
        # their own, of which all would be sorted.
        if ordered and window.engine == 'sqlite' and not _asks_stages(entity, query.filter):
            ids = ids.order_by(table.c.id.desc())
        ids = ids.limit(sa.literal_column(str(window.most)))
    return sa.select(sa.func.count()).select_from(ids.subquery())
