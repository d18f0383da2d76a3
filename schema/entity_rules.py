"""The rules of an entity, compiled: when fields are required, shown or locked, what may be chosen. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from schema.catalog import Catalog, Entity, Field
from schema.conditions import record_values, tree
from schema.conditions.condition import Condition, compile
from schema.definitions import Document, FieldDef, OptionDef, RuleDef, UniqueKeyDef
from schema.indexes import unique_columns
from schema.people import people_of


@dataclass(frozen=True, eq=False)
class UniqueKey:
    """A key over several fields, with the columns that hold its parts."""

    definition: UniqueKeyDef
    fields: tuple[Field, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class EntityRules:
    """All conditions are over the own record, by field key; `options` by field key and option ref, `gates` by stage ref.
    `filters` are over the target of the link field that they are kept by."""

    required: Mapping[str, Condition]
    visible: Mapping[str, Condition]
    locked: Mapping[str, Condition]
    options: Mapping[str, Mapping[str, Condition]]
    filters: Mapping[str, Condition]
    refusals: tuple[tuple[RuleDef, Condition], ...]
    gates: Mapping[str, Condition]
    unique_keys: tuple[UniqueKey, ...]

    @cached_property
    def on_fields(self) -> frozenset[str]:
        """Keys of the fields that forms treat differently from record to record."""
        return frozenset({*self.required, *self.visible, *self.locked, *self.options, *self.filters})

    def conditions(self) -> Iterator[Condition]:
        """All conditions over the own record."""
        for kept in (self.required, self.visible, self.locked, self.gates):
            yield from kept.values()
        for options in self.options.values():
            yield from options.values()
        yield from (condition for _, condition in self.refusals)


def rules_of(entity: Entity, catalog: Catalog) -> EntityRules:
    """Compiled once for each entity of a catalog. Raises: Invalid when the entity's rules do not fit the catalog."""
    found: EntityRules | None = catalog.kept.get((EntityRules, entity.key))
    if found is None:
        found = catalog.kept[EntityRules, entity.key] = _compile_rules(entity, catalog)
    return found


def own_reads(condition: Condition) -> frozenset[str]:
    """Keys of the record's own fields that decide the condition, the links it walks included; not what related records hold."""
    return frozenset(_own_reads(condition.root))


def _own_reads(node: tree.Node) -> Iterator[str]:
    if isinstance(node, tree.Group):
        for part in node.parts:
            yield from _own_reads(part)
    elif isinstance(node, tree.Not):
        yield from _own_reads(node.part)
    elif isinstance(node, tree.Test):
        yield node.path[0].field if node.path else node.field.key


def _compile_rules(entity: Entity, catalog: Catalog) -> EntityRules:
    fields = entity.own_fields

    def over_fields(keyword: str) -> dict[str, Condition]:
        return {
            each.key: compile(getattr(each.definition, keyword), entity, catalog)
            for each in fields
            if getattr(each.definition, keyword) is not None
        }

    return EntityRules(
        required=over_fields('required_if'),
        visible=over_fields('visible_if'),
        locked=over_fields('read_only_if'),
        options={each.key: offered for each in fields if (offered := _options(each.definition, entity, catalog))},
        filters={each.key: found for each in fields if (found := _filter(each.definition, entity, catalog)) is not None},
        refusals=tuple((rule, compile(rule.refuse_when, entity, catalog)) for rule in entity.definition.rules),
        gates={stage.ref: compile(stage.gate, entity, catalog) for stage in entity.definition.stages if stage.gate is not None},
        unique_keys=tuple(_unique_key(each, entity) for each in entity.definition.unique_keys),
    )


def _options(field: FieldDef, entity: Entity, catalog: Catalog) -> dict[str, Condition]:
    return {
        option.ref: compile(option.condition, entity, catalog)
        for option in field.options
        if isinstance(option, OptionDef) and option.condition is not None
    }


def _filter(field: FieldDef, entity: Entity, catalog: Catalog) -> Condition | None:
    document: Document | None = field.option_filter
    if field.type == 'user':
        target: Entity | None = people_of(catalog)
    else:
        target = catalog.entities.get(field.targets[0]) if field.targets else None
    return None if document is None or target is None else compile(document, target, catalog, record=entity.key)


def _unique_key(definition: UniqueKeyDef, entity: Entity) -> UniqueKey:
    fields = tuple(entity.fields[key] for key in definition.fields if key in entity.fields)
    return UniqueKey(definition, fields, unique_columns(fields))


def record_names(condition: Condition) -> frozenset[str]:
    """Keys of the edited record's fields that a filter compares with."""
    return record_values.names(condition.root)


def filled(condition: Condition, held: Mapping[str, Any]) -> Condition:
    """A filter for the record being edited, given as `{field key: value}`."""
    return Condition(condition.document, condition.entity, condition.catalog, record_values.fill(condition.root, held))
