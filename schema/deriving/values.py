"""Field values as formulas take them, and what formulas give as field values. One home for digits, blanks and currencies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from schema.base.money import Money, round_half_up
from schema.catalog import Field
from schema.deriving.graph import FormulaPlan, Operand
from schema.fieldtypes.base import Reading, Refused
from schema.fieldtypes.duration import LONGEST
from schema.formulas.functions import EXACT_DIGITS, MOST_TEXT, Failed, decimal_of

SECONDS = 3600
READING = Reading()
Computed = tuple[Any, str | None]
"""A value and, when it is None for a reason other than a blank operand, the code of the finding."""


def compute(plan: FormulaPlan, values: Mapping[str, Any]) -> Computed:
    """The field value of a formula; `values` are field values by operand name."""
    given: dict[str, Any] = {}
    try:
        for each in plan.operands:
            given[each.name] = _operand(each, values.get(each.name))
    except Failed as failed:
        return None, str(failed.args[0])
    outcome = plan.formula.compute(given)
    if outcome.value is None:
        return None, outcome.problem
    return field_value(plan.field, outcome.value, currencies(values.get(each.name) for each in plan.operands))


def currencies(values: Iterable[Any]) -> frozenset[str]:
    return frozenset(each.currency for each in values if isinstance(each, Money))


def field_value(field: Field, value: Any, found: frozenset[str] = frozenset()) -> Computed:
    """What the engine gave as the field holds it: rounded half up, in one currency, within the field's own bounds."""
    key, definition = field.type.key, field.definition
    try:
        if isinstance(value, float):
            return _number(field, decimal_of(value), found)
        if isinstance(value, datetime):
            return (value.astimezone(UTC).date() if key == 'date' else value.astimezone(UTC)), None
        if isinstance(value, str):
            return field.type.normalise(definition, value, READING), None
        return value, None
    except Failed as failed:
        return None, str(failed.args[0])
    except Refused:
        return None, 'REC-W054' if isinstance(value, str) else 'REC-W052'


def _number(field: Field, number: Decimal, found: frozenset[str]) -> Computed:
    key = field.type.key
    if key == 'money':
        if len(found) > 1:
            return None, 'REC-W055'
        wire: Any = {'amount': format(number, 'f'), **({'currency': next(iter(found))} if found else {})}
        return field.type.normalise(field.definition, wire, READING), None
    if key == 'integer':
        return field.type.normalise(field.definition, str(round_half_up(number, 0)), READING), None
    if key == 'duration':
        seconds = int(round_half_up(number * SECONDS, 0))
        return (seconds, None) if 0 <= seconds <= LONGEST else (None, 'REC-W052')
    return field.type.normalise(field.definition, format(number, 'f'), READING), None


def _operand(operand: Operand, value: Any) -> Any:
    """Raises: Failed with the finding's code when the value cannot be told exactly."""
    if value is None:
        return None
    field = operand.field
    if operand.part:
        stage = next((each for each in field.definition.options if each.ref == value), None)
        part = getattr(stage, operand.part, None)
        return float(part) if operand.part == 'probability' and part is not None else part
    if operand.kind == 'number':
        return _double(field.type.key, value)
    if operand.kind == 'moment':
        return value if isinstance(value, datetime) else _midnight(value)
    if operand.kind == 'texts':
        return [_key(field, each) for each in value]
    if operand.kind == 'text':
        text = _key(field, value)
        if len(text) > MOST_TEXT:
            raise Failed('REC-W054')
        return text
    return value


def _double(kind: str, value: Any) -> float:
    if kind == 'duration':
        return float(value) / SECONDS
    number = value.amount if isinstance(value, Money) else Decimal(value)
    digits = number.normalize().as_tuple()
    if len(digits.digits) > EXACT_DIGITS:
        raise Failed('REC-W052')
    return float(number)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _key(field: Field, value: Any) -> str:
    """Options by their key, as people write them in formulas."""
    if not field.definition.options:
        return str(value)
    return next((each.key for each in field.definition.options if each.ref == value), str(value))
