"""Before a message leaves: who asked for quiet, when it is night, how many went out today; and how people ask."""

from __future__ import annotations

import html
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from modules.installation.service import save_settings
from modules.mail.suppression import list_suppressed, unsubscribe_link
from modules.mail.tables import suppression
from schema.base.clock import FrozenClock, SystemClock
from tests.workflows.conftest import EIGHT, Plant
from tests.workflows.test_events import publish
from workflows.pulse import Pulse, check_loops

ONE_ENGINE = pytest.mark.parametrize('seeded_url', ['sqlite'], indirect=True)
"""For what no SQL of its own decides."""
NIGHT = datetime.fromisoformat('2026-05-04T22:30:00+07:00')


def mailing(
    key: str, *, to: dict[str, str] | None = None, trigger: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """Sends the birthday template to whoever is entered."""
    own = {each: more.pop(each) for each in ('daily_cap', 'over_cap') if each in more}
    step = {'key': 'send', 'type': 'send_mail', 'template': 'birthday', 'to': to or {'field': 'email'}, **more}
    return {'x-key': key, 'trigger': trigger or {'type': 'created'}, 'steps': [step], **own}


def person(plant: Plant, name: str, **wire: Any) -> str:
    return plant.person(name, **{'email': f'{name.lower()}@vd.vn', 'birthday': None, **wire})


TOUCHED = {'type': 'updated', 'fields': ['job_title']}


def touch(plant: Plant, uid: str, **wire: Any) -> None:
    plant.edit('contact', uid, job_title=f'{plant.clock.now()} {len(plant.runs)}', **wire)


def settle(plant: Plant, **settings: Any) -> None:
    with plant.runtime.database.session() as session:
        save_settings(session, settings, plant.site.actor('admin'), plant.clock.now())


def codes(plant: Plant) -> list[tuple[str, str]]:
    return [(run.state, run.error['code'] if run.error else '') for run in plant.runs]


def recipients(plant: Plant) -> list[str]:
    return [to for to, _ in plant.sent]


@ONE_ENGINE
def test_do_not_contact_holds_for_every_rule_and_is_read_when_the_mail_is_written(plant: Plant) -> None:
    publish(plant, mailing('greet'))
    person(plant, 'An', do_not_contact=True)
    person(plant, 'Binh')

    plant.tick()

    assert recipients(plant) == ['binh@vd.vn']
    assert codes(plant) == [('skipped', 'WFL-W005'), ('done', '')]


@ONE_ENGINE
def test_mail_waits_for_the_end_of_the_quiet_hours_unless_it_may_come_at_any_time(plant: Plant) -> None:
    settle(plant, quiet_from='21:00', quiet_to='07:00')
    publish(
        plant, mailing('quiet'), mailing('urgent', any_time=True, to={'field': 'email'}), mailing('own', to={'user': 'owner'})
    )
    plant.at(NIGHT)
    person(plant, 'An')

    plant.tick()
    at_night = sorted(recipients(plant))
    plant.at(NIGHT + timedelta(hours=8, minutes=29)).tick()
    before_seven = len(plant.sent)
    plant.later(minutes=1).tick()

    assert at_night == sorted(['an@vd.vn', plant.site.actor('rep').email])
    assert (before_seven, recipients(plant)[2:]) == (2, ['an@vd.vn'])


def test_caps_of_a_day_count_addresses_and_workflows_and_begin_anew_at_midnight(plant: Plant) -> None:
    settle(plant, recipient_daily_cap=2)
    strict = {'over_cap': 'leave_out'}
    publish(plant, mailing('capped', daily_cap=3, **strict), mailing('free'), mailing('again', trigger=TOUCHED, **strict))
    first, *_ = [person(plant, name) for name in ('An', 'Binh', 'Chi', 'Dung')]
    plant.tick()
    touch(plant, first)
    plant.tick()

    today = sorted(recipients(plant))
    refused = sorted(code for _, code in codes(plant) if code)
    touch(plant.later(days=1), first)
    plant.tick()

    assert today == sorted([f'{name}@vd.vn' for name in ('an', 'binh', 'chi', 'dung') for _ in range(2)][:-1])
    assert refused == ['WFL-W008', 'WFL-W009']
    assert recipients(plant)[7:] == ['an@vd.vn']


def test_messages_over_the_bound_of_a_day_go_on_the_next_days_in_their_order(plant: Plant) -> None:
    settle(plant, quiet_from='20:00', quiet_to='09:00')
    publish(plant, mailing('capped', daily_cap=2))
    for name in ('An', 'Binh', 'Chi', 'Dung', 'Em'):
        person(plant, name)
        plant.later(seconds=1).tick()

    today, waiting = recipients(plant), [step.result for step in plant.steps if step.state == 'waiting']
    plant.at(EIGHT).tick()
    too_early = len(plant.sent)
    plant.later(hours=1).tick()
    tomorrow = recipients(plant)[2:]
    person(plant, 'Giang')
    plant.tick()
    plant.later(days=1).tick()
    run = plant.site.client('admin').get(f'/workflows/runs/{plant.runs[4].id}').get_data(as_text=True)

    assert today == ['an@vd.vn', 'binh@vd.vn']
    assert [each['slot'] for each in waiting] == ['2026-05-04', '2026-05-04', '2026-05-05']
    assert (too_early, tomorrow) == (2, ['chi@vd.vn', 'dung@vd.vn'])
    assert recipients(plant)[4:] == ['em@vd.vn', 'giang@vd.vn']
    assert 'em@vd.vn' in run and {state for state, _ in codes(plant)} == {'done'}


@ONE_ENGINE
def test_message_for_which_there_is_no_room_within_a_week_is_left_out_and_says_so(plant: Plant) -> None:
    settle(plant, recipient_daily_cap=1)
    publish(plant, mailing('again', trigger=TOUCHED))
    uid = person(plant, 'An')
    for _each in range(10):
        touch(plant, uid)
        plant.later(seconds=1).tick()
    waiting = [step.result['slot'] for step in plant.steps if step.state == 'waiting']
    shown = plant.site.client('admin').get(f'/workflows/runs/{plant.runs[1].id}').get_data(as_text=True)

    assert len(plant.sent) == 1
    assert waiting == [f'2026-05-{day:02}' for day in range(4, 11)]
    assert codes(plant)[8:] == [('skipped', 'WFL-W009')] * 2
    assert 'used up; it goes out on' in shown


@ONE_ENGINE
def test_one_click_leaves_out_bulk_mails_alone_and_can_be_taken_back(plant: Plant) -> None:
    publish(plant, mailing('news', bulk=True, trigger=TOUCHED), mailing('order', trigger=TOUCHED))
    uid = person(plant, 'An')
    touch(plant, uid)
    plant.tick()
    bulk = next(each.message for each in plant.smtp.messages if each.message['List-Unsubscribe'])
    plain = next(each.message for each in plant.smtp.messages if not each.message['List-Unsubscribe'])
    link = bulk['List-Unsubscribe'].strip('<>')
    path = link.removeprefix(plant.runtime.settings.base_url)
    stranger = plant.site.app.test_client()

    page = stranger.get(path).get_data(as_text=True)
    looked = plant.rows(suppression)
    click = stranger.post(path, data={'List-Unsubscribe': 'One-Click'})
    touch(plant, uid, email='AN@vd.vn')
    plant.tick()
    after = stranger.get(path).get_data(as_text=True)
    stranger.post(path, data={'again': '1'})

    assert bulk['List-Unsubscribe-Post'] == 'List-Unsubscribe=One-Click'
    assert link in bulk.get_body(('plain',)).get_content() and path in bulk.get_body(('html',)).get_content()
    assert 'unsubscribe' not in plain.get_body(('plain',)).get_content()
    assert '<html lang="vi"' in page and 'an@vd.vn' in page
    assert (looked, click.status_code, click.get_data(as_text=True)) == ([], 200, 'unsubscribed\n')
    assert recipients(plant) == ['an@vd.vn', 'an@vd.vn', 'AN@vd.vn']
    assert [code for _, code in codes(plant) if code] == ['WFL-W006']
    assert page != after and plant.rows(suppression) == []


@ONE_ENGINE
def test_links_are_believed_only_as_they_were_signed(plant: Plant) -> None:
    link = unsubscribe_link(plant.runtime.settings, 'an@vd.vn', 'en')
    path = link.removeprefix(plant.runtime.settings.base_url)
    stranger = plant.site.app.test_client()

    forged = stranger.post(path[:-3] + 'abc', data={'List-Unsubscribe': 'One-Click'})

    assert (forged.status_code, plant.rows(suppression)) == (404, [])
    assert stranger.get(path).status_code == 200


@ONE_ENGINE
def test_the_page_of_a_mail_speaks_its_language_whoever_opens_it_and_leaves_the_others_theirs(plant: Plant) -> None:
    link = unsubscribe_link(plant.runtime.settings, 'an@vd.vn', 'vi')
    path, admin = link.removeprefix(plant.runtime.settings.base_url), plant.site.client('admin')

    first, of_mail, after = (admin.get(each).get_data(as_text=True) for each in (path, path, '/settings/suppressions'))
    words = [json.loads(html.unescape(page.split('data-words="')[1].split('"')[0])) for page in (first, of_mail, after)]

    assert [each['close'] for each in words] == ['Đóng', 'Đóng', 'Close']


@ONE_ENGINE
def test_blocked_address_gets_nothing_and_only_administrators_block(plant: Plant) -> None:
    publish(plant, mailing('order'), mailing('own', to={'user': 'owner'}))
    admin, rep = plant.site.client('admin'), plant.site.client('rep')
    form = admin.get('/settings/suppressions').get_data(as_text=True)
    token = form.split('name="csrf_token" value="')[1].split('"')[0]
    blocked = admin.post('/settings/suppressions', data={'csrf_token': token, 'address': 'An@VD.vn', 'channel': 'mail'})
    wrong = admin.post('/settings/suppressions', data={'csrf_token': token, 'address': 'nobody', 'channel': 'mail'})

    person(plant, 'An')
    plant.tick()
    with plant.runtime.database.reading() as connection:
        kept = [(row.address, row.reason) for row in list_suppressed(connection, 'an@')]
    removed = admin.post('/settings/suppressions/remove', data={'csrf_token': token, 'address': 'an@vd.vn', 'channel': 'mail'})

    assert (blocked.status_code, wrong.status_code, rep.get('/settings/suppressions').status_code) == (303, 422, 403)
    assert kept == [('an@vd.vn', 'blocked')]
    assert recipients(plant) == [plant.site.actor('rep').email]
    assert ('skipped', 'WFL-W007') in codes(plant)
    assert (removed.status_code, plant.rows(suppression)) == (303, [])


@ONE_ENGINE
def test_days_of_the_company_are_decided_on_the_page_of_the_working_calendar(plant: Plant) -> None:
    admin = plant.site.client('admin', locale='vi')
    page = admin.get('/settings/workdays?year=2027').get_data(as_text=True)
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    form = {'csrf_token': token, 'day': '2027-02-11', 'kind': 'off', 'name': 'Nghỉ thêm'}

    saved = admin.post('/settings/workdays', data=form)
    nameless = admin.post('/settings/workdays', data={**form, 'name': ''})
    shown = admin.get('/settings/workdays?year=2027').get_data(as_text=True)
    gone = admin.post('/settings/workdays/remove', data={'csrf_token': token, 'day': '2027-02-11'})

    assert 'Tết Nguyên Đán' in page and '06/02/2027' in page
    assert (saved.status_code, nameless.status_code, gone.status_code) == (303, 422, 303)
    assert 'Nghỉ thêm' in shown
    assert 'Nghỉ thêm' not in admin.get('/settings/workdays?year=2027').get_data(as_text=True)
    assert plant.site.client('rep').get('/settings/workdays').status_code == 403


@ONE_ENGINE
def test_health_tells_how_old_the_last_turn_of_each_loop_is(plant: Plant) -> None:
    database, now = plant.runtime.database, SystemClock().now()
    admin = plant.site.client('admin')
    asleep = admin.get('/settings/health').get_data(as_text=True)
    nothing_runs = check_loops(plant.runtime)

    for role in ('scheduler', 'calendar', 'worker'):
        Pulse(database, role, role, SystemClock()).beat()
    well = check_loops(plant.runtime)
    Pulse(database, 'stuck', 'worker', FrozenClock(now - timedelta(minutes=3))).beat()
    stuck, page = check_loops(plant.runtime), admin.get('/settings/health').get_data(as_text=True)

    assert 'none is running' in asleep and 'none is running' not in page
    assert (nothing_runs[0], well[0], stuck[0]) == (True, True, False)
    assert stuck[1].startswith('stuck or killed: worker 18') and ' s ago' in page
    assert plant.site.client('rep').get('/settings/health').status_code == 403
