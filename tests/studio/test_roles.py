"""Roles in Studio: the matrix, conditions, fields, copies, names and ends go through draft, review and publish."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from schema.definitions import ACTIONS
from tests.studio.desk import Desk, plain
from tests.support.site import Site
from tests.web.pages import token_of

OPEN = {'field': 'stage', 'op': 'eq', 'value': 'quote'}


@pytest.fixture
def desk(sqlite_site: Site) -> Desk:
    return Desk(sqlite_site)


def drafted(desk: Desk, role: str) -> Any:
    publisher, actor = desk.site.runtime.publisher, desk.site.actor('admin')
    return publisher.preview(publisher.draft(actor).request).get(('role', role))


def kept(desk: Desk, path: str, *pairs: tuple[str, str], **fields: Any) -> str:
    answer = desk.post(path, *pairs, **fields)
    assert answer.status_code == 303, plain(answer.text)
    return str(answer.headers['Location'])


def matrix(desk: Desk, role: str) -> dict[str, str]:
    """The form of the matrix as a browser would send it."""
    page = desk.page(f'/studio/roles/{role}/rights')
    found = {}
    for name, options in re.findall(r'<select name="(grant\.[^"]+)"(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ''
    for name in re.findall(r'type="checkbox" name="(own\.[^"]+)" value="1" checked', page):
        found[name] = '1'
    for name in re.findall(r'name="(studio|admin)" value="1" checked', page):
        found[name] = '1'
    return found


def keep_matrix(desk: Desk, role: str, changed: dict[str, str]) -> str:
    return kept(desk, f'/studio/roles/{role}/rights', *{**matrix(desk, role), **changed}.items())


def test_a_matrix_kept_as_it_is_changes_nothing(desk: Desk) -> None:
    for role in ('admin', 'manager', 'leader', 'rep'):
        keep_matrix(desk, role, {})
    publisher = desk.site.runtime.publisher
    assert publisher.check(publisher.draft(desk.site.actor('admin')).request) == []
    assert publisher.preview(publisher.draft(desk.site.actor('admin')).request) == publisher.documents()


def test_a_role_is_changed_reviewed_published_and_taken_back(desk: Desk) -> None:
    there = keep_matrix(desk, 'rep', {'own.opportunity': '1', 'grant.opportunity.read': 'team_below',
                                      'grant.opportunity.update': 'if', 'grant.opportunity.delete': 'none',
                                      'grant.*.export': 'own', 'studio': '1'})  # fmt: skip
    assert there.endswith('/studio/roles/rep/rights/opportunity/update')
    assert 'row of its own' not in plain(desk.page(there))
    kept(desk, there, scope='own', where=json.dumps(OPEN))
    kept(desk, '/studio/roles/rep/fields', entity='contact', field__email='read', field__phone='none', field__owner='read')

    role = drafted(desk, 'rep')
    assert role['grants']['opportunity']['update'] == {'scope': 'own', 'where': OPEN}
    assert role['grants']['opportunity'] | {'update': ''} == {
        'read': 'team_below', 'create': 'all', 'update': '', 'delete': 'none', 'import': 'none', 'export': 'none',
    }  # fmt: skip
    assert role['fields'] == {'product': {'cost': 'none'}, 'contact': {'email': 'read', 'phone': 'none', 'owner': 'read'}}
    said = plain(desk.review())
    for sentence in (
        'see Opportunity: own → of the team and below', 'change Opportunity: own → own, on a condition',
        'delete Opportunity: own → none', 'export all other records: none → own', 'Studio: no → yes',
        'Contact, Phone: change → hidden', 'Wider, for 2 people', 'Narrower, for 2 people',
    ):  # fmt: skip
        assert sentence in said, sentence

    desk.go_live()
    assert desk.site.actor('rep').roles == {'rep'} and desk.site.client('rep').get('/studio/').status_code == 200
    back = desk.page('/studio/rollback/1?role=1')
    assert 'Studio: yes → no' in plain(back)
    assert desk.publish(back).status_code == 303
    assert desk.site.client('rep').get('/studio/').status_code == 403


def test_a_copy_is_named_renamed_and_ended_with_a_replacement(desk: Desk) -> None:
    there = kept(desk, '/studio/roles/new', label__vi='Thử việc', label__en='Trainee', source='rep')
    assert there.endswith('/studio/roles/trainee/rights')
    assert drafted(desk, 'trainee')['grants'] == drafted(desk, 'rep')['grants']
    words = {'help__vi': '', 'help__en': '', 'order': '50'}
    kept(desk, '/studio/roles/trainee/about', label__vi='Tập sự', label__en='Junior', key='junior', **words)
    kept(desk, '/studio/roles/rep/about', label__vi='Nhân viên', label__en='Rep', key='seller', **words)
    said = plain(desk.review())
    assert 'Role Junior is new' in said and 'Role Rep : key rep becomes seller' in said
    desk.go_live()
    live = desk.site.runtime.publisher.documents()
    assert desk.site.actor('rep').roles == {'seller'}
    assert live['role', 'seller']['x-aliases'] == ['rep'] and 'x-aliases' not in live['role', 'junior']

    assert 'people have it' in plain(desk.page('/studio/roles/seller/about'))
    assert kept(desk, '/studio/roles/seller/remove').endswith('/studio/roles/seller/about#end')
    assert drafted(desk, 'seller') is not None
    kept(desk, '/studio/roles/seller/remove', heir='leader')
    assert drafted(desk, 'seller') is None
    review = desk.review()
    assert '2 people get the role Team leader instead of Rep' in plain(review)
    ref = desk.site.runtime.publisher.documents()['role', 'seller']['x-ref']
    kept(desk, '/studio/remap', **{f'to__{ref}': '@blank'})
    assert '2 people lose the role Rep' in plain(desk.review())
    kept(desk, '/studio/roles/seller/keep')
    assert drafted(desk, 'seller') is not None
    kept(desk, '/studio/roles/junior/remove')
    desk.go_live()
    left = {key for kind, key in desk.site.runtime.publisher.documents() if kind == 'role'}
    assert left == {'admin', 'manager', 'leader', 'seller'}


def test_what_is_wrong_in_a_role_is_told_at_its_place_with_a_way_there(desk: Desk) -> None:
    keep_matrix(desk, 'rep', {'grant.*.read': 'galaxy'})
    page = desk.page('/studio/roles/')
    assert 'Sales rep › * › see : ' in plain(page) and 'galaxy' in plain(page)
    assert 'href="/studio/roles/rep/rights#row-*"' in page
    answer = desk.client.get('/studio/review')
    assert answer.status_code == 422 and 'galaxy' in answer.text
    desk.post('/studio/discard')

    wrong = {'roles': {'rep': {'grants': {'nothing': {'read': 'own'}, 'company': {'fly': 'own'}},
                               'fields': {'company': {'wings': 'none'}, 'nowhere': {'x': 'read'}}}}}  # fmt: skip
    token = token_of(desk.client.get('/offline').text)
    planned = desk.client.post('/api/v1/schema/plan', json=wrong, headers={'X-CSRFToken': token})
    assert planned.status_code == 422
    assert {each['pointer'] for each in planned.json['errors']} >= {
        '/roles/rep/grants/nothing', '/roles/rep/fields/company/wings', '/roles/rep/fields/nowhere',
    }  # fmt: skip
    fine = {'roles': {'rep': {'grants': {'company': dict.fromkeys(ACTIONS, 'none')}}}}
    planned = desk.client.post('/api/v1/schema/plan', json=fine, headers={'X-CSRFToken': token})
    assert {each['code'] for each in planned.json['impact']} == {'MIG-W041'} and planned.json['impact'][0]['count'] == 2
    for path in ('/studio/roles/nobody/rights', '/studio/roles/rep/rights/nothing/read', '/studio/roles/rep/rights/company/fly',
                 '/studio/roles/rep/fields?entity=nothing'):  # fmt: skip
        assert desk.client.get(path).status_code == 404, path
    assert desk.site.client('leader').get('/studio/roles/').status_code == 403


def test_whoever_has_no_role_is_told_whom_to_ask_and_reaches_nothing(sqlite_site: Site) -> None:
    desk = Desk(sqlite_site)
    users = desk.page('/users/list/')
    number = re.search(r'/users/edit/(\d+)">[^<]*Long', users)
    assert number is not None
    uid = sqlite_site.create('rep', 'company', name='Hồng Hà')
    form = {'last_name': 'Đỗ Hải', 'first_name': 'Long', 'username': 'rep', 'email': 'rep@trellis.example', 'active': '1'}
    assert desk.post(f'/users/edit/{number[1]}', *form.items()).status_code == 303

    person = sqlite_site.client('rep')
    home = person.get('/')
    assert home.status_code == 200 and 'Phạm Quỳnh Anh' in home.text and 'Ask an administrator for a role' in home.text
    for path in ('/company/', '/company/new', f'/company/{uid}', '/studio/', '/users/list/', '/company/export'):
        assert person.get(path).status_code in (403, 404), path
    assert person.get('/settings').status_code == 200
    found = person.get('/search?q=Hồng')
    assert uid not in found.text
    assert person.get('/api/v1/company/').status_code in (403, 404)
