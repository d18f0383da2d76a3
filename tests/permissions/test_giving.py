"""Who may not give records to others is not asked for their owner or team."""

from __future__ import annotations

from tests.support.site import Site


def test_form_asks_for_owner_and_team_only_those_who_may_give_the_record(sqlite_site: Site) -> None:
    site = sqlite_site
    uid = site.create('rep', 'lead', full_name='An Phú')
    grants = {'lead': {'read': 'own', 'create': 'all', 'update': 'own', 'assign': 'none'}}
    plan = site.runtime.publisher.plan({'roles': {'rep': {'grants': grants}}}, site.actor('admin'))
    before = site.client('rep').get(f'/lead/{uid}/edit').text
    site.runtime.publisher.apply(plan.plan_id, site.actor('admin'))

    after = [site.client('rep').get(path) for path in (f'/lead/{uid}/edit', '/lead/new')]

    assert 'name="owner"' in before and 'name="team"' in before
    assert [page.status_code for page in after] == [200, 200]
    assert all('name="owner"' not in page.text and 'name="team"' not in page.text for page in after)
    assert 'name="owner"' in site.client('admin').get(f'/lead/{uid}/edit').text
