"""From cells to wire values: typed spreadsheet cells, dates and numbers as people write them, links by name. Writes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from modules.imports.mapping import ColumnMapping
from modules.imports.reading import Cell, Row
from modules.imports.targets import Targets
from schema.base.findings import Finding, escape_pointer
from schema.catalog import Entity, Field
from schema.fieldtypes.base import Reading, Refused
from schema.fieldtypes.duration import as_iso
from schema.fieldtypes.links import BETWEEN
from schema.fieldtypes.options import former_labels
from schema.fieldtypes.time import show_time

NAMED = ('link', 'link_any', 'user', 'team')
_GUARDED = re.compile(r"^'(?=[=+\-@\t\r])")  # how exports keep a text from being run as a formula
_POINT = re.compile(r'^-?\d+\.(\d{1,2}|\d{4,})$')
_COMMA = re.compile(r'^-?\d+,(\d{1,2}|\d{4,})$')


@dataclass
class RowIn:
    """One row of the file as wire values by field key; blank cells are absent. Findings point to `/<row>/<field key>`."""

    number: int
    cells: Sequence[Cell]
    wire: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def pointer(self) -> str:
        return f'/{self.number}'

    def refuse(self, code: str, each: Field, **params: Any) -> None:
        label = each.definition.label or {'en': each.key}
        self.findings.append(Finding(code, f'{self.pointer}/{escape_pointer(each.key)}', {'label': label, **params}))


class CellReader:
    """Reads rows of one file for one entity, many at a time, so that links cost one lookup for each target and chunk."""

    def __init__(self, entity: Entity, mapping: ColumnMapping, reading: Reading, targets: Targets) -> None:
        self._reading, self._targets, self._width = reading, targets, len(mapping.headers)
        self._columns: dict[str, list[int]] = {}
        for index, key in enumerate(mapping.columns):
            if key:
                self._columns.setdefault(key, []).append(index)
        self._entity, self._fields = entity, [entity.fields[key] for key in self._columns]
        self._relabelled = {
            each.key for each in self._fields if any(option.former_labels for option in each.definition.options)
        }

    def read(self, rows: Iterable[Row]) -> list[RowIn]:
        taken = [RowIn(number, cells) for number, cells in rows]
        for row in taken:
            self._check_width(row)
        for each in self._fields:
            if each.type.key in NAMED:
                self._read_named(each, taken)
            elif each.type.key == 'links':
                self._read_lists(each, taken)
            else:
                self._read_plain(each, taken)
        return taken

    def _check_width(self, row: RowIn) -> None:
        if any(cell not in (None, '') for cell in row.cells[self._width :]):
            row.findings.append(Finding('IMP-E011', row.pointer, {'value': len(row.cells), 'limit': self._width}))

    def _read_plain(self, each: Field, rows: Sequence[RowIn]) -> None:
        for row in rows:
            try:
                wire = self._wire(each, row)
            except Refused as refused:
                row.findings.append(refused.at(f'{row.pointer}/{escape_pointer(each.key)}', each.definition))
                continue
            if wire is not None:
                row.wire[each.key] = wire
            if each.key in self._relabelled:
                for ref, label in former_labels(each.definition, self._text(each, row)):
                    self._entity.used_before(ref, label)

    def _read_named(self, each: Field, rows: Sequence[RowIn]) -> None:
        texts = {row.number: text for row in rows if (text := self._text(each, row))}
        found = self._targets.find(each, set(texts.values()))
        for row in rows:
            if (text := texts.get(row.number)) is None:
                continue
            answer = found[text]
            if isinstance(answer, Finding):
                row.refuse(answer.code, each, **answer.params)
            else:
                row.wire[each.key] = answer

    def _read_lists(self, each: Field, rows: Sequence[RowIn]) -> None:
        """Names or uids with semicolons between them."""
        texts = {row.number: names for row in rows if (names := _names(self._text(each, row)))}
        found = self._targets.find(each, {name for names in texts.values() for name in names})
        for row in rows:
            answers = [found[name] for name in texts.get(row.number, ())]
            missing = [answer for answer in answers if isinstance(answer, Finding)]
            for answer in missing:
                row.refuse(answer.code, each, **answer.params)
            if answers and not missing:
                row.wire[each.key] = answers

    def _wire(self, each: Field, row: RowIn) -> Any:
        if len(self._columns[each.key]) == 1:
            return wire_of(each, self._cell(self._columns[each.key][0], row), self._reading)
        return self._text(each, row) or None

    def _text(self, each: Field, row: RowIn) -> str:
        parts = (text_of(self._cell(index, row)) for index in self._columns[each.key])
        return ' '.join(filter(None, parts))

    def _cell(self, index: int, row: RowIn) -> Cell:
        return row.cells[index] if index < len(row.cells) else None


def _names(text: str) -> list[str]:
    return [name for part in text.split(BETWEEN) if (name := part.strip())]


def wire_of(each: Field, cell: Cell, reading: Reading) -> Any:
    """One cell as a wire value of a field; None when blank. Cells that a spreadsheet typed keep their type.

    Raises: Refused when the type of the cell cannot be meant.
    """
    kind = each.type.key
    if cell is None or cell == '':
        return None
    if isinstance(cell, bool):
        return cell if kind == 'boolean' else text_of(cell)
    if isinstance(cell, (int, float)) and each.type.numeric:
        return _number(cell)
    if isinstance(cell, datetime) and kind in {'date', 'datetime'}:
        return cell.date().isoformat() if kind == 'date' else cell.isoformat()
    if isinstance(cell, date) and kind in {'date', 'datetime'}:
        return cell.isoformat()
    if isinstance(cell, (time, timedelta)) and kind in {'time', 'duration'}:
        return _clock_wire(kind, cell)
    if isinstance(cell, (int, float)) and kind in {'date', 'datetime'}:
        raise Refused('IMP-E009', value=_number(cell))
    text = text_of(cell)
    if not text:
        return None
    if each.type.numeric and (plain := _plain_number(text)):
        return plain
    return each.type.parse(each.definition, text, reading)


def text_of(cell: Cell) -> str:
    """A cell as a person would type it."""
    if cell is None:
        return ''
    if isinstance(cell, str):
        return _GUARDED.sub('', cell.strip())
    if isinstance(cell, bool):
        return 'true' if cell else 'false'
    if isinstance(cell, (int, float)):
        return _number(cell)
    if isinstance(cell, datetime):
        return cell.strftime('%d/%m/%Y %H:%M') if cell.time() != time() else cell.strftime('%d/%m/%Y')
    if isinstance(cell, timedelta):
        return str(cell)
    return cell.strftime('%d/%m/%Y') if isinstance(cell, date) else show_time(cell)


def _clock_wire(kind: str, cell: time | timedelta) -> str:
    """A spreadsheet keeps times of day and lengths of time alike, as parts of a day; the field says which is meant."""
    if isinstance(cell, time):
        cell = timedelta(hours=cell.hour, minutes=cell.minute, seconds=cell.second)
    seconds = round(cell.total_seconds())
    if kind == 'duration':
        return as_iso(seconds)
    return show_time(time(seconds // 3600 % 24, seconds // 60 % 60, seconds % 60))


def _number(cell: int | float) -> str:
    """Spreadsheets keep 15 digits; a whole number loses its '.0' and nothing is written with an exponent."""
    if isinstance(cell, int) or cell.is_integer():
        return str(int(cell))
    return format(Decimal(repr(cell)), 'f')


def _plain_number(text: str) -> str | None:
    """A number whose mark can only be a decimal one, whatever the reader's locale: 1250.5 and 1250,50 but not 1.250."""
    if _POINT.match(text):
        return text
    return text.replace(',', '.') if _COMMA.match(text) else None
