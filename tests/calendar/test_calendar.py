"""The calendar over HTTP, on both databases: what is shown to whom, moves, series, feeds and files."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from icalendar import Calendar

from modules.records.model import ListQuery
from modules.sharing import service as sharing
from permissions.tables import user_preference
from schema.base.clock import FrozenClock
from tests.support.site import NOW, Site
from tests.web.pages import form_of

SAIGON, PARIS = ZoneInfo('Asia/Ho_Chi_Minh'), ZoneInfo('Europe/Paris')
JSON = {'Accept': 'application/json'}
WEEK = {'start': '2026-11-16', 'end': '2026-11-23', 'show': 'week'}


@pytest.fixture
def office(site: Site) -> Site:
    site.runtime.clock = FrozenClock(NOW, site.runtime.clock.zone)
    return site


def events(client: FlaskClient, **asked: Any) -> list[dict[str, Any]]:
    answer = client.get('/calendar/events', query_string={**WEEK, **asked})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return list(answer.get_json()['events'])


def titles(client: FlaskClient, **asked: Any) -> list[str]:
    return [each['title'] for each in events(client, **asked)]


def token(client: FlaskClient) -> dict[str, str]:
    return {'X-CSRFToken': client.get('/api/v1/security/csrf_token/').get_json()['result']}


def post(client: FlaskClient, path: str, **form: Any) -> Any:
    return client.post(path, data=form, headers={**JSON, **token(client)})


def at(*parts: int, zone: ZoneInfo = SAIGON) -> str:
    year, month, day, *clock = parts
    hour, minute = (*clock, 0, 0)[:2]
    return datetime(year, month, day, hour, minute, tzinfo=zone).astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%SZ')


def record(site: Site, username: str, uid: str, entity: str = 'appointment') -> Any:
    with site.runtime.reader(site.actor(username)) as reader:
        return reader.get(entity, uid)


def test_people_see_the_events_they_may_read_and_those_they_take_part_in(office: Site) -> None:
    office.create('rep', 'appointment', title='Own', starts_at=at(2026, 11, 19, 9), ends_at=at(2026, 11, 19, 10))
    office.create('rep', 'task', title='Call', due_at=at(2026, 11, 20, 11), status='done')
    office.create('rep2', 'appointment', title='Foreign', starts_at=at(2026, 11, 19, 9))
    office.create('leader', 'appointment', title='Invited', starts_at=at(2026, 11, 19, 9, 30), ends_at=at(2026, 11, 19, 11),
                  participants=[{'person': 'rep'}])  # fmt: skip
    office.create('rep', 'appointment', title='Clashing', starts_at=at(2026, 11, 19, 9, 30), ends_at=at(2026, 11, 19, 11))
    office.create('rep', 'appointment', title='Next week', starts_at=at(2026, 11, 23, 9))
    rep, leader = office.client('rep'), office.client('leader')

    mine = events(rep)

    assert [each['title'] for each in mine] == ['Own', 'Invited', 'Clashing', 'Call']
    assert mine[0]['start'] == '2026-11-19T09:00:00' and mine[0]['end'] == '2026-11-19T10:00:00'
    assert mine[0]['extendedProps']['clash'] == 'Clashing' and mine[2]['extendedProps']['clash'] == 'Own'
    assert mine[3]['extendedProps']['state'] == 'done' and mine[1]['editable'] is False and mine[0]['editable'] is True
    assert titles(leader) == ['Invited']
    assert titles(leader, who='rep', kind='appointment') == ['Own', 'Invited', 'Clashing']
    assert titles(leader, who='rep2') == [] and 'Foreign' not in titles(leader, who='*')
    page = rep.get('/calendar/?show=agenda&day=2026-11-19').get_data(as_text=True)
    assert 'At the same time as Clashing' in page and 'Foreign' not in page
    assert rep.get('/calendar/events', query_string={**WEEK, 'end': '2028-01-01'}).status_code == 400


def test_a_phone_has_the_month_above_its_list_of_days(office: Site) -> None:
    office.create('rep', 'appointment', title='Early', starts_at=at(2026, 10, 30, 9))
    office.create('rep', 'appointment', title='Late', starts_at=at(2026, 11, 30, 9))
    rep = office.client('rep')

    page = rep.get('/calendar/agenda?show=month&day=2026-11-20').get_data(as_text=True)

    month = page.partition('</nav>')[0]
    days = re.findall(r'href="([^"]+)" class="([^"]*)"[^>]*>(\w*)<b>(\d+)</b><span[^>]*>[^<]*, (\d+) thing', month)
    assert [number for _href, _class, _name, number, _count in days] == [
        str(each) for each in (*range(26, 32), *range(1, 31), *range(1, 7))
    ]
    assert [name for _href, _class, name, _number, _count in days if name] == ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
    assert [number for _href, _class, _name, number, count in days if count == '1'] == ['30', '30']
    far = [number for _href, about, _name, number, _count in days if 'is-far' in about]
    assert far == [*map(str, range(26, 32)), *'123456']
    listed = re.findall(r'<h2 id="day-([^"]+)">', page)
    assert listed == ['2026-11-20', '2026-11-30'] and 'start=2026-11-20T09:00' in page.partition('2026-11-30">')[0]
    assert all('show=month' in href for href, *_rest in days) and 'aria-current="date"' in month
    assert 'Late' in page.partition('</nav>')[2] and 'Early' not in page
    february = rep.get('/calendar/agenda?show=month&day=2027-02-10').get_data(as_text=True).partition('</nav>')[0]
    assert february.count('<b>') == 28
    rep.get('/lang/vi')
    assert '>Thứ Hai <' in rep.get('/calendar/agenda?show=month&day=2026-11-20').get_data(as_text=True)


def test_times_are_those_of_the_person_and_a_move_is_safe_and_undone(office: Site) -> None:
    uid = office.create('rep', 'appointment', title='Visit', starts_at=at(2026, 11, 19, 9), ends_at=at(2026, 11, 19, 10))
    rep_id = office.actor('rep').user_id
    with office.runtime.database.writing() as connection:
        connection.execute(user_preference.delete().where(user_preference.c.user_id == rep_id))
        connection.execute(user_preference.insert().values(user_id=rep_id, timezone='Europe/Paris'))
    rep = office.client('rep')
    (event,) = events(rep)
    assert event['start'] == '2026-11-19T03:00:00'

    path, seen = f'/calendar/appointment/{uid}/move', event['extendedProps']['revision']
    moved = post(rep, path, start='2026-11-20T15:00:00', end='2026-11-20T16:30:00', revision=seen)
    stale = post(office.client('leader'), path, start='2026-11-17T15:00:00', revision=seen)

    assert (moved.status_code, stale.status_code) == (200, 409)
    assert record(office, 'rep', uid).values['starts_at'] == datetime(2026, 11, 20, 14, tzinfo=UTC)
    assert post(rep, moved.get_json()['undo']).status_code == 200
    assert record(office, 'rep', uid).values['starts_at'] == datetime(2026, 11, 19, 2, tzinfo=UTC)
    assert post(office.client('rep2'), path, start='2026-11-18T15:00:00').status_code == 404


@pytest.mark.parametrize('abroad', ['Europe/Paris', 'America/Los_Angeles', 'Asia/Tokyo'])
def test_a_whole_day_is_the_same_day_for_readers_of_every_zone(office: Site, abroad: str) -> None:
    day = {'starts_at': at(2026, 11, 19), 'ends_at': at(2026, 11, 20), 'all_day': True}
    uid = office.create('rep', 'appointment', title='Fair', **day)
    office.create('rep', 'appointment', title='Weekly', repeat='RRULE:FREQ=WEEKLY;BYDAY=TH TZID:Asia/Ho_Chi_Minh', **day)
    office.create('rep', 'appointment', title='Bare', starts_at=at(2026, 11, 16), all_day=True)
    with office.runtime.database.writing() as connection:
        rep_id = office.actor('rep').user_id
        connection.execute(user_preference.delete().where(user_preference.c.user_id == rep_id))
        connection.execute(user_preference.insert().values(user_id=rep_id, timezone=abroad))
    rep = office.client('rep')

    shown = [(each['title'], each['start'], each['end']) for each in events(rep, end='2026-11-30')]

    assert sorted(shown) == [('Bare', '2026-11-16', '2026-11-17'),
                             ('Fair', '2026-11-19', '2026-11-20'), ('Weekly', '2026-11-19', '2026-11-20'),
                             ('Weekly', '2026-11-26', '2026-11-27')]  # fmt: skip
    dialogue = rep.get(f'/calendar/appointment/{uid}').get_data(as_text=True)
    assert [form_of(dialogue, 'event-form')[name] for name in ('day', 'last')] == ['19 Nov 2026', '19 Nov 2026']
    parts = Calendar.from_ical(office.client().get(feed_of(rep)).get_data(as_text=True)).walk('VEVENT')
    assert {str(part['summary']): f'{part["dtstart"].dt}' for part in parts} == {
        'Bare': '2026-11-16', 'Fair': '2026-11-19', 'Weekly': '2026-11-19'
    }  # fmt: skip


def live_in(site: Site, zone: str, username: str = 'rep') -> None:
    user_id = site.actor(username).user_id
    with site.runtime.database.writing() as connection:
        connection.execute(user_preference.delete().where(user_preference.c.user_id == user_id))
        connection.execute(user_preference.insert().values(user_id=user_id, timezone=zone))


@pytest.mark.parametrize('abroad', ['Europe/Paris', 'America/Los_Angeles', 'Asia/Tokyo'])
def test_whole_days_that_somebody_abroad_writes_down_are_the_same_days_at_home(office: Site, abroad: str) -> None:
    live_in(office, abroad)
    rep, manager = office.client('rep'), office.client('manager')
    form = {'entity': 'appointment', 'all_day': '1', 'repeat': ''}
    post(rep, '/calendar/new', title='Fair', day='2026-11-18', last='2026-11-19', **form)
    post(rep, '/calendar/new', title='Weekly', day='2026-11-17', **{**form, 'repeat': 'weekly'})
    office.create('manager', 'appointment', title='Home', starts_at=at(2026, 11, 18), all_day=True, owner='rep',
                  repeat='FREQ=WEEKLY;BYDAY=WE')  # fmt: skip
    file = FILE.replace('VERSION:2.0', 'VERSION:2.0\nX-WR-TIMEZONE:Pacific/Auckland')
    take_over(rep, file[: file.index('BEGIN:VEVENT')] + file[file.index('BEGIN:VEVENT\nUID:days') :])

    def days(client: FlaskClient) -> list[tuple[str, str, str]]:
        shown = events(client, who='rep', end='2026-11-30')
        return sorted((each['title'], each['start'], each['end']) for each in shown)

    expected = [
        ('Fair', '2026-11-18', '2026-11-20'), ('Fair', '2026-11-20', '2026-11-22'),
        ('Home', '2026-11-18', '2026-11-19'), ('Home', '2026-11-25', '2026-11-26'),
        ('Weekly', '2026-11-17', '2026-11-18'), ('Weekly', '2026-11-24', '2026-11-25'),
    ]  # fmt: skip
    assert (days(rep), days(manager)) == (expected, expected)
    for title, scope in (('Weekly', 'this'), ('Home', 'all')):
        held = [each for each in events(rep, end='2026-11-30') if each['title'] == title][1]['extendedProps']
        moved = {'at': held['at'], 'revision': held['revision'], 'scope': scope, 'all_day': '1'}
        post(rep, f'/calendar/appointment/{held["uid"]}/move', start='2026-11-27', end='2026-11-28', **moved)
    expected[3:] = [('Home', '2026-11-27', '2026-11-28'), ('Weekly', '2026-11-17', '2026-11-18'),
                    ('Weekly', '2026-11-27', '2026-11-28')]  # fmt: skip
    expected[2] = ('Home', '2026-11-20', '2026-11-21')
    assert (days(rep), days(manager)) == (expected, expected)


def test_a_series_keeps_the_clock_of_its_own_or_the_company_whoever_reads_and_saves_it(office: Site) -> None:
    """Nine in Saigon is three in Paris in winter and four in summer; early on Tuesday it is still Monday there."""
    early = {'starts_at': at(2026, 11, 17, 5), 'ends_at': at(2026, 11, 17, 6), 'owner': 'rep'}
    uid = office.create('manager', 'appointment', title='Early', repeat='FREQ=WEEKLY;BYDAY=TU', **early)
    live_in(office, 'Europe/Paris')
    rep = office.client('rep')
    summer = {'start': '2027-07-05', 'end': '2027-07-12'}
    assert [each['start'] for span in ({}, summer) for each in events(rep, **span)] == [
        '2026-11-16T23:00:00',
        '2027-07-06T00:00:00',
    ]
    assert [each['start'] for each in events(office.client('manager'), who='rep', **summer)] == ['2027-07-06T05:00:00']

    at_stake = events(rep)[0]['extendedProps']
    page = rep.get(at_stake['href']).get_data(as_text=True)
    form = form_of(page, 'event-form')
    assert 'Weekly on Monday' in page and (form['repeat'], form['day']) == ('weekly', '16 Nov 2026')
    saved = post(rep, f'/calendar/appointment/{uid}', **{**form, 'scope': 'all', 'on': ['MO', 'WE'], 'day': '2026-11-16'})
    assert saved.status_code == 200, saved.text

    held = record(office, 'rep', uid).values
    assert (held['repeat'], held['starts_at']) == (
        'RRULE:FREQ=WEEKLY;BYDAY=TU,TH TZID:Asia/Ho_Chi_Minh', datetime(2026, 11, 16, 22, tzinfo=UTC)
    )  # fmt: skip
    assert [each['start'] for each in events(rep)] == ['2026-11-16T23:00:00', '2026-11-18T23:00:00']


def test_one_of_a_series_the_rest_and_all_of_it_are_changed_and_undone(office: Site) -> None:
    rep = office.client('rep')
    made = post(rep, '/calendar/new', entity='appointment', title='Stand-up', day='2026-11-02', last='2026-11-02',
                **{'from': '09:00', 'to': '09:15', 'repeat': 'workdays', 'until': '2026-12-31'})  # fmt: skip
    assert made.status_code == 200, made.get_json()
    week = events(rep)
    assert [each['start'][:16] for each in week] == [f'2026-11-{day}T09:00' for day in range(16, 21)]
    uid, wednesday = week[2]['extendedProps']['uid'], week[2]['extendedProps']['at']
    path = f'/calendar/appointment/{uid}'

    one = post(rep, f'{path}/move', start='2026-11-18T14:00:00', end='2026-11-18T14:15:00', scope='this', at=wednesday)
    assert [each['start'][8:16] for each in events(rep)] == ['16T09:00', '17T09:00', '18T14:00', '19T09:00', '20T09:00']
    assert post(rep, one.get_json()['undo']).status_code == 200
    assert [each['start'][8:16] for each in events(rep)][2] == '18T09:00'

    rest = post(rep, f'{path}/move', start='2026-11-18T10:00:00', end='2026-11-18T10:15:00', scope='following', at=wednesday)
    assert [each['start'][8:13] for each in events(rep)] == ['16T09', '17T09', '18T10', '19T10', '20T10']
    assert post(rep, rest.get_json()['undo']).status_code == 200

    post(rep, f'{path}/move', start='2026-11-18T08:00:00', end='2026-11-18T08:30:00', scope='all', at=wednesday)
    everything = events(rep)
    assert [each['start'][8:16] for each in everything] == [f'{day}T08:00' for day in range(16, 21)]
    assert {each['end'][11:16] for each in everything} == {'08:30'}
    thursday = everything[3]['extendedProps']['at']
    post(rep, f'{path}/delete', scope='this', at=thursday)
    post(rep, f'{path}/done', at=everything[0]['extendedProps']['at'])
    left = events(rep)
    assert [(each['start'][8:10], each['extendedProps']['state']) for each in left] == [
        ('16', 'done'), ('17', 'open'), ('18', 'open'), ('20', 'open')
    ]  # fmt: skip
    dialogue = rep.get(f'{path}?at={left[1]["extendedProps"]["at"]}').get_data(as_text=True)
    assert '17 Nov 2026 · 08:00–08:30' in dialogue and 'Monday to Friday, until 31 Dec 2026, except 2 days' in dialogue
    assert post(rep, f'{path}/delete', scope='this', at=thursday).status_code == 409


def test_a_series_of_several_days_a_week_is_made_in_the_dialogue_and_moved_to_other_days(office: Site) -> None:
    rep = office.client('rep')
    form = {'entity': 'appointment', 'title': 'Training', 'day': '16/11/2026', 'from': '18h', 'to': '19h', 'repeat': 'weekly'}
    made = post(rep, '/calendar/new', **form, on=['MO', 'WE', 'FR'], on_first='MO')
    assert made.status_code == 200, made.get_json()
    week = events(rep)
    assert [each['start'][8:13] for each in week] == ['16T18', '18T18', '20T18']

    path = f'/calendar/appointment/{week[1]["extendedProps"]["uid"]}'
    at_wednesday = week[1]['extendedProps']['at']
    dialogue = rep.get(f'{path}?at={at_wednesday}').text
    assert re.findall(r'value="(\w\w)"[^>]*? checked', dialogue.split('t-days-of-week')[1]) == ['MO', 'WE', 'FR']
    moved = post(rep, path, title='Training', day='19/11/2026', at=at_wednesday, scope='following', repeat='weekly',
                 on=['MO', 'WE', 'FR'], on_first='WE', **{'from': '18h', 'to': '19h'})  # fmt: skip

    assert moved.status_code == 200, moved.text
    assert [each['start'][8:13] for each in events(rep)] == ['16T18', '19T18', '20T18']


def test_a_series_takes_place_every_so_many_weeks_and_so_many_times(office: Site) -> None:
    rep, winter = office.client('rep'), {'start': '2026-11-09', 'end': '2026-12-31'}
    form = {'entity': 'appointment', 'title': 'Review', 'day': '16/11/2026', 'from': '9h', 'to': '10h', 'repeat': 'weekly',
            'every': '2', 'ends': 'times', 'times': '4', 'on_first': 'MO', 'until': ''}  # fmt: skip

    def days() -> list[str]:
        return [each['start'][5:10] for each in events(rep, **winter)]

    refused = [post(rep, '/calendar/new', **{**form, **wrong}) for wrong in ({'every': '0'}, {'times': ''}, {'ends': 'until'})]
    assert [each.status_code for each in refused] == [422, 422, 422]
    post(rep, '/calendar/new', **form)
    assert days() == ['11-16', '11-30', '12-14', '12-28']
    second = events(rep, **winter)[1]['extendedProps']
    path = f'/calendar/appointment/{second["uid"]}'
    dialogue = rep.get(f'{path}?at={second["at"]}').text
    shown = [form_of(dialogue, 'event-form')[name] for name in ('repeat', 'every', 'ends', 'times')]
    assert (shown, 'Every 2 weeks on Monday, 4 times' in dialogue) == (['weekly', '2', 'times', '4'], True)

    later = {**form, 'day': '30/11/2026', 'at': second['at'], 'scope': 'following'}
    post(rep, path, **{**later, 'from': '11h', 'to': '12h'})
    assert days() == ['11-16', '11-30', '12-14', '12-28']
    rest = events(rep, **winter)[1]['extendedProps']
    fewer = {**later, 'every': '1', 'times': '3', 'at': rest['at'], 'scope': 'all'}
    post(rep, f'/calendar/appointment/{rest["uid"]}', **fewer)
    assert days() == ['11-16', '11-30', '12-07', '12-14']


def feed_of(client: FlaskClient, **form: str) -> str:
    page = client.post('/calendar/feeds', data={'name': 'Phone', **form}, headers=token(client)).get_data(as_text=True)
    found = re.search(r'/calendar/feed/[\w-]+\.ics', page)
    assert found and f'href="webcal://localhost{found.group()}"' in page, page
    return found.group()


FILE = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Elsewhere//EN
BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
UID:weekly@elsewhere
DTSTART;TZID=Europe/Paris:20261116T100000
DTEND;TZID=Europe/Paris:20261116T110000
RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=6
EXDATE;TZID=Europe/Paris:20261123T100000
SUMMARY:Weekly <b>call</b>
LOCATION:Paris
END:VEVENT
BEGIN:VEVENT
UID:weekly@elsewhere
RECURRENCE-ID;TZID=Europe/Paris:20261118T100000
DTSTART;TZID=Europe/Paris:20261118T150000
DTEND;TZID=Europe/Paris:20261118T160000
SUMMARY:Weekly call, later
END:VEVENT
BEGIN:VEVENT
UID:outlook#2@elsewhere
DTSTART;TZID=W. Europe Standard Time:20261119T100000
DURATION:PT90M
SUMMARY:From Outlook
BEGIN:VALARM
ACTION:DISPLAY
TRIGGER:-PT45M
DESCRIPTION:Reminder
END:VALARM
END:VEVENT
BEGIN:VEVENT
UID:days@elsewhere
DTSTART;VALUE=DATE:20261120
DTEND;VALUE=DATE:20261122
SUMMARY:Fair
RRULE:FREQ=HOURLY
END:VEVENT
BEGIN:VEVENT
UID:nothing@elsewhere
SUMMARY:Without a beginning
END:VEVENT
END:VCALENDAR
"""


def check_file(client: FlaskClient, text: str) -> Any:
    form = {'file': (io.BytesIO(text.replace('\n', '\r\n').encode()), 'other.ics')}
    return client.post('/calendar/import', data=form, headers=token(client), content_type='multipart/form-data')


def take_over(client: FlaskClient, text: str) -> Any:
    page = check_file(client, text).get_data(as_text=True)
    packed = re.search(r'name="packed" value="([^"]+)"', page)
    assert packed, page
    return client.post('/calendar/import/run', data={'packed': packed.group(1)}, headers=token(client))


def count(site: Site, username: str) -> int:
    with site.runtime.reader(site.actor(username)) as reader:
        return reader.count('appointment', ListQuery()).value


def test_statements_do_not_grow_with_events(office: Site) -> None:
    rep = office.client('rep')
    office.create('rep', 'appointment', title='One', starts_at=at(2026, 11, 19, 9))
    office.create('rep', 'appointment', title='Series', starts_at=at(2026, 11, 16, 9), repeat='FREQ=DAILY')
    office.create('rep', 'task', title='Call', due_at=at(2026, 11, 19, 9))
    events(rep)
    few = statements(office, rep)
    for number in range(12):
        moment = datetime(2026, 11, 17, 9, tzinfo=UTC) + timedelta(hours=number)
        office.create('rep', 'appointment', title=f'More {number}', starts_at=moment.strftime('%Y-%m-%dT%H:%M:%SZ'))
        office.create('rep', 'task', title=f'Task {number}', due_at=moment.strftime('%Y-%m-%dT%H:%M:%SZ'))

    assert statements(office, rep) == few <= 14


def statements(site: Site, client: FlaskClient) -> int:
    return len([text for text, _ in asked_of(site, client) if text.lstrip().upper().startswith('SELECT')])


def asked_of(site: Site, client: FlaskClient) -> list[tuple[str, Any]]:
    """What events ask of the database, with the parameters."""
    asked: list[tuple[str, Any]] = []
    engine = site.runtime.database.read_engine

    def note(_connection: Any, _cursor: Any, statement: str, given: Any, *_rest: Any) -> None:
        asked.append((statement, given))

    sa.event.listen(engine, 'before_cursor_execute', note)
    events(client)
    sa.event.remove(engine, 'before_cursor_execute', note)
    return asked


def test_what_was_over_before_is_passed_within_an_index(office: Site) -> None:
    """Either database: where an index serves at all it is the one that tells all that is asked."""
    manager, told = office.client('manager'), list[str]()
    events(manager)
    with office.runtime.database.reading() as connection:
        explain = 'EXPLAIN QUERY PLAN' if office.runtime.database.is_sqlite else 'EXPLAIN'
        for way in () if office.runtime.database.is_sqlite else ('seqscan', 'bitmapscan', 'sort'):
            connection.exec_driver_sql(f'SET enable_{way} = off')  # such small tables would be read whole
        for text, given in asked_of(office, manager):
            if 'part_0' in text:
                told += [str(row[-1]) for row in connection.exec_driver_sql(f'{explain} {text}', given)]

    plan = '\n'.join(told)
    assert 'ix_x_appointment_starts_at_ends_at_repeat__fold_spans' in plan and 'ix_x_appointment_starts_at_repeats' in plan
    assert 'ix_x_task_due_at_sorted' in plan


def test_colleagues_are_changed_in_the_dialogue_and_what_was_shared_by_hand_stays(office: Site) -> None:
    uid = office.create('manager', 'appointment', title='Khảo sát', starts_at=at(2026, 11, 19, 9),
                        participants=[{'person': 'rep'}, {'person': 'rep2'}])  # fmt: skip
    manager, path = office.client('manager'), f'/calendar/appointment/{uid}'
    rep, rep2 = office.client('rep'), office.client('rep2')
    with office.runtime.database.session() as session:
        receivers = sharing.find_receivers(session, ['rep'], [])
    office.runtime.write(office.actor('manager'), lambda store: sharing.share_one(store, 'appointment', uid, receivers, 'view'))

    dialog = manager.get(path).text
    rows = re.findall(r'name="(participants\.[^"]*)"[^>]*value="([^"]*)"', dialog)
    read_only = rep.get(path).text
    lines = [each['uid'] for each in record(office, 'manager', uid).wire()['participants']]
    form = {'title': 'Khảo sát', 'day': '2026-11-19', 'from': '09:00', 'revision': '1', 'participants': 'a',
            'participants.a.uid': lines[0], 'participants.a.person': 'leader'}  # fmt: skip
    saved = post(manager, path, **form)

    assert saved.status_code == 200, saved.text
    assert rows and 'participants' not in read_only.replace('participants-', '')
    assert [each['person']['uid'] for each in record(office, 'manager', uid).wire()['participants']] == ['leader']
    assert [client.get(path).status_code for client in (rep, rep2, office.client('leader'))] == [200, 404, 200]


def test_two_people_at_one_event_are_asked_only_about_what_both_changed(office: Site) -> None:
    uid = office.create('rep', 'appointment', title='Visit', starts_at=at(2026, 11, 19, 9), ends_at=at(2026, 11, 19, 10))
    rep, path = office.client('rep'), f'/calendar/appointment/{uid}'
    form = {'title': 'Visit', 'day': '19/11/2026', 'from': '9h', 'to': '10h', 'place': '', 'revision': '1', 'repeat': ''}

    def meanwhile(**wire: Any) -> None:
        office.runtime.write(office.actor('admin'), lambda store: store.update('appointment', uid, wire))

    meanwhile(starts_at=at(2026, 11, 19, 14), ends_at=at(2026, 11, 19, 15))
    merged = post(rep, path, **{**form, 'place': '88 Lê Duẩn'})
    meanwhile(place='Online')
    asked = post(rep, path, **{**form, 'place': '12 Hàng Bài', 'from': '8h', 'revision': '1'})
    dialogue = asked.get_data(as_text=True)
    seen = re.search(r'name="seen" value="(\d+)"', dialogue)
    assert merged.status_code == 200 and asked.status_code == 409 and seen is not None
    assert 'name="revision" value="1"' in dialogue and 'Online' in dialogue
    assert set(re.findall(r'name="keep.(\w+)"', dialogue)) == {'place', 'starts_at'}
    chosen = {'keep.place': 'mine', 'keep.starts_at': 'theirs', 'seen': seen[1]}
    saved = post(rep, path, **{**form, 'place': '12 Hàng Bài', 'from': '8h', **chosen})

    now = record(office, 'rep', uid)
    assert saved.status_code == 200, saved.get_data(as_text=True)
    assert (now.values['place'], now.values['starts_at']) == ('12 Hàng Bài', datetime(2026, 11, 19, 7, tzinfo=UTC))
