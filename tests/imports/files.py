"""Spreadsheets as people have them, made for tests."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook

Rows = Sequence[Sequence[Any]]


def write_csv(path: Path, rows: Rows, *, encoding: str = 'utf-8', delimiter: str = ',') -> Path:
    buffer = io.StringIO(newline='')
    csv.writer(buffer, delimiter=delimiter).writerows(rows)
    path.write_bytes(buffer.getvalue().encode(encoding))
    return path


def write_xlsx(path: Path, rows: Rows) -> Path:
    with Workbook(str(path), {'default_date_format': 'dd/mm/yyyy', 'strings_to_formulas': False}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return path
