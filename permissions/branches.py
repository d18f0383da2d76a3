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
First = Callable[[sa.FromClause], sa.Select[Any]]
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
    rule: RecordRule, entity: Entity, binding: Binding, columns: Sequence[str], first: First,
    further: Sequence[sa.ColumnElement[bool]] = (),
) -> sa.ColumnElement[bool]:  # fmt: skip
    """The same where `first` says by these columns which of all are wanted: these alone are looked up again."""
    pieces = _pieces(rule, entity, binding, further)
    rows = sa.union(*(piece.add_columns(*(entity.twin.c[name] for name in columns)) for piece in pieces)).subquery()
    return entity.table.c.id.in_(first(rows))._annotate({SCOPED: hash(entity.table)})


def number(
    rule: RecordRule, entity: Entity, binding: Binding, window: Window, further: Sequence[sa.ColumnElement[bool]] = ()
) -> sa.Select[int]:  # fmt: skip
    """How many live records are in reach, counted part by part until there are as many as the window holds, or some more."""
    most, counted = sa.literal_column(str(window.most), sa.Integer), list[sa.CTE]()
    for part in _disjoint(rule, entity, binding):
        if rule.conditions and window.engine == 'postgresql':
            part = part.order_by(entity.twin.c.id.desc())  # else it gathers the whole piece before it looks at any row
        found = while_room(part.where(*further), [sa.select(each.c.number) for each in counted], most, window.engine)
        counted.append(sa.select(sa.func.count().label('number')).select_from(found.subquery()).cte(f'part_{len(counted)}'))
    return sa.select(_sum([sa.select(each.c.number) for each in counted]))


def while_room(
    part: sa.Select[Any], there: Sequence[sa.Select[int]], most: sa.ColumnElement[int], engine: str
) -> sa.Select[Any]:  # fmt: skip
    """A part of what is wanted, looked at only as far as those before it, which are `there`, left room."""
    if not there:
        return part.limit(most)
    if engine == 'postgresql':
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
        return _cut(_ordered(sa.select(found.c.id).distinct(), found.c.id, window), window)
    union = sa.union(*pieces)
    return sa.select(_cut(_ordered(union, union.selected_columns[0], window), window).subquery().c.id)


def _first(piece: sa.Select[Any], window: Window) -> sa.Select[Any]:
    most: sa.ColumnElement[Any] = sa.literal_column(str(window.most), sa.Integer)
    return _ordered(piece, piece.selected_columns[0], window).limit(most + _skip() if window.skipping else most)


def _ordered(statement: S, column: sa.ColumnElement[Any], window: Window) -> S:
    ordered: S = statement.order_by(column.asc() if window.backwards else column.desc())
    return ordered


def _cut(statement: S, window: Window) -> S:
    cut: S = statement.limit(sa.literal_column(str(window.most)))
    return cut.offset(_skip()) if window.skipping else cut


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
            found.append(_first_of_each(table, _binds(name, count), narrowed, at_once))
        else:
            found += [_live(table, key, *tests) for key in _keys(table.c.team_id, name, count)]
    for key in _keys(record_grant.c.principal, _NAMED, len(_principals(rule))):
        held = sa.select(record_grant.c.record_id.label('id')).where(_held(rule, entity, key))
        found.append(held.where(table.c.deleted_at.is_(None), *narrowed))
    return found or [_live(table, sa.false())]  # somebody without a team or a number of their own


def _first_of_each(
    table: sa.FromClause, teams: Sequence[sa.BindParameter[Any]], narrowed: Sequence[sa.ColumnElement[bool]], window: Window
) -> sa.Select[Any]:  # fmt: skip
    """To begin a scan anew takes PostgreSQL a tenth of what it takes to set up another one."""
    each = sa.func.unnest(postgresql.array(teams)).table_valued(sa.column('id', sa.Integer)).render_derived(name='each_team')
    first = _first(_live(table, table.c.team_id == each.c.id, *narrowed), window).lateral('first_of_each')
    return sa.select(first.c.id).select_from(each.join(first, sa.true()))


def _disjoint(rule: RecordRule, entity: Entity, binding: Binding) -> Iterator[sa.Select[Any]]:
    """Teams, then own records outside them, then records by right outside both."""
    table, earlier = entity.twin, list[sa.ColumnElement[bool]]()
    for number, part in enumerate(rule.parts):
        tests, keys = [each.sql(binding, table) for each in part.conditions], list[sa.ColumnElement[bool]]()
        if teams := _binds(f'{_TEAMS}_{number}', len(rule.asker.teams_in(part.scope))):
            keys.append(table.c.team_id.in_(teams))
        if rule.asker.user_id is not None:
            keys.append(table.c.owner_id == _user())
        for key in keys:
            yield _live(table, key, *tests, *(sa.not_(_surely(each)) for each in earlier))
            earlier.append(sa.and_(key, *tests))
    if principals := _principals(rule):
        named = record_grant.c.principal.in_(_binds(_NAMED, len(principals)))
        yield _live(table, _held(rule, entity, named), *(sa.not_(_surely(each)) for each in earlier)).distinct()
    elif not earlier:
        yield _live(table, sa.false())


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
