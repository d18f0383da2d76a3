"""A workflow started by hand for many picked records: one run for each, as an operation that tells how far it came.

Registered as the kind `workflow` of operations; an order's values are `{"workflow": key}`. It changes no record itself, so that
nothing is undone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from modules.operations.kinds import Bulk, entity_of
from modules.operations.model import Operation, Reason, Tally
from modules.operations.running import Part
from modules.records.model import ListQuery
from modules.records.store import Store
from modules.runtime import Runtime
from schema.base.actor import Actor
from schema.base.errors import Forbidden, NotFound
from schema.base.findings import Finding, finding
from schema.catalog import Catalog, Entity
from schema.definitions import Texts
from workflows.control import may_press
from workflows.definitions import Rule, rules_of
from workflows.due import holds_clause
from workflows.runs import Start, add_run_once, rule_policy
from workflows.triggers import ButtonTrigger

END = 2**62


class StartMany(Bulk):
    """Rows are `(uid, why not)`; the right to press is asked when it is ordered and again for each chunk."""

    silent: bool | None = None
    action = 'read'

    def read(self, runtime: Runtime, actor: Actor, values: Mapping[str, Any]) -> tuple[dict[str, Any], Texts]:
        """Raises: NotFound WFL-E014; Forbidden WFL-E024."""
        rule = _rule(runtime, actor, str(values.get('workflow', '')))
        return {'rule': rule.ref}, rule.definition.label

    def part(self, runtime: Runtime, actor: Actor, found: Operation, size: int) -> Part:
        part = super().part(runtime, actor, found, size)
        if not part.rows:
            return part
        entity, rule = entity_of(runtime.catalogs.current(), found), _rule(runtime, actor, found.params['rule'])
        if rule.entity.ref != entity.ref:
            raise NotFound.of('WFL-E014', value=rule.key, hint='')
        seen = _within_reach(runtime, actor, entity, part.rows)
        fits = _fitting(runtime, rule, part.rows)
        return Part([(uid, _why_not(entity, uid, seen, fits)) for uid in part.rows], part.position)

    def write(self, store: Store, found: Operation, rows: Sequence[Any]) -> Tally:
        rule = _by_ref(store.catalog, found.params['rule'])
        why = {'button': rule.key, 'actor_id': found.actor_id, 'actor': found.actor_name, 'operation': found.id}
        tally = Tally()
        for uid, refused in rows:
            if refused is not None:
                tally = tally.add(Tally(failed=1, reasons=[Reason.of(uid, found.entity_ref, [refused])]))
                continue
            start = Start(f'many-{found.id}-{uid}', uid, why)
            started = add_run_once(store.session, rule, start, store.clock.now()) is not None
            tally = tally.add(Tally(done=1) if started else Tally(skipped=1))
        return tally


def _rule(runtime: Runtime, actor: Actor, name: str) -> Rule:
    """The workflow of that key or ref, when this person may start it for several records."""
    catalog = runtime.catalogs.current()
    usable = rules_of(catalog).usable
    rule = usable.get(name) or next((each for each in usable.values() if each.ref == name), None)
    if rule is None or not rule.enabled or not isinstance(rule.trigger, ButtonTrigger) or 'list' not in rule.trigger.on:
        raise NotFound.of('WFL-E014', value=name[:60], hint='')
    if not may_press(runtime.policy(actor, catalog), rule.entity, rule.trigger):
        raise Forbidden.of('WFL-E024', value=rule.definition.label)
    return rule


def _by_ref(catalog: Catalog, ref: str) -> Rule:
    """Raises: NotFound WFL-E014 when it was taken out meanwhile."""
    found = next((each for each in rules_of(catalog).usable.values() if each.ref == ref), None)
    if found is None:
        raise NotFound.of('WFL-E014', value=ref[:60], hint='')
    return found


def _within_reach(runtime: Runtime, actor: Actor, entity: Entity, uids: Sequence[str]) -> set[str]:
    with runtime.reader(actor) as reader:
        query = ListQuery(filter={'field': 'uid', 'op': 'in', 'value': list(uids)})
        return {uid for _id, uid in reader.walk(entity.key, query, after=0, until=END, size=len(uids))}


def _fitting(runtime: Runtime, rule: Rule, uids: Sequence[str]) -> set[str]:
    """Those for which the workflow's own condition holds, in one statement."""
    table = rule.entity.table
    with runtime.database.session() as session:
        clause = holds_clause(runtime, session, rule.condition, rule_policy(runtime, rule, runtime.catalogs.current()))
        return set(session.execute(sa.select(table.c.uid).where(table.c.uid.in_(list(uids)), clause)).scalars())


def _why_not(entity: Entity, uid: str, seen: set[str], fits: set[str]) -> Finding | None:
    if uid not in seen:
        return finding('REC-E028', label=entity.definition.label)
    return None if uid in fits else finding('WFL-W002')
