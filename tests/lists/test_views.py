"""Saved views: what they keep, who sees them, what they never show, how they follow the schema."""

from __future__ import annotations

import json
import re
from typing import Any

from flask.testing import FlaskClient

from tests.support.site import Site
from tests.web.pages import token_of

CALL_BACK = {'all': [{'field': 'full_name', 'op': 'contains', 'value': 'Yến'}]}


def make_view(client: FlaskClient, entity: str = 'contact', **wish: Any) -> str:
    """A view made over REST as a browser would; its uid."""
    token = token_of(client.get(f'/{entity}/?view=all').text)
    body = {'entity': entity, 'name': 'Cần gọi lại', 'document': {'filter': CALL_BACK}, **wish}
    answer = client.post('/api/v1/views/', json=body, headers={'X-CSRFToken': token})
    assert answer.status_code == 201, answer.text
    return str(answer.json['id'])


def post(client: FlaskClient, path: str, **fields: Any) -> Any:
    token = token_of(client.get('/contact/?view=all').text)
    return client.post(path, data={'csrf_token': token, **fields})


def rows_of(page: str) -> list[str]:
    """Titles of the rows of a list page, in order."""
    return [part.split('aria-label="Pick ', 1)[1].split('"')[0] for part in page.split('<tr data-uid="')[1:]]


def test_a_view_is_saved_opened_changed_shared_arranged_and_deleted(site: Site) -> None:
    for name in ('Đặng Yến', 'Trần Yến Nhi', 'Lý Hiển'):
        site.create('manager', 'contact', full_name=name)
    client, other = site.client('manager'), site.client('rep')

    shown = '/contact/?filter=' + json.dumps(CALL_BACK) + '&sort=full_name&cols=full_name,email'
    assert 'Save as a new view' in client.get(shown).text
    dialog = client.get('/views/contact/new' + shown.removeprefix('/contact/'))
    document = json.loads(dialog.text.split('name="document" value="')[1].split('"')[0].replace('&#34;', '"'))
    broken = [post(client, '/views/contact', name='Hỏng', document=text) for text in ('{', '[1]', '[' * 20_000)]
    made = post(client, '/views/contact', name='  Cần   gọi lại ', audience='private', document=json.dumps(document), first='1')
    uid = made.location.partition('view=')[2]
    opened = client.get('/contact/')
    narrowed = client.get(f'/contact/?view={uid}&filter={{}}')
    saved = post(client, f'/views/contact/{uid}/save?view={uid}&filter={{}}&sort=-full_name')

    assert [each.status_code for each in broken] == [400, 400, 400]
    assert document['filter'] == CALL_BACK and document['columns'] == ['full_name', 'email']
    assert rows_of(opened.text) == ['Đặng Yến', 'Trần Yến Nhi']
    assert 'Cần gọi lại' in opened.text and 'Điện thoại' not in opened.text
    assert len(rows_of(narrowed.text)) == 3 and 'Save changes' in narrowed.text
    assert saved.status_code == 303
    assert rows_of(client.get('/contact/').text) == ['Trần Yến Nhi', 'Lý Hiển', 'Đặng Yến']
    assert other.get(f'/contact/?view={uid}').status_code == 404

    post(client, f'/views/contact/{uid}', name='Tất cả khách', audience='public')
    assert 'Tất cả khách' in other.get('/contact/').text
    refused = post(other, f'/views/contact/{uid}', name='Của tôi', audience='public')
    assert refused.status_code == 403
    post(site.client('admin'), '/views/contact/arrange', for_all=uid)
    assert 'aria-current="true">' in other.get('/contact/').text.split('Tất cả khách')[0].rsplit('<a', 1)[1]
    post(other, '/views/contact/arrange', first='all')
    assert '<a href="/contact/" class="is-on"' in other.get('/contact/').text
    assert post(client, f'/views/contact/{uid}/delete').status_code == 303
    assert client.get(f'/contact/?view={uid}').status_code == 404
    assert client.get('/contact/').status_code == 200


def test_the_dialogue_offers_each_team_of_the_person_and_the_team_sees_the_view(sqlite_site: Site) -> None:
    leader, rep, stranger = (sqlite_site.client(name) for name in ('leader', 'rep', 'rep2'))
    dialog = leader.get('/views/contact/new').text
    (team,) = re.findall(r'<option value="(team:[0-9a-f-]+)">Team North</option>', dialog)

    made = post(leader, '/views/contact', name='Của miền Bắc', audience=team, document='{}')
    uid = made.location.partition('view=')[2]
    changing = leader.get(f'/views/contact/{uid}').text
    foreign = post(stranger, '/views/contact', name='Của miền Bắc', audience=team, document='{}')

    assert made.status_code == 303
    assert f'<option value="{team}" selected>' in changing
    assert 'Của miền Bắc' in rep.get('/contact/').text
    assert stranger.get(f'/contact/?view={uid}').status_code == 404
    assert foreign.status_code == 422


def test_views_over_rest_are_checked_by_place_and_belong_to_their_owner(sqlite_site: Site) -> None:
    client = sqlite_site.client('manager')
    token = token_of(client.get('/contact/').text)
    headers = {'X-CSRFToken': token}
    wrong = client.post('/api/v1/views/', headers=headers, json={
        'entity': 'contact', 'name': ' ', 'audience': 'world',
        'document': {'filter': {'all': [{'field': 'nope', 'op': 'eq', 'value': 1}]}, 'sort': ['nope'], 'columns': ['nope'],
                     'widths': {'full_name': 5}, 'colour': 1},
    })  # fmt: skip
    uid = make_view(client)
    changed = client.put(f'/api/v1/views/{uid}', headers=headers, json={'name': 'Khách mới'})
    listed = client.get('/api/v1/views/?entity=contact').json
    foreign = sqlite_site.client('rep').get(f'/api/v1/views/{uid}')
    first = client.post(f'/api/v1/views/{uid}/first', headers=headers, json={})
    gone = client.delete(f'/api/v1/views/{uid}', headers=headers)

    places = {each['pointer'] for each in wrong.json['errors']}
    assert wrong.status_code == 422
    assert places >= {'/name', '/audience', '/document/filter/all/0/field', '/document/sort/0', '/document/columns/0',
                      '/document/widths', '/document/colour'}  # fmt: skip
    assert changed.json['name'] == 'Khách mới' and changed.json['document'] == {'filter': CALL_BACK}
    assert [each['id'] for each in listed['result']] == [uid]
    assert foreign.status_code == 404
    assert first.status_code == 200 and gone.status_code == 200
    assert client.get('/api/v1/views/?entity=contact').json['count'] == 0


def test_a_view_shows_nobody_what_they_may_not_read(sqlite_site: Site) -> None:
    manager, rep = sqlite_site.client('manager'), sqlite_site.client('rep')
    by_cost = {'all': [{'field': 'cost', 'op': 'is_not_empty'}]}
    with_column = make_view(
        manager, 'product', name='Có giá vốn', audience='public', document={'columns': ['name', 'cost'], 'sort': ['-cost']}
    )
    filtered = make_view(manager, 'product', name='Lọc giá vốn', audience='public', document={'filter': by_cost})

    page = rep.get(f'/product/?view={with_column}')
    refused = rep.get(f'/product/?view={filtered}')
    count = rep.get(f'/product/count?view={filtered}')
    asked = [
        rep.get('/product/', query_string=query)
        for query in ({'filter': json.dumps(by_cost)}, {'sort': 'cost'}, {'cols': 'cost'})
    ]
    made = rep.post('/api/v1/views/', headers={'X-CSRFToken': token_of(rep.get('/product/').text)}, json={
        'entity': 'product', 'name': 'x', 'document': {'filter': by_cost, 'sort': ['cost'], 'columns': ['cost']}})  # fmt: skip

    assert page.status_code == 200 and '1 column of this view is not shown' in page.text
    assert refused.status_code == 422 and 'something that you may not see' in refused.text
    assert 'cost' not in refused.text.split('<main')[1].split('t-columns')[0].lower().replace('costs', '')
    assert count.status_code == 400 and 'cost' not in count.text
    assert 'Lọc giá vốn' not in rep.get('/product/').text
    assert [answer.status_code for answer in asked] == [400, 400, 400]
    assert made.status_code == 422 and {each['code'] for each in made.json['errors']} == {'REC-E036'}


def test_a_view_follows_renamed_fields_and_is_told_of_before(site: Site) -> None:
    client, publisher, admin = site.client('manager'), site.runtime.publisher, site.actor('admin')
    site.create('manager', 'contact', full_name='Đặng Yến')
    document = {'filter': {'all': [*CALL_BACK['all'], {'field': 'company.name', 'op': 'is_empty'}]}, 'sort': ['-full_name'],
                'columns': ['full_name', 'job_title'], 'widths': {'job_title': 200}}  # fmt: skip
    uid = make_view(client, audience='public', document=document)
    make_view(client, name='Riêng', document={'sort': ['job_title']})
    post(client, '/views/contact/columns', cols=['full_name', 'job_title'], widths='job_title:300')
    ref = publisher.documents()['entity', 'contact']['properties']['job_title']['x-ref']
    name_ref = publisher.documents()['entity', 'company']['properties']['name']['x-ref']
    request = {
        'entities': {
            'contact': {'properties': {'post': {'x-ref': ref}}},
            'company': {'properties': {'firm': {'x-ref': name_ref}}},
        }
    }

    plan = publisher.plan(request, admin)
    told = {each.describe('en') for each in plan.mentions}
    publisher.apply(plan.plan_id, admin)
    after = client.get(f'/api/v1/views/{uid}').json['document']
    page = client.get(f'/contact/?view={uid}')

    assert 'Saved view Cần gọi lại names Job title and follows its new key' in told
    assert 'Saved view private views names Job title and follows its new key' in told
    assert after['columns'] == ['full_name', 'post'] and after['widths'] == {'post': 200}
    assert after['filter']['all'][1]['field'] == 'company.firm'
    assert page.status_code == 200 and rows_of(page.text) == ['Đặng Yến']
    assert 'data-col="post" data-label="Job title" data-width="300"' in client.get('/contact/?view=all').text
    back = publisher.rollback_plan(publisher.versions()[1].number, admin)
    publisher.apply(back.plan_id, admin)
    assert client.get(f'/api/v1/views/{uid}').json['document'] == document


def test_a_view_whose_field_is_gone_says_so_and_can_be_mended(sqlite_site: Site) -> None:
    client, publisher, admin = sqlite_site.client('manager'), sqlite_site.runtime.publisher, sqlite_site.actor('admin')
    uid = make_view(
        client,
        document={'filter': {'all': [{'field': 'job_title', 'op': 'is_not_empty'}]}, 'columns': ['full_name', 'job_title']},
    )
    plan = publisher.plan({'remove': ['/entities/contact/properties/job_title']}, admin)
    publisher.apply(plan.plan_id, admin)

    page = client.get(f'/contact/?view={uid}')
    mended = client.get(f'/contact/?view={uid}&filter={{}}')

    assert page.status_code == 422 and 'Show all contacts' in page.text
    assert mended.status_code == 200 and '1 column of this view is not shown' in mended.text
