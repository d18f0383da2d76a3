"""Shadows are cleared after their time, not before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from migrations.reaper import empty_shadows, reap_shadows
from migrations.tables import schema_plan
from permissions.tables import record_grant
from schema.base.ids import new_uid
from schema.values import Link
from tests.migrations.conftest import ADA, Shop

LONG = timedelta(days=91)


def test_a_retired_field_is_cleared_only_after_its_time_and_then_returns_empty(shop: Shop) -> None:
    shop.insert(full_name='An', size='10')
    shop.publish(remove=['/entities/contact/properties/size', '/entities/contact/properties/company'])
    assert reap_shadows(shop.database, shop.clock, in_maintenance=True) == []

    shop.clock.move(timedelta(days=91))
    cleared = reap_shadows(shop.database, shop.clock, in_maintenance=True)

    assert cleared == ['x_contact.company', 'x_contact.size', 'x_contact.size__fold']
    assert not shop.physical.columns['x_contact'] & {'size', 'size__fold'}
    assert reap_shadows(shop.database, shop.clock, in_maintenance=True) == []
    plan = shop.publisher.rollback_plan(1, ADA)
    assert {each.finding.code for each in plan.impact} == {'MIG-W007'}
    shop.apply(plan)
    assert shop.values('size') == [None]


def test_a_retired_entity_is_cleared_with_its_table_and_the_rights_to_its_records(shop: Shop) -> None:
    row_id = shop.insert(full_name='An')
    share = {'record_id': row_id, 'principal': 'u7', 'level': 'view', 'source': 'share', 'granted_at': shop.clock.now()}
    refs = [shop.catalog.entity(key).ref for key in ('contact', 'company')]
    with shop.database.writing() as connection:
        connection.execute(record_grant.insert(), [{**share, 'entity_ref': ref} for ref in refs])
    shop.publish(remove=['/entities/contact'])

    shop.clock.move(timedelta(days=91))

    assert reap_shadows(shop.database, shop.clock, in_maintenance=True) == ['x_contact.*']
    assert 'x_contact' not in shop.physical.columns
    with shop.database.reading() as connection:
        assert connection.execute(sa.select(record_grant.c.entity_ref)).scalars().all() == [refs[1]]
    shop.roll_back(1)
    assert shop.values('full_name') == []


def company(shop: Shop, name: str) -> int:
    entity = shop.catalog.entity('company')
    row: dict[str, Any] = {'uid': new_uid(), 'created_at': shop.clock.now(), 'changed_at': shop.clock.now()}
    with shop.database.writing() as connection:
        row |= entity.fields['name'].to_columns(name)
        return int(connection.execute(entity.table.insert().values(row)).inserted_primary_key[0])


def test_records_that_pointed_at_a_cleared_entity_are_written_and_deleted_as_before(shop: Shop) -> None:
    an = shop.insert(full_name='An', company=Link('company', '', company(shop, 'Phú Thịnh')))
    shop.publish(remove=['/entities/company', '/entities/contact/properties/company'])
    shop.clock.move(LONG)

    cleared = reap_shadows(shop.database, shop.clock, in_maintenance=True)
    shop.insert(full_name='Binh')
    with shop.database.writing() as connection:
        connection.execute(shop.contact.table.delete().where(shop.contact.table.c.id == an))

    assert cleared == ['x_contact.company', 'x_company.*']
    assert shop.values('full_name') == ['Binh']
    assert reap_shadows(shop.database, shop.clock, in_maintenance=True) == []
    shop.roll_back(1)
    with shop.database.reading() as connection:
        assert connection.execute(sa.select(shop.catalog.entity('company').table)).all() == []
    assert shop.values('company') == [None]


@pytest.mark.parametrize('shop', ['sqlite'], indirect=True)
def test_values_of_dropped_parts_go_a_little_at_a_time_while_people_work(shop: Shop) -> None:
    first = company(shop, 'Phú Thịnh')
    for number in range(5):
        shop.insert(full_name=f'{number}', size=f'{number}', company=Link('company', '', first))
    shop.publish(remove=['/entities/company', '/entities/contact/properties/company', '/entities/contact/properties/size'])
    assert empty_shadows(shop.database, shop.clock, older_than=timedelta(days=90), rows=4) == 0

    shop.clock.move(LONG)
    went = [empty_shadows(shop.database, shop.clock, older_than=timedelta(days=90), rows=4) for _ in range(6)]

    assert went == [4, 4, 4, 4, 0, 0]
    with shop.database.reading() as connection:
        held = connection.execute(sa.text('SELECT size, size__fold, company FROM x_contact')).all()
        assert connection.execute(sa.text('SELECT count(*) FROM x_company')).scalar() == 0
    assert held == [(None, None, None)] * 5
    assert reap_shadows(shop.database, shop.clock, in_maintenance=True) == ['x_contact.size', 'x_contact.size__fold']
    assert reap_shadows(shop.database, shop.clock, in_maintenance=True) == []


@pytest.mark.parametrize('shop', ['sqlite'], indirect=True)
def test_a_rollback_says_that_values_which_are_going_do_not_return(shop: Shop) -> None:
    for number in range(5):
        shop.insert(full_name=f'{number}', size=f'{number}')
    shop.publish(remove=['/entities/contact/properties/size'])
    shop.clock.move(LONG)
    empty_shadows(shop.database, shop.clock, older_than=timedelta(days=90), rows=2)

    plan = shop.publisher.rollback_plan(1, ADA)
    shop.apply(plan)

    assert {each.finding.code for each in plan.impact} == {'MIG-W007'}
    assert shop.values('size') == [None, None, '2', '3', '4']
    assert empty_shadows(shop.database, shop.clock, older_than=timedelta(days=90), rows=9) == 0


def test_plans_that_nobody_carried_out_are_let_go_of_after_a_month(shop: Shop) -> None:
    def plan(text: str) -> str:
        return shop.plan(entities={'contact': {'x-label': {'en': text}}}).plan_id

    kept, gone = shop.publish(entities={'contact': {'x-label': {'en': 'Person'}}}).plan_id, plan('A')
    shop.clock.move(timedelta(days=20))
    young = plan('B')
    shop.clock.move(timedelta(days=11))
    new = plan('C')

    with shop.database.reading() as connection:
        found = set(connection.execute(sa.select(schema_plan.c.id)).scalars())
    assert {kept, young, new} <= found
    assert gone not in found
