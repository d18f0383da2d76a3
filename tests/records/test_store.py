"""What the store promises, on both databases."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from modules.records.model import ListQuery
from modules.records.tables import record_history
from schema.base.errors import Conflict, Forbidden, Invalid, NotFound
from schema.base.ids import new_uid
from schema.base.outbox import outbox
from tests.support.site import Site


def codes(error: pytest.ExceptionInfo[Invalid | Conflict | Forbidden | NotFound]) -> list[tuple[str, str]]:
    return [(each.code, each.pointer) for each in error.value.findings]


def test_created_record_is_read_back_as_it_was_meant(site: Site) -> None:
    company = site.create('rep', 'company', name='Dệt may Phú Thịnh')

    uid = site.create(
        'rep', 'contact', full_name='  Đặng   Thị Yến Nhi ', phone='+84 912 345 678', email='Yen.Nhi@Example.VN',
        birthday='1988-11-24', company=company,
    )  # fmt: skip

    with site.runtime.reader(site.actor('rep')) as reader:
        wire = reader.get('contact', uid, ('full_name', 'phone', 'email', 'birthday', 'company', 'owner', 'team')).wire()
    assert wire == {
        'uid': uid,
        'revision': 1,
        'full_name': 'Đặng Thị Yến Nhi',
        'phone': '+84912345678',
        'email': 'Yen.Nhi@example.vn',
        'birthday': '1988-11-24',
        'company': {'uid': company, 'label': 'Dệt may Phú Thịnh'},
        'owner': {'uid': 'rep', 'label': 'Đỗ Hải Long'},
        'team': {'uid': wire['team']['uid'], 'label': 'North'},
    }


def test_every_finding_is_reported_at_once_and_nothing_is_written(site: Site) -> None:
    with pytest.raises(Invalid) as refusal:
        site.create('rep', 'contact', email='no address', phone='12', birthday='31.02.', nonsense='x', company=new_uid())

    assert codes(refusal) == [
        ('REC-E010', '/birthday'), ('REC-E027', '/company'), ('REC-E007', '/email'), ('REC-E001', '/full_name'),
        ('REC-E017', '/nonsense'), ('REC-E008', '/phone'),
    ]  # fmt: skip
    with site.runtime.reader(site.actor('admin')) as reader:
        assert reader.count('contact', ListQuery()).value == 0


def test_only_touched_fields_change_and_the_history_holds_old_and_new(site: Site) -> None:
    uid = site.create('rep', 'contact', full_name='Lý Thế Hiển', job_title='Kế toán')

    saved = site.runtime.write(site.actor('rep'), lambda store: store.update('contact', uid, {'job_title': 'Kế toán trưởng'}))

    assert (saved.revision, saved.changed) == (2, ('job_title',))
    with site.runtime.reader(site.actor('rep')) as reader:
        newest = reader.timeline('contact', uid)[0]
        record = reader.get('contact', uid, ('full_name', 'job_title'))
    assert (newest.kind, newest.actor, newest.changes) == (
        'updated',
        'Đỗ Hải Long',
        {'job_title': ('Kế toán', 'Kế toán trưởng')},
    )
    assert record.values == {'full_name': 'Lý Thế Hiển', 'job_title': 'Kế toán trưởng'}


def test_saving_what_is_there_already_writes_nothing(site: Site) -> None:
    uid = site.create('rep', 'contact', full_name='Ngô Hải Hà', phone='0912 345 678')

    saved = site.runtime.write(site.actor('rep'), lambda store: store.update('contact', uid, {'phone': '+84912345678'}))

    assert (saved.revision, saved.changed) == (1, ())
    with site.runtime.reader(site.actor('rep')) as reader:
        assert len(reader.timeline('contact', uid)) == 1


def test_a_value_from_before_a_bound_stays_until_it_is_changed(site: Site) -> None:
    admin, publisher = site.actor('admin'), site.runtime.publisher

    def publish(**keywords: int) -> None:
        request = {'entities': {'company': {'properties': {'floors': {'x-type': 'integer', **keywords}}}}}
        assert publisher.apply(publisher.plan(request, admin).plan_id, admin).state == 'done'

    def update(**values: object) -> tuple[str, ...]:
        return site.runtime.write(admin, lambda store: store.update('company', uid, values)).changed

    publish()
    uid = site.create('admin', 'company', name='Dệt may Phú Thịnh', floors=9)
    publish(maximum=5)

    assert update(name='Dệt may Thịnh Phú', floors=9) == ('name',)
    assert update(name='Dệt Phú Thịnh', floors='9') == ('name',)
    with pytest.raises(Invalid) as refusal:
        update(floors=8)
    assert codes(refusal) == [('REC-E006', '/floors')]


def test_two_people_changing_different_fields_are_merged(site: Site) -> None:
    uid = site.create('rep', 'contact', full_name='Bùi Đức Thịnh')
    site.runtime.write(
        site.actor('leader'), lambda store: store.update('contact', uid, {'job_title': 'Giám đốc'}, base_revision=1)
    )

    saved = site.runtime.write(
        site.actor('rep'), lambda store: store.update('contact', uid, {'phone': '0914076233'}, base_revision=1)
    )

    assert saved.revision == 3


def test_two_people_changing_the_same_field_conflict_by_name(site: Site) -> None:
    uid = site.create('rep', 'contact', full_name='Bùi Đức Thịnh')
    site.runtime.write(
        site.actor('leader'), lambda store: store.update('contact', uid, {'job_title': 'Giám đốc'}, base_revision=1)
    )

    with pytest.raises(Conflict) as refusal:
        site.runtime.write(
            site.actor('rep'),
            lambda store: store.update('contact', uid, {'job_title': 'Phó giám đốc', 'phone': '0914076233'}, base_revision=1),
        )

    assert codes(refusal) == [('REC-E019', '/job_title')]
    assert refusal.value.findings[0].params['who'] == 'Nguyễn Thu Hà'
    with site.runtime.reader(site.actor('rep')) as reader:
        assert reader.get('contact', uid, ('job_title', 'phone')).wire()['phone'] is None


def test_the_same_uid_sent_twice_makes_one_record(site: Site) -> None:
    uid = new_uid()
    first = site.runtime.write(
        site.actor('rep'), lambda store: store.create('contact', {'full_name': 'Cao Xuân Trường'}, uid=uid)
    )

    again = site.runtime.write(
        site.actor('rep'), lambda store: store.create('contact', {'full_name': 'Cao Xuân Trường'}, uid=uid)
    )

    assert (first.id, first.uid) == (again.id, again.uid)
    with pytest.raises(Conflict) as refusal:
        site.runtime.write(site.actor('rep2'), lambda store: store.create('contact', {'full_name': 'X'}, uid=uid))
    assert codes(refusal) == [('REC-E032', '/uid')]


def test_a_record_out_of_reach_is_not_found_for_reading_and_writing(site: Site) -> None:
    uid = site.create('rep', 'contact', full_name='Tạ Minh Khuê')
    attempts = (
        lambda store: store.update('contact', uid, {'job_title': 'x'}),
        lambda store: store.delete('contact', uid),
    )

    for attempt in attempts:
        with pytest.raises(NotFound) as refusal:
            site.runtime.write(site.actor('rep2'), attempt)
        assert codes(refusal) == [('REC-E028', '')]
    with site.runtime.reader(site.actor('rep2')) as reader, pytest.raises(NotFound):
        reader.get('contact', uid)
    with site.runtime.reader(site.actor('leader')) as reader:
        assert reader.get('contact', uid).title == 'Tạ Minh Khuê'


def test_a_link_may_not_be_set_to_a_record_one_cannot_see(site: Site) -> None:
    hidden = site.create('rep2', 'company', name='Điện lạnh Hoà Phát Lộc')

    with pytest.raises(Invalid) as refusal:
        site.create('rep', 'contact', full_name='Lâm Chí Vĩ', company=hidden)

    assert codes(refusal) == [('REC-E027', '/company')]


def test_a_hidden_link_shows_no_label_and_sent_back_changes_nothing(site: Site) -> None:
    company = site.create('manager', 'company', name='Kiến trúc Nếp Nhà')
    uid = site.create('manager', 'contact', full_name='Phan Thị Thuỳ Dương', company=company, owner='rep')

    with site.runtime.reader(site.actor('rep')) as reader:
        shown = reader.get('contact', uid, ('company',)).wire()['company']
    saved = site.runtime.write(
        site.actor('rep'), lambda store: store.update('contact', uid, {'company': {'hidden': True}, 'job_title': 'KTS'})
    )

    assert shown == {'hidden': True}
    assert saved.changed == ('job_title',)
    with site.runtime.reader(site.actor('manager')) as reader:
        assert reader.get('contact', uid, ('company',)).wire()['company'] == {'uid': company, 'label': 'Kiến trúc Nếp Nhà'}


def test_a_stage_gate_names_what_is_missing_and_opens_when_it_is_there(site: Site) -> None:
    company = site.create('rep', 'company', name='Logistics Bắc Nam')
    uid = site.create('rep', 'opportunity', title='Kho lạnh', company=company, stage='quote')

    with pytest.raises(Invalid) as refusal:
        site.runtime.write(site.actor('rep'), lambda store: store.update('opportunity', uid, {'stage': 'negotiate'}))
    saved = site.runtime.write(
        site.actor('rep'), lambda store: store.update('opportunity', uid, {'stage': 'negotiate', 'amount': '120000000'})
    )

    assert codes(refusal) == [('REC-E022', '/stage')]
    assert refusal.value.findings[0].params['keys'] == ['amount']
    assert set(saved.changed) == {'stage', 'amount'}


def test_deleting_moves_to_the_bin_and_restoring_brings_back(site: Site) -> None:
    uid = site.create('rep', 'contact', full_name='Võ Hoàng Phượng Vỹ')

    site.runtime.write(site.actor('rep'), lambda store: store.delete('contact', uid))
    with site.runtime.reader(site.actor('rep')) as reader:
        live = reader.list_page('contact', ListQuery()).records
        binned = [record.uid for record in reader.list_page('contact', ListQuery(deleted=True)).records]
    site.runtime.write(site.actor('rep'), lambda store: store.restore('contact', uid))

    assert (live, binned) == ((), [uid])
    with site.runtime.reader(site.actor('rep')) as reader:
        assert [record.uid for record in reader.list_page('contact', ListQuery()).records] == [uid]


def test_a_company_with_live_opportunities_cannot_be_deleted(site: Site) -> None:
    company = site.create('rep', 'company', name='Cơ khí Thành Đạt')
    opportunity = site.create('rep', 'opportunity', title='Xưởng 2', company=company)

    with pytest.raises(Invalid) as refusal:
        site.runtime.write(site.actor('rep'), lambda store: store.delete('company', company))
    site.runtime.write(site.actor('rep'), lambda store: store.delete('opportunity', opportunity))
    site.runtime.write(site.actor('rep'), lambda store: store.delete('company', company))

    assert codes(refusal) == [('REC-E034', '')]


def test_change_history_and_event_are_written_together_or_not_at_all(site: Site) -> None:
    def fail_after_writing(store: object) -> None:
        store.create('contact', {'full_name': 'Không lưu'})  # type: ignore[attr-defined]
        raise RuntimeError('the edge failed')

    with pytest.raises(RuntimeError):
        site.runtime.write(site.actor('rep'), fail_after_writing)

    with site.runtime.database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(record_history)).scalar() == 0
        assert connection.execute(sa.select(sa.func.count()).select_from(outbox)).scalar() == 0


def test_events_name_what_changed_by_ref(site: Site) -> None:
    uid = site.create('rep', 'contact', full_name='Hồ Thị Kim Oanh')

    site.runtime.write(site.actor('rep'), lambda store: store.update('contact', uid, {'job_title': 'CEO'}))

    ref = site.runtime.catalogs.current().entity('contact').fields['job_title'].ref
    with site.runtime.database.reading() as connection:
        rows = connection.execute(sa.select(outbox.c.name, outbox.c.changed).order_by(outbox.c.id)).all()
    assert [row.name for row in rows] == ['record.created', 'record.updated']
    assert rows[1].changed == {ref: [None, 'CEO']}


@pytest.mark.parametrize(
    ('who', 'allowed'), [('admin', True), ('rep', False)], ids=['may write products', 'may only read products']
)
def test_a_role_without_the_grant_is_refused_with_a_reason(sqlite_site: Site, who: str, allowed: bool) -> None:
    if allowed:
        assert sqlite_site.create(who, 'product', name='Ghế GX-7', code='GX-7')
    else:
        with pytest.raises(Forbidden) as refusal:
            sqlite_site.create(who, 'product', name='Ghế GX-7', code='GX-7')
        assert 'PRM-E001' in [each.code for each in refusal.value.findings]


def test_a_unique_code_is_refused_without_naming_the_other_record(site: Site) -> None:
    site.create('admin', 'product', name='Ghế GX-7', code='GX-7')

    with pytest.raises(Conflict) as refusal:
        site.create('admin', 'product', name='Ghế khác', code='gx-7')

    assert codes(refusal) == [('REC-E020', '/code')]
