"""Files of calendars: read by others as feeds, looked at, taken over once with who takes part, undone."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from modules.calendar.ics_in import Incoming, read_ics
from modules.calendar.recurrence import occurrences
from modules.records.model import ListQuery
from tests.calendar.test_calendar import (
    FILE,
    SAIGON,
    at,
    check_file,
    count,
    events,
    feed_of,
    office,
    record,
    take_over,
    titles,
    token,
)
from tests.support.site import Site

__all__ = ['office']
INVITED = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Elsewhere//EN
BEGIN:VEVENT
UID:invited@elsewhere
DTSTART:20261119T020000Z
DTEND:20261119T030000Z
SUMMARY:Invited
DESCRIPTION:Bring the drawings.
ORGANIZER;CN=Boss:mailto:boss@elsewhere.example
ATTENDEE;CN="Me";PARTSTAT=ACCEPTED:MAILTO:{rep}
ATTENDEE;CN="Colleague":mailto:{leader}
ATTENDEE:mailto:TAM@vd.vn
ATTENDEE;CN="Stranger":mailto:stranger@vd.vn
ATTENDEE;CUTYPE=ROOM;CN="Room 1":mailto:room@elsewhere.example
ATTENDEE;PARTSTAT=DECLINED:mailto:no@elsewhere.example
END:VEVENT
END:VCALENDAR
"""
OF_PARIS = """BEGIN:STANDARD
DTSTART:16011028T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010325T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
"""
OF_NOBODY = """BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+0315
TZOFFSETTO:+0315
END:STANDARD
"""
OF_SAIGON = OF_NOBODY.replace('+0315', '+0700')
SERIES = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Elsewhere//EN
BEGIN:VTIMEZONE
TZID:{name}
{clock}END:VTIMEZONE
BEGIN:VEVENT
UID:series@elsewhere
DTSTART;TZID="{name}":20261020T090000
DTEND;TZID="{name}":20261020T100000
RRULE:FREQ=WEEKLY;COUNT=4;BYDAY=TU
EXDATE;TZID="{name}":20261103T090000
SUMMARY:Series
DESCRIPTION:{text}
END:VEVENT
END:VCALENDAR
"""


def series(name: str, clock: str, text: str = 'Plain') -> Incoming:
    content = SERIES.format(name=name, clock=clock, text=text).replace('\n', '\r\n').encode()
    [event], left_out = read_ics(content, SAIGON)
    assert left_out == []
    return event


def begins(event: Incoming) -> list[str]:
    assert event.repeat is not None
    span = (datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    return [f'{each.astimezone(SAIGON):%m-%d %H:%M}' for each in occurrences(event.repeat, event.start, SAIGON, span)]


@pytest.mark.parametrize('name', ['W. Europe Standard Time', 'Customized Time Zone'])
def test_a_series_of_outlook_keeps_the_clock_of_its_zone_when_that_changes(name: str) -> None:
    event = series(name, OF_PARIS)

    assert begins(event) == ['10-20 14:00', '10-27 15:00', '11-10 15:00'] and event.notes == ()


@pytest.mark.parametrize('name', ['SE Asia Standard Time', 'Hà Nội'])
def test_a_zone_that_keeps_time_with_the_readers_is_the_readers(name: str) -> None:
    event = series(name, OF_SAIGON)

    assert event.repeat is not None and event.repeat.zone == SAIGON.key and event.notes == ()


def test_a_zone_that_nobody_keeps_time_with_is_told() -> None:
    event = series('Moon', OF_NOBODY)

    assert begins(event)[0] == '10-20 12:45' and [each.code for each in event.notes] == ['CAL-E008']


def test_html_in_a_description_is_read_as_words_and_signs_stay_signs() -> None:
    marked = 'Mời <b>cả nhóm</b>&nbsp\\;<br>Xem <a href="https://x.example/a">bản vẽ</a><ul><li>A</li></ul>'

    assert series('Moon', OF_SAIGON, marked).text == 'Mời cả nhóm\nXem bản vẽ (https://x.example/a)\nA'
    assert series('Moon', OF_SAIGON, 'a < b\\, <kim@x.example>').text == 'a < b, <kim@x.example>'


OF_EXCHANGE = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Elsewhere//EN
BEGIN:VEVENT
UID:whole@elsewhere
DTSTART;TZID=Asia/Ho_Chi_Minh:20261125T000000
DTEND;TZID=Asia/Ho_Chi_Minh:20261127T000000
X-MICROSOFT-CDO-ALLDAYEVENT:TRUE
SUMMARY:Whole
END:VEVENT
BEGIN:VEVENT
UID:part@elsewhere
DTSTART;TZID=Asia/Ho_Chi_Minh:20261125T080000
X-MICROSOFT-CDO-ALLDAYEVENT:FALSE
SUMMARY:Part
END:VEVENT
BEGIN:VEVENT
UID:part@elsewhere
RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Asia/Ho_Chi_Minh:20261126T080000
DTSTART;TZID=Asia/Ho_Chi_Minh:20261126T100000
SUMMARY:Later from now on
END:VEVENT
END:VCALENDAR
"""
BIRTHDAY = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Apple Inc.//EN
BEGIN:VEVENT
UID:birthday@elsewhere
DTSTART;VALUE=DATE;X-APPLE-OMIT-YEAR=1604:16040301
RRULE:FREQ=YEARLY
SUMMARY:Birthday
END:VEVENT
END:VCALENDAR
"""


def test_whole_days_of_exchange_are_days_and_what_moves_a_rest_is_told() -> None:
    whole, part, moved = read_ics(OF_EXCHANGE.replace('\n', '\r\n').encode(), ZoneInfo('Asia/Tokyo'))[0]

    assert (whole.all_day, part.all_day) == (True, False)
    assert [str(each) for each in (whole.start, whole.end)] == ['2026-11-24 15:00:00+00:00', '2026-11-26 15:00:00+00:00']
    assert [each.params['rule'] for each in moved.notes] == ['RANGE=THISANDFUTURE']


def test_a_birthday_without_a_year_is_taken_over_and_leads_to_a_day_that_is_shown(office: Site) -> None:
    rep = office.client('rep')

    done = take_over(rep, BIRTHDAY)

    assert rep.get(done.location).status_code == 200
    assert titles(rep, start='2027-02-22', end='2027-03-07') == ['Birthday']


def test_a_file_is_looked_at_first_taken_over_once_and_undone(office: Site) -> None:
    rep = office.client('rep')
    page = check_file(rep, FILE).get_data(as_text=True)
    assert '4 new' in page and 'without a beginning' in page and 'FREQ=HOURLY' in page and 'Weekly &lt;b&gt;' in page
    assert '20 Nov 2026–21 Nov 2026' in page and '19 Nov 2026 16:00–17:30' in page
    assert count(office, 'rep') == 0

    done = take_over(rep, FILE)

    assert done.status_code == 303 and count(office, 'rep') == 4
    week = [(each['title'], each['start']) for each in events(rep)]
    assert week == [
        ('Fair', '2026-11-20'), ('Weekly <b>call</b>', '2026-11-16T16:00:00'), ('Weekly call, later', '2026-11-18T21:00:00'),
        ('From Outlook', '2026-11-19T16:00:00'),
    ]  # fmt: skip
    with office.runtime.reader(office.actor('rep')) as reader:
        records = reader.list_page('appointment', ListQuery(columns=('title', 'remind_minutes'))).records
    assert {each.title: each.values['remind_minutes'] for each in records}['From Outlook'] == 45
    later = titles(rep, start='2026-11-23', end='2026-12-31')
    assert later == ['Weekly <b>call</b>'] * 3
    assert '4 there already' in check_file(rep, FILE).get_data(as_text=True)
    changed = FILE.replace('LOCATION:Paris', 'LOCATION:Lyon')
    assert '1 changed' in check_file(rep, changed).get_data(as_text=True)
    take_over(rep, changed)
    assert count(office, 'rep') == 4
    operation = re.search(r'/operations/([\w-]+)', rep.get('/operations/').get_data(as_text=True))
    assert operation is not None
    take_over(office.client('rep2'), FILE)
    assert (count(office, 'rep'), count(office, 'rep2')) == (4, 4)
    assert check_file(rep, 'hello').status_code == 422


def test_what_leaves_by_the_feed_comes_back_as_the_same_records(office: Site) -> None:
    office.create('rep', 'appointment', title='Round', starts_at=at(2026, 11, 19, 9), ends_at=at(2026, 11, 19, 10))
    rep = office.client('rep')
    text = office.client().get(feed_of(rep)).get_data(as_text=True).replace('\r\n', '\n')

    assert '1 there already' in check_file(rep, text).get_data(as_text=True)


def test_who_is_invited_takes_part_by_address_or_is_told_in_words(office: Site) -> None:
    rep, leader = office.actor('rep'), office.actor('leader')
    guest = office.create('rep', 'contact', full_name='Lê Văn Tám', email='tam@vd.vn')
    office.create('rep2', 'contact', full_name='Of another', email='boss@elsewhere.example')
    client, file = office.client('rep'), INVITED.format(rep=rep.email.upper(), leader=leader.email)

    looked = check_file(client, file).get_data(as_text=True)
    take_over(client, file)

    assert '1 new' in looked and 'Boss, Me, Colleague, tam@vd.vn, Stranger' in looked
    uid = events(client)[0]['extendedProps']['uid']
    held = record(office, 'rep', uid).wire()
    assert [each['person']['uid'] for each in held['participants']] == ['leader']
    assert [each['uid'] for each in held['guests']] == [guest]
    assert held['description'] == 'Bring the drawings.\n\nAttendees: Boss (boss@elsewhere.example), Stranger (stranger@vd.vn)'
    assert titles(office.client('leader')) == ['Invited']
    office.runtime.write(rep, lambda store: store.update('appointment', uid, {'participants': {'add': [{'person': 'rep2'}]}}))
    assert '1 there already' in check_file(client, file).get_data(as_text=True)
    more = file.replace('END:VEVENT', f'ATTENDEE:mailto:{office.actor("manager").email}\nEND:VEVENT')
    assert '1 changed' in check_file(client, more).get_data(as_text=True)
    take_over(client, more)
    held = record(office, 'rep', uid).wire()
    assert [each['person']['uid'] for each in held['participants']] == ['leader', 'rep2', 'manager']
    assert len(held['guests']) == 1


def test_a_feed_is_read_by_calendars_with_the_rights_of_its_owner_until_it_is_ended(office: Site) -> None:
    start = at(2026, 11, 19, 9)
    office.create('rep', 'appointment', title='Nguyễn, họp; tuần', starts_at=start, ends_at=at(2026, 11, 19, 10),
                  place='88 Lê Duẩn', repeat='RRULE:FREQ=WEEKLY;BYDAY=TH TZID:Asia/Ho_Chi_Minh')  # fmt: skip
    office.create('rep', 'appointment', title='Fair', starts_at=at(2026, 11, 20), ends_at=at(2026, 11, 22), all_day=True)
    office.create('leader', 'appointment', title='Not mine', starts_at=start)
    rep, stranger = office.client('rep'), office.client()
    address = feed_of(rep)

    answer = stranger.get(address)
    found = {str(each['summary']): each for each in Calendar.from_ical(answer.get_data()).walk('VEVENT')}

    assert 'REFRESH-INTERVAL;VALUE=DURATION:PT1H' in answer.get_data(as_text=True)
    assert answer.mimetype == 'text/calendar' and set(found) == {'Nguyễn, họp; tuần', 'Fair'}
    weekly = found['Nguyễn, họp; tuần']
    assert weekly['dtstart'].dt == datetime(2026, 11, 19, 9, tzinfo=SAIGON) and weekly['dtstart'].params['TZID'] == SAIGON.key
    assert weekly['rrule']['FREQ'] == ['WEEKLY'] and str(weekly['location']) == '88 Lê Duẩn'
    assert [str(found['Fair'][part].dt) for part in ('dtstart', 'dtend')] == ['2026-11-20', '2026-11-22']
    assert address not in rep.get('/calendar/feeds').get_data(as_text=True)
    feed = re.search(r'/calendar/feeds/(\d+)/end', rep.get('/calendar/feeds').get_data(as_text=True))
    assert feed is not None
    assert office.client('rep2').post(feed.group(), headers=token(office.client('rep2'))).status_code in {400, 404}
    rep.post(feed.group(), headers=token(rep))
    assert stranger.get(address).status_code == 404
    assert stranger.get('/calendar/feed/guessed.ics').status_code == 404
