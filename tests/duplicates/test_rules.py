"""What duplicate rules find, on both databases, through the store and while typing."""

from __future__ import annotations

import pytest

from modules.duplicates.service import find_duplicates
from modules.records.preparing import Change
from schema.base.errors import Conflict
from schema.base.findings import Finding
from schema.base.ids import new_uid
from tests.support.site import Site


def refused(site: Site, who: str, entity: str, **wire: object) -> list[Finding]:
    """Findings of a record that a person is not allowed to save without a word."""
    with pytest.raises(Conflict) as refusal:
        site.runtime.write(site.actor(who), lambda store: store.create(entity, wire, accept=()))
    return list(refusal.value.findings)


@pytest.mark.parametrize('spelling', ['0912345678', '+84 912 345 678', '84912345678', '0912.345.678'])
def test_a_phone_is_found_in_any_spelling(site: Site, spelling: str) -> None:
    uid = site.create('rep', 'contact', full_name='Đặng Thị Yến Nhi', phone='0912 345 678')

    found = refused(site, 'rep', 'contact', full_name='Ai đó', phone=spelling)

    assert [(each.code, each.level, each.pointer, each.params['uid'], each.params['label']) for each in found] == [
        ('DUP-E001', 'error', '/phone', uid, 'Đặng Thị Yến Nhi')
    ]


def test_numbers_of_before_2018_meet_their_new_spelling(site: Site) -> None:
    site.create('rep', 'contact', full_name='Lý Thế Hiển', phone='01689224517')

    assert [each.code for each in refused(site, 'rep', 'contact', full_name='Ai đó', phone='0389 224 517')] == ['DUP-E001']


def test_names_match_without_accents_only_together_with_the_company(site: Site) -> None:
    company = site.create('rep', 'company', name='Kiến trúc Nếp Nhà')
    site.create('rep', 'contact', full_name='Đặng Thị Yến', company=company)

    site.create('rep', 'contact', full_name='dang thi yen')  # no company: a blank never matches
    found = refused(site, 'rep', 'contact', full_name='DANG THI YEN', company=company)

    assert [(each.code, [label['en'] for label in each.params['fields']]) for each in found] == [
        ('DUP-E001', ['Full name', 'Company'])
    ]


@pytest.mark.parametrize(
    'name',
    [
        'CÔNG TY TNHH MỘC AN',
        'Moc An Co., Ltd.',
        'Công ty cổ phần Mộc An',
        'CTCP Mộc An',
        'Mộc An JSC',
        'mộc an company limited',
    ],
)
def test_companies_match_without_their_legal_form(site: Site, name: str) -> None:
    site.create('rep', 'company', name='Công ty TNHH MTV Mộc An')

    assert [each.code for each in refused(site, 'rep', 'company', name=name)] == ['DUP-E001']


@pytest.mark.parametrize('name', ['Công ty TNHH Mộc Anh', 'Mộc An Phát', 'Công ty TNHH'])
def test_other_companies_do_not_match(site: Site, name: str) -> None:
    site.create('rep', 'company', name='Công ty TNHH Mộc An')

    assert site.create('rep', 'company', name=name)


def test_a_warning_passes_when_its_rule_is_accepted_and_a_block_never(site: Site) -> None:
    site.create('rep', 'contact', full_name='Ngô Hải Hà', phone='0912345678', email='ha@example.vn')
    warned = refused(site, 'rep', 'contact', full_name='Ai đó', phone='0912345678')[0]

    saved = site.runtime.write(
        site.actor('rep'),
        lambda store: store.create('contact', {'full_name': 'Ai đó', 'phone': '0912345678'}, accept=(warned.params['rule'],)),
    )
    with pytest.raises(Conflict) as blocked:
        site.create('rep', 'contact', full_name='Ai đó', email='HA@example.vn')

    assert [(each.code, each.level) for each in saved.warnings] == [('DUP-E001', 'warning')]
    assert [(each.code, each.params['action']) for each in blocked.value.findings] == [('DUP-E001', 'block')]


def test_a_match_out_of_reach_tells_that_it_exists_and_nothing_else(site: Site) -> None:
    uid = site.create('rep2', 'contact', full_name='Khách của nhóm Nam', phone='0912345678', email='kin@example.vn')

    found = refused(site, 'rep', 'contact', full_name='Ai đó', phone='0912345678')

    assert [each.code for each in found] == ['DUP-E002']
    told = repr(found) + found[0].text('vi') + found[0].hint_text('vi') + repr(found[0].as_wire('en'))
    assert not any(secret in told for secret in (uid, 'Khách của nhóm Nam', 'kin@example.vn', 'rep2'))


def test_a_match_within_reach_is_named_to_the_lead_who_sees_it(site: Site) -> None:
    uid = site.create('rep', 'contact', full_name='Khách của Long', phone='0912345678')

    assert [each.params['uid'] for each in refused(site, 'leader', 'contact', full_name='Ai', phone='0912345678')] == [uid]


def test_an_update_is_checked_only_when_a_matched_field_really_changes(site: Site) -> None:
    site.create('rep', 'contact', full_name='Một', phone='0912345678')
    twin = site.create('rep', 'contact', full_name='Hai', phone='0912345678')
    other = site.create('rep', 'contact', full_name='Ba', phone='0987654321')
    rep = site.actor('rep')

    kept = site.runtime.write(
        rep, lambda store: store.update('contact', twin, {'full_name': 'Hai mới', 'phone': '0912 345 678'}, accept=())
    )
    with pytest.raises(Conflict) as refusal:
        site.runtime.write(rep, lambda store: store.update('contact', other, {'phone': '0912345678'}, accept=()))

    assert kept.changed == ('full_name',)
    assert [each.code for each in refusal.value.findings] == ['DUP-E001', 'DUP-E001']


def test_a_deleted_record_is_nobodys_double(site: Site) -> None:
    uid = site.create('rep', 'contact', full_name='Một', email='mot@example.vn')
    site.runtime.write(site.actor('rep'), lambda store: store.delete('contact', uid))

    assert site.create('rep', 'contact', full_name='Hai', email='mot@example.vn')


def test_a_batch_is_compared_with_itself_and_with_what_is_stored(site: Site) -> None:
    site.create('rep', 'contact', full_name='Cũ', email='cu@example.vn')
    rows = [
        {'full_name': 'A', 'email': 'a@example.vn'},
        {'full_name': 'B', 'email': 'A@Example.vn'},
        {'full_name': 'C', 'email': 'cu@example.vn'},
        {'full_name': 'D', 'phone': '0912345678'},
        {'full_name': 'E', 'phone': '+84912345678'},
        {'full_name': 'F'},
        {'full_name': 'G'},
    ]
    found: dict[str, list[tuple[str, str]]] = {}

    def work(store) -> int:  # type: ignore[no-untyped-def]
        entity = store.catalog.entity('contact')
        changes = [Change(entity, new_uid(), wire, pointer=f'/{number}') for number, wire in enumerate(rows, 2)]
        saved = store.create_many('contact', changes)
        for change in changes:
            found[change.wire['full_name']] = [(each.code, each.level) for each in change.findings]
        return len(saved)

    assert site.runtime.write(site.actor('rep'), work) == 5
    assert found == {
        'A': [], 'B': [('DUP-E003', 'error')], 'C': [('DUP-E001', 'error')], 'D': [], 'E': [('DUP-E003', 'warning')],
        'F': [], 'G': [],
    }  # fmt: skip


def test_many_company_names_are_looked_up_at_once(site: Site) -> None:
    for name in ('Sông Hàn', 'Công ty TNHH Đông Đô Mới'):
        site.create('rep', 'company', name=name)
    names = [f'Công ty {number}' for number in range(40)] + ['SONG HAN CO., LTD', 'Đông Đô Mới JSC']
    refused_names: list[str] = []

    def work(store) -> None:  # type: ignore[no-untyped-def]
        entity = store.catalog.entity('company')
        changes = [Change(entity, new_uid(), {'name': name}, pointer=f'/{number}') for number, name in enumerate(names)]
        store.create_many('company', changes, accept=())
        refused_names.extend(change.wire['name'] for change in changes if change.findings)

    site.runtime.write(site.actor('rep'), work)

    assert refused_names == ['SONG HAN CO., LTD', 'Đông Đô Mới JSC']


def test_what_is_typed_is_matched_with_names_in_reach_and_hints_beyond_it(site: Site) -> None:
    mine = site.create('rep', 'contact', full_name='Ngô Hải Hà', phone='0912345678', email='ha@example.vn')
    site.create('rep2', 'contact', full_name='Bí mật', email='kin@example.vn')

    with site.runtime.reader(site.actor('rep')) as reader:
        entity = reader.catalog.entity('contact')
        seen = find_duplicates(reader, entity, {'phone': '+84912345678', 'email': 'ha@example.vn'}, None)
        itself = find_duplicates(reader, entity, {'phone': '+84912345678'}, mine)
        hidden = find_duplicates(reader, entity, {'email': 'kin@example.vn'}, None)

    assert [(each.uid, each.title, each.blocks, len(each.rules)) for each in seen] == [(mine, 'Ngô Hải Hà', True, 2)]
    assert itself == []
    assert [(each.uid, each.title, each.hidden) for each in hidden] == [('', '', True)]
