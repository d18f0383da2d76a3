"""Carries changes on: from written rows to the rollups and formulas elsewhere that depend on them, in the same transaction.

Rows that are recomputed are locked first, in the order of their ids, and only then are the values they depend on read: on
PostgreSQL a statement sees what was committed before it began, so two writers cannot both miss the other's row. Locks are
NO KEY UPDATE: rows that point here may still be inserted, or two inserts would wait for each other.

Rollups move by what the written rows add and take (`shifts`), under the same lock; the rows that count are looked at only where
that does not tell the new value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from schema.base.bulk import write_rows
from schema.catalog import Entity, Field
from schema.deriving import rollups, shifts
from schema.deriving.graph import FormulaPlan, Graph, Node, Plan, RollupPlan
from schema.deriving.shifts import LOOKED_UP, Shift
from schema.deriving.values import Computed, compute

MOST = 1_000
"""Rows that one write recomputes elsewhere at once for one field; more are left to the background."""
Row = Mapping[str, Any]
Problems = Callable[[Plan, Row, str], None]


Moved = tuple[frozenset[int], frozenset[int]]
NOT_MOVED: Moved = (frozenset(), frozenset())


@dataclass(frozen=True)
class Touched:
    """A written row. `before` and `after` are its columns, None while it is not there or in the bin; `keys` the fields that
    changed, None for all; `moved` by `links` field the ids that it no longer points to, and those that it points to since."""

    id: int
    before: Row | None
    after: Row | None
    keys: frozenset[str] | None = None
    moved: Mapping[str, Moved] = field(default_factory=dict)

    def changed(self, key: str) -> bool:
        return self.keys is None or key in self.keys


@dataclass(frozen=True)
class Deferred:
    """Work that is too much for one write: `plan` for the rows whose `link` points to one of `ids`, or for the rows `ids`."""

    plan: Plan
    link: Field | None
    ids: tuple[int, ...]


@dataclass(frozen=True)
class _Rolling:
    """Which rollups of which rows must be counted, and by what the others move."""

    asked: Mapping[Node, frozenset[int]]
    moves: Mapping[Node, Mapping[int, Shift]]

    def concerns(self, plan: Plan, row_id: int) -> bool:
        return row_id in self.asked[plan.node] or row_id in self.moves[plan.node]

    def shift(self, plan: Plan, row_id: int) -> Shift | None:
        """None when the rows must be counted in any case."""
        return None if row_id in self.asked[plan.node] else self.moves[plan.node].get(row_id)


class Carrier:
    """One per unit of work. `defer` takes what is too much; without it everything is done here."""

    def __init__(self, session: Any, graph: Graph, defer: Callable[[Deferred], None] | None = None) -> None:
        self._session, self._graph, self._defer = session, graph, defer
        self._rows: dict[int, set[int]] = defaultdict(set)
        self._behind: dict[int, dict[Field, set[int]]] = defaultdict(lambda: defaultdict(set))
        self._shifts: dict[int, dict[int, Shift]] = defaultdict(dict)
        self.problems: list[tuple[Plan, Row, str]] = []

    def written(self, entity: Entity, touched: Sequence[Touched], *, settled: bool = True) -> None:
        """Rows that were written; `settled` when their own formulas are computed already."""
        for plan in self._graph.rollups_over.get(entity.key, ()):
            place, relevant = self._graph.place[plan.node], _relevant(plan, touched)
            if relevant and shifts.can_shift(plan):
                shifts.gather(self._shifts[place], shifts.shifts_of(plan, relevant, self._beside(plan, relevant)))
            elif relevant:
                self._rows[place] |= self._owners(plan, relevant)
        for key in entity.fields:
            for reader, link in self._graph.readers.get((entity.key, key), ()):
                ids = {each.id for each in touched if each.before is not None and each.changed(key)}
                place = self._graph.place[reader.node]
                if ids and link is not None:
                    self._behind[place][link] |= ids
                elif ids and not settled and reader.entity is entity:
                    self._rows[place] |= ids

    def need(self, plan: Plan, ids: Collection[int]) -> None:
        """Recompute these rows."""
        self._rows[self._graph.place[plan.node]] |= set(ids)

    def run(self, *, onward: bool = True) -> int:
        """Everything that depends on what was written; returns how many rows changed. Not `onward`, only what is asked for."""
        changed = 0
        while places := sorted({*_filled(self._rows), *_filled(self._shifts), *self._behind}):
            first = self._graph.order[places[0]]
            group = [plan for plan in map(self._graph.order.__getitem__, places) if self._together(first, plan)]
            moves = {plan.node: self._shifts.pop(self._graph.place[plan.node], {}) for plan in group}
            asked = {plan.node: frozenset(self._rows[self._graph.place[plan.node]]) for plan in group}
            for ids in _chunks(self._take(group, moves)):
                changed += self._recompute(group, ids, _Rolling(asked, moves), onward=onward)
        return changed

    def _together(self, first: Plan, other: Plan) -> bool:
        if first is other:
            return True
        if isinstance(first, RollupPlan) and isinstance(other, RollupPlan):  # one that came too early is asked for again
            return first.entity is other.entity and first.source is other.source and first.link is other.link
        same = first.entity is other.entity and self._graph.rank[first.node] == self._graph.rank[other.node]
        return same and isinstance(first, FormulaPlan) and isinstance(other, FormulaPlan)

    def _take(self, plans: Sequence[Plan], moves: Mapping[Node, Mapping[int, Shift]]) -> list[int]:
        """The rows that wait for these plans, those behind links looked up; what is too much is deferred."""
        ids: set[int] = set()
        for plan in plans:
            place = self._graph.place[plan.node]
            own = self._rows.pop(place, set()) | moves[plan.node].keys()
            if len(own) > MOST and self._defer is not None:
                self._defer(Deferred(plan, None, tuple(sorted(own))))
            else:
                ids |= own
            for link, targets in self._behind.pop(place, {}).items():
                ids |= self._pointing(plan, link, targets)
        return sorted(ids)

    def _pointing(self, plan: Plan, link: Field, targets: set[int]) -> set[int]:
        table = plan.entity.table
        statement = sa.select(table.c.id).where(table.c[link.definition.column].in_(sorted(targets))).order_by(table.c.id)
        if self._defer is None:
            return set(self._session.execute(statement).scalars())
        found = set(self._session.execute(statement.limit(MOST + 1)).scalars())
        if len(found) <= MOST:
            return found
        self._defer(Deferred(plan, link, tuple(sorted(targets))))
        return set()

    def _owners(self, plan: RollupPlan, relevant: Sequence[Touched]) -> set[int]:
        """Records whose rollup the touched rows enter, leave or change."""
        if plan.column:
            rows = (row for each in relevant for row in (each.before, each.after) if row is not None)
            return {row[plan.column] for row in rows if row.get(plan.column) is not None}
        return {owner for owners in self._paired(plan, relevant).values() for both in owners for owner in both}

    def _beside(self, plan: RollupPlan, relevant: Sequence[Touched]) -> shifts.Beside:
        owners = {} if plan.column else self._paired(plan, relevant)
        return shifts.Beside(rollups.bound(self._session, self._graph.catalog, plan.condition), owners)

    def _paired(self, plan: RollupPlan, relevant: Sequence[Touched]) -> dict[int, tuple[frozenset[int], frozenset[int]]]:
        """By row, what its `links` led to and what they lead to now, records in the bin included."""
        assert plan.link is not None
        pairs = plan.link.table
        assert pairs is not None
        present: dict[int, set[int]] = defaultdict(set)
        query = sa.select(pairs.c.source_id, pairs.c.target_id).where(pairs.c.source_id.in_([each.id for each in relevant]))
        for row_id, owner in self._session.execute(query):
            present[row_id].add(owner)
        found = {}
        for each in relevant:
            gone, come = each.moved.get(plan.link.key, NOT_MOVED)
            found[each.id] = (frozenset(present[each.id] - come | gone), frozenset(present[each.id]))
        return found

    def _recompute(self, plans: Sequence[Plan], ids: Sequence[int], rolling: _Rolling, *, onward: bool) -> int:
        entity = plans[0].entity
        table, locked = entity.table, self._locked(plans, whole=onward)
        names = [str(column.name) for column in locked.selected_columns]
        rows = [dict(zip(names, row, strict=True)) for row in self._session.execute(locked, {'ids': list(ids)})]
        if not rows:
            return 0
        over, formulas = [p for p in plans if isinstance(p, RollupPlan)], [p for p in plans if isinstance(p, FormulaPlan)]
        fresh = self._rolled(over, rows, rolling) if over else self._computed(formulas, rows)
        touched, writes = [], []
        for row, columns in zip(rows, fresh, strict=True):
            changed = {name: value for name, value in columns.items() if row[name] != value}
            if not changed:
                continue
            writes.append({'id': row['id'], **changed})
            keys = frozenset(plan.field.key for plan in plans if not plan.field.columns.keys().isdisjoint(changed))
            after = {**row, **changed}
            there = row.get('deleted_at') is None
            touched.append(Touched(row['id'], row, after if there else row, keys))
        write_rows(self._session, table, writes)
        if touched and onward:
            self.written(entity, touched, settled=False)
        return len(touched)

    def _locked(self, plans: Sequence[Plan], *, whole: bool) -> sa.Select[Any]:
        """Rows by id, locked: all of their columns for what depends on them, else those that the plans read and write."""
        table, keys = plans[0].entity.table, () if whole else tuple(plan.field.key for plan in plans)
        name = ('rows', plans[0].entity.key, keys)
        if (locked := self._graph.statements.get(name)) is None:
            columns = [table] if whole else [table.c[each] for each in sorted(_columns_of(plans))]
            chosen = sa.select(*columns).where(table.c.id.in_(sa.bindparam('ids', expanding=True))).order_by(table.c.id)
            locked = self._graph.statements[name] = chosen.with_for_update(key_share=True)
        return locked

    def _rolled(self, plans: Sequence[RollupPlan], rows: Sequence[Row], rolling: _Rolling) -> list[dict[str, Any]]:
        """New columns of each row: by what came and went where that tells them, the others from one count of all rows."""
        fresh: list[dict[str, Any]] = []
        counting: dict[int, set[Node]] = {}
        for row in rows:
            found = {plan.node: self._shifted(plan, row, rolling) for plan in plans if rolling.concerns(plan, row['id'])}
            counting[row['id']] = {node for node, computed in found.items() if computed is None}
            fresh.append(self._columns(plans, row, found))
        if again := [plan for plan in plans if any(plan.node in nodes for nodes in counting.values())]:
            ids = [row_id for row_id, nodes in counting.items() if nodes]
            sums = rollups.sums_for(self._session, self._graph, again, ids)
            for row, columns in zip(rows, fresh, strict=True):
                mine = [plan for plan in again if plan.node in counting[row['id']]]
                told = sums.get(row['id'], {})
                values = {each.node: rollups.value_of(each, told.get(each.field.key, rollups.Sums())) for each in mine}
                columns |= self._columns(mine, row, values)
        return fresh

    def _shifted(self, plan: RollupPlan, row: Row, rolling: _Rolling) -> Computed | None:
        """The value by what came and went; None when the rows must be counted."""
        shift = rolling.shift(plan, row['id'])
        stored = plan.field.from_row(row)
        found = shifts.shifted(plan, stored, shift) if shift is not None else None
        if found is None or found[0] is not LOOKED_UP:
            return found
        if not plan.column:
            return None  # pairs have no index in the order of values
        return rollups.end_of(self._session, self._graph, plan, row['id'], stored)

    def _columns(self, plans: Sequence[Plan], row: Row, values: Mapping[Node, Computed | None]) -> dict[str, Any]:
        columns: dict[str, Any] = {}
        for plan in plans:
            if (found := values.get(plan.node)) is not None:
                value, problem = found
                if problem:
                    self.problems.append((plan, row, problem))
                columns.update(plan.field.to_columns(value))
        return columns

    def _computed(self, plans: Sequence[FormulaPlan], rows: Sequence[Row]) -> list[dict[str, Any]]:
        links = {
            operand.link.key: {row[operand.link.definition.column] for row in rows} - {None}
            for plan in plans
            for operand in plan.operands
            if operand.link is not None
        }
        behind = linked(self._session, self._graph, plans, links)
        fresh = []
        for row in rows:
            columns: dict[str, Any] = {}
            for plan in plans:
                values = {each.name: behind_row(each, row, behind) for each in plan.operands}
                columns |= self._columns([plan], row, {plan.node: compute(plan, values)})
            fresh.append(columns)
        return fresh


Behind = Mapping[tuple[str, int], Row]
"""`{(link key, id): columns of the record behind}`."""


def linked(
    session: Any, graph: Graph, plans: Iterable[FormulaPlan], ids: Mapping[str, Collection[int]], *, lock: bool = True
) -> Behind:
    """The records that formulas read through links, one statement for each link. With `lock` they stay as they are until the
    end of the transaction, so that whoever changes them sees the row that is being computed, or is seen by it."""
    wanted: dict[str, dict[str, Any]] = {}
    targets: dict[str, Entity] = {}
    for plan in plans:
        for each in plan.operands:
            if each.link is not None and ids.get(each.link.key):
                wanted.setdefault(each.link.key, {}).update(each.field.columns)
                targets[each.link.key] = graph.holders[each.field.entity_key]
    found: dict[tuple[str, int], Row] = {}
    for key in sorted(wanted, key=lambda key: targets[key].key):
        name = ('linked', targets[key].key, tuple(sorted(wanted[key])), lock)
        statement = graph.statements.get(name)
        if statement is None:
            strong = targets[key].key in graph.derived_entities
            statement = graph.statements[name] = _behind_statement(targets[key].table, wanted[key], lock=lock, strong=strong)
        rows = session.execute(statement, {'ids': sorted(ids[key])}).mappings()
        found.update({(key, row['id']): dict(row) for row in rows})
    return found


def _behind_statement(table: sa.Table, columns: Mapping[str, Any], *, lock: bool, strong: bool) -> sa.Select[Any]:
    statement = sa.select(table.c.id, *columns.values()).where(table.c.id.in_(sa.bindparam('ids', expanding=True)))
    statement = statement.order_by(table.c.id)
    # a shared lock that must become a stronger one later would wait for the other holders of the shared one
    return statement.with_for_update(read=not strong, key_share=strong) if lock else statement


def behind_row(operand: Any, row: Row, behind: Behind) -> Any:
    """What a formula reads from a row, or from the record behind its link."""
    if operand.link is None:
        return operand.field.from_row(row)
    found = behind.get((operand.link.key, row[operand.link.definition.column]))
    return None if found is None else operand.field.from_row(found)


def _columns_of(plans: Iterable[Plan]) -> set[str]:
    names = {'id', 'deleted_at'}
    for plan in plans:
        names |= plan.field.columns.keys()
        for each in plan.operands if isinstance(plan, FormulaPlan) else ():
            names |= {each.link.definition.column} if each.link is not None else each.field.columns.keys()
    return names


def _relevant(plan: RollupPlan, touched: Sequence[Touched]) -> list[Touched]:
    return [
        each
        for each in touched
        if each.before is None or each.after is None or each.keys is None or not plan.reads.isdisjoint(each.keys)
    ]


def _filled(waiting: Mapping[int, Collection[int]]) -> Iterator[int]:
    return (place for place, ids in waiting.items() if ids)


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), MOST):
        yield ids[start : start + MOST]
