"""A rule's reach as keyed pieces, each walked along an index: how a list of a million records pages and counts as fast for one
person as for all. Knows no list.

Owner, team and rights to single records under one OR leave a database no index to walk; apart each has one. All pieces name the
table alike, each in a SELECT of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import sqlalchemy as sa

from permissions.reach import SCOPED
from permissions.rules import Part, RecordRule
from permissions.tables import record_grant
from schema.catalog import Entity
from schema.conditions import Binding

MOST_PIECES = 40
"""Teams and principals beyond so many share one piece: planning each costs more than sorting then does."""
MOST_ROWS = 5_000
"""A page further down is found by the rule as a whole."""
T = TypeVar('T')
Further = Callable[[sa.FromClause], sa.ColumnElement[bool]]


def is_keyed(rule: RecordRule) -> bool:
    """Whether each piece of the reach has an index: some records, and none of them by a condition alone."""
    return rule.scope not in {'all', 'none'} and all(part.scope != 'all' for part in rule.parts)


def newest(
    rule: RecordRule, entity: Entity, binding: Binding, most: int, further: Further | None = None
) -> sa.ColumnElement[bool]:  # fmt: skip
    """The live records in reach with the highest ids, `most` of them, as a clause over its table.

    `further` narrows every piece by a clause of its own. The clause stands for the record rule in a reader's session.
    """
    pieces = []
    for piece, table in _pieces(rule, entity, binding):
        found = piece.where(further(table)) if further is not None else piece
        pieces.append(sa.select(found.order_by(table.c.id.desc()).limit(most).subquery().c.id))
    pieces = pieces or [_live(entity.twin, sa.false())]  # somebody without a team or a number of their own
    together = sa.union_all(*pieces).subquery()
    ids = sa.select(together.c.id).distinct().order_by(together.c.id.desc()).limit(most)
    return entity.table.c.id.in_(ids)._annotate({SCOPED: hash(entity.table)})


def each_once(rule: RecordRule, entity: Entity, binding: Binding, most: int) -> sa.Select[int]:
    """Ids of live records in reach, each once, `most` of them at the utmost; for counting."""
    pieces = list(_disjoint(rule, entity, binding))
    return sa.select(sa.union_all(*pieces).subquery().c.id).limit(most)


def can_count(rule: RecordRule) -> bool:
    """Whether pieces that do not overlap are to be had."""
    return is_keyed(rule) and (not rule.conditions or (len(rule.parts) == 1 and not rule.reads_grants))


def _pieces(rule: RecordRule, entity: Entity, binding: Binding) -> Iterator[tuple[sa.Select[int], sa.FromClause]]:
    for part in rule.parts:
        for by in _keys(rule, part):
            table = entity.twin
            tests = [each.sql(binding, table) for each in part.conditions]
            yield _live(table, by(table), *tests), table
    if rule.granted:
        table = entity.twin
        yield _live(table, table.c.id.in_(rule.granted)), table
    named_only = rule.reads_grants and rule.granted is None
    for principals in _batches(sorted(rule.asker.principals)) if named_only else ():
        table = entity.twin
        named = record_grant.c.principal == principals[0] if len(principals) == 1 else record_grant.c.principal.in_(principals)
        held = sa.and_(named, record_grant.c.entity_ref == entity.ref, *_levels(rule))
        joined = table.join(record_grant, record_grant.c.record_id == table.c.id)
        yield _live(table, held).select_from(joined), table


def _keys(rule: RecordRule, part: Part) -> Iterator[Further]:
    user_id = rule.asker.user_id
    if user_id is not None:
        yield lambda table: table.c.owner_id == user_id
    for teams in _batches(sorted(rule.asker.teams_in(part.scope))):
        yield lambda table, ids=teams: table.c.team_id == ids[0] if len(ids) == 1 else table.c.team_id.in_(ids)  # type: ignore[misc]


def _disjoint(rule: RecordRule, entity: Entity, binding: Binding) -> Iterator[sa.Select[int]]:
    """Teams, then own records outside them, then records by right outside both."""
    teams = sorted(rule.asker.teams_in(rule.scope))
    user_id = rule.asker.user_id
    tests = [each.sql(binding, entity.twin) for each in rule.conditions]
    if teams:
        table = entity.twin
        yield _live(table, table.c.team_id.in_(teams), *tests)
    if user_id is not None:
        table = entity.twin
        yield _live(table, table.c.owner_id == user_id, *_outside(table, teams), *tests)
    if rule.reads_grants:
        table = entity.twin
        others = [] if user_id is None else [table.c.owner_id.is_distinct_from(user_id)]
        held = table.c.id.in_(rule.granted if rule.granted is not None else rule.granted_ids())
        yield _live(table, held, *_outside(table, teams), *others)
    yield _live(entity.twin, sa.false())


def _outside(table: sa.FromClause, teams: list[int]) -> list[sa.ColumnElement[bool]]:
    return [sa.or_(table.c.team_id.is_(None), table.c.team_id.not_in(teams))] if teams else []


def _live(table: sa.FromClause, key: sa.ColumnElement[bool], *tests: sa.ColumnElement[bool]) -> sa.Select[int]:
    inside = sa.and_(key, *tests)._annotate({SCOPED: hash(table)})  # what conditions look at, they look at whole
    return sa.select(table.c.id).where(inside, table.c.deleted_at.is_(None))


def _levels(rule: RecordRule) -> list[sa.ColumnElement[bool]]:
    return [] if 'view' in rule.levels else [record_grant.c.level.in_(sorted(rule.levels))]


def _batches(values: list[T]) -> Iterator[list[T]]:
    """One by one, or all together when there are many."""
    if len(values) > MOST_PIECES:
        yield values
    else:
        yield from ([each] for each in values)
