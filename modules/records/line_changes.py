"""Lines of a record as changes of their own, so that rules ask of lines what they ask of records. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from modules.records.changing import Change
from schema.base.findings import escape_pointer
from schema.catalog import Catalog, Entity, Field
from schema.values import Line, LineChange, Lines


def count_former_keys(catalog: Catalog, lines: Entity, wire: Any) -> None:
    """Count the former keys that lines were sent with; what is no list of lines names none."""
    listed = [wire.get(name) for name in ('add', 'change')] if isinstance(wire, Mapping) else [wire]
    sent = (line for part in listed if isinstance(part, list) for line in part if isinstance(line, Mapping))
    for key in (key for line in sent for key in line if key not in lines.fields):
        if (found := lines.find_field(str(key))) is not None:
            catalog.former_keys.used(found.ref, str(key))


def judged(field: Field, lines: Entity, change: Change, *, whole: bool) -> Iterator[Change]:
    """The lines that were sent, or with `whole` all that the record holds after the change. What is found wrong with one lands
    at its place among the findings of its record."""
    collected = change.collected.get(field.key)
    value = change.value(field.key) if collected is not None else None
    if collected is None or not (whole or collected.sent) or not isinstance(value, Lines):
        return
    before = collected.before.lines if isinstance(collected.before, Lines) else ()
    rows = {line.uid: _row(lines, line, place) for place, line in enumerate(before)}
    base = f'{change.pointer}/{escape_pointer(field.key)}'
    for place, line in enumerate(value.lines):
        part = collected.sent.get(line.uid)
        if part is not None or whole:
            pointer = f'{base}{part.pointer}' if part is not None else f'{base}/{place}'
            values = _values(lines, line, part or LineChange('', None, {}))
            yield Change(lines, line.uid, {}, rows.get(line.uid), pointer, values, change.findings, holder=change)


def _values(lines: Entity, line: Line, part: LineChange) -> dict[str, Any]:
    """What was sent and what follows from it; all of a new line, but for links that came back hidden."""
    sent = {*part.values, *(each.key for each in lines.own_fields if each.type.computed)}
    return {key: value for key, value in line.values.items() if key in sent or (line.id is None and key not in part.hidden)}


def _row(lines: Entity, line: Line, place: int) -> Mapping[str, Any]:
    """A stored line by its columns."""
    columns = {name: value for each in lines.own_fields for name, value in each.to_columns(line.values.get(each.key)).items()}
    return {'id': line.id, 'uid': line.uid, 'position': place, **columns}
