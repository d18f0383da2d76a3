"""Reader sessions: every ORM statement carries the actor's record rules, nothing is written. Knows no field right."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction
from sqlalchemy.orm.util import LoaderCriteriaOption
from sqlalchemy.sql.util import ClauseAdapter

from permissions import branches
from permissions.policy import Policy
from permissions.reach import Sources, entities_reached
from permissions.rules import RecordRule
from schema.base.database import Database
from schema.base.errors import TrellisError
from schema.catalog import Catalog

_BY_HAND = 'trellis_scoped_by_hand'
KEPT_PIECES = 20
MOST_LISTED = 500  # records given one by one that a statement names; beyond that it looks them up itself
S = TypeVar('S', bound=sa.Executable)
T = TypeVar('T')
_sources: weakref.WeakKeyDictionary[Catalog, Sources] = weakref.WeakKeyDictionary()


class ReaderSession(Session):
    """A session of one actor. Rows it holds have passed the record rules, so its identity map holds nothing else."""

    def __init__(self, bind: sa.Engine, catalog: Catalog, policy: Policy) -> None:
        super().__init__(bind, autoflush=False, expire_on_commit=False)
        self.catalog = catalog
        self.policy = policy
        self._rules: dict[str, RecordRule] = {}

    def rule(self, key: str) -> RecordRule:
        """The rule to read an entity by, with the records that were given to the person one by one when they are not too many:
        looked up once, for as long as the session lives."""
        found = self._rules.get(key)
        if found is None:
            found = self.policy.rule('read', key)
            if found.reads_grants:
                ids = self.connection().execute(found.granted_ids().distinct().limit(MOST_LISTED + 1)).scalars().all()
                if len(ids) <= MOST_LISTED:
                    found = replace(found, granted=tuple(sorted(ids)))
            self._rules[key] = found
        return found

    def newest(self, key: str, most: int) -> sa.ColumnElement[bool] | None:
        """A clause for the first `most` records of a list, newest first; None when the rule as a whole is to be asked."""
        rule, entity = self.rule(key), self.catalog.entities[key]
        if not branches.is_keyed(rule):
            return None
        return self._kept(('newest', key, most), rule, lambda: branches.newest(rule, entity, self.policy.binding(), most))

    def counting(self, key: str, most: int) -> sa.Select[int] | None:
        """Ids in reach, `most` at the utmost; None as above."""
        rule, entity = self.rule(key), self.catalog.entities[key]
        if not branches.can_count(rule):
            return None
        return self._kept(('counting', key, most), rule, lambda: branches.each_once(rule, entity, self.policy.binding(), most))

    def _kept(self, place: tuple[Any, ...], rule: RecordRule, make: Callable[[], T]) -> T:
        """Kept with the policy: making a statement takes as long as running it."""
        pieces, made_of = self.policy.pieces, (rule.granted, self.policy.clock.now() if rule.moves else None)
        kept: tuple[Any, T] | None = pieces.get(place)
        if kept is None or kept[0] != made_of:
            if len(pieces) >= KEPT_PIECES:
                pieces.clear()
            kept = pieces[place] = made_of, make()
        return kept[1]


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
    """The loader criteria of one entity; None when every record is in reach. Kept with the policy until a right to a single
    record changes, or time where conditions move with it."""
    policy = session.policy
    rule = session.rule(key)
    if rule.scope == 'all':
        return None
    binding = policy.binding()
    made_of = rule.granted, binding.now if rule.moves else None
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
