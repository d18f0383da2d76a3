"""FAB's list filters in the words of the condition language. Knows no SQL; compiles nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from schema import conditions
from schema.base.errors import BadRequest
from schema.base.findings import Finding, nearest
from schema.catalog import Entity, Field

OPERATORS: Mapping[str, str] = {
    'neq': 'ne', 'ct': 'contains', 'sw': 'starts_with', 'ge': 'gte', 'le': 'lte', 'rel_o_m': 'eq', 'nrel_o_m': 'ne',
    'rel_m_m': 'has_any',
}  # fmt: skip
"""`{FAB's operator: ours}`; whatever is not here keeps its name."""
NEGATED: Mapping[str, str] = {'nct': 'contains', 'nsw': 'starts_with'}
WITHOUT_VALUE = ('is_empty', 'is_not_empty')
BLANK = {'eq': 'is_empty', 'ne': 'is_not_empty'}
SEVERAL = ('has_any', 'has_all', 'has_none', 'in', 'not_in')
WORDY = ('text', 'long_text', 'email', 'phone', 'url')


def condition_of(
    entity: Entity, readable: Collection[str], filters: Sequence[Mapping[str, Any]], document: Mapping[str, Any] | None
) -> Mapping[str, Any] | None:
    """One condition that holds when every filter and the document hold; None when nothing is asked.

    Raises: BadRequest API-E007, API-E008, API-E009, REC-E036, each at its place.
    """
    tests = [_test(entity, readable, each, f'/filters/{number}') for number, each in enumerate(filters)]
    if not tests:
        return document
    return {'all': [*tests, document] if document is not None else tests}


def located(findings: Iterable[Finding], filters: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """Findings of the compiled condition, at the places of what the client sent."""
    return [replace(each, pointer=_place(each.pointer, filters)) for each in findings]


def operator_names(field: Field) -> list[str]:
    """What may stand as `opr` for a field: our operators, and FAB's names for them."""
    ours = conditions.operators_for(field)
    theirs = [name for name, op in {**OPERATORS, **NEGATED}.items() if op in ours]
    return [*ours, *theirs]


def _test(entity: Entity, readable: Collection[str], given: Mapping[str, Any], pointer: str) -> dict[str, Any]:
    for name in given:
        if name not in ('col', 'opr', 'value'):
            raise BadRequest.of('API-E007', f'{pointer}/{str(name)[:60]}', value=str(name)[:60], hint='col, opr, value')
    name, word = given.get('col'), given.get('opr')
    field = entity.find_field(name) if isinstance(name, str) else None
    if field is None or field.key not in readable:
        raise BadRequest.of('REC-E036', f'{pointer}/col', value=str(name)[:80], hint=nearest(str(name)[:80], readable))
    possible = operator_names(field)
    if not isinstance(word, str) or word not in possible:
        choices = ', '.join(possible)
        raise BadRequest.of('API-E009', f'{pointer}/opr', value=str(word)[:60], label=field.definition.label, choices=choices)
    if word in NEGATED:
        return {'not': _leaf(field, NEGATED[word], given.get('value'))}
    return _leaf(field, OPERATORS.get(word, word), given.get('value'))


def _leaf(field: Field, op: str, value: Any) -> dict[str, Any]:
    if value is None:
        op = BLANK.get(op, op)
    if op in WITHOUT_VALUE:
        return {'field': field.key, 'op': op}
    if op in SEVERAL and isinstance(value, (str, int)):
        value = [value]
    if field.type.key in WORDY and isinstance(value, int) and not isinstance(value, bool):
        value = str(value)  # Rison reads unquoted digits as a number
    return {'field': field.key, 'op': op, 'value': value}


def _place(pointer: str, filters: Sequence[Mapping[str, Any]]) -> str:
    parts = pointer.split('/')
    if not filters or len(parts) < 3 or parts[1] != 'all' or not parts[2].isdigit():
        return f'/filter{pointer}' if not filters else '/filters'
    number = int(parts[2])
    if number >= len(filters):
        return '/'.join(['/filter', *parts[3:]])
    rest = {'field': 'col', 'op': 'opr'}.get(parts[-1], 'value' if 'value' in parts else '')
    return f'/filters/{number}/{rest}'.rstrip('/')
