"""Imports from file to records, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from modules.imports import keeping
from modules.imports.keeping import Kept
from modules.imports.reading import open_sheet
from modules.records.model import ListQuery, Sort
from modules.records.tables import operation, record_history
from schema.base.errors import Forbidden, Invalid, NotFound
from schema.base.outbox import outbox
from tests.imports.files import Rows, write_csv, write_xlsx
from tests.support.site import Site


def bring(
    site: Site, path: Path, *, who: str = 'leader', entity: str = 'contact', choices: dict[str, str] | None = None,
    keys: Sequence[str] = (), duplicates: Any = 'skip', dry: bool = False,
) -> Kept:  # fmt: skip
    actor = site.actor(who)
    kept = keeping.take_in(site.runtime, actor, entity, path, path.name, limit_bytes=None)
    kept = keeping.settle_plan(site.runtime, actor, kept, choices or {}, keys, duplicates)
    checked = keeping.check(site.runtime, actor, kept)
    return checked if dry else keeping.run(site.runtime, actor, checked)


def tally(kept: Kept) -> dict[str, int]:
    return {outcome: count for outcome, count in kept.counts.items() if count}


def table(site: Site, columns: Sequence[str], *, who: str = 'admin', entity: str = 'contact') -> list[list[Any]]:
    """Values as people read them, by title."""
    with site.runtime.reader(site.actor(who)) as reader:
        title = reader.catalog.entity(entity).title.key
        page = reader.list_page(entity, ListQuery(sort=(Sort(title),), columns=tuple(columns), size=200))
        return [[record.text(key, reader.reading) for key in columns] for record in page.records]


def csv_file(tmp_path: Path, rows: Rows, **kwargs: Any) -> Path:
    return write_csv(tmp_path / 'khách.csv', rows, **kwargs)


def test_a_foreign_export_with_odd_headings_comes_in(site: Site, tmp_path: Path) -> None:
    site.create('rep', 'company', name='Kiến trúc Nếp Nhà')
    path = csv_file(
        tmp_path,
        [
            ['No', 'Contact Id', 'First Name', 'Last Name', 'Account Name', 'Phone 1', 'E-mail', 'DOB', 'Assigned To'],
            ['1', 'a9', 'Shelby', 'Terrell', 'kien truc nep nha', '+1-202-555-0142x738', 'el@example.net', '26/10/1945', 'rep'],
            ['2', 'b7', 'Phillip', 'Summers', '', '(024) 3825 1234', '', '24/3/1990', 'Đỗ Hải Long'],
        ],
        delimiter=';', encoding='utf-16',
    )  # fmt: skip

    done = bring(site, path)

    assert tally(done) == {'create': 2}
    assert table(site, ['full_name', 'company', 'phone', 'email', 'birthday', 'owner'])[0] == [
        'Phillip Summers', '', '024 3825 1234', '', '24 Mar 1990', 'Đỗ Hải Long',
    ]  # fmt: skip
    assert table(site, ['full_name', 'company', 'phone', 'email', 'birthday', 'owner'])[1] == [
        'Shelby Terrell', 'Kiến trúc Nếp Nhà', '+1 202-555-0142 #738', 'el@example.net', '26 Oct 1945', 'Đỗ Hải Long',
    ]  # fmt: skip


def test_bad_rows_are_told_cell_by_cell_and_stop_no_good_one(site: Site, tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        [
            ['Họ tên', 'Điện thoại', 'Email', 'Ngày sinh', 'Công ty', 'Tình trạng', 'Người phụ trách'],
            ['Tốt Một', '0912345671', '', '12/03/1990', '', 'Mới', 'rep'],
            ['Hỏng', 'chưa có', 'an.doan@', '31/02/1985', 'Không ai biết', 'lạ', 'Hà Trần'],
            ['', '0912345672', '', '', '', '', ''],
            ['Tốt Hai', '', '', '', '', 'dang trao doi', ''],
        ],
    )

    checked = bring(site, path, dry=True)
    before = table(site, ['full_name'])
    done = bring(site, path)

    found = {
        problem['row']: sorted((each['field'], each['code']) for each in problem['problems']) for problem in checked.findings
    }
    assert found == {
        3: [('birthday', 'REC-E010'), ('company', 'IMP-E012'), ('email', 'REC-E007'), ('owner', 'IMP-E012'),
            ('phone', 'REC-E008'), ('status', 'REC-E014')],
        4: [('full_name', 'REC-E001')],
    }  # fmt: skip
    assert before == []
    assert tally(checked) == tally(done) == {'create': 2, 'error': 2}
    assert table(site, ['full_name', 'status']) == [['Tốt Hai', 'In touch'], ['Tốt Một', 'New']]
    left = open_sheet(done.error_path)  # type: ignore[arg-type]
    assert left.headers[:4] == ('Row', 'Outcome', 'Reason', 'Họ tên')
    assert [(cells[0], cells[3], bool(cells[2])) for _, cells in left.rows()] == [('3', 'Hỏng', True), ('4', '', True)]


def test_a_checked_file_and_its_import_tally_alike_and_a_second_import_changes_nothing(site: Site, tmp_path: Path) -> None:
    rows = [['full_name', 'phone', 'email'], *([f'Người {n}', f'09123{n:05}', f'p{n}@example.vn'] for n in range(40))]
    rows += [['Lặp', '0912300003', ''], ['Lặp thư', '', 'P5@example.vn']]
    path = csv_file(tmp_path, rows)

    checked, first, second = bring(site, path, dry=True), bring(site, path), bring(site, path)

    assert tally(checked) == tally(first) == {'create': 40, 'skip': 2}
    assert tally(second) == {'skip': 42}


def test_a_key_updates_what_is_there_and_leaves_other_columns_alone(site: Site, tmp_path: Path) -> None:
    site.create('rep', 'contact', full_name='Ngô Hải Hà', email='ha@example.vn', job_title='Kế toán', phone='0912345678')
    path = csv_file(
        tmp_path,
        [
            ['Email', 'Họ tên', 'Chức vụ'],
            ['HA@example.vn', 'Ngô Thị Hải Hà', ''],
            ['moi@example.vn', 'Người Mới', 'Giám đốc'],
            ['ha@example.vn', 'Lần Hai', ''],
        ],
    )

    checked = bring(site, path, keys=['email'], duplicates='update', dry=True)
    done = bring(site, path, keys=['email'], duplicates='update')
    again = bring(site, path, keys=['email'], duplicates='update')

    assert tally(checked) == tally(done) == {'create': 1, 'update': 1, 'skip': 1}
    assert tally(again) == {'unchanged': 2, 'skip': 1}
    assert table(site, ['full_name', 'email', 'job_title', 'phone']) == [
        ['Ngô Thị Hải Hà', 'ha@example.vn', 'Kế toán', '0912 345 678'], ['Người Mới', 'moi@example.vn', 'Giám đốc', ''],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ('policy', 'counts', 'titles'),
    [
        ('skip', {'skip': 1}, ['Kế toán']),
        ('update', {'update': 1}, ['Giám đốc']),
        ('create', {'create': 1}, ['Giám đốc', 'Kế toán']),
    ],
)
def test_rows_that_the_rules_know_follow_the_chosen_policy(
    site: Site, tmp_path: Path, policy: str, counts: dict[str, int], titles: list[str]
) -> None:
    site.create('rep', 'contact', full_name='Lý Thế Hiển', phone='0912345678', job_title='Kế toán')
    path = csv_file(tmp_path, [['full_name', 'phone', 'job_title'], ['Lý Thế Hiển', '+84 912 345 678', 'Giám đốc']])

    checked, done = bring(site, path, duplicates=policy, dry=True), bring(site, path, duplicates=policy)

    assert tally(checked) == tally(done) == counts
    assert sorted(title for (title,) in table(site, ['job_title'])) == titles


def test_a_double_out_of_reach_is_left_out_without_being_named(site: Site, tmp_path: Path) -> None:
    site.create('rep2', 'contact', full_name='Khách bí mật', email='kin@example.vn')
    path = csv_file(tmp_path, [['full_name', 'email'], ['Ai đó', 'kin@example.vn']])

    by_rule = bring(site, path, duplicates='update')
    by_key = bring(site, path, keys=['email'], duplicates='update', dry=True)

    assert tally(by_rule) == tally(by_key) == {'error': 1}
    assert 'Khách bí mật' not in by_rule.error_path.read_text() + repr(by_key.findings)  # type: ignore[union-attr]
    assert [each['code'] for each in by_key.findings[0]['problems']] == ['DUP-E002']


def test_a_value_that_must_be_unique_costs_its_own_row_only(site: Site, tmp_path: Path) -> None:
    site.create('admin', 'product', code='A1', name='Sàn gỗ')
    path = csv_file(tmp_path, [['code', 'name'], ['a1', 'Trùng kho'], ['B2', 'Mới'], ['b2', 'Trùng tệp'], ['C3', 'Mới nữa']])

    checked, done = bring(site, path, who='admin', entity='product', dry=True), bring(site, path, who='admin', entity='product')

    assert tally(checked) == tally(done) == {'create': 2, 'error': 2}
    assert [name for (name,) in table(site, ['name'], entity='product')] == ['Mới', 'Mới nữa', 'Sàn gỗ']


def test_check_finds_what_must_be_unique_across_its_chunks_too(
    sqlite_site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, admin = sqlite_site, sqlite_site.actor('admin')
    pair = {'key': 'once', 'label': {'en': 'Once'}, 'fields': ['name', 'unit']}
    plan = site.runtime.publisher.plan({'entities': {'product': {'x-unique-keys': [pair]}}}, admin)
    site.runtime.publisher.apply(plan.plan_id, admin)
    rows = [['B2', 'Mới', 'cái'], ['C3', 'Khác', 'cái'], ['b2', 'Trùng mã', 'cái'], ['D4', 'Mới', 'cái'], ['E5', 'Mới', 'bộ']]
    path = csv_file(tmp_path, [['code', 'name', 'unit'], *rows])
    monkeypatch.setattr('modules.imports.service.CHECKED_ROWS', 1)

    checked = bring(site, path, who='admin', entity='product', dry=True)
    done = bring(site, path, who='admin', entity='product')

    assert tally(checked) == tally(done) == {'create': 3, 'error': 2}
    assert [[each['code'] for each in found['problems']] for found in checked.findings] == [['REC-E020'], ['REC-E146']]


def test_links_by_an_ambiguous_name_are_refused_and_by_id_taken(site: Site, tmp_path: Path) -> None:
    first = site.create('rep', 'company', name='Thời trang Lụa Vạn', phone='0912000001')
    site.create('rep', 'company', name='Thời Trang Lụa Vạn', phone='0912000002')
    path = csv_file(tmp_path, [['full_name', 'company'], ['Theo tên', 'thoi trang lua van'], ['Theo mã', first]])

    done = bring(site, path, dry=True)

    assert tally(done) == {'create': 1, 'error': 1}
    assert [each['code'] for each in done.findings[0]['problems']] == ['IMP-E013']


def test_numbers_and_days_typed_by_a_workbook_keep_their_meaning(site: Site, tmp_path: Path) -> None:
    path = write_xlsx(
        tmp_path / 'a.xlsx',
        [
            ['full_name', 'phone', 'birthday', 'do_not_contact'],
            ['An', 912345678, date(1990, 5, 2), True],
            ['Bình', '', 45018, ''],
        ],
    )

    done = bring(site, path)

    assert tally(done) == {'create': 1, 'error': 1}
    assert table(site, ['full_name', 'phone', 'birthday', 'do_not_contact']) == [['An', '0912 345 678', '2 May 1990', 'Yes']]
    assert done.error_path is not None
    assert done.error_path.suffix == '.xlsx'


def test_every_row_of_an_import_belongs_to_one_operation(site: Site, tmp_path: Path) -> None:
    done = bring(site, csv_file(tmp_path, [['full_name'], *([f'Người {n}'] for n in range(150))]))

    with site.runtime.database.reading() as connection:
        stored = connection.execute(sa.select(operation.c.kind, operation.c.state, operation.c.id)).one()
        rows = connection.execute(
            sa.select(sa.func.count()).where(
                record_history.c.operation_id == done.operation_id, record_history.c.kind == 'created'
            )
        ).scalar_one()
    assert (stored.kind, stored.state, stored.id, rows) == ('import', 'done', done.operation_id, 150)


def test_an_interrupted_import_goes_on_after_its_last_committed_row(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = site.actor('leader')
    path = csv_file(tmp_path, [['full_name', 'email'], *([f'Người {n:03}', 'hỏng' if n == 5 else ''] for n in range(300))])
    kept = keeping.take_in(site.runtime, actor, 'contact', path, path.name, limit_bytes=None)
    seen: list[int] = []

    def die(outs: Sequence[Any]) -> None:
        seen.append(len(outs))
        if sum(seen) >= 100:
            raise KeyboardInterrupt

    monkeypatch.setattr('modules.operations.pace.MOST_ROWS', 100)
    monkeypatch.setattr('modules.operations.pace.Pace.rows', 100, raising=False)
    with pytest.raises(KeyboardInterrupt):
        keeping.run(site.runtime, actor, kept, die)
    stopped = keeping.get(site.runtime, kept.id, actor)
    done = keeping.run(site.runtime, actor, stopped)

    assert stopped.state == 'running'
    assert tally(done) == {'create': 299, 'error': 1}
    assert len({name for (name,) in table(site, ['full_name'])}) == 200  # a page holds 200 at most; each name is there once
    assert [cells[0] for _, cells in open_sheet(done.error_path).rows()] == ['7']  # type: ignore[arg-type]


def test_an_import_needs_the_right_and_reachable_fields(sqlite_site: Site, tmp_path: Path) -> None:
    path = csv_file(tmp_path, [['full_name', 'nonsense'], ['An', 'x']])
    actor = sqlite_site.actor('leader')
    kept = keeping.take_in(sqlite_site.runtime, actor, 'contact', path, path.name, limit_bytes=None)

    with pytest.raises(Invalid) as unknown:
        keeping.settle_plan(sqlite_site.runtime, actor, kept, {'nonsense': 'nothing', 'gone': 'email'}, (), 'skip')
    with pytest.raises(Invalid) as no_key:
        keeping.settle_plan(sqlite_site.runtime, actor, kept, {}, ['company'], 'skip')
    with pytest.raises(NotFound):
        keeping.get(sqlite_site.runtime, kept.id, sqlite_site.actor('rep2'))
    with pytest.raises(Forbidden):
        keeping.take_in(sqlite_site.runtime, sqlite_site.actor('rep'), 'contact', path, path.name, limit_bytes=None)

    assert [each.code for each in unknown.value.findings] == ['IMP-E006', 'IMP-E007']
    assert [each.code for each in no_key.value.findings] == ['IMP-E010']


def test_a_file_starts_workflows_only_when_it_shall(sqlite_site: Site, tmp_path: Path) -> None:
    actor, heard = sqlite_site.actor('leader'), []
    for name, wanted in (('Một', True), ('Hai', False)):
        path = write_csv(tmp_path / f'{wanted}.csv', [['Họ tên'], [name]])
        kept = keeping.take_in(sqlite_site.runtime, actor, 'contact', path, path.name, limit_bytes=None)
        kept = keeping.settle_plan(
            sqlite_site.runtime, actor, kept, {'Họ tên': 'full_name'}, (), 'create', workflows=wanted
        )  # fmt: skip
        keeping.run(sqlite_site.runtime, actor, keeping.check(sqlite_site.runtime, actor, kept))
        with sqlite_site.runtime.database.reading() as connection:
            heard.append(connection.execute(sa.select(sa.func.count()).select_from(outbox)).scalar_one())

    assert heard[0] > 0
    assert heard[1] == heard[0]
