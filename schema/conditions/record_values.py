"""Values taken from the record being edited, as option filters compare with: put into a condition before it is decided.

A test that compares with a blank is left out, so that an empty form offers everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from schema.conditions.families import family_of
from schema.conditions.tree import Aggregate, Count, FieldFace, Group, Node, Not, Operand, Related, Test, walk
from schema.values import Link


@dataclass(frozen=True)
class RecordValue:
    """Stands in an operand for what a field of the record being edited holds; `name` is its key, or `parent.company` where a
    line is being edited and the field is one of the record that holds it."""

    field: FieldFace
    name: str


def names(node: Node) -> frozenset[str]:
    """Names of the record's fields that the condition compares with."""
    return frozenset(
        part.name
        for each in walk(node)
        if isinstance(each, (Test, Aggregate))
        for part in each.operand.parts
        if isinstance(part, RecordValue)
    )


def fits(target: FieldFace, own: FieldFace) -> bool:
    """Whether one field's values can be compared with what the other holds: same family, one value, links to the same."""
    if family_of(target) is not family_of(own) or own.type.key in {'multi_picklist', 'tags', 'links', 'lines', 'link_any'}:
        return False
    if own.definition.targets or target.definition.targets:
        return own.definition.targets == target.definition.targets
    return (own.type.key in {'user', 'team'} or target.type.key in {'user', 'team'}) <= (own.type.key == target.type.key)


def fill(node: Node, held: Mapping[str, Any]) -> Node:
    """The condition for one record, given as `{name: value}`."""
    return _fill(node, held) or Group(node.pointer, True, ())


def _fill(node: Node, held: Mapping[str, Any]) -> Node | None:
    """None for a part that is left out."""
    if isinstance(node, Group):
        parts = tuple(part for part in (_fill(each, held) for each in node.parts) if part is not None)
        return replace(node, parts=parts) if parts or not node.parts else None
    if isinstance(node, Not):
        inner = _fill(node.part, held)
        return None if inner is None else replace(node, part=inner)
    if isinstance(node, (Related, Count)):
        return replace(node, where=fill(node.where, held))
    if not isinstance(node, (Test, Aggregate)):
        return node
    operand = _operand(node, held)
    if operand is None:
        return None
    return replace(node, operand=operand, where=fill(node.where, held)) if isinstance(node, Aggregate) else replace(
        node, operand=operand
    )  # fmt: skip


def _operand(node: Test | Aggregate, held: Mapping[str, Any]) -> Operand | None:
    """None when a value that it needs is blank."""
    if not any(isinstance(part, RecordValue) for part in node.operand.parts):
        return node.operand
    parts = []
    for part in node.operand.parts:
        value = _part(node.field, part, held) if isinstance(part, RecordValue) else part
        if value is None:
            return None
        parts.append(value)
    return replace(node.operand, parts=tuple(parts))


def _part(target: FieldFace, wanted: RecordValue, held: Mapping[str, Any]) -> Any:
    own, value = wanted.field, held.get(wanted.name)
    if value is None or isinstance(value, Link):
        return value
    if own.definition.options:
        key = next((option.key for option in own.definition.options if option.ref == value), None)
        return next((option.ref for option in target.definition.options if option.key == key), '') if key else None
    return family_of(own).value(own, 'eq', Operand(), value)
