"""A right that changes in one process holds from the next request on in every other."""

from __future__ import annotations

from typing import Any

from permissions.actors import bump_rights
from permissions.tables import team_member
from tests.support.site import Site, open_site


def test_a_role_and_a_team_changed_here_hold_in_another_process_from_its_next_request(sqlite_site: Site) -> None:
    uid = sqlite_site.create('rep', 'contact', full_name='Nguyễn Thị Chung', phone='0903 111 222')
    elsewhere = open_site(sqlite_site.runtime.settings.database_url, sqlite_site.home)
    client = elsewhere.client('rep2')

    def seen() -> tuple[int, int, Any]:
        one, listed = client.get(f'/api/v1/contact/{uid}'), client.get('/api/v1/contact/').get_json()
        return one.status_code, listed['count'], one.get_json().get('result', {}).get('phone')

    before = seen()
    _publish(sqlite_site, {'read': 'team'}, {})
    narrow = seen()
    with sqlite_site.runtime.database.session() as session:  # rep2 joins rep's team
        theirs = min(sqlite_site.actor('rep').team_ids)
        session.execute(team_member.insert().values(team_id=theirs, user_id=sqlite_site.actor('rep2').user_id))
        bump_rights(session)
    joined = seen()
    _publish(sqlite_site, {'read': 'team'}, {'phone': 'none'})
    closed = seen()
    _publish(sqlite_site, {'read': 'none'}, {})
    taken = client.get('/api/v1/contact/').status_code
    elsewhere.runtime.close()

    assert (before, narrow) == ((404, 0, None),) * 2
    assert joined == (200, 1, '+84903111222')
    assert closed == (200, 1, None)
    assert taken == 403


def _publish(site: Site, grants: dict[str, str], fields: dict[str, str]) -> None:
    publisher, actor = site.runtime.publisher, site.actor('admin')
    role = {'grants': {'contact': grants}, 'fields': {'contact': fields}}
    publisher.apply(publisher.plan({'roles': {'rep': role}}, actor).plan_id, actor)
