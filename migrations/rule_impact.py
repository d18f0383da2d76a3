"""Live records that a new rule would refuse: counted, with the first of them, in set-based queries. Decides nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from schema.base.findings import Finding, escape_pointer, finding
from schema.catalog import Catalog, Entity, Field
from schema.conditions import Binding
from schema.conditions.condition import Condition
from schema.entity_rules import rules_of
from schema.fieldtypes.base import Reading

SAMPLES = 100
ZONE = ZoneInfo('Asia/Ho_Chi_Minh')
READING = Reading('vi')
Broken = tuple[Finding, int, list[dict[str, str]]]
"""What to tell, how many records, the first of them as `{uid, title, value}`."""


class RuleSurvey:
    """Reads one entity of the target over what is stored today; columns that are still to come read as blank. Of lines,
    `parent` is the entity that holds them today: they live as long as their record does, and are shown by it."""

    def __init__(
        self, connection: sa.Connection, base: Entity, target: Catalog, entity: Entity, parent: Entity | None = None
    ) -> None:
        self._connection, self._base, self._target, self._entity = connection, base, target, entity
        self._parent = parent
        there = base.table.c
        self._source = sa.select(
            *(there[column.name] if column.name in there else sa.null().cast(column.type).label(column.name)
              for column in entity.table.columns)
        ).subquery()  # fmt: skip

    def broken(self) -> Iterator[Broken]:
        """Validation rules and required-if that are new or read otherwise than before, and unique keys that are new."""
        former = {rule.ref: rule.refuse_when for rule in self._base.definition.rules}
        rules = rules_of(self._entity, self._target)
        for rule, condition in rules.refusals:
            if former.get(rule.ref) != rule.refuse_when and self._can_ask(condition):
                place = f'{self._at("x-rules")}/{escape_pointer(rule.key)}'
                yield from self._told('MIG-W020', place, self._where(condition), rule.label)
        yield from self._required()
        keys = {key.ref: key.fields for key in self._base.definition.unique_keys}
        for key in rules.unique_keys:
            old = [self._base.by_ref[each.ref].key for each in key.fields if each.ref in self._base.by_ref]
            if list(keys.get(key.definition.ref, ())) != old or len(old) < len(key.fields):
                yield from self._collisions(key.definition.key, key.definition.label, key.columns)

    def _required(self) -> Iterator[Broken]:
        rules = rules_of(self._entity, self._target)
        for key, condition in rules.required.items():
            each = self._entity.fields[key]
            former = self._base.by_ref.get(each.ref)
            if (former and former.definition.required_if == each.definition.required_if) or not each.type.stored:
                continue
            shown = rules.visible.get(key)
            if not self._can_ask(condition) or (shown is not None and not self._can_ask(shown)):
                continue
            where = [self._where(condition), *self._blank(each)]
            if shown is not None:
                where.append(self._where(shown))
            place = f'{self._at("properties")}/{escape_pointer(key)}/x-required-if'
            yield from self._told('MIG-W021', place, sa.and_(*where), each.definition.label)

    def _collisions(self, name: str, label: Any, columns: tuple[str, ...]) -> Iterator[Broken]:
        source = self._source.c
        chosen = [source[column] for column in columns]
        live = [source.deleted_at.is_(None), *(column.is_not(None) for column in chosen)]
        shared = sa.select(*chosen, sa.func.count().label('rows')).where(*live).group_by(*chosen).having(sa.func.count() > 1)
        groups = self._connection.execute(shared.limit(10_000)).all()
        if not groups:
            return
        same = sa.or_(
            *(sa.and_(*(column == part for column, part in zip(chosen, group, strict=False))) for group in groups[:50])
        )
        place = f'{self._at("x-unique-keys")}/{escape_pointer(name)}'
        count = sum(group.rows for group in groups)
        samples = self._samples(sa.and_(*live, same))
        titles = ', '.join(dict.fromkeys(sample['title'] for sample in samples[:10]))
        yield finding('MIG-E030', place, count=count, label=label, samples=titles), count, samples

    def _told(self, code: str, place: str, where: sa.ColumnElement[bool], label: Any) -> Iterator[Broken]:
        """A warning: such records stay, and are asked for when somebody changes them."""
        live = sa.and_(self._source.c.deleted_at.is_(None), *self._held())
        query = sa.select(sa.func.count()).select_from(self._source).where(live, where)
        if count := int(self._connection.execute(query).scalar_one()):
            yield finding(code, place, level='warning', count=count, label=label), count, self._samples(sa.and_(live, where))

    def _held(self) -> list[sa.ColumnElement[bool]]:
        """That the record which holds a line is not in the bin."""
        if self._parent is None:
            return []
        held = self._parent.table
        return [sa.exists().where(held.c.id == self._source.c.parent_id, held.c.deleted_at.is_(None))]

    def _samples(self, where: sa.ColumnElement[bool]) -> list[dict[str, str]]:
        if self._parent is None:
            title, query = self._entity.title, sa.select(self._source).where(where)
        else:
            title, held = self._parent.title, self._parent.table
            holds = sa.select(self._source.c.parent_id).where(where)
            query = sa.select(held).where(held.c.id.in_(holds))
        source = query.selected_columns
        chosen = dict.fromkeys(('uid', *title.columns))
        query = query.with_only_columns(*(source[name] for name in chosen), maintain_column_froms=True)
        rows = self._connection.execute(query.order_by(source.id).limit(SAMPLES)).mappings()
        href = f'/{self._parent.key}/' if self._parent is not None else ''
        return [
            {'uid': row['uid'], 'title': title.type.text(title.definition, title.from_row(row), READING), 'value': '',
             **({'href': f'{href}{row["uid"]}'} if href else {})}
            for row in map(dict, rows)
        ]  # fmt: skip

    def _where(self, condition: Condition) -> sa.ColumnElement[bool]:
        return condition.sql(Binding(datetime.now(UTC), ZONE), self._source)

    def _blank(self, each: Field) -> list[sa.ColumnElement[bool]]:
        return [self._source.c[name].is_(None) for name in list(each.columns)[:1]]

    def _can_ask(self, condition: Condition) -> bool:
        """Conditions about persons have no answer for the whole table; what is not stored yet, or is being converted, has none
        today."""
        own, reaches_own = self._entity, any(hop.target == self._entity.key for hop in condition.hops())
        if condition.link_operands() or any(
            self._converts(key) for entity, key in condition.fields_read() if entity == own.key
        ):
            return False
        return all(
            self._stored_today(entity, key) for entity, key in condition.fields_read() if entity != own.key or reaches_own
        )

    def _converts(self, key: str) -> bool:
        each = self._entity.fields[key]
        former = self._base.by_ref.get(each.ref)
        return former is not None and former.home != each.home

    def _stored_today(self, entity_key: str, field_key: str) -> bool:
        """Whether another entity's field is there already: its columns are asked for by name."""
        entity = self._target.entities[entity_key]
        inspector = sa.inspect(self._connection)
        if not inspector.has_table(entity.table.name):
            return False
        there = {column['name'] for column in inspector.get_columns(entity.table.name)}
        return there.issuperset(entity.fields[field_key].columns)

    def _at(self, part: str) -> str:
        owner, _, lines = self._entity.key.partition('.')
        inside = f'/properties/{escape_pointer(lines)}/x-lines' if lines else ''
        return f'/entities/{escape_pointer(owner)}{inside}/{part}'
