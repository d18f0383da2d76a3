"""Reads csv and xlsx files row by row: encoding, delimiter, heading. Knows no entity and keeps no row."""

from __future__ import annotations

import codecs
import csv
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from schema.base.errors import Invalid

Cell = str | int | float | bool | date | datetime | time | timedelta | None
Row = tuple[int, Sequence[Cell]]
"""A row's number as the spreadsheet shows it (the heading is usually 1) and its cells."""

LARGEST_UPLOAD_BYTES = 20 * 1024 * 1024
LARGEST_UNPACKED_BYTES = 1024 * 1024 * 1024  # an xlsx of a few megabytes can unpack to anything
MOST_ROWS = 1_000_000
MOST_COLUMNS = 500
LONGEST_CELL = 200_000
DELIMITERS = (',', ';', '\t', '|')
SAMPLE_BYTES = 64 * 1024
BOMS = ((codecs.BOM_UTF8, 'utf-8-sig'), (codecs.BOM_UTF16_LE, 'utf-16'), (codecs.BOM_UTF16_BE, 'utf-16'))
_TONES = frozenset('\u0300\u0301\u0303\u0309\u0323')
_VOWELS = frozenset('aăâeêioôơuưyAĂÂEÊIOÔƠUƯY')


@dataclass(frozen=True)
class Sheet:
    """A file that can be read: its heading, and how it is written. `encoding` and `delimiter` are blank for xlsx."""

    path: Path
    headers: tuple[str, ...]
    heading_row: int
    encoding: str = ''
    delimiter: str = ''

    def rows(self) -> Iterator[Row]:
        """Rows below the heading that are not blank, each time from the start. Raises: Invalid IMP-E004 too many rows,
        IMP-E002 a text that cannot be read."""
        count = 0
        for number, cells in _raw_rows(self.path, self.encoding, self.delimiter):
            if number <= self.heading_row or not any(map(_is_filled, cells)):
                continue
            count += 1
            if count > MOST_ROWS:
                raise Invalid.of('IMP-E004', value=MOST_ROWS)
            yield number, cells


def open_sheet(path: Path, *, limit_bytes: int | None = None) -> Sheet:
    """The first sheet of a file. Raises: Invalid IMP-E001 too large, IMP-E002 unreadable, IMP-E003 no rows, IMP-E005 too many
    columns."""
    size = path.stat().st_size
    if limit_bytes is not None and size > limit_bytes:
        raise Invalid.of('IMP-E001', value=round(size / 1024 / 1024, 1), limit=limit_bytes // 1024 // 1024)
    encoding, delimiter = ('', '') if _is_workbook(path) else _sniff(path)
    for number, cells in _raw_rows(path, encoding, delimiter):
        if any(map(_is_filled, cells)):
            if len(cells) > MOST_COLUMNS:
                raise Invalid.of('IMP-E005', value=len(cells), limit=MOST_COLUMNS)
            return Sheet(path, _headers(cells), number, encoding, delimiter)
    raise Invalid.of('IMP-E003')


def column_letter(index: int) -> str:
    """A, B, … AA as spreadsheets name them; `index` starts at 0."""
    letters = ''
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _headers(cells: Sequence[Cell]) -> tuple[str, ...]:
    """Names of columns, each one once: a blank gets its letter, a repeated one its number."""
    names: list[str] = []
    for index, cell in enumerate(cells):
        name = ' '.join(str(cell if cell is not None else '').split()) or column_letter(index)
        count, unique = 1, name
        while unique in names:
            count += 1
            unique = f'{name} ({count})'
        names.append(unique)
    return tuple(names)


def _is_filled(cell: Cell) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))


def _raw_rows(path: Path, encoding: str, delimiter: str) -> Iterator[Row]:
    return _workbook_rows(path) if not encoding else _text_rows(path, encoding, delimiter)


# --- spreadsheets ------------------------------------------------------------------------------------------------------


def _is_workbook(path: Path) -> bool:
    with path.open('rb') as stream:
        return stream.read(4) in (b'PK\x03\x04', b'\xd0\xcf\x11\xe0')


def _workbook_rows(path: Path) -> Iterator[Row]:
    _refuse_bomb(path)
    try:
        sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
        yield from enumerate(sheet.iter_rows(), 1)
    except (CalamineError, PasswordError, OSError) as error:
        raise Invalid.of('IMP-E002', value=path.name, reason=str(error)[:200]) from error


def _refuse_bomb(path: Path) -> None:
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > LARGEST_UNPACKED_BYTES:
        raise Invalid.of('IMP-E001', value=unpacked // 1024 // 1024, limit=LARGEST_UNPACKED_BYTES // 1024 // 1024)


# --- text files --------------------------------------------------------------------------------------------------------


def _text_rows(path: Path, encoding: str, delimiter: str) -> Iterator[Row]:
    """Rows count records, as a spreadsheet does, not lines: a quoted cell may hold several."""
    with path.open(encoding=encoding, newline='') as stream:
        reader = csv.reader(stream, delimiter=delimiter)
        csv.field_size_limit(LONGEST_CELL)
        try:
            for number, cells in enumerate(reader, 1):
                if number == 1 and len(cells) >= 1 and cells[0].lower().startswith('sep='):
                    continue  # a line that tells Excel the delimiter
                yield number, cells
        except (csv.Error, UnicodeDecodeError) as error:
            raise Invalid.of('IMP-E002', value=path.name, reason=str(error)[:200]) from error


def _sniff(path: Path) -> tuple[str, str]:
    with path.open('rb') as stream:
        sample = stream.read(SAMPLE_BYTES)
    if not sample.strip(b'\x00\r\n\t '):
        raise Invalid.of('IMP-E003')
    encoding = _encoding(path, sample)
    with path.open(encoding=encoding, newline='') as stream:
        lines = list(islice(stream, 50))
    return encoding, _delimiter(lines)


def _encoding(path: Path, sample: bytes) -> str:
    for mark, encoding in BOMS:
        if sample.startswith(mark):
            return encoding
    pairs = len(sample) // 2 or 1
    for offset, encoding in ((1, 'utf-16-le'), (0, 'utf-16-be')):
        if sample[offset::2].count(0) / pairs > 0.3:
            return encoding
    if _decodes(path, 'utf-8'):
        return 'utf-8'
    if _decodes(path, 'cp1258') and _is_vietnamese(sample.decode('cp1258', 'replace')):
        return 'cp1258'
    for encoding in ('cp1252', 'cp1258'):
        if _decodes(path, encoding):
            return encoding
    raise Invalid.of('IMP-E002', value=path.name, reason='no known text encoding')


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open('rb') as stream:
        try:
            while block := stream.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b'', final=True)
        except UnicodeDecodeError:
            return False
    return True


def _is_vietnamese(text: str) -> bool:
    """In Windows-1258 tone marks follow their vowel; read as such, Western text puts them after anything."""
    marks = [index for index, letter in enumerate(text) if letter in _TONES]
    return all(index and text[index - 1] in _VOWELS for index in marks)


def _delimiter(lines: Sequence[str]) -> str:
    """What splits the heading into most columns while the rows below agree; a comma for a single column."""
    if lines and lines[0].lower().startswith('sep=') and len(lines[0].strip()) == 5:
        return lines[0].strip()[4]
    best, best_score = ',', (0.0, 0)
    for delimiter in DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        except csv.Error:
            continue
        if not widths or widths[0] < 2:
            continue
        score = (sum(width == widths[0] for width in widths) / len(widths), widths[0])
        if score > best_score:
            best, best_score = delimiter, score
    return best
