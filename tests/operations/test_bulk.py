"""Bulk changes as operations, and what undoing them does, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from modules.imports import keeping as imports
from modules.operations import keeping, running, service
from modules.operations.service import Order
from modules.records.model import ListQuery
from schema.base.errors import Conflict, Invalid
from schema.base.outbox import outbox
from tests.support.site import Site


def contacts(site: Site, count: int, username: str = 'rep', **wire: object) -> list[str]:
    return [site.create(username, 'contact', full_name=f'Khách {number}', **wire) for number in range(count)]


def titles(site: Site, uids: list[str], key: str = 'job_title') -> list[object]:
    with site.runtime.reader(site.actor('admin')) as reader:
        return [reader.get('contact', uid).values.get(key) for uid in uids]


def edit(uids: list[str], **values: object) -> Order:
    return Order('edit', 'contact', {'uids': uids}, values)


def test_bulk_edit_changes_every_picked_record_and_says_what_it_did(site: Site) -> None:
    uids = contacts(site, 3)

    done = service.start(site.runtime, site.actor('rep'), edit(uids, job_title='Kế toán'))

    assert titles(site, uids) == ['Kế toán'] * 3
    assert (done.state, done.counts) == ('done', {'done': 3, 'skipped': 0, 'failed': 0, 'kept': 0})
    assert done.title == {'en': 'Change Job title of 3 contacts', 'vi': 'Sửa Chức vụ của 3 người liên hệ'}


def test_records_out_of_reach_are_refused_one_by_one_with_their_reasons(site: Site) -> None:
    own, other = contacts(site, 1), contacts(site, 1, 'rep2')

    done = service.start(site.runtime, site.actor('rep'), edit([*own, *other], job_title='Kế toán'))

    assert (done.counts['done'], done.counts['failed']) == (1, 1)
    assert [each.uid for each in done.reasons] == other
    assert titles(site, other) == [None]


def test_undo_sets_values_back_and_keeps_and_names_what_somebody_changed_since(site: Site) -> None:
    uids = contacts(site, 3, job_title='Cũ')
    done = service.start(site.runtime, site.actor('rep'), edit(uids, job_title='Mới', phone='0912345678'))
    site.runtime.write(site.actor('leader'), lambda store: store.update('contact', uids[0], {'job_title': 'Của trưởng nhóm'}))

    foreseen = service.forecast(site.runtime, site.actor('rep'), done.id)
    undone = service.undo(site.runtime, site.actor('rep'), done.id)

    assert (foreseen.set, foreseen.kept) == (3, 1)
    assert titles(site, uids) == ['Của trưởng nhóm', 'Cũ', 'Cũ']
    assert titles(site, uids, 'phone') == [None] * 3
    assert undone.counts == {'done': 3, 'skipped': 0, 'failed': 0, 'kept': 1}
    assert [each.uid for each in undone.reasons] == uids[:1]
    assert 'Job title' in undone.reasons[0].texts['en']
    assert keeping.read(site.runtime, done.id).state == 'partly'


def test_an_undo_can_be_undone_and_the_operation_undone_once_more(site: Site) -> None:
    uids = contacts(site, 2, job_title='Cũ')
    actor = site.actor('rep')
    done = service.start(site.runtime, actor, edit(uids, job_title='Mới'))

    undone = service.undo(site.runtime, actor, done.id)
    with pytest.raises(Conflict):
        service.undo(site.runtime, actor, done.id)
    service.undo(site.runtime, actor, undone.id)
    assert titles(site, uids) == ['Mới', 'Mới']
    assert keeping.read(site.runtime, done.id).state == 'done'

    service.undo(site.runtime, actor, done.id)
    assert titles(site, uids) == ['Cũ', 'Cũ']


def test_bulk_delete_is_undone_by_bringing_back_and_undo_starts_no_workflow(site: Site) -> None:
    uids = contacts(site, 2, 'admin')
    done = service.start(site.runtime, site.actor('admin'), Order('delete', 'contact', {'uids': uids}))
    with site.runtime.reader(site.actor('admin')) as reader:
        assert all(reader.get('contact', uid).deleted_at for uid in uids)
    events = count_events(site)

    service.undo(site.runtime, site.actor('admin'), done.id)

    with site.runtime.reader(site.actor('admin')) as reader:
        assert not any(reader.get('contact', uid).deleted_at for uid in uids)
    assert count_events(site) == events


def test_all_that_fit_a_filter_are_taken_across_pages_by_the_worker_and_nothing_that_came_later(site: Site) -> None:
    uids = contacts(site, 5, job_title='A')
    fits = {'filter': {'field': 'job_title', 'op': 'eq', 'value': 'A'}}
    order = Order('edit', 'contact', fits, {'job_title': 'B'}, workflows=False)

    waiting = service.start(site.runtime, site.actor('rep'), order, inline_rows=0)
    late = contacts(site, 1, job_title='A')
    events = count_events(site)
    assert waiting.state == 'waiting'
    assert running.drain(site.runtime) == 1

    assert titles(site, [*uids, *late]) == ['B'] * 5 + ['A']
    assert keeping.read(site.runtime, waiting.id).counts['done'] == 5
    assert count_events(site) == events


def test_wrong_values_and_empty_choices_are_told_before_anything_is_touched(site: Site) -> None:
    uids = contacts(site, 1)
    with pytest.raises(Invalid) as refusal:
        service.start(site.runtime, site.actor('rep'), edit(uids, phone='12', nonsense='x', full_name=None))
    assert [(each.code, each.pointer) for each in refusal.value.findings] == [
        ('REC-E001', '/values/full_name'), ('REC-E017', '/values/nonsense'), ('REC-E008', '/values/phone'),
    ]  # fmt: skip
    for order in (edit([]), edit(uids), Order('dance', 'contact', {'uids': uids})):
        with pytest.raises(Invalid):
            service.start(site.runtime, site.actor('rep'), order)


def count_events(site: Site) -> int:
    with site.runtime.database.reading() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(outbox)).scalar_one()


def test_an_import_is_undone_with_its_new_records_binned_unless_somebody_needs_them(site: Site, tmp_path: Path) -> None:
    path = tmp_path / 'firms.csv'
    path.write_text('name,industry\nDệt may Phú Thịnh,\nGỗ Trường Thành,\nThép Hòa Phát,\n', encoding='utf-8')
    runtime, admin = site.runtime, site.actor('admin')
    kept = imports.take_in(runtime, admin, 'company', path, 'firms.csv', limit_bytes=None)
    kept = imports.settle_plan(runtime, admin, kept, {'name': 'name', 'industry': ''}, (), 'create')
    operation_id = imports.run(runtime, admin, kept).operation_id
    assert operation_id is not None
    with runtime.reader(admin) as reader:
        firms = {record.title: record.uid for record in reader.list_page('company', ListQuery()).records}
    site.create('admin', 'contact', full_name='Ngô Hải Hà', company=firms['Gỗ Trường Thành'])
    runtime.write(admin, lambda store: store.update('company', firms['Thép Hòa Phát'], {'phone': '02438256789'}))

    undone = service.undo(runtime, admin, operation_id)

    with runtime.reader(admin) as reader:
        left = {record.title for record in reader.list_page('company', ListQuery()).records}
    assert left == {'Gỗ Trường Thành', 'Thép Hòa Phát'}
    assert undone.counts == {'done': 1, 'skipped': 2, 'failed': 0, 'kept': 0}
    assert {each.uid for each in undone.reasons} == {firms['Gỗ Trường Thành'], firms['Thép Hòa Phát']}
    assert keeping.read(runtime, operation_id).title['vi'] == 'Nhập firms.csv vào công ty'
