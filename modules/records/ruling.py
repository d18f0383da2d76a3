"""Rules of an entity applied to changes: required, shown and locked fields, what may be chosen, refusals, gates, unique keys.

Judged on the values after the change, for whole batches, the same for forms, the API, imports and workflows. On an update a
rule is asked only when something that it reads changes: records from before a rule stay as they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.records import line_changes
from modules.records.changing import Change
from modules.records.gating import may_go
from modules.records.judging import Held, Judge
from permissions.policy import Policy
from schema.base.clock import Clock
from schema.base.findings import escape_pointer, finding
from schema.catalog import Catalog, Entity, Field
from schema.conditions.condition import Condition
from schema.conditions.tree import PARENT
from schema.definitions import StageDef, Texts
from schema.entity_rules import EntityRules, UniqueKey, own_reads, record_names, rules_of
from schema.fieldtypes.base import Reading
from schema.indexes import index_name, unique_columns
from schema.values import Link, Links

LOCALES = ('en', 'vi')
Hold = Callable[[Field, Iterable[Change]], None]
"""Reads stored links and lines of changes into `Change.collected`."""


@dataclass(frozen=True)
class Case:
    """One change under its rules. `touched` are the fields that really change, computed ones too; of a new record all do. Of a
    line, `parent.company` is one of the record that holds it."""

    change: Change
    held: Held
    touched: frozenset[str]

    def concerns(self, condition: Condition) -> bool:
        """Whether the change may give the condition another answer."""
        return self.change.creates or self.touches(own_reads(condition))

    def touches(self, keys: Iterable[str]) -> bool:
        return self.change.creates or not self.touched.isdisjoint(keys)

    def blank(self, key: str) -> bool:
        return self.held[key] is None

    def refused(self, key: str) -> bool:
        """Whether the field has a finding already."""
        pointer = self.pointer(key)
        return any(each.pointer == pointer and each.level == 'error' for each in self.change.findings)

    def pointer(self, key: str) -> str:
        return f'{self.change.pointer}/{escape_pointer(key)}'


@dataclass(frozen=True)
class Ruling:
    """Everything it needs; one per unit of work."""

    session: Session
    catalog: Catalog
    policy: Policy
    clock: Clock
    hold: Hold

    def check(self, entity: Entity, changes: Sequence[Change]) -> None:
        """Add findings to changes whose values are complete. Reads what rules need behind links; writes nothing."""
        if not changes:
            return
        rules = rules_of(entity, self.catalog)
        self._hold_collections(entity, rules, changes)
        cases = list(_cases(rules, changes))
        forward = [case for case in cases if not case.change.reverts]  # what goes back is no new claim about the record
        bench = _Bench(self, entity, rules, forward)
        bench.check_moves()
        bench.check_required()
        bench.check_locked()
        bench.check_options()
        bench.check_filters()
        bench.check_refusals()
        for key in rules.unique_keys:
            self._check_unique(entity, key, [case for case in cases if case.touches(key.definition.fields)])
        for each in entity.collections:
            if each.lines is not None:
                self._check_lines(each, each.lines, forward)

    def _check_lines(self, field: Field, lines: Entity, cases: Sequence[Case]) -> None:
        """The lines that were sent, and all lines of a record whose own change may give their rules another answer."""
        read = rules_of(lines, self.catalog).of_parent
        moved = [case.change for case in cases if not case.change.creates and not case.touched.isdisjoint(read)]
        self.hold(field, moved)
        asked = {id(change) for change in moved}
        judged = (line_changes.judged(field, lines, case.change, whole=id(case.change) in asked) for case in cases)
        self.check(lines, [line for each in judged for line in each])

    def _hold_collections(self, entity: Entity, rules: EntityRules, changes: Sequence[Change]) -> None:
        read = {key for condition in rules.conditions() for key in own_reads(condition)} | set(rules.required)
        for each in entity.own_fields:
            if each.is_collection and each.key in read:
                self.hold(each, changes)

    def _check_unique(self, entity: Entity, key: UniqueKey, cases: Sequence[Case]) -> None:
        """The index decides in the end; this says it beforehand, at its place and for each record of the batch."""
        wanted: dict[tuple[Any, ...], Case] = {}
        for case in cases:
            parts = parts_of(key, case.change)
            if None in parts:
                continue
            if parts in wanted:
                refuse_key(case.change, key, 'REC-E146')
            else:
                wanted[parts] = case
        if not wanted:
            return
        table = entity.table
        columns = [table.c[name] for name in key.columns]
        statement = sa.select(table.c.uid, *columns).where(table.c.deleted_at.is_(None), sa.tuple_(*columns).in_(list(wanted)))
        moving = {case.change.uid for case in cases}
        for uid, *stored in self.session.execute(statement):
            found = wanted.get(tuple(stored))
            if found is not None and found.change.uid != uid and uid not in moving:
                refuse_key(found.change, key, 'REC-E145')


@dataclass
class _Bench:
    """One batch under its rules. What conditions need is loaded for all cases at once, before any is decided."""

    ruling: Ruling
    entity: Entity
    rules: EntityRules
    cases: Sequence[Case]
    now: Judge = field(init=False)
    before: Judge = field(init=False)

    def __post_init__(self) -> None:
        ruling = self.ruling
        self.now = Judge(ruling.session, ruling.catalog, ruling.policy.actor, ruling.clock)
        self.before = Judge(ruling.session, ruling.catalog, ruling.policy.actor, ruling.clock)
        self.now.expect([case.held for case in self.cases], self.entity)

    def answers(self, condition: Condition | None, cases: Sequence[Case]) -> Iterator[tuple[Case, bool | None]]:
        """Each case with its answer; no condition is true of all."""
        if condition is None:
            yield from ((case, True) for case in cases)
            return
        self.now.load(condition, [case.held for case in cases])
        for case in cases:
            yield case, self.now.decide(condition, case.held)

    def check_moves(self) -> None:
        """Stages: the move must be allowed, what the stage requires filled, its gate open."""
        entered: dict[str, list[Case]] = defaultdict(list)
        for case in self.cases:
            if (stage := _entered(case)) is not None:
                _check_move(case.change, stage)
                if not (case.change.creates and stage is first_stage(self.entity)):
                    entered[stage.ref].append(case)
        for ref, cases in entered.items():
            if (gate := self.rules.gates.get(ref)) is not None:
                for case, answer in self.answers(gate, cases):
                    if answer is not True:
                        self._shut(case, ref, gate)

    def _shut(self, case: Case, ref: str, gate: Condition) -> None:
        stage = next(each for each in self.entity.definition.stages if each.ref == ref)
        message = stage.gate_message or {locale: self._reasons(case, gate, locale) for locale in LOCALES}
        assert self.entity.stage is not None
        case.change.refuse('REC-E144', self.entity.stage.key, stage=stage.label, message=message, keys=sorted(own_reads(gate)))

    def _reasons(self, case: Case, gate: Condition, locale: str) -> str:
        """What the gate asks for and does not find, without what the actor may not read."""
        found = self.now.explain(gate, case.held, Reading(locale, self.ruling.policy.actor.zone, self.ruling.clock.now()))
        policy = self.ruling.policy
        told = [each for each in found if each.reads is None or each.reads[1] in policy.readable(each.reads[0])]
        return '; '.join(each.text for each in told)

    def check_required(self) -> None:
        """A new record needs all that is required of it. On an update those blanks count that were sent or emptied, or that
        a change elsewhere makes required. What is not shown is never required."""
        for each in self.entity.own_fields:
            condition, shown = self.rules.required.get(each.key), self.rules.visible.get(each.key)
            if not each.definition.required and condition is None:
                continue
            cases = [case for case in self.cases if self._asks_for(case, each, condition, shown)]
            if not each.definition.required:
                cases = [case for case, answer in self.answers(condition, cases) if answer is True]
            for case, answer in self.answers(shown, cases):
                if answer is True:
                    case.change.refuse('REC-E001', each.key)

    def _asks_for(self, case: Case, each: Field, condition: Condition | None, shown: Condition | None) -> bool:
        if each.definition.required and (case.change.creates or each.key in case.change.values):
            asked = True
        else:
            asked = case.touches({each.key}) or any(made is not None and case.concerns(made) for made in (condition, shown))
        return asked and case.blank(each.key) and not case.refused(each.key) and not _told_by_gate(case, each.key)

    def check_locked(self) -> None:
        """Locked before the change and after it: what unlocks a field, or sets it on the way into the lock, is free."""
        for key, condition in self.rules.locked.items():
            cases = [case for case in self.cases if not case.change.creates and key in case.touched]
            old = {id(case): Held(case.change, before=True) for case in cases}
            self.before.load(condition, list(old.values()))
            locked = [case for case in cases if self.before.decide(condition, old[id(case)]) is True]
            for case, answer in self.answers(condition, locked):
                if answer is True:
                    case.change.refuse('REC-E142', key)

    def check_options(self) -> None:
        for key, offered in self.rules.options.items():
            options = {option.ref: option for option in self.entity.fields[key].definition.options}
            for ref, condition in offered.items():
                cases = [
                    case for case in self.cases
                    if ref in _chosen(case.held[key]) and (case.touches({key}) or case.concerns(condition))
                ]  # fmt: skip
                for case, answer in self.answers(condition, cases):
                    if answer is not True:
                        case.change.refuse('REC-E140', key, option=options[ref].label, value=options[ref].key)

    def check_filters(self) -> None:
        """One load of the linked records for each filter. Of several links, those that were there stay while nothing that the
        filter compares with changes."""
        for key, filters in self.rules.filters.items():
            names = record_names(*filters.values())
            cases = [case for case in self.cases if case.touches({key, *names}) and not case.refused(key)]
            if self.entity.fields[key].is_collection:
                self.ruling.hold(self.entity.fields[key], [case.change for case in cases])
            for about, condition in filters.items():
                self._check_filter(key, about, condition, cases)

    def _check_filter(self, key: str, about: str, condition: Condition, cases: Sequence[Case]) -> None:
        names = record_names(condition)
        linked = {id(case): _judged(case, key, about, stays=not case.touches(names)) for case in cases}
        targets = self.now.load_targets(condition, {row_id for ids in linked.values() for row_id in ids})
        for case in cases:
            found = [targets[row_id] for row_id in linked[id(case)] if row_id in targets]
            if any(self.now.decide_for(condition, target, case.held) is not True for target in found):
                case.change.refuse('REC-E141', key)

    def check_refusals(self) -> None:
        for rule, condition in self.rules.refusals:
            reads = own_reads(condition)
            cases = [case for case in self.cases if case.touches(reads) or (not reads and case.touched)]
            for case, answer in self.answers(condition, cases):
                if answer is True:
                    pointer = case.pointer(rule.field) if rule.field else case.change.pointer
                    case.change.findings.append(finding('REC-E143', pointer, message=rule.message, rule=rule.ref))


def first_stage(entity: Entity) -> StageDef | None:
    return next((stage for stage in entity.definition.stages if stage.category == 'open'), None)


def taken_key(entity: Entity, message: str) -> Mapping[str, Any] | None:
    """The unique key that a refusal of the database names: `{key, fields}`; None when it is about something else."""
    for definition in entity.definition.unique_keys:
        fields = [entity.fields[key] for key in definition.fields if key in entity.fields]
        columns = unique_columns(fields)
        named = index_name(entity.table.name, columns, unique=True) in message
        if named or ', '.join(f'{entity.table.name}.{name}' for name in columns) in message:
            return {'key': definition.fields[0], 'fields': _labels(fields)}
    return None


def _cases(rules: EntityRules, changes: Sequence[Change]) -> Iterator[Case]:
    around: dict[int, frozenset[str]] = {}
    for each in changes:
        touched = _touched(each)
        if rules.of_parent and each.holder is not None:
            if id(each.holder) not in around:
                around[id(each.holder)] = frozenset(f'{PARENT}.{key}' for key in _touched(each.holder))
            touched |= around[id(each.holder)]
        yield Case(each, Held(each), touched)


def _touched(change: Change) -> frozenset[str]:
    if change.current is None:
        return frozenset(change.entity.fields)
    current, touched = change.current, set()
    for key, value in (change.values | change.derived).items():
        each = change.entity.fields[key]
        if each.is_collection:
            differs = key not in change.collected or change.collected[key].before != value
        else:
            differs = each.type.stored and any(current[name] != stored for name, stored in each.to_columns(value).items())
        if differs:
            touched.add(key)
    return frozenset(touched)


def _entered(case: Case) -> StageDef | None:
    """The stage that the change moves the record into."""
    stage_field = case.change.entity.stage
    if stage_field is None or stage_field.key not in case.change.values:
        return None
    after = case.change.values[stage_field.key]
    before = None if case.change.current is None else stage_field.from_row(case.change.current)
    if after is None or after == before:
        return None
    return next((stage for stage in case.change.entity.definition.stages if stage.ref == after), None)


def _check_move(change: Change, entered: StageDef) -> None:
    stage_field = change.entity.stage
    assert stage_field is not None
    before = None if change.current is None else stage_field.from_row(change.current)
    left = next((stage for stage in change.entity.definition.stages if stage.ref == before), None)
    if left is not None and not may_go(change.entity, left, entered):
        change.refuse('REC-E031', stage_field.key, **{'from': left.label, 'to': entered.label})
    missing = [key for key in entered.requires if key in change.entity.fields and change.value(key) is None]
    if missing and not (change.creates and entered is first_stage(change.entity)):
        labels = [change.entity.fields[key].definition.label for key in missing]
        change.refuse('REC-E022', stage_field.key, stage=entered.label, fields=labels, keys=missing)


def _told_by_gate(case: Case, key: str) -> bool:
    """What a stage asks for is said once."""
    return any(each.code == 'REC-E022' and key in each.params.get('keys', ()) for each in case.change.findings)


def _chosen(value: Any) -> tuple[str, ...]:
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)


def _judged(case: Case, key: str, about: str, *, stays: bool) -> list[int]:
    """Ids of the linked records of one entity, which a filter is asked about."""
    collected = case.change.collected.get(key)
    kept = {link.id for link in _links(collected.before)} if collected is not None and stays else set()
    found = [link.id for link in _links(case.held[key]) if link.entity == about]
    return [row_id for row_id in found if row_id is not None and row_id not in kept]


def _links(value: Any) -> tuple[Link, ...]:
    if isinstance(value, Links):
        return value.links
    return (value,) if isinstance(value, Link) else ()


def parts_of(key: UniqueKey, change: Change) -> tuple[Any, ...]:
    """What the key's columns hold after the change."""
    row: dict[str, Any] = {}
    for each in key.fields:
        row.update(each.to_columns(change.value(each.key)))
    return tuple(row[name] for name in key.columns)


def refuse_key(change: Change, key: UniqueKey, code: str) -> None:
    """Say that another record has these values: REC-E145 in the database, REC-E146 in the same batch or file."""
    change.refuse(code, key.fields[0].key, fields=_labels(key.fields), keys=list(key.definition.fields))


def _labels(fields: Iterable[Field]) -> list[Texts]:
    return [each.definition.label for each in fields]
