"""The first page has the parts that the person's role names, and ticks off what is done."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

from modules.saved_views import service as saved_views
from modules.saved_views.model import Wish
from modules.web.pages.home_parts import USUAL, parts_of
from schema.base.clock import FrozenClock
from schema.reading import read_role
from tests.collections.conftest import publish
from tests.support.site import NOW, Site
from tests.web.pages import token_of


def role(key: str, order: int, **more: Any) -> Any:
    return read_role({'x-key': key, 'x-ref': f'{key}_k3v9xw', 'x-order': order, 'grants': {}, **more})


def test_the_first_role_that_names_parts_decides_which_there_are_and_in_which_order() -> None:
    roles = {'rep': role('rep', 40), 'boss': role('boss', 20, **{'x-home': ['recent', 'agenda']}),
             'lead': role('lead', 30, **{'x-home': ['waiting']})}  # fmt: skip

    assert parts_of(roles, {'rep'}) == USUAL
    assert parts_of(roles, {'rep', 'lead', 'boss'}) == ('recent', 'agenda')
    assert parts_of(roles, {'lead', 'gone'}) == ('waiting',)


def test_the_day_holds_what_one_takes_part_in_and_is_ticked_off(sqlite_site: Site) -> None:
    site = sqlite_site
    site.runtime.clock = FrozenClock(NOW, site.runtime.clock.zone)
    lan = site.create('rep', 'contact', full_name='Lê <b>Lan</b>', phone='0912 345 678', email='lan@vidu.vn')
    minh = site.create('rep', 'contact', full_name='Trần Minh', email='minh@vidu.vn')
    quiet = site.create('rep', 'contact', full_name='Võ An', phone='0912 345 679', do_not_contact=True)
    uid = site.create('rep', 'task', title='Call <b>back</b>', due_at='2026-11-20T09:00:00Z', contact=lan)
    site.create('leader', 'appointment', title='Invited', starts_at='2026-11-20T04:00:00Z', participants=[{'person': 'rep'}],
                contact=quiet)  # fmt: skip
    hours = {'starts_at': '2026-11-10T02:00:00Z', 'ends_at': '2026-11-10T03:30:00Z'}
    site.create('rep', 'appointment', title='Daily', repeat='FREQ=DAILY', contact=minh, **hours)
    site.create('rep', 'appointment', title='Called off', status='cancelled', starts_at='2026-11-20T06:00:00Z')
    site.create('rep2', 'appointment', title='Foreign', starts_at='2026-11-20T04:00:00Z')
    rep = site.client('rep')

    page = rep.get('/').get_data(as_text=True)

    assert [page.index(title) for title in ('Daily', 'Invited', 'Call &lt;b&gt;')] == sorted(
        page.index(title) for title in ('Daily', 'Invited', 'Call &lt;b&gt;')
    )
    assert 'Foreign' not in page and '4 things, 0 done' in page
    ways = re.findall(r'<a class="btn btn-line" href="([^"]+)" aria-label="([^"]+)">', page)
    assert ways == [
        (f'/contact/{minh}?write=mail', 'Write to Trần Minh'), ('tel:+84912345678', 'Call Lê &lt;b&gt;Lan&lt;/b&gt;'),
    ], 'who asked not to be contacted is not offered'  # fmt: skip
    assert re.search(r'value="~mail" checked', rep.get(ways[0][0]).text)
    where = {'place': '88 Lê Duẩn, Đà Nẵng', 'contact': lan}
    there = site.create('rep', 'appointment', title='Survey', starts_at='2026-11-20T08:00:00Z', **where)
    outside = r'<a class="btn btn-line" href="([^"]+)" target="_blank" rel="noopener noreferrer" aria-label="([^"]+)">'
    led = re.findall(outside, rep.get('/').text)
    assert led == [('https://www.google.com/maps/dir/?api=1&amp;destination=88+L%C3%AA+Du%E1%BA%A9n%2C+%C4%90%C3%A0+N%E1%BA%B5ng',
                    'Directions to 88 Lê Duẩn, Đà Nẵng')], 'a visit needs the way more than a call'  # fmt: skip
    site.runtime.write(site.actor('rep'), lambda store: store.delete('appointment', there))
    assert page.index('Daily') < page.index('class="t-now"') < page.index('Invited')  # one goes on, the other is to come
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    form = {'csrf_token': token.group(1), 'at': '', 'revision': '1', 'back': 'home'}
    assert rep.post(f'/calendar/task/{uid}/done', data=form).headers['Location'].endswith('/')
    assert '4 things, 1 done' in rep.get('/').get_data(as_text=True)


def test_a_saved_view_narrows_the_calendar_to_its_records(sqlite_site: Site) -> None:
    site = sqlite_site
    site.create('rep', 'task', title='Urgent', due_at='2026-11-19T02:00:00Z', priority='urgent')
    site.create('rep', 'task', title='Far ahead', due_at='2026-11-19T02:00:00Z', priority='low')
    site.create('rep', 'appointment', title='Visit', starts_at='2026-11-19T02:00:00Z')
    policy, entity = site.runtime.policy(site.actor('rep')), site.runtime.catalogs.current().entity('task')
    wish = Wish('Urgent', document={'filter': {'all': [{'field': 'priority', 'op': 'eq', 'value': 'urgent'}]}})
    with site.runtime.database.session() as session:
        view = saved_views.create(session, policy, entity, wish, now=NOW)
    asked = {'start': '2026-11-16', 'end': '2026-11-23', 'view': view.uid}

    found = site.client('rep').get('/calendar/events', query_string=asked)

    assert [each['title'] for each in found.get_json()['events']] == ['Urgent']
    assert site.client('leader').get('/calendar/events', query_string=asked).status_code == 404


def test_the_first_page_finds_deals_and_birthdays_under_the_keys_they_have(sqlite_site: Site) -> None:
    site = sqlite_site
    documents = site.runtime.publisher.documents()
    born = documents['entity', 'contact']['properties']['birthday']['x-ref']
    deal = {
        'x-ref': documents['entity', 'opportunity']['x-ref'],
        'x-label': {'en': 'Sale', 'vi': 'Đơn'},
        'x-plural': {'en': 'Sales', 'vi': 'Đơn'},
    }
    day = {'x-type': 'date', 'x-label': {'en': 'Day', 'vi': 'Ngày'}}
    people = {'x-birthday': 'feast', 'properties': {'born_on': {'x-ref': born}, 'feast': day}}
    publish(site, entities={'deal': deal, 'contact': people, 'lead': {'properties': {'ngay_sinh': day}}})
    company = site.create('rep', 'company', name='Gỗ Việt')
    site.create(
        'rep', 'deal', title='Bàn ghế', company=company, stage='survey', amount={'amount': '90000000', 'currency': 'VND'}
    )
    today = site.runtime.clock.now().astimezone(site.runtime.clock.zone)
    born_today = '1992-02-29' if f'{today:%m-%d}' == '02-29' else f'1990-{today:%m-%d}'
    site.create('rep', 'contact', full_name='Sinh Hôm Nay', feast=born_today)
    site.create('rep', 'contact', full_name='Khác Trường', born_on=born_today)
    site.create('rep', 'lead', full_name='Sinh Lead', ngay_sinh=born_today)

    page = site.client('rep').get('/').text

    assert 'My sales' in page and 'href="/deal/board"' in page and '90' in page.split('My sales')[1].split('</section>')[0]
    soon = page.split('Birthdays this week')[1].split('</section>')[0]
    assert 'Sinh Hôm Nay' in soon and 'Sinh Lead' in soon and 'Khác Trường' not in soon
    site.runtime.clock = FrozenClock(site.runtime.clock.now() + timedelta(days=12), site.runtime.clock.zone)
    assert '1 sale standing longer than usual' in site.client('rep').get('/').text


def test_overdue_tasks_are_counted_whole_ticked_off_and_called_about_where_they_stand(sqlite_site: Site) -> None:
    site = sqlite_site
    site.runtime.clock = FrozenClock(NOW, site.runtime.clock.zone)
    lan = site.create('rep', 'contact', full_name='Lê Lan', phone='0912 345 678')
    first = site.create('rep', 'task', title='Oldest', due_at='2026-11-01T09:00:00Z', contact=lan)
    for number in range(7):
        site.create('rep', 'task', title=f'Late {number}', due_at='2026-11-05T09:00:00Z')
    site.create('rep', 'task', title='Far ahead', due_at='2027-01-05T09:00:00Z')
    site.create('rep', 'task', title='Long over', due_at='2026-11-02T09:00:00Z', status='done')
    rep = site.client('rep')

    page = rep.get('/').text
    [href] = re.findall(r'href="([^"]+)">All overdue<', page)
    listed = rep.get(html.unescape(href)).text
    form = re.search(rf'action="(/calendar/task/{first}/done)".*?name="revision" value="(\d+)"', page)
    assert form is not None
    sent = {'revision': form[2], 'state': 'done', 'back': 'home', 'csrf_token': token_of(page)}
    ticked = rep.post(form[1], data=sent)
    then = rep.get('/').text

    assert '8 tasks past their time' in page and page.count('t-agenda is-late') == 6
    assert 'Call Lê Lan' in page
    assert all(f'Late {number}' in listed for number in range(7)) and 'Oldest' in listed
    assert 'Far ahead' not in listed and 'Long over' not in listed
    assert ticked.headers['Location'] == '/' and '7 tasks past their time' in then
    assert 'aria-label="Done: Oldest"' not in then
