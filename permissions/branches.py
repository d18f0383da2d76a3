"""A rule's reach as keyed pieces, each walked along an index: how a list of a million records pages and counts as fast for one
person as for all. Knows no list.

Owner, team and rights to single records under one OR leave a database no index to walk; apart each has one, in the same order,
so that a database merges them and stops where the page is full. Whose records they are stands in parameters: one statement
serves everybody whose rule has the same shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from permissions.reach import SCOPED
from permissions.rules import OneOf, RecordRule
from permissions.tables import record_grant
from schema.catalog import Entity
from schema.conditions import Binding

MOST_PIECES = 40
"""Teams and principals beyond so many share one piece: planning each costs more than sorting then does."""
PLACE, SKIP = '_place', '_skip'
"""Parameters of a window: the id behind which it begins, and how many records it leaves out."""
_USER, _TEAMS, _NAMED, _ENTITY, _LEVEL = '_user', '_team', '_named', '_entity', '_level'
S = TypeVar('S', bound=sa.GenerativeSelect)
Rows = Callable[[sa.ColumnElement[bool]], sa.Select[Any]]
"""Given a key over an entity's twin, the ids of the live records for which it holds."""
Walk = Callable[[list[sa.ColumnElement[bool]]], sa.Select[Any]]
"""Given clauses over an entity's twin, the ids of some records for which they hold."""


@dataclass(frozen=True)
class Window:
    """Some of the records in reach by their ids: at most so many, newest first or, `backwards`, oldest first."""

    most: int
    engine: str
    placed: tuple[bool, ...] | None = None
    """Which sort values are blank in the row behind which it begins; None for the front of the list."""
    skipping: bool = False
    backwards: bool = False

    def cut(self, ordered: S) -> S:
        """The rows of the window out of all that stand before its end."""
        found: S = ordered.limit(_number_of(self.most))
        return found.offset(_skip()) if self.skipping else found

    def upto(self, ordered: S) -> S:
        """Those that it leaves out too: as many as a part of all can hold of the window."""
        found: S = ordered.limit(_number_of(self.most) + _skip() if self.skipping else _number_of(self.most))
        return found


@dataclass(frozen=True)
class Wanted:
    """The rows of a window by some columns of the entity's: over rows of these, in which order, and `beyond` which one."""

    window: Window
    columns: Sequence[str]
    order: Callable[[sa.FromClause], list[sa.ColumnElement[Any]]]
    beyond: Callable[[sa.FromClause], list[sa.ColumnElement[bool]]]


def is_keyed(rule: RecordRule) -> bool:
    """Whether each piece of the reach has an index: some records, and none of them by a condition alone."""
    return rule.scope not in {'all', 'none'} and all(part.scope != 'all' for part in rule.parts)


def shape(rule: RecordRule) -> tuple[Any, ...] | None:
    """What rules have in common that may share a statement; None for one with conditions, which hold values of their own."""
    if rule.scope in {'all', 'none'}:
        return (rule.scope,)
    if rule.conditions:
        return None
    teams = tuple((part.scope, len(rule.asker.teams_in(part.scope))) for part in rule.parts)
    return teams, rule.asker.user_id is not None, len(_principals(rule)), tuple(sorted(rule.levels))


def parameters(rule: RecordRule) -> dict[str, Any]:
    """Whose records, for any statement of this module made for a rule of the same shape."""
    if rule.scope in {'all', 'none'}:
        return {}
    found: dict[str, Any] = {} if rule.asker.user_id is None else {_USER: rule.asker.user_id}
    for number, part in enumerate(rule.parts):
        found |= _values(f'{_TEAMS}_{number}', sorted(rule.asker.teams_in(part.scope)))
    if principals := _principals(rule):
        found |= {_ENTITY: rule.entity_ref, **_values(_NAMED, principals), **_values(_LEVEL, _levels(rule))}
    return found


def whole(
    rule: RecordRule, entity: Entity, binding: Binding, table: sa.FromClause | None = None, *, by_index: bool = True
) -> sa.ColumnElement[bool]:  # fmt: skip
    """The rule as one clause over the entity's table or its twin, marked as `within` is; what conditions compare with stands in
    it. Not `by_index` it is for asking row by row."""
    table, reached = entity.table if table is None else table, list[sa.ColumnElement[bool]]()
    if rule.scope in {'all', 'none'} or rule.conditions:
        return rule.clause(table, binding, by_index=by_index)._annotate({SCOPED: hash(table)})
    if rule.asker.user_id is not None:
        reached.append(table.c.owner_id == _user())
    if teams := _binds(f'{_TEAMS}_0', len(rule.asker.teams_in(rule.scope))):
        reached.append(table.c.team_id.in_(teams))
    if principals := _principals(rule):
        named = record_grant.c.principal.in_(_binds(_NAMED, len(principals)))
        held = sa.select(record_grant.c.record_id).where(*_rights(rule, named)).correlate(None)
        reached.append(OneOf(table.c.id, held.scalar_subquery()) if by_index else table.c.id.in_(held))
    return sa.or_(sa.false(), *reached)._annotate({SCOPED: hash(table)})


def past(rule: RecordRule, entity: Entity, binding: Binding) -> sa.ColumnElement[bool]:
    """The same, asked of every row that a walk meets: no index serves it, so that no database gathers and sorts a large reach
    where the first rows in order are soon found."""
    return _surely(whole(rule, entity, binding, by_index=False))._annotate({SCOPED: hash(entity.table)})


def among(rule: RecordRule, entity: Entity, binding: Binding, engine: str, walk: Walk) -> sa.ColumnElement[bool]:
    """The live records in reach that a walk along another index comes upon, as a clause like that of `within`. The walk is
    given what it must ask of every row of `entity.twin`."""
    twin = entity.twin
    live, reach = twin.c.deleted_at.is_(None), whole(rule, entity, binding, twin, by_index=False)
    asked = [reach if rule.scope == 'all' else _surely(reach), live]
    if engine == 'postgresql' and rule.conditions and is_keyed(rule):  # it would look at the row for what the index tells
        inside, row = whole(rule.unconditional, entity, binding, twin, by_index=False), entity.table.alias()
        fits = sa.select(row.c.id).where(row.c.id == twin.c.id, whole(rule, entity, binding, row, by_index=False))
        asked = [_surely(inside), live, fits.exists()]
    return entity.table.c.id.in_(walk(asked))._annotate({SCOPED: hash(entity.table)})


def _surely(clause: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """TRUE as a word: SQLite goes on to the next row where the first part fails, but for `IS 1` it looks up every column."""
    return clause.op('IS', precedence=5, is_comparison=True, return_type=sa.Boolean())(sa.literal_column('TRUE'))


def within(
    rule: RecordRule, entity: Entity, binding: Binding, window: Window, further: Sequence[sa.ColumnElement[bool]] = ()
) -> sa.ColumnElement[bool]:  # fmt: skip
    """The live records in reach of a window, as a clause over the entity's table; it stands for the record rule in a reader's
    session. `further` narrows by clauses over `entity.twin`."""
    twin, narrowed = entity.twin, list(further)
    if window.placed is not None:
        place = sa.bindparam(PLACE, type_=sa.BigInteger)
        narrowed.append(twin.c.id > place if window.backwards else twin.c.id < place)
    at_once = window if window.engine == 'postgresql' and not further and not window.skipping else None
    ids = _merged(_pieces(rule, entity, binding, narrowed, at_once), window)
    return entity.table.c.id.in_(ids)._annotate({SCOPED: hash(entity.table)})


def gathered(rule: RecordRule, entity: Entity, binding: Binding) -> sa.ColumnElement[bool]:
    """All live records in reach, as a clause like that of `within`; for reaches of which a database should take all and sort or
    ask them, rather than walk past everybody else's."""
    ids = sa.union_all(*_pieces(rule, entity, binding)).subquery()
    return entity.table.c.id.in_(sa.select(ids.c.id))._annotate({SCOPED: hash(entity.table)})


def gathered_first(
    rule: RecordRule, entity: Entity, binding: Binding, wanted: Wanted, further: Sequence[sa.ColumnElement[bool]] = ()
) -> sa.ColumnElement[bool]:  # fmt: skip
    """The same of those rows alone that are wanted: the first of each piece, then of what these left, in which a record may
    stand twice. These are looked up again."""
    window, kept = wanted.window, list[sa.Select[Any]]()
    for piece in _pieces(rule, entity, binding, further):
        piece = piece.add_columns(*(entity.twin.c[name] for name in wanted.columns))
        # Else PostgreSQL would walk other people's records in this order.
        rows = (piece.offset(_number_of(0)) if window.engine == 'postgresql' else piece).subquery()
        first = window.upto(sa.select(*rows.c).where(*wanted.beyond(rows)).order_by(*wanted.order(rows))).subquery()
        kept.append(sa.select(*first.c))
    rows = sa.union(*kept).subquery()
    ids = window.cut(sa.select(rows.c.id).order_by(*wanted.order(rows))).subquery()
    return entity.table.c.id.in_(sa.select(ids.c.id))._annotate({SCOPED: hash(entity.table)})


def number(
    rule: RecordRule, entity: Entity, binding: Binding, window: Window, further: Sequence[sa.ColumnElement[bool]] = ()
) -> sa.Select[int]:  # fmt: skip
    """How many live records are in reach, counted part by part until there are as many as the window holds, or some more."""
    counted = list[sa.CTE]()
    for share in _disjoint(rule, entity, binding):
        rows = share.rows(entity.twin, window, where=[*share.tests, *share.outside], further=further)
        counted.append(_counted(while_room(rows, _numbers(counted), window), len(counted)))
    return sa.select(_sum(_numbers(counted)))


def weighed(
    rule: RecordRule, entity: Entity, binding: Binding, window: Window, further: Sequence[sa.ColumnElement[bool]]
) -> sa.Select[Any]:  # fmt: skip
    """`looked, fitting`: of the records that owner, team and rights tell to be in reach at most so many as the window holds are
    looked at, newest first in each part; and how many of them satisfy the rule's conditions and the further ones."""
    counted = list[sa.CTE]()
    for share in _disjoint(rule, entity, binding):
        own = sa.and_(sa.true(), *share.tests)._annotate(
            {SCOPED: hash(entity.twin)}
        )  # what conditions look at, they look at whole
        asked = sa.case((sa.and_(sa.true(), *further), 1), else_=0)
        fits = sa.case((own, asked), else_=0).label('fits')
        rows = share.rows(entity.twin, window, where=share.outside, fits=fits)
        counted.append(_counted(while_room(rows, _numbers(counted), window), len(counted)))
    fitting = [sa.select(each.c.fitting) for each in counted]
    figures: list[sa.ColumnElement[Any]] = [_sum(_numbers(counted)).label('looked'), _sum(fitting).label('fitting')]
    return sa.select(*figures)


def _counted(rows: sa.Select[Any], place: int) -> sa.CTE:
    found = rows.subquery()
    fitting = [sa.func.coalesce(sa.func.sum(found.c.fits), 0).label('fitting')] if 'fits' in found.c else []
    return sa.select(sa.func.count().label('number'), *fitting).select_from(found).cte(f'part_{place}')


def _numbers(counted: Sequence[sa.CTE]) -> list[sa.Select[int]]:
    return [sa.select(each.c.number) for each in counted]


def while_room(part: sa.Select[Any], there: Sequence[sa.Select[int]], window: Window) -> sa.Select[Any]:
    """A part of what is wanted, looked at only as far as those before it, which are `there`, left room."""
    most = _number_of(window.most)
    if not there:
        return part.limit(most)
    if window.engine == 'postgresql':
        return part.where(_sum(there) < most).limit(most)  # tested once; of a limit that is computed it expects too many rows
    return part.limit(sa.func.max(0, most - _sum(there)))  # a test would be made of every row


def _sum(numbers: Sequence[sa.Select[int]]) -> sa.ColumnElement[int]:
    found: sa.ColumnElement[int] = sa.literal_column('0', sa.Integer)
    for each in numbers:
        found = found + each.scalar_subquery()
    return found


def _merged(pieces: Sequence[sa.Select[Any]], window: Window) -> sa.Select[Any]:
    """SQLite merges the terms of a UNION by its ORDER BY, PostgreSQL those of a UNION ALL that are in order themselves, each as
    far as the limit goes; in the other's form it would gather all of them first."""
    if window.engine == 'postgresql':
        found = sa.union_all(*(_first(piece, window) for piece in pieces)).subquery()
        return window.cut(_ordered(sa.select(found.c.id).distinct(), found.c.id, window))
    union = sa.union(*pieces)
    return sa.select(window.cut(_ordered(union, union.selected_columns[0], window)).subquery().c.id)


def _first(piece: sa.Select[Any], window: Window) -> sa.Select[Any]:
    return window.upto(_ordered(piece, piece.selected_columns[0], window))


def _ordered(statement: S, column: sa.ColumnElement[Any], window: Window) -> S:
    ordered: S = statement.order_by(column.asc() if window.backwards else column.desc())
    return ordered


def _number_of(number: int) -> sa.ColumnElement[int]:
    """Written out, for no database plans well for any number."""
    return sa.literal_column(str(number), sa.Integer)


def _skip() -> sa.BindParameter[int]:
    return sa.bindparam(SKIP, type_=sa.Integer)


def _pieces(
    rule: RecordRule, entity: Entity, binding: Binding, narrowed: Sequence[sa.ColumnElement[bool]] = (),
    at_once: Window | None = None,
) -> list[sa.Select[Any]]:  # fmt: skip
    """By owner, by team and by rights; `at_once` all teams are one piece, which holds the first of each."""
    table, found = entity.twin, list[sa.Select[Any]]()
    for number, part in enumerate(rule.parts):
        tests = [*(each.sql(binding, table) for each in part.conditions), *narrowed]
        if rule.asker.user_id is not None:
            found.append(_live(table, table.c.owner_id == _user(), *tests))
        name, count = f'{_TEAMS}_{number}', len(rule.asker.teams_in(part.scope))
        if at_once is not None and count > 1 and not part.conditions:
            found.append(_first_of_each(table, _binds(name, count), at_once, lambda key: _live(table, key, *narrowed)))
        else:
            found += [_live(table, key, *tests) for key in _keys(table.c.team_id, name, count)]
    for key in _keys(record_grant.c.principal, _NAMED, len(_principals(rule))):
        held = sa.select(record_grant.c.record_id.label('id')).where(_held(rule, entity, key))
        found.append(held.where(table.c.deleted_at.is_(None), *narrowed))
    return found or [_live(table, sa.false())]  # somebody without a team or a number of their own


def _first_of_each(
    table: sa.FromClause, teams: Sequence[sa.BindParameter[Any]], window: Window, rows: Rows
) -> sa.Select[Any]:  # fmt: skip
    """To begin a scan anew takes PostgreSQL a tenth of what it takes to set up another one."""
    each = sa.func.unnest(postgresql.array(teams)).table_valued(sa.column('id', sa.Integer)).render_derived(name='each_team')
    first = _first(rows(table.c.team_id == each.c.id), window).lateral('first_of_each')
    return sa.select(*first.c).select_from(each.join(first, sa.true()))


@dataclass(frozen=True)
class _Share:
    """Records of a key that satisfy some tests and that no earlier share holds."""

    key: sa.ColumnElement[bool]
    tests: Sequence[sa.ColumnElement[bool]] = ()
    outside: Sequence[sa.ColumnElement[bool]] = ()
    teams: Sequence[sa.BindParameter[Any]] = ()
    """Of which the key is made, if it is of teams."""
    is_repeated: bool = False
    """Whether a record may stand in it more than once."""

    def rows(
        self, table: sa.FromClause, window: Window, *, where: Sequence[sa.ColumnElement[bool]],
        further: Sequence[sa.ColumnElement[bool]] = (), fits: sa.ColumnElement[int] | None = None,
    ) -> sa.Select[Any]:  # fmt: skip
        """Where rows are looked at, PostgreSQL is led along an index, newest first, or it gathers all before it looks."""
        is_led = window.engine == 'postgresql' and bool(self.tests or further or fits is not None)

        def live(key: sa.ColumnElement[bool]) -> sa.Select[Any]:
            found: sa.Select[Any] = _live(table, key, *where).where(*further)
            return found if fits is None else found.add_columns(fits)

        if is_led and 1 < len(self.teams) <= MOST_PIECES:
            pieces = sa.union_all(*(_first(live(table.c.team_id == each), window) for each in self.teams)).subquery()
            return sa.select(*pieces.c)
        found = live(self.key).order_by(table.c.id.desc()) if is_led and len(self.teams) < 2 else live(self.key)
        return found.distinct() if self.is_repeated else found


def _disjoint(rule: RecordRule, entity: Entity, binding: Binding) -> Iterator[_Share]:
    """Teams, then own records outside them, then records by right outside both."""
    table, earlier = entity.twin, list[sa.ColumnElement[bool]]()
    for number, part in enumerate(rule.parts):
        tests = [each.sql(binding, table) for each in part.conditions]
        if teams := _binds(f'{_TEAMS}_{number}', len(rule.asker.teams_in(part.scope))):
            yield _Share(table.c.team_id.in_(teams), tests, list(earlier), teams)
            earlier.append(sa.not_(_surely(sa.and_(table.c.team_id.in_(teams), *tests))))
        if rule.asker.user_id is not None:
            yield _Share(table.c.owner_id == _user(), tests, list(earlier))
            earlier.append(sa.not_(_surely(sa.and_(table.c.owner_id == _user(), *tests))))
    if principals := _principals(rule):
        named = record_grant.c.principal.in_(_binds(_NAMED, len(principals)))
        yield _Share(_held(rule, entity, named), (), list(earlier), is_repeated=True)
    elif not earlier:
        yield _Share(sa.false())


def _held(rule: RecordRule, entity: Entity, named: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Joins the records that rights of these names reach."""
    joined = sa.and_(*_rights(rule, named), record_grant.c.record_id == entity.twin.c.id)
    return joined._annotate({SCOPED: hash(entity.twin)})


def _rights(rule: RecordRule, named: sa.ColumnElement[bool]) -> list[sa.ColumnElement[bool]]:
    levels = _binds(_LEVEL, len(_levels(rule)))
    of_entity = record_grant.c.entity_ref == sa.bindparam(_ENTITY, type_=sa.String)
    return [named, of_entity, *([record_grant.c.level.in_(levels)] if levels else [])]


def _levels(rule: RecordRule) -> list[str]:
    """The levels to ask for; none where every right counts."""
    return [] if 'view' in rule.levels else sorted(rule.levels)


def _keys(column: sa.ColumnElement[Any], name: str, count: int) -> Iterator[sa.ColumnElement[bool]]:
    """One by one, or all together when there are many."""
    binds = _binds(name, count)
    if count > MOST_PIECES:
        yield column.in_(binds)
    else:
        yield from (column == each for each in binds)


def _live(table: sa.FromClause, key: sa.ColumnElement[bool], *tests: sa.ColumnElement[bool]) -> sa.Select[Any]:
    inside = sa.and_(key, *tests)._annotate({SCOPED: hash(table)})  # what conditions look at, they look at whole
    return sa.select(table.c.id).where(inside, table.c.deleted_at.is_(None))


def _principals(rule: RecordRule) -> list[str]:
    return sorted(rule.asker.principals) if rule.reads_grants else []


def _user() -> sa.BindParameter[int]:
    return sa.bindparam(_USER, type_=sa.Integer)


def _binds(name: str, count: int) -> list[sa.BindParameter[Any]]:
    kind: Any = sa.String if name in {_NAMED, _LEVEL} else sa.Integer
    return [sa.bindparam(f'{name}_{number}', type_=kind) for number in range(count)]


def _values(name: str, values: Sequence[Any]) -> dict[str, Any]:
    return {f'{name}_{number}': each for number, each in enumerate(values)}
