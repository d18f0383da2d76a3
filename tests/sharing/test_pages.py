"""What pages show of shares and teams: the dialogue, the head of a record, its time line, the tree of teams."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient

from modules.people.teams import list_teams, members_of
from tests.sharing.test_shares import Api
from tests.sharing.test_transfers import grants
from tests.support.site import Site


def post(client: FlaskClient, path: str, form: dict[str, Any]) -> Any:
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get('/settings').get_data(as_text=True))
    assert found is not None
    return client.post(path, data={**form, 'csrf_token': found[1]})


def test_the_dialogue_shares_says_what_a_role_stands_in_the_way_of_and_the_page_tells_it(sqlite_site: Site) -> None:
    site = sqlite_site
    uid = site.create('rep', 'contact', full_name='Đinh Thị Mở')
    rep, rep2 = site.client('rep'), site.client('rep2')
    path = f'/contact/{uid}'

    picked = rep.get('/people/receivers/choices?for=contact&q=vy').json['results']
    shared = post(rep, f'{path}/share', {'with': [picked[0]['uid']], 'level': 'edit'})
    page = rep.get(path).get_data(as_text=True)
    seen = rep2.get(f'{path}/share').get_data(as_text=True)
    wrong = post(rep, f'{path}/share', {'level': 'view'})
    ended = post(rep, f'{path}/share/end', {'with': 'user:rep2'})
    many = post(rep, '/contact/share/start', {'uids': uid, 'with': 'user:rep2', 'level': 'view'})

    assert [each['uid'] for each in picked] == ['user:rep2']
    assert (shared.status_code, 'Lê Thảo Vy' in shared.get_data(as_text=True)) == (200, True)
    assert 'aria-label="Also seen by Lê Thảo Vy"' in page
    assert re.search(r'</b> shared this with Lê Thảo Vy: may change it', page)
    assert 'name="with"' in seen  # who may change a record may share it on
    assert (wrong.status_code, 'Nobody was named.' in wrong.get_data(as_text=True)) == (422, True)
    assert (ended.status_code, 'Nobody beyond those whose role reaches it.' in ended.get_data(as_text=True)) == (200, True)
    assert (many.status_code, grants(site, uid)) == (303, [('rep2', 'view', 'share')])


def test_teams_are_a_tree_that_administrators_change_and_nobody_else_sees(sqlite_site: Site) -> None:
    site = sqlite_site
    admin = site.client('admin')
    known = {each.name: each for each in _teams(site)}

    made = post(admin, '/teams/', {'name': 'Khối kinh doanh', 'kind': 'department', 'description': 'Cả nước'})
    head = next(each for each in _teams(site) if each.name == 'Khối kinh doanh')
    post(admin, f'/teams/{known["North"].id}', {'name': 'North', 'parent': head.uid, 'kind': 'team'})
    circle = post(admin, f'/teams/{head.id}', {'name': head.name, 'parent': known['North'].uid, 'kind': 'department'})
    post(admin, f'/teams/{head.id}/members', {'users': ['rep', 'manager'], 'leads': '1'})
    rep_id = site.actor('rep').user_id
    post(admin, f'/teams/{head.id}/members/{rep_id}', {'act': 'follow'})
    tree = admin.get('/teams/').get_data(as_text=True)
    unsaid = post(admin, f'/teams/{known["North"].id}/close', {'act': 'close'})
    post(admin, f'/teams/{known["North"].id}/close', {'act': 'close', 'members_to': 'none'})
    closed = next(each for each in _teams(site) if each.name == 'North')
    post(admin, f'/teams/{closed.id}/open', {})

    with site.runtime.database.session() as session:
        people = {each.username: each.leads for each in members_of(session, head.id)[head.id]}
    assert made.status_code == 303
    assert (circle.status_code, 'cannot stand below itself' in circle.get_data(as_text=True)) == (422, True)
    assert people == {'manager': True, 'rep': False}
    assert tree.index('Khối kinh doanh') < tree.index('North') and 'Trần Quốc Hùng leads it' in tree
    assert unsaid.status_code == 422 and 'nobody said where they go' in unsaid.get_data(as_text=True)
    assert (closed.active, closed.members) == (False, 0)
    assert next(each for each in _teams(site) if each.name == 'North').active
    assert [site.client('rep').get(path).status_code for path in ('/teams/', '/teams/new', f'/teams/{head.id}/close')] == [
        403
    ] * 3


def test_teams_over_rest_are_for_administrators_and_refuse_what_the_pages_refuse(sqlite_site: Site) -> None:
    admin, rep = Api(sqlite_site, 'admin'), Api(sqlite_site, 'rep')
    north = next(each['uid'] for each in admin('GET', '/teams/').json['result'] if each['name'] == 'North')

    made = admin('POST', '/teams/', name='Đội Huế', kind='team', parent=north, members=['rep'], leaders=['rep2'])
    path = f'/teams/{made.json["uid"]}'
    changed = admin('PATCH', path, kind='department', leaders=['manager'])
    unsaid = admin('DELETE', path)
    deleted = admin('DELETE', f'{path}?members_to={north}')
    refused = [
        rep('GET', '/teams/').status_code, rep('POST', '/teams/', name='x').status_code,
        admin('POST', '/teams/', name='North').json['errors'][0]['code'],
        admin('PATCH', f'/teams/{north}', parent=north).json['errors'][0]['code'],
        admin('PATCH', f'/teams/{north}', kind='club').json['errors'][0]['code'],
        admin('PATCH', f'/teams/{north}', leader='rep').json['errors'][0]['code'],
        admin('PATCH', f'/teams/{north}', members='rep').json['errors'][0]['code'],
        admin('GET', path).status_code,
    ]  # fmt: skip

    assert made.status_code == 201
    assert (made.json['members'], made.json['leaders'], made.json['parent']) == (['rep'], ['rep2'], north)
    assert (changed.json['kind'], changed.json['members'], changed.json['leaders']) == ('department', [], ['manager'])
    assert unsaid.json['errors'][0]['code'] == 'SHR-E011'
    assert (deleted.json['deleted'], deleted.json['operations']) == (True, [])
    assert refused == [403, 403, 'PRM-E025', 'PRM-E027', 'SHR-E012', 'API-E007', 'API-E008', 404]


def _teams(site: Site) -> Any:
    with site.runtime.database.session() as session:
        return list_teams(session)
