"""Links to records, people and teams that become words, and words that become links: by what exactly one of them is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from migrations.converting import BECOMES
from migrations.neighbours import LEADING, POINTING, RECORDS
from migrations.pace import in_two_turns
from migrations.unread import stream_unread
from permissions.tables import ab_user, team
from schema.base.ids import new_uid
from schema.fieldtypes.base import Reading
from schema.values import Link
from tests.migrations.conftest import ADA, NOW, Shop, label
from tests.migrations.test_link_changes import add_firm, during_backfill, left_over, links, of, set_links

OPTIONS = [{'key': key, 'label': {'en': text}} for key, text in (('sen', 'Hoa Sen'), ('an', 'Nguyễn An'), ('north', 'North'))]
KEYWORDS: Mapping[str, dict[str, Any]] = {
    'link': {'x-target': 'company'}, 'link_any': {'x-targets': ['contact', 'company']}, 'links': {'x-target': 'company'},
    'picklist': {'x-options': OPTIONS}, 'multi_picklist': {'x-options': OPTIONS},
}  # fmt: skip
CODED: dict[str, Any] = {
    'code': {'x-type': 'text', 'x-label': label('Code'), 'x-unique': True},
    'email': {'x-type': 'email', 'x-label': label('Mail'), 'x-unique': True},
    'phone': {'x-type': 'phone', 'x-label': label('Phone'), 'x-unique': True},
    'web': {'x-type': 'url', 'x-label': label('Web'), 'x-unique': True},
    'tax': {'x-type': 'text', 'x-label': label('Tax code'), 'x-unique': True},
}
CALLED: Mapping[str, str] = {
    'link': 'Hoa Sen', 'links': 'Hoa Sen', 'link_any': 'Hoa Sen', 'user': 'Nguyễn An', 'team': 'North',
}  # fmt: skip
KEYS: Mapping[str, str] = {'Hoa Sen': 'sen', 'Nguyễn An': 'an', 'North': 'north'}
ENTERED: Mapping[str, Mapping[str, Any]] = {
    'email': {'user': 'an@a.vn', **dict.fromkeys(('link', 'links'), 'mail@hoasen.vn')},
    'phone': dict.fromkeys(('link', 'links'), '0912345678'), 'url': dict.fromkeys(('link', 'links'), 'https://hoasen.vn'),
    'integer': {'link': 42}, 'picklist': {target: KEYS[name] for target, name in CALLED.items()},
    'multi_picklist': {target: [KEYS[name]] for target, name in CALLED.items()},
    'tags': {target: [name] for target, name in CALLED.items()},
}  # fmt: skip
PAIRS = [
    ('text', 'link_any'), ('long_text', 'links'), ('email', 'user'), ('phone', 'links'), ('url', 'link'), ('integer', 'link'),
    ('picklist', 'team'), ('multi_picklist', 'links'), ('tags', 'links'), ('tags', 'link'), ('link', 'tags'), ('link', 'user'),
    ('link_any', 'picklist'), ('link_any', 'long_text'), ('user', 'link'), ('team', 'text'), ('links', 'text'),
    ('links', 'tags'), ('links', 'multi_picklist'), ('link', 'stage'),
]  # fmt: skip
"""Every type on either side that has to do with links."""
STAGED = {'x-pipelines': [{'key': 'way', 'label': label('Way'), 'stages': [{**each, 'category': 'open'} for each in OPTIONS]}]}
COMPANY = '/entities/contact/properties/company'
SIZE = '/entities/contact/properties/size'


@pytest.fixture
def firms(shop: Shop) -> dict[str, int]:
    """Version 2, where companies have codes: Hoa Sen and two called FPT are live, Viettel is in the bin. And An, of North."""
    shop.publish(entities={'company': {'properties': CODED}})
    entity = shop.catalog.entity('company')
    rows = {'sen': 'Hoa Sen', 'fpt': 'FPT', 'fpt2': 'FPT', 'gone': 'Viettel'}
    ids = {}
    with shop.database.writing() as connection:
        for code, name in rows.items():
            said = {'name': name, 'code': code.upper()}
            if code == 'sen':
                said |= {'email': 'Mail@hoasen.vn', 'phone': '0912345678', 'web': 'https://hoasen.vn', 'tax': '42'}
            row: dict[str, Any] = {'uid': new_uid(), 'created_at': NOW, 'changed_at': NOW, 'revision': 1}
            for key, wire in said.items():
                each = entity.fields[key]
                row |= each.to_columns(each.type.normalise(each.definition, wire, Reading('vi')))
            row['deleted_at'] = NOW if code == 'gone' else None
            ids[code] = int(connection.execute(entity.table.insert().values(row).returning(entity.table.c.id)).scalar_one())
        person = {'id': 7, 'first_name': 'An', 'last_name': 'Nguyễn', 'username': 'an', 'email': 'an@a.vn', 'active': True}
        connection.execute(ab_user.insert().values(person))
        connection.execute(team.insert().values(id=5, uid='team-north', name='North', created_at=NOW))
    return ids


def fields(kind_of: Any) -> dict[str, Any]:
    kinds = {f'{source}_{target}': kind_of(source, target) for source, target in PAIRS}
    return {key: {'x-type': kind, 'x-label': label(key), **KEYWORDS.get(kind, {})} for key, kind in kinds.items()}


def pointer(firms: Mapping[str, int], source: str, target: str) -> Link:
    """What a field of the pairs points to while it is of type `source`: where people and records turn into each other, one that
    is called as they are."""
    if source in {'user', 'team'}:
        return {'user': Link('@user', 'an', 7), 'team': Link('@team', 'team-north', 5)}[source]
    return Link('company', '', firms['an' if target == 'user' else 'sen'])


def stored(shop: Shop) -> dict[str, Any]:
    """Wire values by field of the one contact; links by the ids they point to."""
    with shop.database.reading() as connection:
        row = dict(connection.execute(sa.select(shop.contact.table)).mappings().one())
    found: dict[str, Any] = {}
    for key, each in shop.contact.fields.items():
        if '_' in key and not each.system:
            value = each.from_row(row)
            found[key] = value.id if isinstance(value, Link) else each.wire(value)
            if each.is_collection:
                found[key] = links(shop, key).get(row['id'])
    return found


def expected_of(firms: Mapping[str, int], source: str, target: str) -> Any:
    if target in LEADING:
        found = pointer(firms, target, source).id
        return [found] if target == 'links' else found
    called = CALLED[source]
    chosen = {'tags': [called], 'picklist': KEYS[called], 'multi_picklist': [KEYS[called]], 'stage': KEYS[called]}
    return chosen.get(target, called)


def test_every_type_is_carried() -> None:
    possible = {
        (source, target) for source in BECOMES for target in BECOMES[source]
        if source != target and {source, target} & LEADING and not {source, target} <= RECORDS
    }  # fmt: skip
    assert set(PAIRS) <= possible
    for side in (0, 1):
        assert {pair[side] for pair in PAIRS} == {pair[side] for pair in possible}


def test_words_and_links_convert_by_name_and_return(shop: Shop, firms: dict[str, int]) -> None:
    firms |= {'an': add_firm(shop, 'Nguyễn An')}
    shop.publish(entities={'contact': {'properties': fields(lambda source, _: source)}})
    values: dict[str, Any] = {'full_name': 'Chi'}
    for source, target in PAIRS:
        each = shop.contact.fields[f'{source}_{target}']
        if source in POINTING:
            values[each.key] = pointer(firms, source, target)
        elif source not in LEADING:
            wire = ENTERED.get(source, CALLED)[target]
            values[each.key] = each.type.normalise(each.definition, wire, Reading('vi'))
    contact = shop.insert(**values)
    for target in (target for source, target in PAIRS if source == 'links'):
        set_links(shop, f'links_{target}', contact, firms['sen'])
    before = stored(shop)
    shop.publish(entities={'contact': {**STAGED, 'properties': fields(lambda _, target: target)}})

    expected = {f'{source}_{target}': expected_of(firms, source, target) for source, target in PAIRS}
    assert stored(shop) == {'full_name': 'Chi', **expected}
    assert shop.publisher.count_unread(shop.catalog.number) == 0
    assert left_over(shop) == []

    shop.roll_back(3)
    assert stored(shop) == before


def test_words_become_links_where_exactly_one_record_is_called_so(
    shop: Shop, firms: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for size in ('hoa  SEN', 'fpt2', 'FPT', 'Viettel', 'Nobody', None):
        shop.insert(full_name=f'of {size}', size=size)
    request = {'contact': {'properties': {'size': {'x-type': 'link', 'x-target': 'company'}}}}
    plan = shop.plan(entities=request)
    told = plan.impact[0]
    assert (told.finding.code, told.finding.params['converted'], told.finding.params['failed']) == ('MIG-W003', 2, 3)
    assert [each['value'] for each in told.samples] == ['FPT', 'Viettel', 'Nobody']

    wrong = shop.plan(entities=request, answers={SIZE: {'map': {'FPT': 'Hoa Sen', 'Nobody': 'FPT'}}})
    assert [(each.code, each.params['value'], each.params['count']) for each in wrong.findings] == [('MIG-E020', 'FPT', 2)]
    during_backfill(monkeypatch, lambda: shop.update(6, size='FPT2'))
    shop.apply(shop.plan(entities=request, answers={SIZE: {'map': {'FPT': 'Hoa Sen'}}}))

    sen, fpt2 = firms['sen'], firms['fpt2']
    linked = [None if each is None else each.id for each in shop.values('size')]
    assert linked == [sen, fpt2, sen, None, None, fpt2]
    assert [(each.title, each.value) for each in stream_unread(shop.database, 3)] == [
        ('of Viettel', 'Viettel'), ('of Nobody', 'Nobody')
    ]  # fmt: skip
    assert left_over(shop) == []

    shop.update(1, size=of(firms['fpt']))
    shop.update(5, size=of(sen))
    monkeypatch.undo()
    shop.roll_back(2)
    assert shop.values('size') == ['FPT', 'fpt2', 'FPT', 'Viettel', 'Hoa Sen', 'FPT2']


def test_a_link_becomes_words_and_a_rollback_finds_the_records_again(shop: Shop, firms: dict[str, int]) -> None:
    for code in ('sen', 'gone', 'fpt', None):
        shop.insert(full_name=f'of {code}', company=of(firms[code]) if code else None)
    shop.publish(entities={'contact': {'properties': {'company': {'x-type': 'text'}}}})
    assert shop.values('company') == ['Hoa Sen', 'Viettel', 'FPT', None]

    shop.update(1, company='FPT2')
    shop.update(4, company='Somebody else')
    told = shop.publisher.rollback_plan(2, ADA).impact[0]
    assert (told.finding.params['converted'], told.finding.params['failed']) == (3, 1)

    shop.roll_back(2, answers={COMPANY: {'map': {'Somebody else': 'SEN'}}})
    ids = [None if each is None else each.id for each in shop.values('company')]
    assert ids == [firms['fpt2'], firms['gone'], firms['fpt'], firms['sen']]


def test_words_become_several_links_and_are_words_again(
    shop: Shop, firms: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one name before the marks between names are looked at; records in the bin are not found."""
    comma = add_firm(shop, 'Sữa, Đường')
    for size in ('Hoa Sen; fpt2', 'hoa sen, FPT2, hoa sen', 'Sữa, Đường', 'Hoa Sen, FPT', 'Viettel', None):
        shop.insert(full_name=f'of {size}', size=size)
    request = {'contact': {'properties': {'size': {'x-type': 'links', 'x-target': 'company'}}}}
    told = shop.plan(entities=request).impact[0]
    assert (told.finding.code, told.finding.params['converted'], told.finding.params['failed']) == ('MIG-W003', 3, 2)
    assert [each['value'] for each in told.samples] == ['Hoa Sen, FPT', 'Viettel']

    sen, fpt2 = firms['sen'], firms['fpt2']
    answers = {SIZE: {'map': {'Hoa Sen, FPT': ['Hoa Sen', 'fpt2'], 'Viettel': 'FPT'}, 'default': 'nobody'}}
    wrong = shop.plan(entities=request, answers=answers).findings
    at = f'/answers/{SIZE.replace("/", "~1")}'
    assert [(each.code, each.pointer, each.params['count']) for each in wrong] == [
        ('MIG-E020', f'{at}/default', 0), ('MIG-E020', f'{at}/map/Viettel', 2)
    ]  # fmt: skip
    with monkeypatch.context() as patch:
        during_backfill(patch, lambda: shop.update(6, size='FPT2'))
        shop.apply(shop.plan(entities=request, answers={SIZE: {'map': {'Hoa Sen, FPT': ['Hoa Sen', 'fpt2']}}}))
    assert links(shop, 'size') == {1: [sen, fpt2], 2: [sen, fpt2], 3: [comma], 4: [sen, fpt2], 6: [fpt2]}
    assert [each.value for each in stream_unread(shop.database, 3)] == ['Viettel']
    assert left_over(shop) == []

    set_links(shop, 'size', 1, fpt2)
    with monkeypatch.context() as patch:
        during_backfill(patch, lambda: set_links(shop, 'size', 5, comma, sen))
        shop.roll_back(2)
    assert shop.values('size') == [
        'FPT', 'hoa sen, FPT2, hoa sen', 'Sữa, Đường', 'Hoa Sen, FPT', 'Sữa, Đường, Hoa Sen', 'FPT2'
    ]  # fmt: skip

    shop.update(2, size='Sữa, Đường; Hoa Sen')
    shop.roll_back(3)
    assert links(shop, 'size') == {1: [fpt2], 2: [comma, sen], 3: [comma], 4: [sen, fpt2], 5: [comma, sen], 6: [fpt2]}
    assert left_over(shop) == []


def test_records_that_are_called_by_another_field_since_are_known_on_the_way_back(shop: Shop, firms: dict[str, int]) -> None:
    for code in ('sen', 'gone'):
        shop.insert(full_name=f'of {code}', company=of(firms[code]), size='hoa sen' if code == 'sen' else None)
    turned = {'company': {'x-type': 'text'}, 'size': {'x-type': 'link', 'x-target': 'company'}}
    shop.publish(entities={'contact': {'properties': turned}})
    shop.publish(entities={'company': {'x-title-field': 'email'}})
    shop.update(2, company='fpt2')

    back = shop.publisher.rollback_plan(2, ADA)
    shop.apply(back)

    assert [each.finding.params['failed'] for each in back.impact] == [0, 0]
    assert [each and each.id for each in shop.values('company')] == [firms['sen'], firms['fpt2']]
    assert shop.values('size') == ['hoa sen', None]


def test_a_record_purged_while_words_become_links_is_pointed_to_by_none(
    shop: Shop, firms: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for size in ('Hoa Sen', 'fpt2', 'Hoa Sen'):
        shop.insert(full_name=size, size=size)
    table = shop.catalog.entity('company').table

    def purging(site: Any, kind: str, look: Any, write: Any) -> None:
        def purged(found: Any, connection: sa.Connection) -> None:
            connection.execute(table.delete().where(table.c.id == firms['sen']))
            write(found, connection)

        in_two_turns(site, kind, look, purged)

    monkeypatch.setattr('migrations.steps.convert.in_two_turns', purging)
    shop.publish(entities={'contact': {'properties': {'size': {'x-type': 'link', 'x-target': 'company'}}}})

    assert [None if each is None else each.id for each in shop.values('size')] == [None, firms['fpt2'], None]
    assert [each.value for each in stream_unread(shop.database, 3)] == ['Hoa Sen', 'Hoa Sen']
