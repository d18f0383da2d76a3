"""When dates fall due: by the moon, off days off, in whose zone; and what becomes of what an outage missed."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from modules.workdays.service import Override, set_day
from permissions.tables import user_preference
from tests.workflows.conftest import EIGHT, EVE, Plant
from tests.workflows.test_events import publish, title_of
from workflows.dispatcher import Dispatcher
from workflows.tables import workflow_occurrence

ONE_ENGINE = pytest.mark.parametrize('seeded_url', ['sqlite'], indirect=True)
"""For what no SQL of its own decides."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def rule(key: str, text: str, **trigger: Any) -> dict[str, Any]:
    """Writes a title on somebody's birthday, so that it shows whether and when it fired."""
    step = {'key': 'set', 'type': 'update_record', 'values': {'job_title': text}}
    fixed = {'type': 'date', 'field': 'birthday', 'yearly': True, 'at': '08:00', 'look_back_days': 3}
    return {'x-key': key, 'trigger': {**fixed, **trigger}, 'steps': [step]}


def ledger(plant: Plant, key: str) -> list[tuple[str, str]]:
    ref = plant.runtime.catalogs.current().workflows[key].ref
    rows = [row for row in plant.rows(workflow_occurrence) if row.rule_ref == ref and row.record_uid]
    return [(row.occurrence, row.state) for row in rows]


def born(plant: Plant, name: str, day: str) -> str:
    return plant.person(name, email=None, birthday=day)


def test_lunar_birthday_falls_on_its_lunar_day_of_each_year(plant: Plant) -> None:
    publish(plant, rule('lunar', 'Chúc mừng', calendar='lunar'))
    uid = born(plant, 'Lê Văn Tám', '1990-05-04')  # the tenth of the fourth lunar month
    born(plant, 'Trần An', '1990-05-05')

    for text in ('2026-05-04T09:00', '2026-05-25T23:00', '2026-05-26T09:00', '2027-05-15T09:00'):
        plant.at(datetime.fromisoformat(f'{text}+07:00')).tick()

    assert title_of(plant, uid) == 'Chúc mừng'
    assert ledger(plant, 'lunar') == [('lunar-2026', 'started'), ('lunar-2027', 'started')]


@ONE_ENGINE
def test_day_off_moves_the_greeting_to_the_working_day_before(plant: Plant) -> None:
    publish(plant, rule('early', 'Trước', on_day_off='before'), rule('late', 'Sau', on_day_off='after'))
    with plant.runtime.database.session() as session:
        own = Override(working=False, name='Du lịch công ty')
        set_day(session, date(2026, 5, 4), own, plant.site.actor('admin'), EVE)
    plant.at(EIGHT - 5 * DAY - HOUR)  # a Wednesday; two public days and the weekend follow
    uid = born(plant, 'Lê Văn Tám', '1990-05-04')
    plant.tick()
    too_early = title_of(plant, uid)

    plant.later(hours=2).tick()
    before = title_of(plant, uid)
    plant.at(EIGHT + HOUR).tick()
    on_the_day = (title_of(plant, uid), ledger(plant, 'late'))
    plant.later(days=1).tick()

    assert (too_early, before) == (None, 'Trước')
    assert on_the_day == ('Trước', [])
    assert title_of(plant, uid) == 'Sau'
    assert (ledger(plant, 'early'), ledger(plant, 'late')) == ([('2026', 'started')], [('2026', 'started')])


def test_each_owner_is_met_at_eight_in_a_zone_of_their_own(plant: Plant) -> None:
    publish(plant, rule('zoned', 'Tám giờ', zone='owner'))
    far = plant.site.actor('rep2').user_id
    with plant.runtime.database.writing() as connection:
        connection.execute(sa.delete(user_preference).where(user_preference.c.user_id == far))
        connection.execute(sa.insert(user_preference).values(user_id=far, timezone='America/New_York', shortcuts=True))
    near = born(plant, 'Lê Văn Tám', '1990-05-04')
    away = plant.site.create('rep2', 'contact', full_name='Jane Roe', birthday='1990-05-04')

    plant.at(EIGHT).tick()
    in_the_morning = (title_of(plant, near), title_of(plant, away))
    plant.at(EIGHT + 11 * HOUR).tick()  # eight in New York, where summer time reigns
    at_night = title_of(plant, away)
    plant.at(EIGHT + DAY).tick()

    assert (in_the_morning, at_night) == (('Tám giờ', None), 'Tám giờ')
    assert ledger(plant, 'zoned') == [('2026', 'started')] * 2


@ONE_ENGINE
def test_zone_of_the_record_counts_and_an_unknown_one_is_the_companys(plant: Plant) -> None:
    publish(plant, rule('fielded', 'Tám giờ', zone={'field': 'job_title'}))
    known = plant.person('A', email=None, job_title='Europe/Paris')
    unknown = plant.person('B', email=None, job_title='Sao Hoả')

    plant.at(EIGHT).tick()
    first = (title_of(plant, known), title_of(plant, unknown))
    plant.at(EIGHT + 5 * HOUR).tick()

    assert first == ('Europe/Paris', 'Tám giờ')
    assert title_of(plant, known) == 'Tám giờ'


def outage(plant: Plant) -> tuple[str, str]:
    """Awake on the eve, away for a day, back on the next noon: one birthday was missed, one is today's of an hour ago."""
    missed, today = born(plant, 'Lê Văn Tám', '1990-05-04'), born(plant, 'Trần An', '1990-05-05')
    plant.tick()
    plant.at(EIGHT + DAY + timedelta(minutes=5)).tick()
    return missed, today


@ONE_ENGINE
def test_missed_occurrences_are_skipped_where_the_rule_says_so(plant: Plant) -> None:
    publish(plant, rule('skipping', 'Kịp', missed='skip'))

    missed, today = outage(plant)

    assert (title_of(plant, missed), title_of(plant, today)) == (None, 'Kịp')
    assert sorted(ledger(plant, 'skipping')) == [('2026', 'missed'), ('2026', 'started')]


def test_missed_occurrences_wait_for_a_person_who_sends_or_drops_them(plant: Plant) -> None:
    publish(plant, rule('asking', 'Kịp', missed='ask'))
    missed, today = outage(plant)
    other = ledger(plant, 'asking')
    admin = plant.site.client('admin', locale='en')
    page = admin.get('/workflows/missed/asking')
    overview, notices = admin.get('/workflows/').get_data(as_text=True), admin.get('/notices/').get_data(as_text=True)
    token = page.get_data(as_text=True).split('name="csrf_token" value="')[1].split('"')[0]
    (row,) = [each for each in plant.rows(workflow_occurrence) if each.state == 'asked']

    nothing = admin.post('/workflows/missed/asking', data={'csrf_token': token, 'answer': 'send'})
    refused = plant.site.client('rep').get('/workflows/missed/asking')
    done = admin.post('/workflows/missed/asking', data={'csrf_token': token, 'answer': 'send', 'ids': str(row.id)})
    plant.tick()

    assert sorted(other) == [('2026', 'asked'), ('2026', 'started')]
    assert (page.status_code, 'Lê Văn Tám' in page.get_data(as_text=True)) == (200, True)
    assert '1 missed' in overview and 'wait for your answer' in notices
    assert (nothing.status_code, refused.status_code, done.status_code) == (422, 403, 303)
    assert (title_of(plant, missed), title_of(plant, today)) == ('Kịp', 'Kịp')


@ONE_ENGINE
def test_restart_within_a_quarter_of_an_hour_misses_nothing(plant: Plant) -> None:
    publish(plant, rule('skipping', 'Kịp', missed='skip'))
    uid = born(plant, 'Lê Văn Tám', '1990-05-04')
    plant.at(EIGHT - timedelta(minutes=2)).tick()

    plant.at(EIGHT + timedelta(minutes=9)).tick()

    assert title_of(plant, uid) == 'Kịp'


def test_date_that_moves_takes_its_occurrence_along(plant: Plant) -> None:
    publish(plant, rule('skipping', 'Kịp', missed='skip'))
    missed, _ = outage(plant)  # May the fifth
    plant.edit('contact', missed, birthday='1990-05-09')

    plant.at(EIGHT + 5 * DAY).tick()

    assert title_of(plant, missed) == 'Kịp'


@ONE_ENGINE
def test_birthday_corrected_while_the_worker_was_away_is_kept_on_its_own_day(plant: Plant) -> None:
    uid = plant.person()
    plant.at(EIGHT).scheduler().tick()
    plant.edit('contact', uid, birthday='1990-05-06')
    plant.runner().drain(20)
    wrong_day = list(plant.sent)

    plant.at(EIGHT + 2 * DAY).tick()

    assert wrong_day == []
    assert plant.sent == [('tam@congty.vn', 'Chúc mừng sinh nhật Lê Văn Tám')]
    assert sorted(state for _, state in plant.ledger) == ['moved', 'started']


@ONE_ENGINE
def test_waits_in_working_time_leave_out_the_night_and_the_weekend(plant: Plant) -> None:
    steps = [{'key': 'rest', 'type': 'wait', 'for': {'working_hours': 4}},
             {'key': 'set', 'type': 'update_record', 'values': {'job_title': 'Sau'}}]  # fmt: skip
    publish(plant, {'x-key': 'slow', 'trigger': {'type': 'created'}, 'steps': steps})
    plant.at(datetime.fromisoformat('2026-05-08T16:00:00+07:00'))  # Friday; the company closes at half past five
    uid = plant.person(email=None)
    plant.tick()

    plant.at(datetime.fromisoformat('2026-05-11T10:29:00+07:00')).tick()
    early = title_of(plant, uid)
    plant.at(datetime.fromisoformat('2026-05-11T10:30:00+07:00')).tick()

    assert (early, title_of(plant, uid)) == (None, 'Sau')


def test_what_a_person_does_overtakes_what_falls_due_and_neither_starves(plant: Plant) -> None:
    publish(plant, rule('dated', 'Ngày'), {'x-key': 'made', 'trigger': {'type': 'created'}, 'steps': [
        {'key': 'set', 'type': 'update_record', 'values': {'address': 'mới'}}]})  # fmt: skip
    for number in range(12):
        plant.person(f'Người {number}', email=None)
    plant.tick()
    plant.at(EIGHT).scheduler().tick()
    plant.person('Vừa đến', email=None, birthday=None)
    Dispatcher(plant.runtime, 'dispatcher', plant.wall).drain()

    claims = plant.runner()._claim()

    lanes = [claim.run.lane for claim in claims]
    assert lanes[0] == 0 and lanes[1:] == [1] * (len(lanes) - 1)
    assert 4 <= len(lanes) < 12


@ONE_ENGINE
def test_condition_that_cannot_be_decided_does_not_hold(plant: Plant) -> None:
    publish(plant, {**rule('blank', 'x'), 'condition': {'field': 'job_title', 'op': 'starts_with', 'value': 'Giám đốc'}})
    uid = born(plant, 'Lê Văn Tám', '1990-05-04')

    plant.at(EIGHT).tick()

    assert (ledger(plant, 'blank'), title_of(plant, uid)) == ([('2026', 'skipped')], None)
