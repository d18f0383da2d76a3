"""Files of calendars: looked at, taken over once with who takes part, undone."""

from __future__ import annotations

import re

from modules.records.model import ListQuery
from tests.calendar.test_calendar import FILE, at, check_file, count, events, feed_of, office, record, take_over, titles
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
