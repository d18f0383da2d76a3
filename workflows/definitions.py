"""Workflow documents compiled against one catalog: trigger, condition and steps with their fields looked up. Starts nothing."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from schema import conditions
from schema.base.errors import NotFound
from schema.base.findings import Finding, finding, in_order, nearest
from schema.catalog import Catalog, Entity
from schema.conditions import Condition
from schema.definitions import Document, WorkflowDef
from schema.reading import read_workflow
from schema.upgraders.registry import FORMATS
from schema.versions import document_hash, schema_document
from workflows.flow import LOOP, Flow, Step, ways_of
from workflows.triggers import CLOCK_TRIGGERS, ButtonTrigger, ClockTrigger, EventTrigger, Trigger, read_trigger

LINKS = ('link', 'links')


@dataclass(frozen=True, eq=False)
class Rule:
    """A workflow ready to run on one catalog. `hash` names the document it was compiled from; runs are pinned to it.

    `loops` tells the entity of the related records that a `for_each` step goes over, by its key.
    """

    definition: WorkflowDef
    hash: str
    entity: Entity
    trigger: Trigger
    condition: Condition | None
    flow: Flow
    loops: Mapping[str, Entity]

    @property
    def ref(self) -> str:
        return self.definition.ref

    @property
    def key(self) -> str:
        return self.definition.key

    @property
    def enabled(self) -> bool:
        return self.definition.enabled


@dataclass(eq=False)
class Rules:
    """All rules of a catalog: `usable` in order of their keys, `broken` with what is wrong, by key."""

    usable: Mapping[str, Rule]
    broken: Mapping[str, tuple[Finding, ...]]
    pinned: dict[str, Rule] = field(default_factory=dict)

    def started_by_clock(self) -> list[tuple[Rule, ClockTrigger]]:
        return [
            (each, each.trigger) for each in self.usable.values() if each.enabled and isinstance(each.trigger, CLOCK_TRIGGERS)
        ]

    def started_by_hand(self, entity_ref: str) -> list[tuple[Rule, ButtonTrigger]]:
        return [
            (each, each.trigger)
            for each in self.usable.values()
            if each.enabled and each.entity.ref == entity_ref and isinstance(each.trigger, ButtonTrigger)
        ]

    def started_by_event(self, entity_ref: str) -> list[tuple[Rule, EventTrigger]]:
        return [
            (each, each.trigger)
            for each in self.usable.values()
            if each.enabled and each.entity.ref == entity_ref and isinstance(each.trigger, EventTrigger)
        ]


_lock = threading.Lock()


def rules_of(catalog: Catalog) -> Rules:
    """Compiled once per catalog; thread-safe."""
    with _lock:
        found: Rules | None = catalog.kept.get(Rules)
        if found is None:
            found = catalog.kept[Rules] = _compile_all(catalog)
        return found


def _compile_all(catalog: Catalog) -> Rules:
    usable, broken = {}, {}
    for definition in catalog.workflows.values():
        rule, findings = compile_workflow(definition, catalog)
        if rule is not None:
            usable[rule.key] = rule
        else:
            broken[definition.key] = findings
    return Rules(usable, broken)


def compile_workflow(definition: WorkflowDef, catalog: Catalog) -> tuple[Rule | None, tuple[Finding, ...]]:
    """The rule, or all findings with pointers into the workflow's document: WFL-E001…E006, SCH-E2xx of its condition."""
    entity = catalog.find_entity(definition.entity)
    if entity is None:
        hint = nearest(definition.entity, catalog.entities)
        return None, (finding('WFL-E006', '/entity', value=definition.entity[:60], hint=hint),)
    compiler = _Compiler(catalog)
    trigger, found = read_trigger(definition.trigger, entity, catalog, definition.ref)
    compiler.findings += [each.at('/trigger') for each in found]
    condition = compiler.condition(definition.condition, entity, '/condition')
    steps = compiler.steps(definition.steps, entity, '/steps')
    if compiler.findings or trigger is None:
        return None, in_order(compiler.findings)
    digest = document_hash(definition.document)
    return Rule(definition, digest, entity, trigger, condition, Flow(steps), compiler.loops), ()


class _Compiler:
    """Steps with their conditions, outermost first; what is wrong collects in `findings`."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.findings: list[Finding] = []
        self.loops: dict[str, Entity] = {}

    def steps(self, documents: Sequence[Document], entity: Entity, pointer: str) -> tuple[Step, ...]:
        return tuple(self._step(each, entity, f'{pointer}/{number}') for number, each in enumerate(documents))

    def condition(self, document: Document | None, entity: Entity, pointer: str) -> Condition | None:
        if not document:
            return None
        found = conditions.check(document, entity.key, self._catalog)
        self.findings += [each.at(pointer) for each in found]
        return None if found else conditions.compile(document, entity, self._catalog)

    def _step(self, document: Document, entity: Entity, pointer: str) -> Step:
        inside = entity
        if document['type'] == LOOP:
            inside = self._related(document, entity, pointer) or entity
            self.loops[document['key']] = inside
        compiled = {'condition': self.condition(document.get('condition'), inside, f'{pointer}/condition')}
        for number, case in enumerate(document.get('cases', ())):
            place = f'{pointer}/cases/{number}/condition'
            compiled[f'cases/{number}'] = self.condition(case['condition'], entity, place)
        ways = {}
        for name, documents in ways_of(document):
            place = f'{pointer}/{name}/steps' if name.startswith('cases/') else f'{pointer}/{name}'
            ways[name] = self.steps(documents, inside, place)
        known = {name: each for name, each in compiled.items() if each is not None}
        return Step(document['key'], document['type'], document, pointer, ways, known)

    def _related(self, document: Document, entity: Entity, pointer: str) -> Entity | None:
        """The entity of the records that a loop goes over. Findings WFL-E003, WFL-E006."""
        related = document.get('related', {})
        name = related.get('entity')
        holder = self._catalog.find_entity(name) if name is not None else entity
        if holder is None:
            hint = nearest(str(name), self._catalog.entities)
            self.findings.append(finding('WFL-E006', f'{pointer}/related/entity', value=str(name)[:60], hint=hint))
            return None
        field = holder.find_field(str(related.get('field')))
        if field is None or field.type.key not in {'link', 'links'}:
            hint = nearest(str(related.get('field')), [key for key, each in holder.fields.items() if each.type.key in LINKS])
            value = str(related.get('field'))[:60]
            self.findings.append(finding('WFL-E003', f'{pointer}/related/field', value=value, hint=hint))
            return None
        return holder if name is not None else self._catalog.find_entity(field.definition.document['x-target'])


def pinned_rule(executor: Any, catalog: Catalog, digest: str) -> Rule:
    """The rule of the document with this hash, on the present catalog, however often it was edited since.

    Raises: NotFound WFL-E007 when the document no longer fits the schema.
    """
    rules = rules_of(catalog)
    for each in (*rules.usable.values(), *rules.pinned.values()):
        if each.hash == digest:
            return each
    row = executor.execute(sa.select(schema_document).where(schema_document.c.hash == digest)).first()
    body = FORMATS.upgrade('workflow', row.body, row.format) if row else None
    rule, findings = compile_workflow(read_workflow(body), catalog) if body else (None, ())
    if rule is None:
        raise NotFound(finding('WFL-E007', '', value=digest[:12]), *findings)
    rules.pinned[digest] = rule
    return rule
