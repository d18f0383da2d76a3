"""Conditions decided about records as they would be after their changes. Loads what lies behind links for a whole batch.

Rules see all live records, whatever the actor may see; only the answer leaves. As many statements for a thousand records as
for one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.records import resolving
from modules.records.changing import Change
from modules.records.collections import Collecting
from modules.records.labels import links_in
from modules.records.people import Rows, load_people
from permissions.policy import Policy
from schema import conditions
from schema.base.actor import Actor, system_actor
from schema.base.clock import Clock
from schema.catalog import Catalog, Entity
from schema.conditions import record_values
from schema.conditions.collections import is_own, pairs_of, reads_collections
from schema.conditions.condition import Condition
from schema.conditions.explaining import explain_by, parts_by
from schema.conditions.python import Decider
from schema.conditions.sql import SqlWriter
from schema.conditions.tree import PARENT, Aggregate, Count, Group, Hop, Node, Not, Related, Test, hops
from schema.fieldtypes.base import Reading
from schema.values import USER, Link

Relation = Related | Count | Aggregate
Values = Mapping[str, Any]


class Held(Mapping[str, Any]):
    """One record as conditions read it: what a change makes of it, or its stored row alone when `before` is true. Of a line,
    `parent` is the record that holds it, and `parent.company` what that holds."""

    def __init__(self, change: Change, *, before: bool = False) -> None:
        self._change, self._before = change, before

    @property
    def change(self) -> Change:
        return self._change

    @property
    def row_id(self) -> int | None:
        return None if self._change.current is None else int(self._change.current['id'])

    def __getitem__(self, key: str) -> Any:
        if key == 'id':
            return self.row_id
        change = self._change
        head, dot, name = key.partition('.')
        if head == PARENT and change.holder is not None:
            parent = Held(change.holder, before=self._before)
            return parent[name] if dot else parent
        field, current = change.entity.fields[key], change.current
        if not self._before and any(key in made for made in (change.values, change.derived, change.collected)):
            return change.value(key)
        if self._before and key in change.collected:
            return change.collected[key].before
        return field.from_row(current) if current is not None and field.type.stored else None

    def __iter__(self) -> Iterator[str]:
        return iter((*self._change.entity.fields, 'id'))

    def __len__(self) -> int:
        return len(self._change.entity.fields) + 1


class Person(dict[str, Any]):
    """Somebody who may be chosen, as `modules.records.people` reads them."""

    def __init__(self, rows: Rows) -> None:
        super().__init__(rows[0] if rows else {})
        self.rows = rows


class Judge:
    """Decides for one actor at one instant. `load` first, with every record that will be asked about."""

    def __init__(self, session: Session, catalog: Catalog, actor: Actor, clock: Clock) -> None:
        self._session, self._catalog = session, catalog
        self._actor, self._clock = actor, clock
        self._records: dict[tuple[str, int], Values] = {}
        self._behind: dict[tuple[Hop, int], list[Values]] = {}
        self._answers: dict[tuple[int, int], bool | None] = {}
        self._changed: dict[tuple[str, int], Held] = {}
        self._bindings: dict[int, conditions.Binding] = {}

    def expect(self, held: Iterable[Held], entity: Entity) -> None:
        """Records that change: what reaches them over links sees them as they will be."""
        self._changed.update({(entity.key, each.row_id): each for each in held if each.row_id is not None})

    def load(self, condition: Condition, records: Sequence[Values]) -> None:
        """Read what deciding the condition about the records needs; nothing when the records alone decide."""
        if condition.hops() or reads_collections(condition.root):
            self._load(condition.root, condition.entity, records, self._bind(condition), outermost=True)

    def load_targets(self, condition: Condition, ids: Collection[int]) -> Mapping[int, Values]:
        """Live records that may be chosen, `{id: values}`, and what deciding the condition about them needs; or people."""
        entity = condition.entity
        if entity.key == USER:
            return {row_id: Person(rows) for row_id, rows in load_people(self._session, ids).items()} if ids else {}
        found = self._read(entity.key, entity.table.c.id.in_(ids)) if ids else []
        if condition.hops() or reads_collections(condition.root):
            self._load(condition.root, entity, found, self._bind(condition), outermost=False)
        return {int(each['id']): each for each in found}

    def decide(self, condition: Condition, values: Values) -> bool | None:
        """Of a record that was loaded for this condition."""
        return self._decider(condition).decide(condition.root, values)

    def decide_for(self, condition: Condition, values: Values, held: Values) -> bool | None:
        """Of a record that may be chosen, for the record being edited; of a person, whether a team and role of theirs fits."""
        decider, root = self._decider(condition), record_values.fill(condition.root, held)
        if isinstance(values, Person):
            return any(decider.decide(root, each) is True for each in values.rows)
        return decider.decide(root, values)

    def explain(self, condition: Condition, values: Values, reading: Reading) -> list[conditions.Reason]:
        """Why the condition is not true of a record that was loaded for it."""
        return explain_by(self._decider(condition), condition, values, reading)

    def parts(self, condition: Condition, values: Values, reading: Reading) -> list[conditions.Reason]:
        """Every part of the condition with its answer, about a record that was loaded for it."""
        return parts_by(self._decider(condition), condition, values, reading)

    def _decider(self, condition: Condition) -> _Deciding:
        return _Deciding(self._bind(condition), self._neighbours, self._answers)

    def _bind(self, condition: Condition) -> conditions.Binding:
        """Link operands are found whatever the actor may see: the rule names them, not the actor."""
        found = self._bindings.get(id(condition))
        if found is None:
            operands = condition.link_operands()
            known: resolving.Found = {}
            if operands:
                policy = Policy(self._catalog, system_actor('rules'))
                known = resolving.find_links(self._session, self._catalog, policy, operands)
            found = self._bindings[id(condition)] = conditions.Binding(
                now=self._clock.now(), zone=self._actor.zone, user_id=self._actor.user_id, team_ids=self._actor.team_ids,
                link_ids={key: link.id for key, link in known.items()},
            )  # fmt: skip
        return found

    # --- loading -----------------------------------------------------------------------------------------------------

    def _load(
        self, node: Node, entity: Entity, records: Sequence[Values], binding: conditions.Binding, *, outermost: bool
    ) -> None:  # fmt: skip
        if isinstance(node, Group):
            for part in node.parts:
                self._load(part, entity, records, binding, outermost=outermost)
        elif isinstance(node, Not):
            self._load(node.part, entity, records, binding, outermost=outermost)
        elif isinstance(node, Test):
            for hop in node.path:
                records = self._forward(hop, records)
            if node.field.definition.table:
                self._collect(node.entity, node.field.key, records)
        elif isinstance(node, (Related, Count, Aggregate)):
            comes_back = any(hop.target == entity.key for hop in hops(node))
            if outermost and not comes_back and not is_own(node.hop):
                self._ask(node, entity, records, binding)
            else:
                found = self._own(node.hop, records) if is_own(node.hop) else self._back(node.hop, records)
                self._load(node.where, self._catalog.holder(node.hop.target), found, binding, outermost=False)

    def _forward(self, hop: Hop, records: Sequence[Values]) -> list[Values]:
        if hop.via == PARENT:
            return [parent for each in records for parent in self._neighbours(hop, each)]
        ids = {link.id for each in records if isinstance(link := each.get(hop.field), Link) and link.id is not None}
        missing = {row_id for row_id in ids if (hop.target, row_id) not in self._records}
        if missing:
            table = self._catalog.entity(hop.target).table
            self._read(hop.target, table.c.id.in_(missing))
        return [self._records[hop.target, row_id] for row_id in ids if (hop.target, row_id) in self._records]

    def _back(self, hop: Hop, records: Sequence[Values]) -> list[Values]:
        """Records that point to these, as they are or will be."""
        ids = {int(each['id']) for each in records if each.get('id') is not None}
        if not ids:
            return []
        table = self._catalog.entity(hop.target).table
        if hop.via == 'links':
            pairs = pairs_of(hop.pairs)
            where = table.c.id.in_(sa.select(pairs.c.source_id).where(pairs.c.target_id.in_(ids)))
        else:
            where = table.c[hop.column].in_(ids)
        read = self._read(hop.target, where)
        changed = [held for (key, _), held in self._changed.items() if key == hop.target]
        everyone = {int(each['id']): each for each in (*read, *changed)}
        if hop.via == 'links':
            self._collect(hop.target, hop.field, everyone.values())
        grouped: dict[int, list[Values]] = defaultdict(list)
        for each in everyone.values():
            for link in links_in(each.get(hop.field)):
                if link.id in ids and link.entity == hop.source:
                    grouped[link.id].append(each)
        self._behind.update({(hop, row_id): grouped.get(row_id, []) for row_id in ids})
        return [each for found in grouped.values() for each in found]

    def _collect(self, entity_key: str, field_key: str, records: Iterable[Values]) -> None:
        """Read links or lines of records that do not have them yet, all of them: rules see what the actor may not."""
        field = self._catalog.entity(entity_key).fields[field_key]
        policy = Policy(self._catalog, system_actor('rules'))
        collecting = Collecting(self._session, self._catalog, policy, lambda each: None)
        collecting.hold(field, [each.change for each in records if isinstance(each, Held)])

    def _own(self, hop: Hop, records: Sequence[Values]) -> list[Values]:
        """The record's own lines, or what its links lead to, as they are or will be."""
        self._collect(hop.source, hop.field, records)
        if hop.via == 'lines':
            return [line for each in records for line in self._neighbours(hop, each)]
        ids = {link.id for each in records for link in links_in(each.get(hop.field)) if link.id is not None}
        missing = {row_id for row_id in ids if (hop.target, row_id) not in self._records}
        if missing:
            self._read(hop.target, self._catalog.entity(hop.target).table.c.id.in_(missing))
        return [self._records[hop.target, row_id] for row_id in ids if (hop.target, row_id) in self._records]

    def _read(self, entity_key: str, where: sa.ColumnElement[bool]) -> list[Values]:
        entity = self._catalog.entity(entity_key)
        statement = sa.select(entity.table).where(where, entity.table.c.deleted_at.is_(None))
        found: list[Values] = []
        for row in self._session.execute(statement).mappings():
            row_id = int(row['id'])
            values = self._changed.get((entity_key, row_id)) or Held(Change(entity, row['uid'], {}, dict(row)))
            self._records[entity_key, row_id] = values
            found.append(values)
        return found

    def _ask(self, node: Relation, entity: Entity, records: Sequence[Values], binding: conditions.Binding) -> None:
        """What only stored records decide is asked of the database: it may be about very many."""
        ids = {int(each['id']) for each in records if each.get('id') is not None}
        if not ids:
            return
        writer, table = SqlWriter(self._catalog, binding), entity.table
        self._answers.update(dict.fromkeys(((id(node), row_id) for row_id in ids), None))
        for wanted in (True, False):
            rows = sa.select(table.c.id).where(table.c.id.in_(ids), writer.where(node, table, wanted=wanted))
            self._answers.update(
                dict.fromkeys(((id(node), row_id) for row_id in self._session.execute(rows).scalars()), wanted)
            )

    def _neighbours(self, hop: Hop, values: Values) -> Collection[Values]:
        if hop.via == 'lines':
            lines = values.get(hop.field)
            return [] if lines is None else [{**line.values, 'uid': line.uid, 'id': line.id} for line in lines.lines]
        if is_own(hop):
            ends = ((hop.target, link.id or 0) for link in links_in(values.get(hop.field)))
            return [self._records[end] for end in ends if end in self._records]
        if hop.via == PARENT:
            parent = values.get(PARENT)
            return () if parent is None else (parent,)
        if hop.back:
            row_id = values.get('id')
            return () if row_id is None else self._behind.get((hop, int(row_id)), ())
        link = values.get(hop.field)
        found = self._records.get((hop.target, link.id)) if isinstance(link, Link) and link.id is not None else None
        return () if found is None else (found,)


class _Deciding(Decider):
    """Parts that the database answered are taken from there."""

    def __init__(self, binding: conditions.Binding, neighbours: Any, answers: Mapping[tuple[int, int], bool | None]) -> None:
        super().__init__(binding, neighbours)
        self._known = answers

    def relation(self, node: Relation, values: Values) -> bool | None:
        key = (id(node), values.get('id') or 0)
        return self._known[key] if key in self._known else super().relation(node, values)

    def count(self, node: Relation, values: Values) -> int | None:
        return None if (id(node), values.get('id') or 0) in self._known else super().count(node, values)
