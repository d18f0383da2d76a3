"""What pages weigh: statements of a record and of a board, answers packed for the line, counts of tabs after the page."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

from tests.lists.test_views import post
from tests.support.site import Site
from tests.web.test_lists import statements

PACKED = {'Accept-Encoding': 'gzip'}
TALK = {'kind': 'call', 'subject': 'Gọi', 'happened_at': '2026-11-20T01:00:00Z'}


def add_deal(site: Site, title: str, stage: str = 'survey') -> str:
    company = site.create('manager', 'company', name=f'Công ty {title}')
    return site.create('manager', 'opportunity', title=title, stage=stage, company=company)


def test_a_record_costs_the_same_few_statements_however_long_its_story_is(sqlite_site: Site) -> None:
    deal = add_deal(sqlite_site, 'Bàn họp')
    about = {'entity': 'opportunity', 'uid': deal}
    client, address = sqlite_site.client('manager'), f'/opportunity/{deal}'
    for number in range(2):
        sqlite_site.create('manager', 'activity', **TALK, regarding=about, body=f'Lần {number}')
    client.get(address)
    with statements(sqlite_site) as few:
        client.get(address)
    for number in range(5):  # as many as its related list shows: one more would be counted, by one more statement
        sqlite_site.runtime.write(
            sqlite_site.actor('manager'), lambda store, n=number: store.update('opportunity', deal, {'next_step': f'Bước {n}'})
        )
    for number in range(3):
        sqlite_site.create('manager', 'activity', **TALK, regarding=about, body=f'Nữa {number}')
    with statements(sqlite_site) as many:
        client.get(address)

    assert len(many) == len(few) <= 22, '\n'.join(many)


def test_a_record_with_appointments_tells_them_and_their_count(site: Site) -> None:
    deal = add_deal(site, 'Bàn họp')
    about = {'entity': 'opportunity', 'uid': deal}
    times = {'starts_at': '2026-11-02T01:00:00Z', 'ends_at': '2026-11-02T02:00:00Z'}
    site.create('manager', 'appointment', title='Đo mặt bằng', regarding=about, status='done', **times)
    site.create('manager', 'appointment', title='Hẹn đã huỷ', regarding=about, status='cancelled', **times)
    site.create('manager', 'activity', **TALK, regarding=about)

    page = site.client('manager').get(f'/opportunity/{deal}').text

    assert 'Đo mặt bằng' in page and 'Hẹn đã huỷ' in page
    assert '<b class="t-strong">2</b> interactions' in page  # the call, and the appointment that was kept


def test_a_board_costs_one_statement_a_column_and_one_for_all_figures(sqlite_site: Site) -> None:
    client = sqlite_site.client('manager')
    for stage in ('survey', 'quote'):
        add_deal(sqlite_site, f'Bàn {stage}', stage)
    client.get('/opportunity/board?pipeline=deal')
    with statements(sqlite_site) as few:
        client.get('/opportunity/board?pipeline=deal')
    for number in range(30):
        add_deal(sqlite_site, f'Ghế {number}')
    with statements(sqlite_site) as many:
        client.get('/opportunity/board?pipeline=deal')

    assert len(many) == len(few) <= 11, '\n'.join(many)
    assert sum('group by' in each.lower() for each in many) == 1


def test_pages_are_packed_for_who_asks_and_their_length_tells_nothing(sqlite_site: Site) -> None:
    client = sqlite_site.client('manager')
    plain, answers = client.get('/contact/'), [client.get('/contact/', headers=PACKED) for _ in range(6)]

    assert 'Content-Encoding' not in plain.headers and 'Accept-Encoding' in plain.vary
    assert {each.headers['Content-Encoding'] for each in answers} == {'gzip'}
    assert '</html>' in gzip.decompress(answers[0].data).decode()
    assert len(answers[0].data) * 3 < len(plain.data)
    assert len({len(each.data) for each in answers}) > 1


def test_assets_are_packed_and_downloads_are_not(sqlite_site: Site) -> None:
    client = sqlite_site.client('manager')
    sqlite_site.create('manager', 'contact', full_name='Đặng Yến')
    sheet = re.search(r'href="(/static/[^"]+\.css)"', client.get('/contact/').text)
    assert sheet is not None
    packed, plain = client.get(sheet[1], headers=PACKED), client.get(sheet[1])

    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers['ETag'] == f'W/{plain.headers["ETag"]}'
    assert client.get(sheet[1], headers={**PACKED, 'If-None-Match': packed.headers['ETag']}).status_code == 304
    assert 'Content-Encoding' not in client.get('/contact/export.xlsx', headers=PACKED).headers


def test_tabs_are_counted_after_the_page_and_not_for_who_may_not_read(site: Site) -> None:
    manager, rep = site.client('manager'), site.client('rep')
    for number in range(3):
        site.create('manager', 'contact', full_name=f'Đặng Yến {number}', job_title='Kế toán' if number else None)
    document = json.dumps({'filter': {'all': [{'field': 'job_title', 'op': 'is_not_empty'}]}})
    made = post(manager, '/views/contact', name='Có chức vụ', audience='public', document=document)
    assert made.status_code == 303, made.text
    uid = made.location.partition('view=')[2]

    page, counts = manager.get('/contact/').text, manager.get('/contact/counts').text

    assert 'hx-get="/contact/counts"' in page and f'id="count-{uid}"></small>' in page
    assert f'<small class="t-3" id="count-{uid}" hx-swap-oob="true">2</small>' in counts
    assert '<small class="t-3" id="count-mine" hx-swap-oob="true">3</small>' in counts
    assert 'id="count-mine"' not in rep.get('/contact/counts').text or '>0<' in rep.get('/contact/counts').text


def test_templates_import_macros_without_the_page_they_stand_on() -> None:
    """With it they would be made anew at each import, and a time line imports them for each entry."""
    root = Path(__file__).resolve().parents[2]
    found = [
        path.name for folder in ('modules', 'workflows') for path in (root / folder).rglob('*.html')
        if re.search(r"import 'web/macros/\w+\.html' as \w+ with context", path.read_text(encoding='utf-8'))
    ]  # fmt: skip

    assert found == ['conditions.html'] or found == []
