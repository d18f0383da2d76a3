"""How the fields of a record stand while somebody edits it: shown, required, locked, what may be chosen. Writes nothing.

The rules see what people may not; only these answers leave.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.records import deriving, resolving
from modules.records.changing import Change
from modules.records.judging import Held, Judge
from permissions.policy import Policy
from schema.base.clock import Clock
from schema.catalog import Catalog, Entity
from schema.conditions.condition import Condition
from schema.entity_rules import EntityRules, rules_of
from schema.values import Link


@dataclass(frozen=True)
class Standing:
    """One field. `locked` when it was locked as stored (`was_locked`) and is so now; `offered` are the refs of options with a
    condition that may be chosen now, None without such options."""

    visible: bool = True
    required: bool = False
    locked: bool = False
    was_locked: bool = False
    offered: frozenset[str] | None = None


@dataclass(frozen=True)
class Adviser:
    """For one person on one catalog. `session` is a system session; see `Judge`."""

    session: Session
    catalog: Catalog
    policy: Policy
    clock: Clock

    def advise(self, entity: Entity, uid: str | None, values: Mapping[str, Any]) -> dict[str, Standing]:
        """`{field key: standing}` of the fields that have rules, for a record (None: a new one) with `values` typed into it.

        Unknown counts as everywhere: not required, not locked, not shown, not offered.
        """
        rules = rules_of(entity, self.catalog)
        if not rules.on_fields:
            return {}
        change = Change(entity, uid or '', {}, self._stored(entity, uid), values=dict(values))
        self._resolve(change)
        deriving.formulas(self.session, self.catalog, entity, [change], lock=False)
        return dict(self._standings(entity, rules, change))

    def _stored(self, entity: Entity, uid: str | None) -> Mapping[str, Any] | None:
        if uid is None:
            return None
        row = self.session.execute(sa.select(entity.table).where(entity.table.c.uid == uid)).mappings().first()
        return dict(row) if row is not None else None

    def _resolve(self, change: Change) -> None:
        """Links that lead nowhere the person can see count as blank."""
        typed = {key: value for key, value in change.values.items() if isinstance(value, Link) and value.id is None}
        found = resolving.find_links(self.session, self.catalog, self.policy, typed.values()) if typed else {}
        change.values.update({key: found.get((value.entity, value.uid)) for key, value in typed.items()})

    def _standings(self, entity: Entity, rules: EntityRules, change: Change) -> Iterator[tuple[str, Standing]]:
        now, before = (Judge(self.session, self.catalog, self.policy.actor, self.clock) for _ in range(2))
        held, old = Held(change), Held(change, before=True)
        now.expect([held], entity)

        def holds(condition: Condition | None, judge: Judge = now, record: Held = held) -> bool | None:
            if condition is None:
                return None
            judge.load(condition, [record])
            return judge.decide(condition, record)

        for key in rules.on_fields:
            visible = key not in rules.visible or holds(rules.visible[key]) is True
            required = entity.fields[key].definition.required or holds(rules.required.get(key)) is True
            was_locked = change.current is not None and holds(rules.locked.get(key), before, old) is True
            locked = was_locked and holds(rules.locked.get(key)) is True
            options = rules.options.get(key)
            offered = None if options is None else frozenset(ref for ref, each in options.items() if holds(each) is True)
            yield key, Standing(visible, visible and required, locked, was_locked, offered)
