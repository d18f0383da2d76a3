"""Shadows are cleared after their time, not before."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from migrations.reaper import reap_shadows
from permissions.tables import record_grant
from tests.migrations.conftest import ADA, Shop


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
