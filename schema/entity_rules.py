"""The rules of an entity, compiled: when fields are required, shown or locked, what may be chosen. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from schema.catalog import Catalog, Entity, Field
from schema.conditions import record_values, tree
from schema.conditions.condition import Condition, compile
from schema.conditions.tree import PARENT
from schema.definitions import FieldDef, OptionDef, RuleDef, UniqueKeyDef
from schema.formulas import fields_of
from schema.indexes import unique_columns
from schema.people import people_of
from schema.values import USER


@dataclass(frozen=True, eq=False)
class UniqueKey:
    """A key over several fields, with the columns that hold its parts."""

    definition: UniqueKeyDef
    fields: tuple[Field, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class EntityRules:
    """All conditions are over the own record, by field key; `options` by field key and option ref, `gates` by stage ref.
    `filters` are by link field and by what it links to, over that."""

    required: Mapping[str, Condition]
    visible: Mapping[str, Condition]
    locked: Mapping[str, Condition]
    options: Mapping[str, Mapping[str, Condition]]
    filters: Mapping[str, Mapping[str, Condition]]
    refusals: tuple[tuple[RuleDef, Condition], ...]
    gates: Mapping[str, Condition]
    unique_keys: tuple[UniqueKey, ...]

    @cached_property
    def on_fields(self) -> frozenset[str]:
        """Keys of the fields that forms treat differently from record to record."""
        return frozenset({*self.required, *self.visible, *self.locked, *self.options, *self.filters})

    @cached_property
    def of_parent(self) -> frozenset[str]:
        """Of lines: keys of the fields that their rules read of the record which holds them."""
        named = {name for each in self.conditions() for name in own_reads(each)}
        named.update(name for filters in self.filters.values() for name in record_names(*filters.values()))
        return frozenset(name.partition('.')[2] for name in named if name.startswith(f'{PARENT}.'))

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
    """Keys of the record's own fields that decide the condition, the links it walks included; not what related records hold.
    Of a line, `parent.company` is a field of the record that holds it."""
    return frozenset(_own_reads(condition.root))


def inputs_of(entity: Entity, keys: Iterable[str]) -> frozenset[str]:
    """The keys, and those of the own fields that formulas among them are computed from."""
    found: set[str] = set()
    waiting = list(keys)
    while waiting:
        key = waiting.pop()
        each = entity.fields.get(key)
        if key not in found and each is not None and each.definition.type == 'formula':
            waiting += (name.partition('.')[0] for name in fields_of(str(each.definition.document['x-formula'])))
        found.add(key)
    return frozenset(found)


def _own_reads(node: tree.Node) -> Iterator[str]:
    if isinstance(node, tree.Group):
        for part in node.parts:
            yield from _own_reads(part)
    elif isinstance(node, tree.Not):
        yield from _own_reads(node.part)
    elif isinstance(node, tree.Test):
        names = [*(hop.field for hop in node.path), node.field.key]
        yield '.'.join(names[:2] if names[0] == PARENT and len(names) > 1 else names[:1])


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
        locked={key: each for key, each in over_fields('read_only_if').items() if entity.fields[key].writable},
        options={each.key: offered for each in fields if (offered := _options(each.definition, entity, catalog))},
        filters={each.key: found for each in fields if (found := _filters(each.definition, entity, catalog))},
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


def _filters(field: FieldDef, entity: Entity, catalog: Catalog) -> dict[str, Condition]:
    targets = {key: people_of(catalog) if key == USER else catalog.entities.get(key) for key in field.option_filters}
    return {
        key: compile(document, target, catalog, record=entity.key)
        for key, document in field.option_filters.items()
        if (target := targets[key]) is not None
    }


def _unique_key(definition: UniqueKeyDef, entity: Entity) -> UniqueKey:
    fields = tuple(entity.fields[key] for key in definition.fields if key in entity.fields)
    return UniqueKey(definition, fields, unique_columns(fields))


def record_names(*conditions: Condition) -> frozenset[str]:
    """Keys of the edited record's fields that filters compare with; `parent.company` for those around a line."""
    return frozenset(name for each in conditions for name in record_values.names(each.root))


def filled(condition: Condition, held: Mapping[str, Any]) -> Condition:
    """A filter for the record being edited, given as `{field key: value}`."""
    return Condition(condition.document, condition.entity, condition.catalog, record_values.fill(condition.root, held))
