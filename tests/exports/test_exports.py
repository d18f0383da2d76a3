"""Exports: what goes out, what stays in, and that it can come back."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from python_calamine import CalamineWorkbook

from modules.exports.cli import export_command
from modules.exports.service import open_export
from modules.imports import keeping
from modules.imports.cli import import_command
from modules.records.model import ListQuery
from schema.base.errors import Forbidden
from tests.imports.files import write_csv
from tests.support.site import Site


class Entry:
    """What the command line hands to a command."""

    def __init__(self, site: Site) -> None:
        self.runtime = site.runtime


def exported(
    site: Site, who: str, entity: str = 'contact', columns: tuple[str, ...] | None = None, **query: Any
) -> list[list[str]]:
    with open_export(site.runtime, site.actor(who), entity, ListQuery(**query), columns) as export:
        text = b''.join(export.csv_parts()).decode('utf-8-sig')
    return list(csv.reader(io.StringIO(text, newline='')))


def test_an_export_holds_the_list_with_its_filter_and_order(site: Site) -> None:
    company = site.create('rep', 'company', name='Nếp Nhà')
    site.create(
        'rep', 'contact', full_name='Đặng Thị Yến', phone='0912345678', birthday='1990-05-02', company=company, status='buying'
    )
    site.create('rep', 'contact', full_name='Không có trong lọc')

    rows = exported(
        site, 'manager', columns=('full_name', 'phone', 'birthday', 'company', 'status', 'owner'),
        filter={'field': 'birthday', 'op': 'is_not_empty'},
    )  # fmt: skip

    assert rows == [
        ['Full name', 'Phone', 'Birthday', 'Company', 'Status', 'Owner'],
        ['Đặng Thị Yến', '0912 345 678', '1990-05-02', 'Nếp Nhà', 'Buying', 'Đỗ Hải Long'],
    ]


def test_texts_of_customers_never_become_formulas(site: Site, tmp_path: Path) -> None:
    site.create('rep', 'contact', full_name='=HYPERLINK("http://x";"y")', job_title='+1+cmd', description='@SUM(A1)')

    line = exported(site, 'admin', columns=('full_name', 'job_title', 'description'))[1]
    columns = ('full_name', 'job_title')
    with (
        open_export(site.runtime, site.actor('admin'), 'contact', ListQuery(), columns) as export,
        (tmp_path / 'a.xlsx').open('wb') as stream,
    ):
        export.write_xlsx(stream)

    assert line == ['\'=HYPERLINK("http://x";"y")', "'+1+cmd", "'@SUM(A1)"]
    sheet = CalamineWorkbook.from_path(str(tmp_path / 'a.xlsx')).get_sheet_by_index(0)
    assert list(sheet.iter_rows())[1] == ['=HYPERLINK("http://x";"y")', '+1+cmd']


def test_the_right_to_export_narrows_the_right_to_read(site: Site) -> None:
    site.create('rep', 'contact', full_name='Nhóm Bắc')
    site.create('rep2', 'contact', full_name='Nhóm Nam')

    names = {who: sorted(row[0] for row in exported(site, who, columns=('full_name',))[1:]) for who in ('leader', 'manager')}
    with pytest.raises(Forbidden):
        exported(site, 'rep')

    assert names == {'leader': ['Nhóm Bắc'], 'manager': ['Nhóm Bắc', 'Nhóm Nam']}


def test_workbooks_hold_numbers_and_days_not_texts(site: Site, tmp_path: Path) -> None:
    company = site.create('rep', 'company', name='Nếp Nhà')
    site.create(
        'rep', 'opportunity', title='Sàn gỗ', company=company, amount='1250000', expected_close_on='2026-12-24', stage='quote'
    )
    path = tmp_path / 'a.xlsx'

    with (
        open_export(site.runtime, site.actor('admin'), 'opportunity', ListQuery(), ('title', 'amount', 'created_at')) as export,
        path.open('wb') as stream,
    ):
        export.write_xlsx(stream)

    title, amount, created = list(CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).iter_rows())[1]
    assert (title, amount, type(created)) == ('Sàn gỗ', 1_250_000, datetime)


def test_what_was_exported_comes_back_unchanged(site: Site, tmp_path: Path) -> None:
    company = site.create('rep', 'company', name='Nếp Nhà')
    site.create(
        'rep', 'contact', full_name='=Yến', phone='+12025550142', birthday='1990-05-02', company=company, do_not_contact=True
    )
    site.create('rep', 'contact', full_name='Hai', email='hai@example.vn', description='một\nhai')
    rows = exported(site, 'admin')
    readable = {'Record ID', 'Full name', 'Phone', 'Birthday', 'Company', 'Do not contact', 'E-mail', 'Description', 'Owner'}
    path = write_csv(tmp_path / 'back.csv', rows)
    admin = site.actor('admin')

    kept = keeping.take_in(site.runtime, admin, 'contact', path, path.name, limit_bytes=None)
    mapped = {header for header, key in kept.plan.mapping.as_choices().items() if key}
    done = keeping.run(site.runtime, admin, keeping.settle_plan(site.runtime, admin, kept, {}, (), 'update'))

    assert mapped >= readable
    assert done.counts == {'create': 0, 'update': 0, 'unchanged': 2, 'skip': 0, 'error': 0}


def test_commands_write_and_read_files_and_locate_each_error(site: Site, tmp_path: Path) -> None:
    source = write_csv(
        tmp_path / 'in.csv', [['Họ tên', 'Thư', 'Số máy'], ['An', 'an@example.vn', '0912345678'], ['Bình', 'hỏng', '1']]
    )
    out = tmp_path / 'out.csv'
    runner, entry = CliRunner(), Entry(site)
    options = ['contact', str(source), '--map', 'Thư=email', '--map', 'Số máy=phone']

    dry = runner.invoke(import_command, [*options, '--dry-run'], obj=entry)
    wet = runner.invoke(import_command, options, obj=entry)
    written = runner.invoke(export_command, ['contact', '--out', str(out), '--as', 'admin'], obj=entry)
    wrong = runner.invoke(import_command, ['contact', str(source), '--map', 'Thu=emial'], obj=entry)

    lines = [line for line in dry.stderr.splitlines() if line]
    assert [line.split(':')[1].strip() for line in lines] == ['row 3, Thư', 'row 3, Số máy']
    assert ('REC-E007' in lines[0], 'REC-E008' in lines[1]) == (True, True)
    assert (dry.exit_code, wet.exit_code, written.exit_code, wrong.exit_code) == (1, 1, 0, 1)
    assert dry.stdout.splitlines() == ['create 1 · update 0 · unchanged 0 · skip 0 · error 1']
    assert "IMP-E007 / 'emial'" in wrong.stderr
    assert [row['Full name'] for row in csv.DictReader(io.StringIO(out.read_text(encoding='utf-8-sig')))] == ['An']


def test_days_and_numbers_are_spelled_for_vietnamese_readers(sqlite_site: Site) -> None:
    actor = sqlite_site.actor('admin')
    company = sqlite_site.create('rep', 'company', name='Nếp Nhà')
    sqlite_site.create('rep', 'contact', full_name='Yến', birthday='1990-05-02', company=company)
    vietnamese = type(actor)(**{**vars(actor), 'locale': 'vi'})

    with open_export(sqlite_site.runtime, vietnamese, 'contact', ListQuery(), ('full_name', 'birthday')) as export:
        text = b''.join(export.csv_parts()).decode('utf-8-sig')

    assert text.splitlines() == ['Họ tên,Ngày sinh', 'Yến,02/05/1990']
    assert date(1990, 5, 2).isoformat() in b''.join(_parts(sqlite_site)).decode()


def _parts(site: Site) -> list[bytes]:
    with open_export(site.runtime, site.actor('admin'), 'contact', ListQuery(), ('birthday',)) as export:
        return list(export.csv_parts())
