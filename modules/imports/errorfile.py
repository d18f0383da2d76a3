"""The file of rows that were left out: as they came, with what became of them and why. Knows no database."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook

from modules.exports.cells import neutral
from modules.imports.cells import text_of
from modules.imports.model import RowOut
from schema.base.text import tidy

WORDS = {
    'en': {'row': 'Row', 'outcome': 'Outcome', 'reason': 'Reason', 'error': 'Left out', 'skip': 'Skipped'},
    'vi': {'row': 'Dòng', 'outcome': 'Kết quả', 'reason': 'Lý do', 'error': 'Lỗi, không nhập', 'skip': 'Bỏ qua'},
}


class Spool:
    """Collects left-out rows while an import runs. Lines written twice (a chunk that was repeated) count once."""

    def __init__(self, path: Path, locale: str) -> None:
        self._path, self._locale = path, locale

    def add(self, outs: Sequence[RowOut]) -> None:
        with self._path.open('a', encoding='utf-8') as stream:
            for out in outs:
                if out.outcome in {'error', 'skip'}:
                    cells = [text_of(cell) for cell in out.cells]
                    stream.write(json.dumps([out.number, out.outcome, cells, reason(out, self._locale)], ensure_ascii=False))
                    stream.write('\n')

    def rows(self) -> Iterator[tuple[int, str, list[str], str]]:
        if not self._path.exists():
            return
        last = 0
        with self._path.open(encoding='utf-8') as stream:
            for line in stream:
                number, outcome, cells, why = json.loads(line)
                if number > last:
                    last = number
                    yield number, outcome, cells, why


def reason(out: RowOut, locale: str) -> str:
    """Every finding in words, each once."""
    return ' · '.join(dict.fromkeys(each.text(locale) for each in out.findings))


def write_error_file(path: Path, headers: Sequence[str], spool: Spool, locale: str) -> bool:
    """Write the spooled rows as csv or xlsx, by the name of `path`. False when there is nothing to write."""
    words = WORDS.get(locale, WORDS['en'])
    heading = [words['row'], words['outcome'], words['reason'], *headers]
    rows = spool.rows()
    if (first := next(rows, None)) is None:
        return False

    def lines() -> Iterator[list[Any]]:
        yield heading
        for number, outcome, cells, why in chain((first,), rows):
            yield [number, words[outcome], why, *cells]

    if path.suffix == '.xlsx':
        _write_xlsx(path, lines())
    else:
        _write_csv(path, lines())
    return True


def _write_csv(path: Path, lines: Iterator[list[Any]]) -> None:
    with path.open('w', encoding='utf-8-sig', newline='') as stream:
        writer = csv.writer(stream)
        for line in lines:
            writer.writerow([neutral(cell) if isinstance(cell, str) else cell for cell in line])


def _write_xlsx(path: Path, lines: Iterator[list[Any]]) -> None:
    options = {'constant_memory': True, 'strings_to_formulas': False, 'strings_to_urls': False}
    with Workbook(str(path), options) as book:
        sheet = book.add_worksheet()
        for index, line in enumerate(lines):
            sheet.write_row(index, 0, [tidy(cell)[:32_767] if isinstance(cell, str) else cell for cell in line])
        sheet.freeze_panes(1, 0)
