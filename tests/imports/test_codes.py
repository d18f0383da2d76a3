"""A column of codes that Trellis gave out names the records to change, as staff keep it in the files that they downloaded."""

from __future__ import annotations

from pathlib import Path

from tests.imports.files import write_csv
from tests.imports.test_imports import bring, table, tally
from tests.support.site import Site


def test_rows_with_a_code_change_their_records_and_rows_without_one_make_new_ones(site: Site, tmp_path: Path) -> None:
    for name in ('Gỗ Việt', 'Nếp Nhà'):
        site.create('leader', 'company', name=name)
    codes = dict(table(site, ['name', 'code'], entity='company'))
    rows = [
        ['Mã khách hàng', 'Tên công ty', 'Nhãn', 'Địa chỉ'],
        [codes['Nếp Nhà'].lower(), 'Nếp Nhà Mới', 'vip; Khách quen', '5 Lê Lợi, Đà Nẵng'],
        ['', 'Tre Xanh', '', ''],
        ['KH-1999-00009', 'Không có', '', ''],
    ]

    path = write_csv(tmp_path / 'sửa.csv', rows)
    checked = bring(site, path, entity='company', duplicates='create', dry=True)
    done = bring(site, path, entity='company', duplicates='create')

    assert tally(checked) == tally(done) == {'create': 1, 'update': 1, 'error': 1}
    assert [(problem['row'], each['field'], each['code']) for problem in checked.findings for each in problem['problems']] == [
        (4, 'code', 'IMP-E016')
    ]
    assert table(site, ['name', 'tags', 'address'], entity='company') == [
        ['Gỗ Việt', '', ''], ['Nếp Nhà Mới', 'vip, Khách quen', '5 Lê Lợi, Đà Nẵng'], ['Tre Xanh', '', ''],
    ]  # fmt: skip
    assert dict(table(site, ['name', 'code'], entity='company'))['Nếp Nhà Mới'] == codes['Nếp Nhà']
