"""Killed workers, a mail server that is down or refuses, and mails whose fate nobody knows."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta

import pytest

from modules.mail.sender import GIVE_UP_DAYS
from modules.mail.service import mark_sent, release_held, send_again
from modules.runtime import Runtime
from tests.support import forking
from tests.support.waiting import free_port
from tests.workflows.conftest import EIGHT, Plant
from tests.workflows.test_events import publish
from workflows.runner import Runner

GREETING = ('tam@congty.vn', 'Chúc mừng sinh nhật Lê Văn Tám')


def die_at(plant: Plant, point: str) -> None:
    """Let a worker of its own process run until it is killed there."""
    settings = plant.runtime.settings
    environ = {
        **os.environ, 'TRELLIS_HOME': str(settings.home), 'TRELLIS_DATABASE_URL': settings.database_url, 'TRELLIS_LOCALE': 'vi',
        'TRELLIS_REDIS_URL': settings.redis_url, 'TRELLIS_MAIL_URL': str(settings.mail_url),
    }  # fmt: skip
    ended = forking.run(['tests.workflows.killed', point, plant.clock.now().isoformat()], env=environ)
    assert ended.returncode == -9, ended.stderr


@pytest.mark.parametrize('point', ['after_claim', 'before_commit'])
def test_step_of_a_killed_worker_is_taken_over_when_its_lease_has_run_out(plant: Plant, point: str) -> None:
    plant.person()
    plant.at(EIGHT).scheduler().tick()

    die_at(plant, point)
    plant.runner('two').drain(20)
    at_once = list(plant.sent)
    plant.later(minutes=2).runner('three').drain(20)

    assert (at_once, plant.sent) == ([], [GREETING])
    assert [(row.state, row.attempts) for row in plant.steps] == [('done', 2)]
    assert len(plant.mails) == 1


def test_mail_of_a_worker_killed_after_the_servers_answer_is_uncertain_and_not_repeated(plant: Plant) -> None:
    plant.person()
    plant.at(EIGHT).scheduler().tick()

    die_at(plant, 'after_answer')
    plant.later(hours=1).tick()
    plant.later(days=1).tick()

    assert plant.sent == [GREETING]
    assert [(row.state, row.error['code']) for row in plant.mails] == [('uncertain', 'WFL-E114')]


def test_person_decides_about_an_uncertain_mail(plant: Plant) -> None:
    plant.person()
    plant.person('Trần An', email='an@congty.vn')
    plant.at(EIGHT).scheduler().tick()
    die_at(plant, 'after_answer')
    plant.later(hours=1).tick()
    doubtful = next(row for row in plant.mails if row.state == 'uncertain')

    page = plant.site.client('admin').get('/mail/?state=uncertain').text
    with plant.runtime.database.session() as session:
        send_again(session, doubtful.id, plant.wall.now())
    plant.tick()

    assert doubtful.recipient in page and all(f'action="/mail/{doubtful.id}/{way}"' in page for way in ('again', 'arrived'))
    assert [row.state for row in plant.mails] == ['sent', 'sent']
    assert len(plant.sent) == 3
    with plant.runtime.database.session() as session, pytest.raises(Exception, match='WFL-E116'):
        mark_sent(session, doubtful.id, plant.wall.now())


def test_mail_waits_for_a_server_that_is_down_and_then_goes_out_once(plant: Plant) -> None:
    plant.person()
    settings = replace(plant.runtime.settings, mail_url=f'smtp://127.0.0.1:{free_port()}')
    offline = Runtime(settings, plant.runtime.registries, clock=plant.clock, database=plant.runtime.database)
    plant.at(EIGHT).scheduler().tick()

    Runner(offline, 'worker-offline', plant.wall).drain(20)
    waiting = [(row.state, row.error['code']) for row in plant.mails]
    plant.later(minutes=1).tick()

    assert waiting == [('new', 'WFL-E111')]
    assert plant.sent == [GREETING]
    assert [(row.state, row.error) for row in plant.mails] == [('sent', None)]


def test_mail_server_that_stays_away_for_days_fails_the_mail(plant: Plant) -> None:
    plant.person()
    settings = replace(plant.runtime.settings, mail_url=f'smtp://127.0.0.1:{free_port()}')
    offline = Runtime(settings, plant.runtime.registries, clock=plant.clock, database=plant.runtime.database)
    plant.at(EIGHT).scheduler().tick()

    for days in (0, GIVE_UP_DAYS + 1):
        plant.later(days=days)
        Runner(offline, 'worker-offline', plant.wall).drain(20)

    assert [(row.state, row.error['code']) for row in plant.mails] == [('failed', 'WFL-E115')]


def test_passing_refusal_is_tried_again_and_final_one_is_not(plant: Plant) -> None:
    plant.person()
    plant.smtp.refuse_with = '451 try later'
    plant.at(EIGHT).tick()
    passing = [(row.state, row.error['code']) for row in plant.mails]
    plant.smtp.refuse_with = '550 no such person'
    plant.later(minutes=5).tick()
    final = [(row.state, row.error['code']) for row in plant.mails]

    plant.smtp.refuse_with = ''
    plant.later(hours=5).tick()

    assert passing == [('new', 'WFL-E113')]
    assert final == [('failed', 'WFL-E112')]
    assert plant.sent == []


def test_without_a_mail_server_mails_are_held_until_a_person_lets_them_go(plant: Plant) -> None:
    plant.person()
    settings = replace(plant.runtime.settings, mail_url=None)
    unset = Runtime(settings, plant.runtime.registries, clock=plant.clock, database=plant.runtime.database)
    plant.at(EIGHT).scheduler().tick()
    Runner(unset, 'worker-unset', plant.wall).drain(20)
    plant.tick()
    held = [row.state for row in plant.mails], list(plant.sent)

    with plant.runtime.database.session() as session:
        release_held(session, plant.wall.now())
    plant.tick()

    assert held == (['held'], [])
    assert plant.sent == [GREETING]


def test_one_bad_address_does_not_hold_up_the_others(plant: Plant) -> None:
    bad = plant.person('Trần An', email='an@congty.vn')
    plant.person()
    entity = plant.runtime.catalogs.current().entity('contact')
    with plant.runtime.database.session() as session:  # as an old import may have left it
        column = entity.fields['email'].definition.column
        session.execute(entity.table.update().where(entity.table.c.uid == bad).values({column: 'an@@congty'}))

    plant.at(EIGHT).tick()

    assert plant.sent == [GREETING]
    assert sorted((run.state, (run.error or {}).get('code')) for run in plant.runs) == [('done', None), ('failed', 'WFL-E110')]


def test_template_that_fails_on_one_record_is_listed_and_the_others_go_out(plant: Plant) -> None:
    documents = dict(plant.runtime.catalogs.current().documents)
    subject = {'vi': '{% if record.job_title %}Chào {{ record.job_title }}{% endif %}'}
    documents['template', 'hello'] = {
        'x-format': 1, 'x-kind': 'template', 'x-key': 'hello', 'x-ref': 'hello_r3f9aa', 'x-label': {'vi': 'Chào'},
        'entity': 'contact', 'subject': subject, 'text': {'vi': 'Chào'},
    }  # fmt: skip
    plant.go_live(documents)
    step = {'key': 'send', 'type': 'send_mail', 'template': 'hello', 'to': {'field': 'email'}}
    publish(plant, {'x-key': 'greet', 'trigger': {'type': 'created'}, 'steps': [step]})
    for name, job in (('An', 'Giám đốc'), ('Bình', None), ('Chi', 'Kế toán')):
        plant.person(name, email=f'{len(name)}{name[0].lower()}@vd.vn', job_title=job)

    plant.tick()
    listed = plant.site.client('admin').get('/workflows/runs?state=failed').text

    assert sorted(subject for _to, subject in plant.sent) == ['Chào Giám đốc', 'Chào Kế toán']
    assert [(run.state, run.error['code']) for run in plant.runs if run.state != 'done'] == [('failed', 'WFL-E105')]
    assert 'Bình' in listed and 'An</a>' not in listed


def test_lease_keeps_a_slow_worker_from_finishing_what_another_took_over(plant: Plant) -> None:
    plant.person()
    plant.at(EIGHT).scheduler().tick()
    slow, quick = plant.runner('slow'), plant.runner('quick')
    (claim,) = slow._claim()
    plant.later(minutes=2)

    quick.drain(20)
    slow.perform(claim)
    plant.at(plant.clock.now() + timedelta(hours=1)).tick()

    assert plant.sent == [GREETING]
    assert len(plant.mails) == 1
