"""Everybody reads and writes hours on the clock of the zone that they chose for themselves."""

from __future__ import annotations

import re
from html import unescape

from flask.testing import FlaskClient

from tests.support.site import Site
from tests.web.pages import token_of

FAR = 'America/New_York'
MORNING, EVENING_BEFORE = '09:17', '21:17'  # 02:17 in UTC on the clocks of Hà Nội and New York


def move_to(client: FlaskClient, zone: str) -> None:
    page = client.get('/settings').text
    own = {
        key: unescape(re.findall(rf'name="{key}"[^>]*value="([^"]*)"', page)[0]) for key in ('last_name', 'first_name', 'email')
    }
    chosen = {'locale': 'en', 'timezone': zone, 'theme': 'auto', 'shortcuts': '1', 'csrf_token': token_of(page)}
    answer = client.post('/settings', data={**own, **chosen})
    assert answer.status_code in {302, 303}, answer.text


def test_one_moment_is_told_by_the_clock_of_whoever_looks(site: Site) -> None:
    contact = site.create('manager', 'contact', full_name='Lê Văn Tám')
    starts = {'starts_at': '2026-03-05T02:17:00Z', 'ends_at': '2026-03-05T03:17:00Z', 'status': 'done'}
    uid = site.create('manager', 'appointment', title='Khảo sát', contact=contact, **starts)
    near, far = site.client('admin'), site.client('manager')
    move_to(far, FAR)

    pages = (
        '/appointment/', f'/appointment/{uid}', f'/appointment/{uid}/edit', f'/contact/{contact}', '/appointment/export.csv',
        '/calendar/agenda?day=2026-03-04&who=*', f'/calendar/appointment/{uid}',
    )  # fmt: skip
    shown = {path: (near.get(path), far.get(path)) for path in pages}
    told = {path: [(answer.status_code, MORNING in answer.text, EVENING_BEFORE in answer.text) for answer in both]
            for path, both in shown.items()}  # fmt: skip

    assert told == {path: [(200, True, False), (200, False, True)] for path in pages}


def test_what_is_typed_is_an_hour_of_the_own_clock(sqlite_site: Site) -> None:
    client = sqlite_site.client('manager')
    move_to(client, FAR)
    page = client.get('/appointment/new').text

    for zone, stored in ((FAR, '2026-03-05T03:30:00Z'), ('Asia/Ho_Chi_Minh', '2026-03-04T15:30:00Z')):
        move_to(client, zone)
        form = {'title': f'Gặp ở {zone}', 'starts_at': '4 Mar 2026 22:30', 'csrf_token': token_of(page)}
        answer = client.post('/appointment/new', data=form)
        uid = answer.headers['Location'].split('?')[0].rsplit('/', 1)[1]
        with sqlite_site.runtime.reader(sqlite_site.actor('admin')) as reader:
            assert reader.get('appointment', uid).wire()['starts_at'] == stored


def test_zones_are_offered_by_country_in_the_language_of_the_page(sqlite_site: Site) -> None:
    page = unescape(sqlite_site.client('rep', locale='vi').get('/settings').text)

    assert 'Việt Nam (Ho Chi Minh), UTC+07:00</option>' in page
    assert 'Nhật Bản (Tokyo), UTC+09:00</option>' in page
    assert page.count('value="Asia/Ho_Chi_Minh"') == 1
