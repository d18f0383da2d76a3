"""What decisions about records need, loaded for a whole batch in a constant number of statements. Decides nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from permissions.granting import GrantRow
from permissions.policy import Policy
from permissions.rules import RecordFacts, RecordRule
from permissions.tables import record_grant
from schema.catalog import Catalog, Entity
from schema.conditions import Condition, Hop
from schema.values import Link

Executor = Session | sa.Connection
Row = Mapping[str, Any]
CHUNK = 5_000


class RowValues(Mapping[str, Any]):
    """A stored row as conditions read it: `{field key: value}`, each read when it is asked for."""

    def __init__(self, entity: Entity, row: Row) -> None:
        self._entity, self._row = entity, row

    def __getitem__(self, key: str) -> Any:
        if key == 'id':
            return self._row['id']
        field = self._entity.fields[key]
        return field.from_row(self._row) if field.type.stored else None

    def __iter__(self) -> Iterator[str]:
        return iter((*self._entity.fields, 'id'))

    def __len__(self) -> int:
        return len(self._entity.fields) + 1


def facts_for(
    executor: Executor, policy: Policy, action: str, entity: Entity, rows: Iterable[Row], *, whole: bool = False
) -> dict[int, RecordFacts]:
    """`{record id: what deciding the action, and reading, needs}` of whole stored rows.

    Nothing is asked about records that owner and team decide already; `whole` loads everything all the same, for trails. At
    most one statement for rights to single records and one for each entity that conditions look at over links.
    """
    held = {int(row['id']): row for row in rows}
    facts = {key: RecordFacts(row['owner_id'], row['team_id'], key) for key, row in held.items()}
    rules = [policy.rule(each, entity.key) for each in dict.fromkeys((action, 'read'))]
    undecided = [key for key, each in facts.items() if whole or any(rule.surely(each) is None for rule in rules)]
    if not undecided:
        return facts
    if tests := _conditions(rules):
        values = {key: RowValues(entity, held[key]) for key in undecided}
        neighbours = _Neighbours(executor, policy.catalog, tests, values.values())
        facts |= {key: replace(facts[key], values=each, neighbours=neighbours) for key, each in values.items()}
    if whole or any(rule.reads_grants for rule in rules):
        for key, grants in _grants(executor, policy, entity, undecided).items():
            facts[key] = replace(facts[key], levels=frozenset(each.level for each in grants), grants=grants)
    return facts


def facts_of_new(
    executor: Executor, policy: Policy, action: str, entity: Entity, records: Sequence[Mapping[str, Any]]
) -> list[RecordFacts]:
    """The same of records that are not stored yet, given by field key with values as the store holds them, in their order."""
    facts = [RecordFacts(_id(values.get('owner')), _id(values.get('team')), values=values) for values in records]
    rule = policy.rule(action, entity.key)
    if not rule.conditions or all(rule.surely(each) is not None for each in facts):
        return facts
    neighbours = _Neighbours(executor, policy.catalog, rule.conditions, records)
    return [replace(each, neighbours=neighbours) for each in facts]


def reachable(executor: Executor, policy: Policy, action: str, entity: Entity, ids: Collection[int]) -> frozenset[int]:
    """Which of some records an action reaches, in one statement; no statement when it reaches all or none."""
    scope = policy.rule(action, entity.key).scope
    if scope in {'none', 'all'} or not ids:
        return frozenset(ids) if scope == 'all' else frozenset()
    table, found, wanted = entity.table, set[int](), sorted(ids)
    for start in range(0, len(wanted), CHUNK):
        part = table.c.id.in_(wanted[start : start + CHUNK])
        found |= set(_run(executor, sa.select(table.c.id).where(part, policy.table_predicate(action, entity, table))).scalars())
    return frozenset(found)


def _conditions(rules: Iterable[RecordRule]) -> tuple[Condition, ...]:
    return tuple(dict.fromkeys(each for rule in rules for each in rule.conditions))


def _grants(
    executor: Executor, policy: Policy, entity: Entity, ids: Sequence[int]
) -> dict[int, tuple[GrantRow, ...]]:  # fmt: skip
    """Rights to these records that reach the person, oldest first."""
    found: dict[int, list[GrantRow]] = defaultdict(list)
    table = record_grant.c
    columns = record_grant.c['record_id', 'principal', 'level', 'source', 'granted_by', 'granted_at']
    principals = sorted(policy.actor.principals)
    for start in range(0, len(ids) if principals else 0, CHUNK):
        statement = sa.select(*columns).where(
            table.principal.in_(principals), table.entity_ref == entity.ref, table.record_id.in_(ids[start : start + CHUNK])
        )
        for row in _run(executor, statement.order_by(table.id)):
            found[int(row[0])].append(GrantRow(*row._mapping.values()))
    return {key: tuple(rows) for key, rows in found.items()}


class _Neighbours:
    """Records one link away from a batch, read once for each entity; binned ones are left out, as in SQL."""

    def __init__(
        self, executor: Executor, catalog: Catalog, conditions: Iterable[Condition], records: Iterable[Mapping[str, Any]]
    ) -> None:
        wanted: dict[str, set[int]] = defaultdict(set)
        hops = {hop for each in conditions for hop in each.hops()}
        for values in records if hops else ():
            for hop in hops:
                if (row_id := _end(hop, values)) is not None:
                    wanted[hop.target].add(row_id)
        self._found = {key: _read(executor, catalog.entity(key), sorted(ids)) for key, ids in wanted.items()}

    def __call__(self, hop: Hop, values: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
        row_id = _end(hop, values)
        found = self._found.get(hop.target, {}).get(row_id) if row_id is not None else None
        return () if found is None else (found,)


def _read(executor: Executor, entity: Entity, ids: Sequence[int]) -> dict[int, RowValues]:
    found: dict[int, RowValues] = {}
    for start in range(0, len(ids), CHUNK):
        wanted = entity.table.c.id.in_(ids[start : start + CHUNK])
        statement = sa.select(entity.table).where(wanted, entity.table.c.deleted_at.is_(None))
        found |= {int(row['id']): RowValues(entity, dict(row)) for row in _run(executor, statement).mappings()}
    return found


def _end(hop: Hop, values: Mapping[str, Any]) -> int | None:
    link = values.get(hop.field)
    return link.id if isinstance(link, Link) and link.entity == hop.target else None


def _id(value: Any) -> int | None:
    return value.id if isinstance(value, Link) else None


def _run(executor: Executor, statement: sa.Select[Any]) -> sa.Result[Any]:
    """Past what a reader's session adds: rules see all records."""
    return (executor.connection() if isinstance(executor, Session) else executor).execute(statement)
