"""A publish of roles on each engine: what FAB's rows say, who holds what, and that somebody goes on administering."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from migrations.role_people import holders
from modules.people.service import People
from permissions.fab_tables import role_permissions, roles, user_roles
from permissions.sync import ROWS
from schema.base.actor import Actor
from schema.base.audit import audit_entry
from schema.base.errors import Conflict, Invalid
from tests.permissions.test_sync import granted
from tests.support.site import Site


def policy_rows(site: Site, role: str) -> set[tuple[str, str]]:
    """What FAB's rows of a role must say, as the policy tells it for a person with this role alone."""
    catalog = site.runtime.catalogs.current()
    policy = site.runtime.policy(Actor(user_id=990, name='nobody', roles=frozenset({role})), catalog)
    return {
        (name, entity.table.name)
        for key, entity in catalog.entities.items()
        for name, action in ROWS.items()
        if policy.decide(action, key)
    }


def held(site: Site) -> dict[str, set[str]]:
    with site.runtime.database.reading() as connection:
        return {key: {each.name for each in people} for key, people in holders(connection).items()}


def given(site: Site) -> list[tuple[str, list[str], list[str]]]:
    """`(user name, roles before, roles after)` as the audit log tells it, one entry for each person."""
    wanted = sa.select(audit_entry).where(audit_entry.c.kind == 'roles_given').order_by(audit_entry.c.id)
    with site.runtime.database.reading() as connection:
        rows = connection.execute(wanted).all()
    return [(row.subject, row.params['roles']['old'], row.params['roles']['new']) for row in rows]


def shown(site: Site, username: str) -> set[str]:
    """Keys of the entities in the person's menu."""
    page = site.client(username).get('/').text
    rail = page.split('class="t-rail"', 1)[-1].split('t-rail-foot', 1)[0]
    return {key for key in site.runtime.catalogs.current().entities if f'href="/{key}/' in rail or f'href="/{key}"' in rail}


def publish(site: Site, by: str = 'admin', **request: Any) -> Any:
    actor = site.actor(by)
    plan = site.runtime.publisher.plan(request, actor)
    site.runtime.publisher.apply(plan.plan_id, actor)
    return plan


def assert_rows_follow(site: Site) -> None:
    for role in site.runtime.catalogs.current().roles:
        assert granted(site.runtime.database, role) == policy_rows(site, role), role


def test_roles_are_narrowed_renamed_ended_and_taken_back(site: Site) -> None:
    publisher, first = site.runtime.publisher, site.runtime.catalogs.current().number
    reps, everything = held(site)['rep'], shown(site, 'rep')
    assert len(reps) == 2
    assert_rows_follow(site)

    none = dict.fromkeys(('read', 'create', 'update', 'delete', 'import', 'export'), 'none')
    plan = publish(site, roles={'rep': {'grants': {'company': none, 'opportunity': {**none, 'read': 'team'}}}})
    said = {each.finding.code: each.finding.text('vi') for each in plan.impact}
    assert (
        'Nhân viên kinh doanh bị bớt quyền (2 người)' in said['MIG-W041']
        and 'xem Công ty: của mình → không' in said['MIG-W041']
    )
    assert 'xem Cơ hội: của mình → của nhóm' in said['MIG-W040']
    assert_rows_follow(site)
    assert everything - shown(site, 'rep') == {'company'}
    assert site.client('rep').get('/company/').status_code == 403

    ref = publisher.documents()['role', 'rep']['x-ref']
    own = {'x-layouts': {'roles': {'rep': {'list': ['title']}}}}
    publish(site, entities={'opportunity': own})
    publish(site, roles={'seller': {'x-ref': ref}})
    assert held(site)['seller'] == reps and 'rep' not in held(site)
    assert 'seller' in publisher.documents()['entity', 'opportunity']['x-layouts']['roles']
    assert site.actor('rep').roles == {'seller'} and shown(site, 'rep') == everything - {'company'}
    with site.runtime.database.session() as session:
        people = People(session, site.runtime.catalogs.current(), site.runtime.clock.now())
        people.set_roles(people.find_by_username('rep').id, ['rep'])  # the former key, as a script may still say it
    assert site.actor('rep').roles == {'seller'}
    assert_rows_follow(site)

    undecided = publisher.plan({'remove': ['/roles/seller']}, site.actor('admin'))
    assert [each.code for each in undecided.findings] == ['MIG-E040']
    with pytest.raises(Invalid, match='MIG-E040'):
        publisher.apply(undecided.plan_id, site.actor('admin'))
    wrong = publisher.plan({'remove': ['/roles/seller'], 'remap': {ref: 'boss'}}, site.actor('admin'))
    assert [each.code for each in wrong.findings] == ['MIG-E041']
    ended = publish(site, remove=['/roles/seller'], remap={ref: 'leader'})
    text = next(each.finding.text('en') for each in ended.impact if each.finding.code == 'MIG-W043')
    assert all(name in text for name in reps)
    assert reps <= held(site)['leader'] and 'seller' not in held(site)
    with site.runtime.database.reading() as connection:
        assert connection.execute(sa.select(roles.c.id).where(roles.c.name == 'seller')).first() is None
    assert 'roles' not in publisher.documents()['entity', 'opportunity']['x-layouts']
    assert_rows_follow(site)

    assert given(site)[-2:] == [('rep', ['seller'], ['leader']), ('rep2', ['seller'], ['leader'])]

    back = publisher.rollback_plan(first, site.actor('admin'), include=['role'])
    assert 'MIG-W045' in {each.finding.code for each in back.impact}
    publisher.apply(back.plan_id, site.actor('admin'))
    assert held(site)['rep'] == reps and not reps & held(site)['leader']
    assert given(site)[-2:] == [('rep', ['leader'], ['rep']), ('rep2', ['leader'], ['rep'])]
    assert_rows_follow(site)
    assert shown(site, 'rep') == everything


def test_nobody_publishes_away_the_last_administrator(site: Site) -> None:
    publisher, admin = site.runtime.publisher, site.actor('admin')
    documents = publisher.documents()
    ref = documents['role', 'admin']['x-ref']
    deputy = {'x-label': {'en': 'Deputy', 'vi': 'Phó'}, 'grants': {'*': {'read': 'all'}}, 'admin': True, 'studio': True}
    publish(site, roles={'deputy': deputy})

    refused = [
        {'roles': {'admin': {'admin': False}}},
        {'remove': ['/roles/admin'], 'remap': {ref: None}},
        {'remove': ['/roles/admin'], 'remap': {ref: 'rep'}},
    ]
    for request in refused:
        plan = publisher.plan(request, admin)
        assert 'MIG-E042' in {each.code for each in plan.findings}
        with pytest.raises(Invalid, match='MIG-E042'):
            publisher.apply(plan.plan_id, admin)

    # Planned while a deputy administers, applied when nobody else does any more: the switch itself looks again.
    with site.runtime.database.session() as session:
        people = People(session, site.runtime.catalogs.current(), site.runtime.clock.now())
        people.set_roles(people.find_by_username('manager').id, ['manager', 'deputy'])
    plan = publisher.plan(refused[0], admin)
    assert plan.findings == [] and 'MIG-W044' in {each.finding.code for each in plan.impact}
    with site.runtime.database.session() as session:
        people = People(session, site.runtime.catalogs.current(), site.runtime.clock.now())
        people.set_active(people.find_by_username('manager').id, active=False)
    with pytest.raises(Conflict, match='MIG-E042'):
        publisher.apply(plan.plan_id, admin)
    assert site.runtime.catalogs.current().roles['admin'].admin and site.actor('admin').roles == {'admin'}

    # Whoever began to change people before a publish is judged by what is live when they hold the lock.
    stale = site.runtime.catalogs.current()
    publish(site, roles={'deputy': {'admin': False}})
    with pytest.raises(Conflict, match='PRM-E017'), site.runtime.database.session() as session:
        people = People(session, stale, site.runtime.clock.now())
        people.set_roles(people.find_by_username('admin').id, ['deputy'])
    for keys, active in ((['rep'], True), (['admin'], False)):
        with pytest.raises(Conflict, match='PRM-E017'), site.runtime.database.session() as session:
            people = People(session, site.runtime.catalogs.current(), site.runtime.clock.now())
            user_id = people.find_by_username('admin').id
            people.set_roles(user_id, keys)
            people.set_active(user_id, active=active)


def test_a_key_that_came_free_brings_its_former_people_to_no_other_role(sqlite_site: Site) -> None:
    site = sqlite_site
    refs = {key: site.runtime.publisher.documents()['role', key]['x-ref'] for key in ('rep', 'leader')}
    before = held(site)

    publish(site, roles={'seller': {'x-ref': refs['rep']}})
    publish(site, roles={'rep': {'x-ref': refs['leader']}}, remove=['/roles/seller/x-aliases/rep'])
    assert held(site)['seller'] == before['rep'] and held(site)['rep'] == before['leader']
    assert_rows_follow(site)

    publish(site, remove=['/roles/seller'], remap={refs['rep']: None})
    publish(site, roles={'seller': {'x-label': {'en': 'Seller', 'vi': 'Bán'}, 'grants': {'*': {'read': 'all'}}}})
    assert 'seller' not in held(site)
    admin = site.actor('admin')
    unheld = site.runtime.publisher.plan({'remove': ['/roles/seller']}, admin)
    assert unheld.findings == []
    with site.runtime.database.session() as session:
        people = People(session, site.runtime.catalogs.current(), site.runtime.clock.now())
        people.set_roles(people.find_by_username('rep2').id, ['seller'])
    with pytest.raises(Conflict, match='MIG-E040'):  # whoever got it since the plan was made is decided for, too
        site.runtime.publisher.apply(unheld.plan_id, admin)
    assert len(held(site)['seller']) == 1
    assert_rows_follow(site)
    with site.runtime.database.reading() as connection:
        known = sa.select(roles.c.id)
        for table in (role_permissions, user_roles):
            assert connection.execute(sa.select(table.c.id).where(table.c.role_id.not_in(known))).first() is None


def test_a_condition_on_what_a_rollback_takes_away_reaches_nothing_and_no_more_than_before(sqlite_site: Site) -> None:
    site, first = sqlite_site, sqlite_site.runtime.catalogs.current().number
    level = {'x-type': 'text', 'x-label': {'en': 'Level', 'vi': 'Hạng'}}
    publish(site, entities={'company': {'properties': {'level': level}}})
    high = {'scope': 'team', 'where': {'field': 'level', 'op': 'eq', 'value': 'A'}}
    behind = {'where': {'field': 'company.level', 'op': 'eq', 'value': 'A'}}
    mine = {'where': {'field': 'created_by', 'op': 'eq', 'value': {'me': True}}}
    publish(site, roles={'rep': {'grants': {'company': {'read': high, 'update': mine}, 'contact': {'read': behind}}}})

    back = site.runtime.publisher.rollback_plan(first, site.actor('admin'))
    grants = back.documents['role', 'rep']['grants']
    assert (grants['company'], grants['contact']) == ({'read': 'none', 'update': mine}, {'read': 'none'})
    assert 'MIG-W041' in {each.finding.code for each in back.impact}
    site.runtime.publisher.apply(back.plan_id, site.actor('admin'))
    assert_rows_follow(site)
    assert site.client('rep').get('/company/').status_code == 403


def test_a_rollback_over_a_rename_hides_what_was_hidden(sqlite_site: Site) -> None:
    site, first = sqlite_site, sqlite_site.runtime.catalogs.current().number
    documents = site.runtime.publisher.documents()
    product = documents['entity', 'product']
    cost = {'purchase': {'x-ref': product['properties']['cost']['x-ref']}}
    forth = publish(site, entities={'goods': {'x-ref': product['x-ref'], 'properties': cost}})
    assert site.runtime.publisher.documents()['role', 'rep']['fields'] == {'goods': {'purchase': 'none'}}
    assert {each.finding.code for each in forth.impact} & {'MIG-W040', 'MIG-W041'} == set()

    back = site.runtime.publisher.rollback_plan(first, site.actor('admin'))
    assert back.documents['role', 'rep']['fields'] == {'product': {'cost': 'none'}}
    assert back.documents['role', 'rep']['grants'] == documents['role', 'rep']['grants']
    assert {each.finding.code for each in back.impact} & {'MIG-W040', 'MIG-W041'} == set()
    site.runtime.publisher.apply(back.plan_id, site.actor('admin'))
    assert 'cost' not in site.runtime.policy(site.actor('rep')).readable('product')
