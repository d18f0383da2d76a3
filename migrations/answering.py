"""What an author answers about values that cannot be read and about blanks: read as people type it, and told where it fits
nothing. Reads alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import sqlalchemy as sa

from migrations.choices import field_at, is_sound
from migrations.converting import Answers, as_value
from migrations.neighbours import LEADING, End, Sides, neighbours_of
from migrations.physical import Physical
from migrations.plans import Impact
from schema.base.findings import escape_pointer, finding
from schema.catalog import Catalog, Field
from schema.fieldtypes.base import Reading, Refused

LOCALES = ('vi', 'en')


def as_wires(answers: Mapping[str, Any], target: Catalog, reading: Reading) -> dict[str, Any]:
    """The same answers by pointer, with wire values where people wrote as they would type it in a form: `3/2/2026`, `1 giờ 30`,
    `85.000 ₫`, `Có`, the label of an option. What is a wire value already stays, and so does what names a record."""
    found = {pointer: field_at(pointer, target) for pointer in answers}

    return {
        pointer: _with_wires(part, partial(_as_wire, each, reading)) if (each := found[pointer]) and is_sound(part) else part
        for pointer, part in answers.items()
    }


def wrong_answers(
    connection: sa.Connection, base: Catalog | None, target: Catalog, physical: Physical, answers: Mapping[str, Any]
) -> Iterator[Impact]:  # fmt: skip
    """Answers to no field, of no known shape, or that the field itself would refuse, each at its place."""
    for pointer, part in answers.items():
        place = f'/answers/{escape_pointer(pointer)}'
        each = field_at(pointer, target)
        if each is None or not is_sound(part):
            yield Impact(finding('MIG-E019', place, value=pointer[:120]), 0)
            continue
        end = End(each, target)
        near = neighbours_of(connection, Sides(end, end, base or target, physical), (), Answers.read(part).wires)
        for name, wire in _placed(part):
            try:
                as_value(each, wire, Reading('vi'), near)
            except Refused as refused:
                yield Impact(refused.at(f'{place}{name}', each.definition), 0)


def _with_wires(part: Mapping[str, Any], read: Callable[[Any], Any]) -> dict[str, Any]:
    read_part = dict(part)
    if 'default' in part:
        read_part['default'] = read(part['default'])
    if part.get('map'):
        read_part['map'] = {text: read(wire) for text, wire in part['map'].items()}
    return read_part


def _placed(part: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every value with its place in the answer; what clears is none."""
    listed = [('/default', part.get('default'))]
    listed += [(f'/map/{escape_pointer(text)}', wire) for text, wire in (part.get('map') or {}).items()]
    yield from ((name, wire) for name, wire in listed if wire is not None)


def _as_wire(each: Field, reading: Reading, wire: Any) -> Any:
    """Spellings of the author's own language first, then those of the others."""
    if each.type.key in LEADING or _fits(each, wire, reading):
        return wire
    spoken = (_typed(each, wire, replace(reading, locale=locale)) for locale in dict.fromkeys((reading.locale, *LOCALES)))
    return next((typed for typed in spoken if _fits(each, typed, reading)), wire)


def _typed(each: Field, wire: Any, reading: Reading) -> Any:
    if isinstance(wire, Mapping) and isinstance(wire.get('amount'), str):
        amount = each.type.parse(each.definition, wire['amount'], reading)
        return {**wire, **(amount if isinstance(amount, Mapping) else {'amount': amount})}
    return each.type.parse(each.definition, wire, reading) if isinstance(wire, str) else wire


def _fits(each: Field, wire: Any, reading: Reading) -> bool:
    try:
        each.type.normalise(each.definition, wire, reading)
    except Refused:
        return False
    return True
