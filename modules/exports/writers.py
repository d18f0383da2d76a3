"""Writes rows of cells as csv or xlsx, in chunks and flat memory. Knows no record and no right."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

BOM = '\ufeff'  # without it Excel reads UTF-8 as the machine's old encoding
SHEET_ROWS = 1_048_576
CELL_LETTERS = 32_767
FIRST, LAST = date(1900, 3, 1), date(9999, 12, 31)  # Excel takes 1900 for a leap year, so earlier days would shift
OPTIONS = {'constant_memory': True, 'strings_to_formulas': False, 'strings_to_urls': False}
Chunks = Iterable[Iterable[Sequence[Any]]]


def csv_parts(header: Sequence[str], chunks: Chunks) -> Iterator[bytes]:
    """The file in parts, one for each chunk. Cells are texts already."""
    buffer = io.StringIO(newline='')
    writer = csv.writer(buffer)
    buffer.write(BOM)
    writer.writerow(header)
    for rows in chunks:
        writer.writerows(rows)
        yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    part = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return part


def write_xlsx(stream: BinaryIO, header: Sequence[str], kinds: Sequence[str], chunks: Chunks, *, day: str, title: str) -> None:
    """Typed cells under a heading; rows beyond one sheet go on in the next. `kinds` are field types, `day` a number format."""
    with Workbook(stream, OPTIONS) as book:
        formats = {'date': book.add_format({'num_format': day}), 'datetime': book.add_format({'num_format': f'{day} hh:mm'})}
        formats |= {
            'money': book.add_format({'num_format': '#,##0.####'}),
            'decimal': book.add_format({'num_format': '#,##0.######'}),
        }
        formats |= {'time': book.add_format({'num_format': 'hh:mm'}), 'duration': book.add_format({'num_format': '[h]:mm:ss'})}
        formats |= {'percent': book.add_format({'num_format': '0.######'})}
        bold = book.add_format({'bold': True, 'bottom': 1})
        sheet, number, row = _sheet(book, title, 1, header, bold), 1, 0
        cells = _writers(sheet, kinds, formats)
        for rows in chunks:
            for values in rows:
                row += 1
                if row == SHEET_ROWS:
                    number, row = number + 1, 1
                    sheet = _sheet(book, title, number, header, bold)
                    cells = _writers(sheet, kinds, formats)
                for column, value in enumerate(values):
                    if value is not None and value != '':
                        cells[column](row, column, value)


def _sheet(book: Any, title: str, number: int, header: Sequence[str], bold: Any) -> Worksheet:
    safe = ''.join(' ' if letter in '[]:*?/\\' else letter for letter in title)[:26].strip(" '") or 'Sheet'
    sheet: Worksheet = book.add_worksheet(safe if number == 1 else f'{safe} {number}')
    sheet.freeze_panes(1, 0)
    for column, label in enumerate(header):
        sheet.set_column(column, column, max(12, min(40, len(label) + 4)))
        sheet.write_string(0, column, label, bold)
    return sheet


def _writers(sheet: Worksheet, kinds: Sequence[str], formats: dict[str, Any]) -> list[Callable[[int, int, Any], Any]]:
    return [_writer(sheet, kind, formats.get(kind)) for kind in kinds]


def _writer(sheet: Worksheet, kind: str, style: Any) -> Callable[[int, int, Any], Any]:
    if kind in {'date', 'datetime'}:
        return lambda row, column, value: _write_day(sheet, row, column, value, style)
    if kind in {'time', 'duration'}:
        return lambda row, column, value: sheet.write_datetime(row, column, value, style)
    if kind in {'integer', 'decimal', 'percent', 'money', 'rating'}:
        return lambda row, column, value: _write_number(sheet, row, column, value, style)
    if kind == 'boolean':
        return sheet.write_boolean
    return lambda row, column, value: sheet.write_string(row, column, value[:CELL_LETTERS])


def _write_day(sheet: Worksheet, row: int, column: int, value: date, style: Any) -> Any:
    day = value.date() if isinstance(value, datetime) else value
    if FIRST <= day <= LAST:
        return sheet.write_datetime(row, column, value, style)
    return sheet.write_string(row, column, value.isoformat())


def _write_number(sheet: Worksheet, row: int, column: int, value: int | Decimal | str, style: Any) -> Any:
    """A spreadsheet keeps 15 digits; a longer number stays whole as a text."""
    if isinstance(value, str):
        return sheet.write_string(row, column, value)
    digits = len(str(value).replace('-', '').replace('.', '').lstrip('0'))
    if digits > 15:
        return sheet.write_string(row, column, str(value))
    return sheet.write_number(row, column, value, style)
