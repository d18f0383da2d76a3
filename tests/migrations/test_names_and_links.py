"""Links to records, people and teams that become words, and words that become links: by what exactly one of them is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from migrations.converting import BECOMES
from migrations.neighbours import POINTING
from migrations.pace import in_two_turns
from migrations.unread import stream_unread
from permissions.tables import ab_user, team
from schema.base.ids import new_uid
from schema.fieldtypes.base import Reading
from schema.values import Link
from tests.migrations.conftest import ADA, NOW, Shop, label
from tests.migrations.test_link_changes import during_backfill, left_over, of

OPTIONS = [{'key': key, 'label': {'en': text}} for key, text in (('sen', 'Hoa Sen'), ('an', 'Nguyễn An'), ('north', 'North'))]
KEYWORDS: Mapping[str, dict[str, Any]] = {
    'link': {'x-target': 'company'}, 'link_any': {'x-targets': ['contact', 'company']}, 'picklist': {'x-options': OPTIONS},
}  # fmt: skip
CODED: dict[str, Any] = {
    'code': {'x-type': 'text', 'x-label': label('Code'), 'x-unique': True},
    'email': {'x-type': 'email', 'x-label': label('Mail'), 'x-unique': True},
    'phone': {'x-type': 'phone', 'x-label': label('Phone'), 'x-unique': True},
}
CALLED: Mapping[str, str] = {'link': 'Hoa Sen', 'link_any': 'Hoa Sen', 'user': 'Nguyễn An', 'team': 'North'}
ENTERED: Mapping[tuple[str, str], str] = {
    ('email', 'link'): 'mail@hoasen.vn', ('email', 'user'): 'an@a.vn', ('phone', 'link'): '0912345678',
    ('picklist', 'link'): 'sen', ('picklist', 'user'): 'an', ('picklist', 'team'): 'north',
}  # fmt: skip
PAIRS = [
    (source, target)
    for source in sorted(BECOMES) for target in sorted(BECOMES[source])
    if source != target and (source in POINTING) != (target in POINTING) and 'links' not in {source, target}
]  # fmt: skip
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
                said |= {'email': 'Mail@hoasen.vn', 'phone': '0912345678'}
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


def pointer(shop: Shop, firms: Mapping[str, int], kind: str) -> Link:
    """What a field of this kind points to in the table of all pairs."""
    targets = {'user': Link('@user', 'an', 7), 'team': Link('@team', 'team-north', 5)}
    return targets.get(kind, Link('company', '', firms['sen']))


def stored(shop: Shop) -> dict[str, Any]:
    """Wire values by field of the one contact; links by the id they point to."""
    with shop.database.reading() as connection:
        row = dict(connection.execute(sa.select(shop.contact.table)).mappings().one())
    values = {key: (each, each.from_row(row)) for key, each in shop.contact.fields.items() if '_' in key and not each.system}
    return {key: value.id if isinstance(value, Link) else each.wire(value) for key, (each, value) in values.items()}


def test_every_pair_of_words_and_links_converts_by_name_and_returns(shop: Shop, firms: dict[str, int]) -> None:
    shop.publish(entities={'contact': {'properties': fields(lambda source, _: source)}})
    values: dict[str, Any] = {'full_name': 'Chi'}
    for source, target in PAIRS:
        each = shop.contact.fields[f'{source}_{target}']
        if source in POINTING:
            values[each.key] = pointer(shop, firms, source)
        else:
            wire = ENTERED.get((source, target), CALLED.get(target))
            values[each.key] = each.type.normalise(each.definition, wire, Reading('vi'))
    shop.insert(**values)
    before = stored(shop)
    shop.publish(entities={'contact': {'properties': fields(lambda _, target: target)}})

    keys = {'Hoa Sen': 'sen', 'Nguyễn An': 'an', 'North': 'north'}
    expected: dict[str, Any] = {'full_name': 'Chi'}
    for source, target in PAIRS:
        if target in POINTING:
            expected[f'{source}_{target}'] = pointer(shop, firms, target).id
        else:
            called = CALLED[source]
            expected[f'{source}_{target}'] = {'tags': [called], 'picklist': keys[called]}.get(target, called)
    assert stored(shop) == expected
    assert shop.publisher.count_unread(shop.catalog.number) == 0

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
