"""Reading files: encodings, delimiters, headings, row numbers, limits."""

from __future__ import annotations

import unicodedata
from datetime import date
from pathlib import Path

import pytest

from modules.imports.reading import column_letter, open_sheet
from schema.base.errors import Invalid
from schema.base.text import tidy
from tests.imports.files import write_csv, write_xlsx

ROWS = [
    ['Họ tên', 'Điện thoại', 'Ghi chú'],
    ['Đặng Thị Yến', '0912345678', 'hai\ndòng'],
    ['', '', ''],
    ['Lý Thế Hiển', '', 'x, y; z'],
]


def decomposed(text: str) -> str:
    """Vietnamese as Windows-1258 holds it: some letters whole, tone marks behind them."""
    out = []
    for letter in text:
        parts = unicodedata.normalize('NFD', letter)
        tones = [mark for mark in parts if mark in '\u0300\u0301\u0303\u0309\u0323']
        base = unicodedata.normalize('NFC', ''.join(mark for mark in parts if mark not in tones))
        out.append(base + ''.join(tones))
    return ''.join(out)


@pytest.mark.parametrize('delimiter', [',', ';', '\t', '|'])
@pytest.mark.parametrize('encoding', ['utf-8', 'utf-8-sig', 'utf-16', 'utf-16-le', 'cp1258'])
def test_text_files_are_read_whatever_their_encoding_and_delimiter(tmp_path: Path, encoding: str, delimiter: str) -> None:
    rows = [[decomposed(cell) for cell in row] for row in ROWS] if encoding == 'cp1258' else ROWS
    sheet = open_sheet(write_csv(tmp_path / 'a.csv', rows, encoding=encoding, delimiter=delimiter))

    found = [(number, [tidy(str(cell)) for cell in cells]) for number, cells in sheet.rows()]

    assert [tidy(header) for header in sheet.headers] == ['Họ tên', 'Điện thoại', 'Ghi chú']
    assert found == [(2, ['Đặng Thị Yến', '0912345678', 'hai\ndòng']), (4, ['Lý Thế Hiển', '', 'x, y; z'])]


def test_western_text_is_not_taken_for_vietnamese(tmp_path: Path) -> None:
    sheet = open_sheet(write_csv(tmp_path / 'a.csv', [['Name', 'City'], ['Þórður Òlafsson', 'Ìle']], encoding='cp1252'))

    assert [list(cells) for _, cells in sheet.rows()] == [['Þórður Òlafsson', 'Ìle']]


def test_a_line_that_names_the_delimiter_is_no_heading(tmp_path: Path) -> None:
    path = tmp_path / 'a.csv'
    path.write_text('sep=;\r\nName;City\r\nAn;Huế\r\n', encoding='utf-8')

    sheet = open_sheet(path)

    assert (sheet.headers, [(number, list(cells)) for number, cells in sheet.rows()]) == (
        ('Name', 'City'),
        [(3, ['An', 'Huế'])],
    )


def test_workbooks_keep_the_types_and_row_numbers_of_their_cells(tmp_path: Path) -> None:
    sheet = open_sheet(
        write_xlsx(tmp_path / 'a.xlsx', [[], ['Name', 'Born', 'Size'], ['An', date(1990, 5, 2), 12.5], [], ['B', None, 3]])
    )

    found = [(number, list(cells)) for number, cells in sheet.rows()]

    assert sheet.headers == ('Name', 'Born', 'Size')
    assert found == [(3, ['An', date(1990, 5, 2), 12.5]), (5, ['B', '', 3.0])]


def test_blank_and_repeated_headings_get_names_of_their_own(tmp_path: Path) -> None:
    sheet = open_sheet(write_csv(tmp_path / 'a.csv', [['Email', '', 'Email'], ['1', '2', '3']]))

    assert sheet.headers == ('Email', 'B', 'Email (2)')
    assert [column_letter(index) for index in (0, 25, 26, 701, 702)] == ['A', 'Z', 'AA', 'ZZ', 'AAA']


@pytest.mark.parametrize(
    ('content', 'code'),
    [(b'', 'IMP-E003'), (b'\n\n ,\n', 'IMP-E003'), (b'PK\x03\x04not a zip', 'IMP-E002'), (b'a,b\n' + b'x' * 2000, 'IMP-E001'),
     (b'a,b\n\x81\x8d\x9d\xd2\n', 'IMP-E002')],
    ids=['empty', 'blank', 'broken workbook', 'too large', 'no encoding'],
)  # fmt: skip
def test_files_that_cannot_be_read_are_refused_with_a_reason(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / 'a.csv'
    path.write_bytes(content)

    with pytest.raises(Invalid) as refusal:
        list(open_sheet(path, limit_bytes=1024).rows())

    assert [each.code for each in refusal.value.findings] == [code]
