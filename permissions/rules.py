"""Record rules: which records rights reach, once as SQL and once as a test of a single record. Knows no role.

Both sides are one object, so that a list and a single record never disagree: what is not surely in reach is out of reach.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from permissions.granting import GrantRow
from permissions.tables import record_grant
from schema.conditions import Binding, Condition
from schema.conditions.python import Neighbours
from schema.definitions import SCOPES, Scope
from schema.role_conditions import moves


class OneOf(GenericFunction[bool]):
    """Whether an id is among those of a statement; a term of an OR that an index serves on both engines."""

    name = 'trellis_one_of'
    type = sa.Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:
        """Itself: a term of AND and OR would become `… = 1` where there is no boolean, and lose its index."""
        return self


@compiles(OneOf)
def _one_of(element: Any, compiler: Any, **options: Any) -> str:
    column, ids = element.clauses
    return f'{compiler.process(column, **options)} IN {compiler.process(ids, **options)}'


@compiles(OneOf, 'postgresql')
def _one_of_on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    # An array is known before the rows are looked for; of `IN (SELECT …)` under an OR each row would be asked.
    column, ids = element.clauses
    return f'{compiler.process(column, **options)} = ANY (ARRAY{compiler.process(ids, **options)})'


@dataclass(frozen=True)
class RecordFacts:
    """What a decision needs to know of one record.

    Owner and team by id always; `values` (by field key) and `neighbours` only where a condition asks for them, `levels` (view,
    edit) and the `grants` behind them where rights to single records count: `permissions.facts` loads them. What is not given
    counts as not so.
    """

    owner_id: int | None
    team_id: int | None
    record_id: int | None = None
    values: Mapping[str, Any] | None = None
    levels: frozenset[str] = frozenset()
    grants: tuple[GrantRow, ...] = ()
    neighbours: Neighbours | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Part:
    """Records inside a scope that satisfy all conditions. A rule reaches what any of its parts does."""

    scope: Scope
    conditions: tuple[Condition, ...] = ()

    def covers(self, other: Part) -> bool:
        """Whether everything the other reaches is reached."""
        return _width(self.scope) >= _width(other.scope) and set(self.conditions) <= set(other.conditions)

    def met(self, other: Part) -> Part:
        """What both reach."""
        both = dict.fromkeys((*self.conditions, *other.conditions))
        return Part(narrowest(self.scope, other.scope), tuple(both))

    def fits(self, facts: RecordFacts, binding: Binding) -> bool:
        return all(_is_true(each, facts, binding) for each in self.conditions)


def widest(*scopes: Scope) -> Scope:
    return max(scopes, key=_width, default='none')


def narrowest(*scopes: Scope) -> Scope:
    return min(scopes, key=_width, default='none')


def simplest(parts: Iterable[Part]) -> tuple[Part, ...]:
    """The same reach without the parts that others cover."""
    kept: list[Part] = []
    for part in parts:
        if part.scope != 'none' and not any(each.covers(part) for each in kept):
            kept = [each for each in kept if not part.covers(each)] + [part]
    return tuple(kept)


def scope_of(parts: Collection[Part]) -> Scope:
    """The widest scope, in a word; `all` only when every record is in reach."""
    found = widest('none', *(part.scope for part in parts))
    return found if found != 'all' or Part('all') in parts else 'team_below'


@dataclass(frozen=True)
class Asker:
    """Whose rule it is: ids of the person and of teams by scope, and the principals that rights to single records name."""

    user_id: int | None = None
    team_ids: frozenset[int] = frozenset()
    below_team_ids: frozenset[int] = frozenset()
    principals: frozenset[str] = frozenset()

    def teams_in(self, scope: Scope) -> frozenset[int]:
        if scope == 'team':
            return self.team_ids
        return self.team_ids | self.below_team_ids if scope == 'team_below' else frozenset()


@dataclass(frozen=True)
class RecordRule:
    """What one action of one person reaches of an entity. `holds` and `clause` say the same.

    `own` reaches the person's records, `team` also those of their teams, `team_below` those of teams below too; a blank owner
    or team belongs to nobody. `levels` of rights to single records reach more, where the parts reach some records but not all.
    """

    parts: tuple[Part, ...]
    asker: Asker = field(default_factory=Asker)
    entity_ref: str = ''
    levels: frozenset[str] = frozenset()

    @cached_property
    def scope(self) -> Scope:
        return scope_of(self.parts)

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        return tuple(dict.fromkeys(each for part in self.parts for each in part.conditions))

    @cached_property
    def unconditional(self) -> RecordRule:
        """The same by owner, team and rights alone: at least what it reaches."""
        return replace(self, parts=simplest(Part(part.scope) for part in self.parts))

    @cached_property
    def owned(self) -> RecordRule:
        """The same for who asks for their own records alone: owning them is then enough wherever it is without a condition, and
        no index is passed over for what else may open a record."""
        if self.scope in {'none', 'all'} or self.asker.user_id is None or all(part.conditions for part in self.parts):
            return self
        return replace(self, parts=(Part('own'),), levels=frozenset())

    @cached_property
    def moves(self) -> bool:
        """Whether its answer about the same record may change with time alone."""
        return any(moves(each) for each in self.conditions)

    @property
    def reads_grants(self) -> bool:
        return bool(self.levels and self.asker.principals) and self.scope not in {'none', 'all'}

    def surely(self, facts: RecordFacts) -> bool | None:
        """What owner and team alone say; None when conditions or rights to the single record decide."""
        reached = [part for part in self.parts if self.is_inside(part.scope, facts)]
        if any(not part.conditions for part in reached):
            return True
        return None if reached or self.reads_grants else False

    def holds(self, facts: RecordFacts, binding: Binding) -> bool:
        """Whether the record is in reach."""
        return self.fitting(facts, binding) or (self.reads_grants and not self.levels.isdisjoint(facts.levels))

    def fitting(self, facts: RecordFacts, binding: Binding) -> bool:
        """The same by the parts alone, without rights to the single record."""
        return any(self.is_inside(part.scope, facts) and part.fits(facts, binding) for part in self.parts)

    def clause(self, source: Any, binding: Binding, *, by_index: bool = True) -> sa.ColumnElement[bool]:
        """The rule over a table, an alias, a mapped or an aliased class; never NULL-tolerant: a blank does not match. Not
        `by_index` it is for asking row by row."""
        if self.scope in {'none', 'all'}:
            return sa.true() if self.scope == 'all' else sa.false()
        columns = getattr(source, 'c', source)
        plain = widest('none', *(part.scope for part in self.parts if not part.conditions))
        reached = self._inside(plain, columns)
        table = source if isinstance(source, sa.FromClause) else sa.inspect(source).selectable
        for part in self.parts:
            if part.conditions:
                tests = [each.sql(binding, table) for each in part.conditions]
                inside = [] if part.scope == 'all' else [sa.or_(sa.false(), *self._inside(part.scope, columns))]
                reached.append(sa.and_(*inside, *tests))
        if self.reads_grants:
            held = self.granted_ids().correlate(None)
            reached.append(OneOf(columns.id, held.scalar_subquery()) if by_index else columns.id.in_(held))
        return sa.or_(sa.false(), *reached)

    def granted_ids(self) -> sa.Select[int]:
        """Ids of the records that somebody gave a right to."""
        found = sa.select(record_grant.c.record_id).where(
            record_grant.c.principal.in_(sorted(self.asker.principals)), record_grant.c.entity_ref == self.entity_ref
        )
        return found if 'view' in self.levels else found.where(record_grant.c.level.in_(sorted(self.levels)))

    def is_inside(self, scope: Scope, facts: RecordFacts) -> bool:
        """Whether a scope of this person reaches the record, by owner and team."""
        if scope in {'none', 'all'}:
            return scope == 'all'
        if facts.owner_id is not None and facts.owner_id == self.asker.user_id:
            return True
        return facts.team_id is not None and facts.team_id in self.asker.teams_in(scope)

    def _inside(self, scope: Scope, columns: Any) -> list[sa.ColumnElement[bool]]:
        if scope == 'none':
            return []
        reached: list[sa.ColumnElement[bool]] = []
        if self.asker.user_id is not None:  # `owner_id = NULL` would be written as IS NULL and open all unowned records
            reached.append(columns.owner_id == self.asker.user_id)
        if teams := self.asker.teams_in(scope):
            reached.append(columns.team_id.in_(sorted(teams)))
        return reached


def _is_true(condition: Condition, facts: RecordFacts, binding: Binding) -> bool:
    """A condition that cannot be decided for want of values is not satisfied."""
    if facts.values is None or (condition.hops() and facts.neighbours is None):
        return False
    return condition.decide(facts.values, binding, facts.neighbours) is True


def _width(scope: Scope) -> int:
    return SCOPES.index(scope)
