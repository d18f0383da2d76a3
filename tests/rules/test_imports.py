"""Rules in imports: told row by row, at the column they are about, in the check and in the import alike."""

from __future__ import annotations

from pathlib import Path

from tests.imports.files import write_csv
from tests.imports.test_imports import bring, tally
from tests.rules.test_store import firm
from tests.support.site import Site

ROWS = [
    ['Title', 'Stage', 'Amount', 'Code', 'Firm'],
    ['Tốt', 'Quote', '50', 'N-1', 'Hãng nhập'],
    ['Âm', 'Open', '-1', 'N-2', 'Hãng nhập'],
    ['Chưa đủ', 'Quote', '', 'N-3', 'Hãng nhập'],
    ['Trùng mã', 'Open', '', 'n-1', 'Hãng nhập'],
]


def test_rules_refuse_rows_of_an_import_by_row_and_column(ruled: Site, tmp_path: Path) -> None:
    ruled.runtime.write(ruled.actor('admin'), lambda store: store.update('firm', firm(ruled), {'name': 'Hãng nhập'}))
    path = write_csv(tmp_path / 'pacts.csv', ROWS)

    checked = bring(ruled, path, who='admin', entity='pact', dry=True)
    done = bring(ruled, path, who='admin', entity='pact')

    assert tally(checked) == tally(done) == {'create': 1, 'error': 3}
    found = {row['row']: [(each['field'], each['code']) for each in row['problems']] for row in checked.findings}
    assert found == {3: [('amount', 'REC-E143')], 4: [('stage', 'REC-E144')], 5: [('code', 'REC-E146')]}
