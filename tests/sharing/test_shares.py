"""Sharing single records: what a view share and an edit share open, on every way, and what they never open."""

from __future__ import annotations

import io
from typing import Any

from werkzeug.test import TestResponse

from modules.people.teams import create_team, list_teams, put_member, remove_member
from modules.people.tokens import create_token
from modules.records.model import ListQuery
from tests.support.site import Site, open_site


class Api:
    """A person's way to the REST API of a site."""

    def __init__(self, site: Site, username: str) -> None:
        self._client = site.app.test_client()
        with site.runtime.database.session() as session:
            token = create_token(session, site.actor(username).user_id or 0, 'tests', site.runtime.clock.now())
        self._headers = {'Authorization': f'Bearer {token}'}

    def __call__(self, method: str, path: str, **body: Any) -> TestResponse:
        return self._client.open(f'/api/v1{path}', method=method, headers=self._headers, json=body or None)


def reached(site: Site, who: str, uid: str) -> dict[str, Any]:
    """What a person gets of one contact, way by way."""
    page, api, actor = site.client(who), Api(site, who), site.actor(who)
    with site.runtime.reader(actor) as reader:
        found: dict[str, Any] = {
            'list': uid in {each.uid for each in reader.list_page('contact', ListQuery()).records},
            'search': bool(reader.list_page('contact', ListQuery(search='Nguyễn Thị Chung')).records),
            'count': reader.count('contact', ListQuery()).value,
            'choices': bool(reader.choices('contact', 'Nguyễn Thị Chung', 5)),
        }
    return {
        **found,
        'page': page.get(f'/contact/{uid}').status_code,
        'api': api('GET', f'/contact/{uid}').status_code,
        'history': api('GET', f'/contact/{uid}/history').status_code,
        'change': api('PUT', f'/contact/{uid}', phone='0903 111 222').status_code,
        'delete': api('DELETE', f'/contact/{uid}').status_code,
    }


HIDDEN = {'list': False, 'search': False, 'count': 0, 'choices': False, 'api': 404, 'page': 404, 'history': 404, 'change': 404,
          'delete': 404}  # fmt: skip
SEEN = {'list': True, 'search': True, 'count': 1, 'choices': True, 'api': 200, 'page': 200, 'history': 200}


def test_a_share_opens_one_record_as_far_as_it_says_and_its_end_closes_it_at_once(site: Site) -> None:
    uid = site.create('rep', 'contact', full_name='Nguyễn Thị Chung')
    rep = Api(site, 'rep')
    elsewhere = open_site(site.runtime.settings.database_url, site.home)  # another process

    before = reached(site, 'rep2', uid)
    viewed = rep('POST', f'/contact/{uid}/shares', users=['rep2'])
    seen = reached(site, 'rep2', uid), reached(elsewhere, 'rep2', uid)
    rep('POST', f'/contact/{uid}/shares', users=['rep2'], level='edit')
    changed = reached(site, 'rep2', uid)
    ended = rep('DELETE', f'/contact/{uid}/shares?user=rep2')
    after = reached(site, 'rep2', uid), reached(elsewhere, 'rep2', uid)
    elsewhere.runtime.close()

    assert before == HIDDEN
    assert viewed.status_code == 201
    assert [(each['user'], each['level'], each['by']) for each in viewed.json['result']] == [('rep2', 'view', 'Đỗ Hải Long')]
    assert seen == ({**SEEN, 'change': 403, 'delete': 403},) * 2
    assert changed == {**SEEN, 'change': 200, 'delete': 403}
    assert ended.status_code == 200
    assert after == (HIDDEN, HIDDEN)


def test_a_shared_record_stays_out_of_exports_and_cannot_be_given_away(sqlite_site: Site) -> None:
    site = sqlite_site
    own = site.create('leader', 'contact', full_name='Khách của trưởng nhóm')
    uid = site.create('rep2', 'contact', full_name='Khách được chia sẻ')
    Api(site, 'rep2')('POST', f'/contact/{uid}/shares', users=['leader'], level='edit')
    leader = site.client('leader')

    listed = Api(site, 'leader')('GET', '/contact/').json['ids']
    exported = leader.get('/contact/export.csv').get_data(as_text=True)
    given = Api(site, 'leader')('PUT', f'/contact/{uid}', owner='leader')

    assert sorted(listed) == sorted([own, uid])
    assert ('Khách của trưởng nhóm' in exported, 'Khách được chia sẻ' in exported) == (True, False)
    assert given.status_code == 403


def test_a_share_with_a_team_reaches_who_joins_it_and_ends_for_who_leaves(site: Site) -> None:
    uid = site.create('rep', 'contact', full_name='Nguyễn Thị Chung')
    with site.runtime.database.session() as session:
        team_id = create_team(session, 'East', None, now=site.runtime.clock.now())
        east = next(each.uid for each in list_teams(session) if each.id == team_id)
    Api(site, 'rep')('POST', f'/contact/{uid}/shares', teams=[east])
    rep2, found = Api(site, 'rep2'), []
    user_id = site.actor('rep2').user_id or 0

    found.append(rep2('GET', f'/contact/{uid}').status_code)
    with site.runtime.database.session() as session:
        put_member(session, team_id, user_id, leads=False)
    found.append(rep2('GET', f'/contact/{uid}').status_code)
    with site.runtime.database.session() as session:
        remove_member(session, team_id, user_id)
    found.append(rep2('GET', f'/contact/{uid}').status_code)

    assert found == [404, 200, 404]


def test_files_and_lines_of_a_shared_record_are_seen_and_stay_as_they_are(sqlite_site: Site) -> None:
    site = sqlite_site
    rep, rep2 = Api(site, 'rep'), Api(site, 'rep2')
    client = site.client('rep')
    headers = {'X-CSRFToken': client.get('/api/v1/security/csrf_token/').get_json()['result']}
    file = client.post('/api/v1/files/', data={'file': (io.BytesIO(b'quote'), 'quote.txt')}, headers=headers).get_json()['uid']
    call = {'kind': 'call', 'subject': 'Gọi', 'happened_at': '2026-11-20T02:00:00Z', 'files': [{'uid': file}]}
    talk = site.create('rep', 'activity', **call)
    visit = site.create(
        'rep', 'appointment', title='Hẹn', starts_at='2026-11-20T02:00:00Z', participants=[{'person': 'leader'}]
    )

    shut = [rep2('GET', f'/files/{file}').status_code, rep2('GET', f'/appointment/{visit}').status_code]
    for entity, uid in (('activity', talk), ('appointment', visit)):
        assert rep('POST', f'/{entity}/{uid}/shares', users=['rep2']).status_code == 201
    described, lines = rep2('GET', f'/files/{file}'), rep2('GET', f'/appointment/{visit}').json['result']['participants']
    refused = [
        rep2('PUT', f'/activity/{talk}', files=[]).status_code,
        rep2('PUT', f'/appointment/{visit}', participants={'remove': [lines[0]['uid']]}).status_code,
        rep2('PUT', f'/appointment/{visit}', participants={'change': [{'uid': lines[0]['uid'], 'person': 'rep2'}]}).status_code,
    ]
    for entity, uid in (('activity', talk), ('appointment', visit)):
        rep('DELETE', f'/{entity}/{uid}/shares?user=rep2')

    assert shut == [404, 404]
    assert (described.status_code, described.json['name']) == (200, 'quote.txt')
    assert site.client('rep2').get(described.json['href']).status_code == 404  # its link is for the time of the share as well
    assert [each['person']['uid'] for each in lines] == ['leader']
    assert refused == [403, 403, 403]
    assert rep2('GET', f'/files/{file}').status_code == 404
    assert [each['person']['uid'] for each in rep('GET', f'/appointment/{visit}').json['result']['participants']] == ['leader']
