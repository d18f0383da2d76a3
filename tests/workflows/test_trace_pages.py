"""The pages, addresses and commands that look ahead, back and into workflows."""

from __future__ import annotations

from types import SimpleNamespace

import sqlalchemy as sa
from click.testing import CliRunner

from tests.workflows.conftest import Plant
from tests.workflows.test_events import publish
from tests.workflows.test_rehearsal import MAIL, checksums
from tests.workflows.test_steering import title, workflow
from workflows.cli import workflow as commands


def test_pages_and_addresses_tell_the_same_and_belong_to_administrators(plant: Plant) -> None:
    publish(plant, workflow('call', {'type': 'updated', 'fields': ['phone']}, MAIL, title('set', 'Đã gọi')))
    uid = plant.person()
    plant.edit('contact', uid, phone='0912345678')
    plant.tick()
    birthdays = plant.runtime.catalogs.current().workflows['birthday_mail'].document
    publish(plant, {**birthdays, 'daily_cap': 200})
    boss, rep = plant.site.client('admin', locale='vi'), plant.site.client('rep', locale='vi')
    older = 'call/compare?version=1'
    pages = [
        'birthday_mail/preview',
        'call/preview',
        'call/replay',
        'call/compare?version=1',
        'call/check',
        f'call/why?uid={uid}',
    ]
    texts = {page: boss.get(f'/workflows/{page}') for page in pages}
    before = checksums(plant)

    ahead = boss.get('/api/v1/workflows/birthday_mail/preview').get_json()
    back = boss.get('/api/v1/workflows/call/replay').get_json()
    why = rep.get(f'/api/v1/workflows/call/why?uid={uid}').get_json()

    assert checksums(plant) == before
    assert {page: texts[page].status_code for page in pages} == {**dict.fromkeys(pages, 200), older: 404}
    assert all('Lê Văn Tám' in texts[page].text for page in ('birthday_mail/preview', 'call/replay', f'call/why?uid={uid}'))
    assert [(row['title'], row['steps'][0]['letter']['to']) for row in ahead['rows']] == [('Lê Văn Tám', 'tam@congty.vn')]
    assert [change['fields'] for row in back['rows'] for step in row['steps'] for change in step['changes']] == [
        [{'label': 'Chức vụ', 'old': '', 'new': 'Đã gọi'}]
    ]
    assert why['verdict']['code'] == 'WFL-R030'
    assert 'Mỗi ngày gửi đi nhiều nhất 200 tin' in texts['birthday_mail/preview'].text
    assert [rep.get(f'/workflows/{page}').status_code for page in pages[:5]] == [403] * 5
    assert 'call/why' in rep.get(f'/contact/{uid}/workflows/why').text
    assert plant.site.client('rep2').get(f'/contact/{uid}/workflows/why').status_code == 404
    token = boss.get('/api/v1/security/csrf_token/').get_json()['result']
    checked = boss.post('/workflows/call/check', data={'csrf_token': token})
    assert (checked.status_code, 't-note t-ok' in checked.text) == (200, True)


def test_a_page_of_coming_days_asks_a_bounded_number_of_statements(plant: Plant) -> None:
    for number in range(4):
        plant.person(f'Người {number}', email=f'{number}@vd.vn')
    boss = plant.site.client('admin')
    boss.get('/workflows/birthday_mail/preview')
    told: list[str] = []
    database = plant.runtime.database
    for engine in {database.read_engine, database.write_engine}:
        sa.event.listen(engine, 'before_cursor_execute', lambda *given: told.append(given[2]))

    assert boss.get('/workflows/birthday_mail/preview').status_code == 200

    assert len(told) <= 60 + 4 * 50


def test_commands_print_what_the_pages_tell(plant: Plant) -> None:
    publish(plant, workflow('call', {'type': 'updated', 'fields': ['phone']}, MAIL))
    uid = plant.person()
    plant.edit('contact', uid, phone='0912345678')
    plant.tick()
    entry = SimpleNamespace(runtime=plant.runtime)

    said = {
        name: CliRunner().invoke(commands, list(words), obj=entry, catch_exceptions=False)
        for name, words in {
            'ahead': ('preview', 'birthday_mail', '--days', '30'), 'back': ('replay', 'call'), 'why': ('why', 'call', uid),
            'check': ('check', 'call'), 'compare': ('compare', 'call'), 'unknown': ('replay', 'nothing'),
        }.items()
    }  # fmt: skip

    assert {name: each.exit_code for name, each in said.items()} == {**dict.fromkeys(said, 0), 'unknown': 1}
    assert 'mail to tam@congty.vn' in said['ahead'].output and 'mail to tam@congty.vn' in said['back'].output
    assert 'Đã chạy' in said['why'].output
    assert '1 the same' in said['compare'].output
