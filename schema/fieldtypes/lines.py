"""Lines of a record: an ordered table inside it, each line with fields of its own; a child table holds them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from schema.base.findings import Finding, escape_pointer, nearest
from schema.base.ids import is_uid
from schema.definitions import EntityDef, FieldDef
from schema.fieldtypes.base import BLANK, FieldType, Reading, Refused, refuse_unless
from schema.values import Line, LineChange, Lines, LinesDelta

DELTA = ('add', 'change', 'remove', 'order')
MOST_LINES = 500
UNFIT = frozenset({'stage', 'links', 'lines', 'rollup', 'through', 'autonumber', 'file', 'image'})
"""Types that a line cannot have."""


class LinesType(FieldType):
    """A list of lines. `find` gives the type of a line's field by key."""

    key = 'lines'
    widget = 'lines'
    icon = 'list-details'
    operators = BLANK
    sortable = False
    stored = False
    importable = False
    keywords = frozenset({'type', 'x-lines', 'x-table'})

    def __init__(self, find: Callable[[str], FieldType]) -> None:
        self._find = find

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        return {}

    def to_columns(self, field: FieldDef, value: Any) -> dict[str, Any]:
        return {}

    def from_row(self, field: FieldDef, row: Mapping[str, Any]) -> Any:
        """The row holds nothing of it."""

    def normalise(self, field: FieldDef, wire: Any, reading: Reading) -> LinesDelta | None:
        """What is asked for; None asks for no lines at all. Raises: Refused, RefusedLines with every finding."""
        if wire is None or wire in ('', []):
            return None
        if isinstance(wire, Mapping):
            refuse_unless(set(wire) <= set(DELTA), 'REC-E103', value=', '.join(map(str, wire))[:60])
            refuse_unless(all(isinstance(wire[name], list) for name in wire), 'REC-E103', value=str(wire)[:60])
            sent = ((name, *each) for name in ('change', 'add') for each in enumerate(wire.get(name, [])))
            changed = [(f'/{name}/{place}', each) for name, place, each in sent]
            remove, order = (tuple(map(_uid, wire.get(name, []))) for name in ('remove', 'order'))
            return LinesDelta(self._changes(field, changed, reading), remove, order)
        refuse_unless(isinstance(wire, list), 'REC-E103', value=str(wire)[:60])
        listed = [(f'/{place}', each) for place, each in enumerate(wire)]
        return LinesDelta(self._changes(field, listed, reading), whole=True)

    def _changes(self, field: FieldDef, listed: list[tuple[str, Any]], reading: Reading) -> tuple[LineChange, ...]:
        refuse_unless(len(listed) <= MOST_LINES, 'REC-E104', limit=MOST_LINES, count=len(listed))
        wrong = RefusedLines()
        changes = tuple(self._change(field, pointer, each, reading, wrong) for pointer, each in listed)
        if wrong.parts:
            raise wrong
        return changes

    def _change(self, field: FieldDef, pointer: str, wire: Any, reading: Reading, wrong: RefusedLines) -> LineChange:
        assert field.lines is not None
        if not isinstance(wire, Mapping):
            wrong.add(pointer, field, Refused('REC-E103', value=str(wire)[:60]))
            return LineChange(pointer, None, {})
        uid, values, hidden = wire.get('uid'), {}, set()
        if uid is not None and not (isinstance(uid, str) and is_uid(uid)):
            wrong.add(f'{pointer}/uid', field, Refused('REC-E025', value=str(uid)[:60]))
        for key, part in wire.items():
            if key in ('uid', 'position'):
                continue
            place, each = f'{pointer}/{escape_pointer(str(key))}', _named(field.lines, key)
            if each is None:
                keys = [every.key for every in field.lines.fields]
                wrong.add(place, field, Refused('REC-E017', value=str(key)[:80], hint=nearest(str(key)[:60], keys)))
            elif isinstance(part, Mapping) and part.get('hidden') is True:
                hidden.add(each.key)
            elif not (each.read_only or self._find(each.type).computed):  # what is computed may be sent back, and is not read
                try:
                    values[each.key] = self._find(each.type).normalise(each, part, reading)
                except Refused as refused:
                    wrong.add(place, each, refused)
        return LineChange(pointer, uid, values, frozenset(hidden))

    def fields(self, field: FieldDef) -> Iterator[tuple[FieldDef, FieldType]]:
        """The fields of a line with their types."""
        for each in field.lines.fields if field.lines else ():
            yield each, self._find(each.type)

    def wire(self, field: FieldDef, value: Any) -> Any:
        if value is None:
            return None
        return [
            {'uid': line.uid, **{each.key: kind.wire(each, line.values.get(each.key)) for each, kind in self.fields(field)}}
            for line in value.lines
        ]

    def freeze(self, field: FieldDef, value: Any) -> Any:
        """`{'lines': [{'uid', 'values': {ref: frozen}}]}`, with those fields only that the lines carry."""
        if value is None:
            return None
        return {
            'lines': [
                {
                    'uid': line.uid,
                    'values': {
                        each.ref: kind.freeze(each, line.values[each.key])
                        for each, kind in self.fields(field)
                        if each.key in line.values
                    },
                }
                for line in value.lines
            ]
        }

    def thaw(self, field: FieldDef, frozen: Any) -> Any:
        if not frozen or not frozen.get('lines'):
            return None
        kinds = {each.ref: (each, kind) for each, kind in self.fields(field)}
        lines = []
        for line in frozen['lines']:
            known = [(kinds[ref], part) for ref, part in line['values'].items() if ref in kinds]
            values = {each.key: None if part is None else kind.thaw(each, part) for (each, kind), part in known}
            lines.append(Line(line['uid'], values))
        return Lines(tuple(lines), len(lines))

    def text(self, field: FieldDef, value: Any, reading: Reading) -> str:
        """One row of text for each line."""
        return '' if value is None else '\n'.join(self.line_text(field, line, reading) for line in value.lines)

    def line_text(self, field: FieldDef, line: Line, reading: Reading) -> str:
        """The filled fields of a line in their order, the first by itself, the others with their labels."""
        shown = [
            (each, kind.text(each, line.values[each.key], reading))
            for each, kind in self.fields(field)
            if line.values.get(each.key) is not None
        ]
        return ' · '.join(
            text if place == 0 else f'{each.label_in(reading.locale)} {text}' for place, (each, text) in enumerate(shown)
        )

    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        properties: dict[str, Any] = {'uid': {'type': 'string', 'format': 'uuid'}}
        properties.update((each.key, kind.json_schema(each)) for each, kind in self.fields(field))
        return {'type': 'array', 'items': {'type': 'object', 'properties': properties, 'required': ['uid']}}

    def check_definition(self, field: FieldDef) -> list[Finding]:
        """The fields of lines are checked as those of entities are, in `schema.checks.lines`."""
        return []


class RefusedLines(Refused):
    """Everything that is wrong with the lines that were sent, each at its place."""

    def __init__(self) -> None:
        super().__init__('REC-E103', value='')
        self.parts: list[tuple[str, FieldDef, Refused]] = []

    def add(self, pointer: str, field: FieldDef, refused: Refused) -> None:
        self.parts.append((pointer, field, refused))

    def at(self, pointer: str, field_def: FieldDef) -> Finding:
        return self.all_at(pointer, field_def)[0]

    def all_at(self, pointer: str, field_def: FieldDef) -> list[Finding]:
        return [refused.at(pointer + place, each) for place, each, refused in self.parts]


def _named(lines: EntityDef, key: Any) -> FieldDef | None:
    """By key or by a former key."""
    found = next((each for each in lines.fields if each.key == key), None)
    return found or next((each for each in lines.fields if key in each.aliases), None)


def _uid(wire: Any) -> str:
    uid = wire.get('uid') if isinstance(wire, Mapping) else wire
    if not isinstance(uid, str) or not is_uid(uid):
        raise Refused('REC-E025', value=str(wire)[:60])
    return uid.lower()
