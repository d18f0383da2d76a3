"""Rules of fields in the shape that the browser evaluates: own fields, the person, today. All else is a part to ask the server.

The twin of `static/web/decide.js`; values are canonical: texts, decimal strings, days, option keys, uids.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from schema.base.actor import Actor
from schema.catalog import Entity
from schema.conditions import Binding
from schema.conditions.binding import ME, MY_TEAMS
from schema.conditions.condition import Condition
from schema.conditions.families import family_of
from schema.conditions.tree import PARENT, FieldFace, Group, Node, Not, Test
from schema.entity_rules import EntityRules, inputs_of, own_reads
from schema.values import Link

ASK: Mapping[str, Any] = {'ask': True}
KINDS = {
    'text': 'words', 'long_text': 'prose', 'integer': 'number', 'decimal': 'number', 'percent': 'number', 'money': 'money',
    'rating': 'number', 'boolean': 'yes', 'date': 'day', 'picklist': 'one', 'stage': 'one', 'multi_picklist': 'many',
    'link': 'one', 'user': 'one', 'team': 'one',
}  # fmt: skip
"""How the browser compares, by field type; others are known to be blank or not, and asked about otherwise."""
COMPUTED = frozenset({'formula', 'rollup'})
"""Only the server computes them anew."""
SINGLE = frozenset({'eq', 'ne', 'in', 'not_in'})
ORDER = frozenset({'lt', 'lte', 'gt', 'gte', 'between'})
HAS = frozenset({'has_any', 'has_all', 'has_none'})
OPERATORS: Mapping[str, frozenset[str]] = {
    'words': SINGLE | {'contains', 'starts_with'}, 'prose': frozenset({'contains', 'starts_with'}), 'number': SINGLE | ORDER,
    'money': SINGLE | ORDER, 'yes': frozenset({'eq', 'ne'}), 'day': SINGLE | ORDER | {'within'}, 'one': SINGLE, 'many': HAS,
}  # fmt: skip
BLANK = frozenset({'is_empty', 'is_not_empty'})


def for_browser(condition: Condition, readable: Collection[str], actor: Actor, binding: Binding) -> dict[str, Any]:
    """The condition as JSON: `all`, `any`, `not`, tests `{key, kind, op, value}`, and `{ask: true}` for the rest."""
    return _node(condition.root, frozenset(readable), actor, binding)


def payload(
    rules: EntityRules, entity: Entity, shown: Collection[str], readable: Collection[str],
    convert: Callable[[Condition], dict[str, Any]],
) -> dict[str, Any]:  # fmt: skip
    """What a form carries: `{fields: {key: {visible, required, locked, options}}, reads: {key: [keys]}}` for the fields shown.

    `reads` names for each field whose rules the server is asked about the own fields that decide them.
    """
    fields: dict[str, Any] = {}
    asks: dict[str, list[str]] = {}
    for key in shown:
        own: dict[str, Any] = {}
        made: list[Condition] = []
        for name, kept in (('visible', rules.visible), ('required', rules.required), ('locked', rules.locked)):
            if key in kept:
                own[name] = convert(kept[key])
                made.append(kept[key])
        if key in rules.options:
            keys = {option.ref: option.key for option in entity.fields[key].definition.options}
            own['options'] = {keys[ref]: convert(each) for ref, each in rules.options[key].items()}
            made += rules.options[key].values()
        if own:
            fields[key] = own
            if 'ask' in str(own):
                read = {name for each in made for name in own_reads(each)}
                asks[key] = sorted(inputs_of(entity, read) & set(readable))
    return {'fields': fields, 'asks': asks}


def canonical(field: FieldFace, value: Any) -> Any:
    """A stored value as the browser compares it; None for blank."""
    kind = KINDS.get(field.type.key)
    if value is None:
        return None
    if isinstance(value, Link):
        return value.uid or None
    wire = field.type.wire(field.definition, value)
    if kind == 'number':
        return str(wire)
    return wire if kind is not None else True


def _node(node: Node, readable: frozenset[str], actor: Actor, binding: Binding) -> dict[str, Any]:
    if isinstance(node, Group):
        return {'all' if node.every else 'any': [_node(part, readable, actor, binding) for part in node.parts]}
    if isinstance(node, Not):
        return {'not': _node(node.part, readable, actor, binding)}
    if isinstance(node, Test) and (key := _key(node)) in readable:
        return _test(node, key, actor, binding) or dict(ASK)
    return dict(ASK)


def _key(node: Test) -> str:
    """The own field that a test is about, or `parent.stage` of the record around a line; empty when it is about another."""
    around = len(node.path) == 1 and node.path[0].via == PARENT
    return f'{PARENT}.{node.field.key}' if around else '' if node.path else node.field.key


def _test(node: Test, key: str, actor: Actor, binding: Binding) -> dict[str, Any] | None:
    kind = KINDS.get(node.field.type.key, '')
    if node.field.definition.type in COMPUTED:
        return None
    if node.op in BLANK:
        return {'key': key, 'kind': kind or 'any', 'op': node.op}
    if node.op not in OPERATORS.get(kind, frozenset()):
        return None
    value = _operand(node, kind, actor, binding)
    if value is None:
        return None
    test = {'key': key, 'kind': kind, 'op': node.op, 'value': value}
    return {**test, 'currency': node.operand.currency} if node.operand.currency is not None else test


def _operand(node: Test, kind: str, actor: Actor, binding: Binding) -> list[Any] | None:
    parts: Sequence[Any] = node.operand.parts
    if kind == 'day':
        return [[start.isoformat(), end.isoformat()] for start, end in family_of(node.field).bind(
            node.field, node.op, node.operand, binding)]  # fmt: skip
    if kind in {'number', 'money'}:
        return [format(Decimal(part), 'f') for part in parts]
    if node.field.definition.options:
        keys = {option.ref: option.key for option in node.field.definition.options}
        return [keys[part] for part in parts]
    if kind == 'one':
        if any(part is MY_TEAMS for part in parts):
            return None
        uids = [actor.username if part is ME else part.uid for part in parts]
        return [uid for uid in uids if uid]
    return list(parts)
