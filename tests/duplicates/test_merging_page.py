"""The page that merges records: side by side, a value for each field, what becomes of the rest, undo, rights."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient

from tests.support.site import Site
from tests.web.pages import token_of


def post(client: FlaskClient, path: str, form: dict[str, Any], **headers: str) -> Any:
    token = token_of(client.get('/settings').get_data(as_text=True))
    return client.post(path, data={**form, 'csrf_token': token}, headers=headers)


def test_records_are_merged_as_chosen_told_what_becomes_of_the_rest_and_brought_back(site: Site) -> None:
    kept = site.create('manager', 'company', name='Gỗ Việt', phone='02438256789', website='govie.example')
    other = site.create('manager', 'company', name='Công ty Gỗ Việt', phone='02838256789', address={'street': '12 Lý Thái Tổ'})
    person = site.create('manager', 'contact', full_name='Ngô Hải Hà', company=other)
    manager = site.client('manager')

    asked = post(manager, '/company/merge/ask', {'uid': [kept, other]}, **{'HX-Request': 'true'})
    page = manager.get(asked.headers['HX-Redirect']).get_data(as_text=True)
    form = dict(re.findall(r'name="(revision\.[^"]+)" value="(\d+)"', page))
    chosen = {
        'uids': f'{kept},{other}',
        'survivor': kept,
        'pick.phone': other,
        'pick.address': other,
        'pick.name': kept,
        **form,
    }
    merged = post(manager, '/company/merge', chosen)
    after = manager.get(f'/api/v1/company/{kept}').json['result']
    moved = manager.get(f'/api/v1/contact/{person}').json['result']
    toast = re.search(r'/operations/[\w-]+/undo', manager.get(f'/company/{kept}').get_data(as_text=True))
    assert toast is not None
    post(manager, toast[0], {})
    back = manager.get(f'/api/v1/company/{kept}').json['result']

    assert re.findall(r'name="pick\.(\w+)" value="[^"]+" checked', page) == ['name', 'phone', 'website', 'address']
    assert '>Contacts <b class="t-fig">1</b>' in re.sub(r'\s+', ' ', page).replace('to the one that stays: ', '>')
    assert (merged.status_code, merged.headers['Location']) == (303, f'/company/{kept}')
    assert (after['name'], after['phone'], after['address']['street'], after['website']) == (
        'Gỗ Việt', '+842838256789', '12 Lý Thái Tổ', 'https://govie.example',
    )  # fmt: skip
    assert moved['company']['uid'] == kept
    assert (back['phone'], back['address']) == ('+842438256789', None)
    assert manager.get(f'/api/v1/contact/{person}').json['result']['company']['uid'] == other


def test_nothing_is_merged_that_changed_meanwhile_or_that_one_may_not_merge(sqlite_site: Site) -> None:
    site = sqlite_site
    uids = [site.create('manager', 'company', name=name, phone='02438256789') for name in ('Gỗ Việt', 'Công ty Gỗ Việt')]
    manager, rep = site.client('manager', locale='vi'), site.client('rep', locale='vi')
    place = f'/company/merge?uids={",".join(uids)}'

    alone = manager.get(f'/company/merge?uids={uids[0]}').get_data(as_text=True)
    stale = post(
        manager, '/company/merge', {'uids': ','.join(uids), 'survivor': uids[0], **{f'revision.{uid}': '7' for uid in uids}}
    )
    few = post(manager, '/company/merge/ask', {'uid': uids[:1]}, **{'HX-Request': 'true'})
    denied = rep.get(place)
    live = {uid: manager.get(f'/api/v1/company/{uid}').json['result']['name'] for uid in uids}

    assert place.replace(',', '%2C') in alone  # the other is proposed by the rule for telephone numbers
    assert (stale.status_code, 'Gộp 2 công ty' in stale.get_data(as_text=True)) == (409, True)
    assert (few.status_code, 'HX-Redirect' in few.headers, 'toast' in few.headers['HX-Trigger']) == (204, False, True)
    assert denied.status_code in {403, 404}
    assert len(live) == 2
    assert '/merge' in manager.get(f'/company/{uids[0]}').get_data(as_text=True)
