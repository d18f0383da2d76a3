"""Pools and assignment rules stand beside the schema: plans and Studio tell of them, and they follow what is renamed."""

from __future__ import annotations

from typing import Any

from modules.assignment import rules
from modules.assignment.model import Strategy
from modules.timeline import cards
from tests.pools.conftest import make_pool, waiting
from tests.support.site import Site

TITLE = '/entities/lead/properties/job_title'


def publish(site: Site, request: dict[str, Any]) -> list[str]:
    """What the plan says of those who name what changes."""
    publisher, admin = site.runtime.publisher, site.actor('admin')
    plan = publisher.plan(request, admin)
    publisher.apply(plan.plan_id, admin)
    return [each.describe('en') for each in plan.mentions]


def owner_of(site: Site, uid: str) -> Any:
    with site.runtime.reader(site.actor('admin')) as reader:
        owner = reader.get('lead', uid).values['owner']
    return owner and owner.uid


def test_an_assignment_rule_and_a_pool_are_told_of_and_follow_a_renamed_field_past_its_former_key(site: Site) -> None:
    runtime, admin = site.runtime, site.actor('admin')
    source = {'field': 'job_title', 'op': 'eq', 'value': 'Thợ'}
    boss = {'field': 'job_title', 'op': 'eq', 'value': 'Giám đốc'}
    catalog, now = runtime.catalogs.current(), runtime.clock.now()
    with runtime.database.session() as session:
        strategy = Strategy('person', (site.actor('leader').user_id or 0,))
        wanted = rules.Wanted(catalog.entity('lead'), 'Bosses', strategy, condition=boss)
        rule = rules.save_rule(session, catalog, wanted, admin, now)
        lead = catalog.entity('lead')
        cards.choose(session, site.actor('rep').user_id or 0, lead.ref, [lead.fields['job_title'].ref], now)
    made = make_pool(site, name='Hands', source=source)
    ref = catalog.entity('lead').fields['job_title'].ref

    used = site.client('admin').get('/studio/lead/fields?field=job_title').text
    told = publish(site, {'entities': {'lead': {'properties': {'post': {'x-ref': ref}}}}})
    publish(site, {'remove': ['/entities/lead/properties/post/x-aliases/job_title']})

    assert f'href="/assignment/rules/{rule}"' in used and f'href="/pools/{made.uid}"' in used
    assert 'Assignment rule Bosses names Job title and follows its new key' in told
    assert 'Pool Hands names Job title and follows its new key' in told
    assert owner_of(site, site.create('rep', 'lead', full_name='A', post='Giám đốc')) == 'leader'
    site.create('admin', 'lead', full_name='B', post='Thợ', owner=None)
    assert waiting(site, made) == 1
    dropped = runtime.publisher.plan(
        {'remove': [TITLE.replace('job_title', 'post'), '/entities/product/properties/cost']}, admin
    )
    said = [each.describe('en') for each in dropped.mentions]
    assert 'Assignment rule Bosses names Job title, which is removed' in said
    assert 'Pack Sales brings Cost, which is removed' in said
    assert 'Board cards of 1 person names Job title, which is removed' in said
    assert 'Pack Sales knows Job title by its former key, which goes on working' in told
