"""Workflow documents compiled against one catalog: trigger, condition and steps with their fields looked up. Starts nothing."""

from __future__ import annotations

import threading
from collections.abc import Mapping
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
from workflows.triggers import EventTrigger, Trigger, read_trigger


@dataclass(frozen=True)
class Step:
    """One action of a workflow; `document` holds what its action reads."""

    key: str
    type: str
    document: Document


@dataclass(frozen=True, eq=False)
class Rule:
    """A workflow ready to run on one catalog. `hash` names the document it was compiled from; runs are pinned to it."""

    definition: WorkflowDef
    hash: str
    entity: Entity
    trigger: Trigger
    condition: Condition | None
    steps: tuple[Step, ...]

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

    def started_by_date(self) -> list[Rule]:
        return [each for each in self.usable.values() if each.enabled and not isinstance(each.trigger, EventTrigger)]

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
    trigger, found = read_trigger(definition.trigger, entity)
    findings = [each.at('/trigger') for each in found]
    if definition.condition:
        findings += [each.at('/condition') for each in conditions.check(definition.condition, entity.key, catalog)]
    if findings or trigger is None:
        return None, in_order(findings)
    return Rule(
        definition=definition,
        hash=document_hash(definition.document),
        entity=entity,
        trigger=trigger,
        condition=conditions.compile(definition.condition, entity, catalog) if definition.condition else None,
        steps=tuple(Step(each['key'], each['type'], each) for each in definition.steps),
    ), ()


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
