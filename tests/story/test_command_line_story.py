"""The main job without a browser: commands and REST, on PostgreSQL with a separate Redis, two web servers under load."""

from __future__ import annotations

import csv
import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.support.postgres import PostgresServer
from tests.support.running import Client, Installation, Traffic, mail_server
from tests.support.servers import SmtpServer
from tests.support.site import make_site
from tests.support.waiting import free_port, wait_for

ZONE = ZoneInfo('Asia/Ho_Chi_Minh')
ADOPTED_WITHIN_SECONDS = 2.0
COURSE = {
    'x-key': 'course',
    'x-kind': 'entity',
    'x-format': 1,
    'x-label': {'en': 'Course', 'vi': 'Khóa học'},
    'x-plural': {'en': 'Courses', 'vi': 'Khóa học'},
    'x-title-field': 'name',
    'type': 'object',
    'required': ['name'],
    'properties': {
        'name': {'x-type': 'text', 'x-label': {'en': 'Name', 'vi': 'Tên'}},
        'room': {'x-type': 'text', 'x-label': {'en': 'Room', 'vi': 'Phòng'}},
        'starts_on': {'x-type': 'date', 'x-label': {'en': 'Starts on', 'vi': 'Khai giảng'}},
        'seats': {'x-type': 'integer', 'x-label': {'en': 'Seats', 'vi': 'Số chỗ'}},
        'fee': {'x-type': 'money', 'x-label': {'en': 'Fee', 'vi': 'Học phí'}, 'x-currency': 'VND'},
        'online': {'x-type': 'boolean', 'x-label': {'en': 'Online', 'vi': 'Trực tuyến'}},
        'student': {'x-type': 'link', 'x-label': {'en': 'Student', 'vi': 'Học viên'}, 'x-target': 'contact'},
    },
}


@dataclass
class Story:
    trellis: Installation
    mail: SmtpServer
    addresses: list[str]
    tokens: dict[str, str]
    folder: Path

    def client(self, username: str, server: int = 0) -> Client:
        return Client(self.addresses[server], self.tokens[username])

    def contact(self, **wire: Any) -> str:
        return str(self.client('rep').need('POST', '/contact/', wire)['id'])

    def plan(self, request: dict[str, Any]) -> str:
        """The id of the plan that `trellis schema plan` makes of a request."""
        file = self.folder / 'request.json'
        file.write_text(json.dumps(request))
        return self.trellis.trellis('schema', 'plan', file).rstrip().splitlines()[-1].split()[1]

    def publish(self, request: dict[str, Any]) -> int:
        said = self.trellis.trellis('schema', 'apply', self.plan(request))
        return int(said.split()[1])


@pytest.fixture(scope='module')
def story(tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer, valkey_server: str) -> Iterator[Story]:
    folder, url = tmp_path_factory.mktemp('story'), postgres.fresh()
    make_site(url, folder / 'home').runtime.close()
    with ExitStack() as stack:
        mail = stack.enter_context(mail_server())
        environ = {
            'TRELLIS_DATABASE_URL': url,
            'TRELLIS_REDIS_URL': valkey_server,
            'TRELLIS_MAIL_URL': mail.url,
            'TRELLIS_SECRET_KEY': 'a-secret-key-for-tests-only',
        }
        trellis = Installation(folder / 'home', free_port(), environ)
        addresses = [stack.enter_context(trellis.web(port)) for port in (free_port(), free_port())]
        for name in ('worker', 'scheduler'):
            stack.enter_context(trellis.part(name))
        tokens = {name: trellis.token(name) for name in ('admin', 'manager', 'rep')}
        yield Story(trellis, mail, addresses, tokens, folder)


@pytest.fixture(autouse=True)
def nothing_is_complained_of(story: Story) -> Iterator[None]:
    """After each part of the story the servers' logs hold no fault."""
    yield
    assert story.trellis.troubles() == []


def test_an_entity_out_of_a_file_is_checked_planned_and_filled_by_a_rep(story: Story) -> None:
    (story.folder / 'pack' / 'entities').mkdir(parents=True)
    (story.folder / 'pack' / 'entities' / 'course.json').write_text(json.dumps(COURSE))
    planned = story.trellis.trellis('schema', 'plan', story.folder / 'pack', '--note', 'Courses')
    story.trellis.trellis('schema', 'apply', planned.rstrip().splitlines()[-1].split()[1])
    student = story.contact(full_name='Trịnh Thị Học Viên')
    rep = story.client('rep', 1)

    for number in range(3):
        fee = {'amount': '3500000', 'currency': 'VND'}
        rep.need('POST', '/course/', {'name': f'English {number}', 'seats': 24, 'fee': fee, 'student': student})

    assert 'Courses' in story.trellis.script('schema', 'history')
    assert story.trellis.trellis('schema', 'show').count('course ') == 1
    assert story.trellis.trellis('schema', 'validate') == 'Nothing is wrong.\n'
    kept = rep.need('GET', '/course/?order_column=name')
    assert [each['name'] for each in kept['result']] == ['English 0', 'English 1', 'English 2']
    assert {each['student']['uid'] for each in kept['result']} == {student}


@pytest.mark.soak  # tests/migrations/test_hot.py publishes twenty times under the same traffic
def test_every_process_follows_a_publish_within_two_seconds_and_no_request_fails(story: Story) -> None:
    uids = [story.contact(full_name=f'Người {number}') for number in range(8)]
    traffic = Traffic([story.client('rep', number % 2) for number in range(8)], uids)
    looking = [story.client('admin', number % 2) for number in range(2)]
    part = {'x-type': 'text', 'x-label': {'en': 'Nickname', 'vi': 'Biệt danh'}}
    plan = story.plan({'entities': {'contact': {'properties': {'nickname': part}}}})

    with traffic.flowing():
        version = int(story.trellis.trellis('schema', 'apply', plan).split()[1])
        published = time.monotonic()
        for client in looking:
            wait_for(lambda client=client: client.need('GET', '/schema/')['version'] == version, 'the version')  # type: ignore[misc]
        adopted = time.monotonic() - published

    assert traffic.failures == []
    assert adopted < ADOPTED_WITHIN_SECONDS
    assert all('nickname' in keys for keys in traffic.seen)
    for number in range(8):  # every worker of both servers takes what only the new version knows
        client = story.client('rep', number % 2)
        assert client.need('PUT', f'/contact/{uids[0]}', {'nickname': f'Tí {number}'})['result']['nickname'] == f'Tí {number}'


def test_a_stage_asks_for_its_fields_before_an_opportunity_is_won(story: Story) -> None:
    rep = story.client('rep')
    company = rep.need('POST', '/company/', {'name': 'Công ty Giao Sau'})['id']
    deal = rep.need('POST', '/opportunity/', {'title': 'Máy chiếu', 'company': company, 'stage': 'quote'})['id']

    refused = rep.need('PUT', f'/opportunity/{deal}', {'stage': 'won'}, (422,))
    filled = {'stage': 'won', 'amount': {'amount': '45000000', 'currency': 'VND'}, 'expected_close_on': '2026-12-20'}
    won = rep.need('PUT', f'/opportunity/{deal}', filled)

    assert [(each['code'], each['pointer']) for each in refused['errors']] == [('REC-E022', '/stage')]
    assert 'Amount' in refused['errors'][0]['detail'] and 'Expected close' in refused['errors'][0]['detail']
    assert won['result']['stage'] == 'won'


def test_the_same_phone_in_another_spelling_is_warned_of_and_the_same_mail_refused(story: Story) -> None:
    rep = story.client('rep')
    rep.need('POST', '/contact/', {'full_name': 'Phan Thị Gốc', 'phone': '0912 730 641', 'email': 'goc@khach.example'})

    warned = rep.need('POST', '/contact/', {'full_name': 'Phan Gốc', 'phone': '+84 912 730 641'})
    refused = rep.need('POST', '/contact/', {'full_name': 'Phan Gốc', 'email': 'GOC@khach.example'}, (409, 422))

    assert [each['code'] for each in warned['warnings']] == ['DUP-E001']
    assert [each['pointer'] for each in refused['errors']] == ['/email']


def test_a_spreadsheet_of_another_program_comes_in_and_goes_out_by_commands(story: Story) -> None:
    file, out = story.folder / 'contacts.csv', story.folder / 'out.csv'
    rows = (
        ('﻿Display Name', 'Primary Phone', 'E-mail 1 - Value', 'Birthday', 'Notes'),
        ('Vũ Thị Nhập', '028 3822 5512 ext. 12', 'nhap@khach.example', '1990-03-08', 'ZZ 1'),
        ('Lý Văn Nhập', '+84 (0)90 377 2214', '', '', ''),
        ('', '0903772215', 'khongten@khach.example', '', 'a row without a name'),
        ('Hồ Thị Nhập', '', 'hothi@khach.example', '31/12/1988', ''),
    )
    with file.open('w', encoding='utf-8', newline='') as stream:
        csv.writer(stream, delimiter=';').writerows(rows)
    columns = {'Display Name': 'full_name', 'Primary Phone': 'phone', 'E-mail 1 - Value': 'email', 'Birthday': 'birthday'}
    mapped = [word for pair in columns.items() for word in ('--map', '='.join(pair))] + ['--map', 'Notes=description']

    rehearsed = story.trellis.call('import', 'contact', file, *mapped, '--dry-run', '--as', 'manager')
    first = story.trellis.call('import', 'contact', file, *mapped, '--as', 'manager')
    again = story.trellis.call('import', 'contact', file, *mapped, '--as', 'manager')
    story.trellis.trellis('export', 'contact', '--out', out, '--as', 'manager')

    for done in (rehearsed, first, again):
        assert done.returncode == 1, done
        assert 'contacts.csv: row 4, Display Name: ' in done.stderr
    assert 'create 3' in rehearsed.stdout and 'create 3' in first.stdout
    assert 'create 0' in again.stdout
    exported = list(csv.DictReader(out.read_text(encoding='utf-8-sig').splitlines()))
    imported = {row['Full name']: row['E-mail'] for row in exported if 'Nhập' in row['Full name']}
    assert imported == {'Vũ Thị Nhập': 'nhap@khach.example', 'Lý Văn Nhập': '', 'Hồ Thị Nhập': 'hothi@khach.example'}


def test_the_birthday_mail_arrives_exactly_once_however_often_the_job_runs(story: Story) -> None:
    today = datetime.now(ZONE)
    born = f'1991-{today:%m-%d}' if (today.month, today.day) != (2, 29) else '1992-02-29'
    for number in range(5):
        story.contact(full_name=f'Mừng Thị Sinh {number}', email=f'mung{number}@khach.example', birthday=born)
    at = f'{today:%Y-%m-%d}T23:00:00+07:00'

    for _ in range(2):
        story.trellis.trellis('workflow', 'run-due', '--at', at)

    greeted = Counter(recipient for delivery in story.mail.messages for recipient in delivery.recipients)
    assert greeted == {f'mung{number}@khach.example': 1 for number in range(5)}


def test_a_person_made_by_command_signs_in_and_is_dismissed(story: Story) -> None:
    who = ('--email', 'moi@trellis.example', '--first-name', 'Mới', '--role', 'rep', '--password', 'a long enough password')
    story.trellis.trellis('user', 'create', 'newcomer', *who)
    token = story.trellis.token('newcomer')
    client = Client(story.addresses[0], token)
    made = client.need('POST', '/contact/', {'full_name': 'Khách của người mới'})

    story.trellis.trellis('user', 'deactivate', 'newcomer')

    assert made['result']['owner']['label'].endswith('Mới')
    client.need('GET', '/contact/', expected=(401,))


def test_a_dropped_field_comes_back_with_its_values_after_rolling_back_and_forward(story: Story) -> None:
    part = {'x-type': 'text', 'x-label': {'en': 'Loyalty card', 'vi': 'Thẻ'}}
    version = story.publish({'entities': {'contact': {'properties': {'loyalty_card': part}}}})
    uid = story.contact(full_name='Đỗ Trung Thành', loyalty_card='VIP-001')

    story.trellis.trellis('schema', 'rollback', str(version - 1), '--apply')
    without = story.client('rep').need('GET', f'/contact/{uid}')['result']
    story.trellis.trellis('schema', 'rollback', str(version), '--apply')

    assert 'loyalty_card' not in without
    assert story.client('rep', 1).need('GET', f'/contact/{uid}')['result']['loyalty_card'] == 'VIP-001'
