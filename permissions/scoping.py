"""Reader sessions: every ORM statement carries the actor's record rules, nothing is written. Knows no field right."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction
from sqlalchemy.orm.util import LoaderCriteriaOption
from sqlalchemy.sql.util import ClauseAdapter
from sqlalchemy.sql.visitors import iterate

from permissions import branches
from permissions.policy import Policy
from permissions.reach import SCOPED, Sources, entities_reached
from permissions.rules import RecordRule
from schema.base.database import Database
from schema.base.errors import TrellisError
from schema.catalog import Catalog

_BY_HAND = 'trellis_scoped_by_hand'
KEPT_PIECES, KEPT_STATEMENTS = 100, 1000
S = TypeVar('S', bound=sa.Executable)
_sources: weakref.WeakKeyDictionary[Catalog, Sources] = weakref.WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Prepared:
    """A Core select in which every touch of a record carries the rule; only a reader session makes one."""

    statement: sa.Select[Any]

    @cached_property
    def is_anybodys(self) -> bool:
        """Whether it holds no value at all, so that all whose it is stands in parameters."""
        binds = (each for each in iterate(self.statement) if isinstance(each, sa.BindParameter))
        return all(each.value is None and each.callable is None for each in binds)


class ReaderSession(Session):
    """A session of one actor. Rows it holds have passed the record rules, so its identity map holds nothing else."""

    def __init__(self, bind: sa.Engine, catalog: Catalog, policy: Policy) -> None:
        super().__init__(bind, autoflush=False, expire_on_commit=False)
        self.catalog = catalog
        self.policy = policy

    def rule(self, key: str, *, owned: bool = False) -> RecordRule:
        """The rule to read an entity by; `owned` for a statement that asks for the actor's own records alone."""
        rule = self.policy.rule('read', key)
        return rule.owned if owned else rule

    def reach(self, key: str, *, owned: bool = False) -> sa.ColumnElement[bool]:
        """The same as a clause over the entity's table, which a Core select must have among its conditions."""
        rule, table = self.rule(key, owned=owned), self.catalog.entities[key].table
        made: sa.ColumnElement[bool] = self._of_policy(
            ('reach', key, owned), rule, lambda: rule.clause(table, self.policy.binding())._annotate({SCOPED: hash(table)})
        )
        return made

    def prepared(
        self, place: tuple[Any, ...], key: str, make: Callable[[], sa.Select[Any]], *, alone: bool = False
    ) -> Prepared:  # fmt: skip
        """A statement over an entity that is made and checked once, for making it takes as long as running it: for everybody
        whose rule has the same shape where no value stands in it, else, or where it looks at other entities too, for this
        policy `alone`.

        Raises: when it is made, as executing it would.
        """
        rule = self.rule(key)
        shape = None if alone else branches.shape(rule)
        kept: dict[Any, Prepared] = self.catalog.kept.setdefault(Prepared, {})
        if shape is not None and (shared := kept.get((place, shape))) is not None:
            return shared
        found: Prepared = self._of_policy(place, rule, lambda: self._checked(make()))
        if shape is not None and found.is_anybodys:
            if len(kept) >= KEPT_STATEMENTS:
                kept.clear()
            kept[place, shape] = found
        return found

    def run(self, prepared: Prepared, parameters: Mapping[str, Any]) -> sa.Result[Any]:
        """The rows of a prepared statement."""
        return self.connection().execute(prepared.statement, parameters)

    def _of_policy(self, place: tuple[Any, ...], rule: RecordRule, make: Callable[[], Any]) -> Any:
        pieces, made_of = self.policy.pieces, self.policy.clock.now() if rule.moves else None
        kept = pieces.get(place)
        if kept is None or kept[0] != made_of:
            if len(pieces) >= KEPT_PIECES:
                pieces.pop(next(iter(pieces)), None)
            kept = pieces[place] = made_of, make()
        return kept[1]

    def _checked(self, statement: sa.Select[Any]) -> Prepared:
        if reached := entities_reached(statement, _sources_of(self.catalog)):
            raise TrellisError.of('PRM-E005', value=', '.join(sorted(reached)))
        return Prepared(statement)


def reader_session(database: Database, catalog: Catalog, policy: Policy) -> ReaderSession:
    """A session that reads what the actor may read and refuses to write; close it after use (it is a context manager).

    Select mapped classes (`entity.model`), their attributes or aliases; join with `.join()`/`.outerjoin()`; name a class that
    only a function touches in `select_from`. Anything the rules cannot cover is refused, never run.
    Raises, when executing: TrellisError PRM-E004 for a write, PRM-E005 for a statement that rules cannot cover.
    """
    return ReaderSession(database.read_engine, catalog, policy)


def scoped_by_hand(statement: S) -> S:
    """Mark a statement that carries `Policy.table_predicate` itself, or reads no records; for named query files only."""
    marked: S = statement.execution_options(**{_BY_HAND: True})
    return marked


@event.listens_for(ReaderSession, 'before_flush')
def _refuse_writes(session: Session, _context: UOWTransaction, _instances: Any) -> None:
    if session.new or session.dirty or session.deleted:
        raise TrellisError.of('PRM-E004')


@event.listens_for(ReaderSession, 'do_orm_execute')
def _scope(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        raise TrellisError.of('PRM-E004')
    if state.is_column_load or state.execution_options.get(_BY_HAND):
        return
    session = state.session
    assert isinstance(session, ReaderSession)
    assert isinstance(state.statement, sa.ClauseElement)
    reached = entities_reached(state.statement, _sources_of(session.catalog))
    if not reached:
        return
    if not state.is_orm_statement:
        raise TrellisError.of('PRM-E005', value=', '.join(sorted(reached)))
    options = [criteria for key in sorted(reached) if (criteria := _criteria(session, key)) is not None]
    if options:
        state.statement = state.statement.options(*options)


def _sources_of(catalog: Catalog) -> Sources:
    if (found := _sources.get(catalog)) is None:
        found = _sources[catalog] = {entity.table: key for key, entity in catalog.entities.items()}
    return found


def _criteria(session: ReaderSession, key: str) -> Any:
    """The loader criteria of one entity; None when every record is in reach. Kept with the policy, where conditions move with
    time until it moves them."""
    policy = session.policy
    rule = session.rule(key)
    if rule.scope == 'all':
        return None
    binding = policy.binding()
    made_of = binding.now if rule.moves else None
    kept, found = policy.criteria.get(key, (None, None))
    if found is None or kept != made_of:
        entity = session.catalog.entities[key]
        found = RuleOption(entity.model, rule.clause(entity.table, binding), include_aliases=True)
        policy.criteria[key] = made_of, found
    return found


class RuleOption(LoaderCriteriaOption):
    """Loader criteria out of an expression over the entity's table, carried over to aliases of it.

    SQLAlchemy adapts only criteria that are functions to aliased join targets, and of a function it keeps one form for all, but
    rules differ in form from role to role. An expression is part of the statement's cache key, its values are parameters.
    """

    __slots__ = ()
    _traverse_internals = LoaderCriteriaOption._traverse_internals  # what makes its part of a cache key; not inherited by name

    def _resolve_where_criteria(self, ext_info: Any) -> sa.ColumnElement[bool]:
        rule = super()._resolve_where_criteria(ext_info)
        if not ext_info.is_aliased_class:
            return rule
        adapted: sa.ColumnElement[bool] = ClauseAdapter(ext_info.selectable).traverse(rule)
        return adapted
