"""What has been kept long enough goes, and nothing else: history, operations, events, runs, mails, files, dropped fields."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from modules.files.storage import FileStore
from modules.files.tables import file_attachment, stored_file
from modules.imports import keeping as imports
from modules.installation import keeping
from modules.installation.cli import maintain
from modules.installation.keeping import tidy
from modules.installation.service import save_settings
from modules.mail.tables import mail_message
from modules.ops.homelock import locked_home
from modules.records.tables import operation, record_history
from modules.runtime import Runtime
from schema.base.clock import FrozenClock
from schema.base.ids import new_uid
from schema.base.outbox import outbox
from tests.files.kept import keep_files, kept_file
from tests.support.site import Site
from workflows.tables import workflow_occurrence, workflow_run, workflow_step

DAY = timedelta(days=1)


def at(site: Site, days: float) -> Runtime:
    """The installation so many days from now."""
    old = site.runtime
    return Runtime(old.settings, old.registries, clock=FrozenClock(old.clock.now() + days * DAY), database=old.database)


def setting(site: Site, **wished: Any) -> None:
    with site.runtime.database.session() as session:
        save_settings(session, wished, site.actor('admin'), site.runtime.clock.now())


def count(site: Site, table: sa.Table, *where: Any) -> int:
    with site.runtime.database.reading() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one())


def put(site: Site, table: sa.Table, **values: Any) -> None:
    with site.runtime.database.writing() as connection:
        connection.execute(table.insert().values(**values))


def attach(site: Site, record: str, *uids: str) -> None:
    site.runtime.write(site.actor('admin'), lambda store: store.update('contact', record, {'contracts': list(uids) or None}))


@pytest.fixture
def filed(site: Site) -> Site:
    """Contacts hold contracts."""
    publisher, admin = site.runtime.publisher, site.actor('admin')
    request = {'entities': {'contact': {'properties': {'contracts': {'x-type': 'file', 'x-many': True}}}}}
    publisher.apply(publisher.plan(request, admin).plan_id, admin)
    return site


def kept(site: Site, number: int) -> str:
    uid = f'01900000-0000-7000-8000-00000000b0{number:02}'
    keep_files(site, [kept_file(uid, f'{number}.txt', b'xin chao', 'text/plain')])
    return uid


def there(site: Site, uid: str) -> tuple[bool, bool]:
    """Whether its row and its content are there."""
    return count(site, stored_file, stored_file.c.uid == uid) == 1, FileStore.at(site.runtime.settings.files_url).path(
        uid
    ).exists()


def test_history_stays_for_good_unless_a_setting_says_otherwise(site: Site) -> None:
    site.create('admin', 'company', name='An Bình')
    everything = count(site, record_history)
    assert tidy(at(site, 5000)).get('history') is None

    setting(site, history_days=100)
    assert 'history' not in tidy(at(site, 99))
    assert tidy(at(site, 101))['history'] == everything
    assert 'history' not in tidy(at(site, 101))


def test_a_chunk_on_sqlite_is_small_and_followed_by_a_pause(sqlite_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    setting(sqlite_site, outbox_days=1)
    rows = [_event(sqlite_site.runtime.clock.now()) for _ in range(3000)]
    with sqlite_site.runtime.database.writing() as connection:
        connection.execute(outbox.insert(), rows)
    asked: list[int] = []
    real = keeping._run

    def watched(runtime: Runtime, clear: keeping.Clear, cutoff: datetime, until: float | None) -> int:
        def noted(given: Runtime, before: datetime, limit: int) -> int:
            asked.append(limit)
            return clear(given, before, limit)

        return real(runtime, noted, cutoff, until)

    monkeypatch.setattr(keeping, '_run', watched)

    assert tidy(at(sqlite_site, 2), seconds=None)['events'] == 3000
    assert max(asked) <= 1000 and len([limit for limit in asked if limit < 3000]) >= 3


def test_a_turn_ends_in_time_and_the_next_goes_on(sqlite_site: Site) -> None:
    setting(sqlite_site, outbox_days=1)
    with sqlite_site.runtime.database.writing() as connection:
        connection.execute(outbox.insert(), [_event(sqlite_site.runtime.clock.now()) for _ in range(300)])

    later = at(sqlite_site, 2)
    assert tidy(later, seconds=0.0) == {'events': 100}
    assert count(sqlite_site, outbox, outbox.c.state == 'done') == 200
    assert tidy(later, seconds=None)['events'] == 200


def _event(now: datetime, state: str = 'done') -> dict[str, Any]:
    return {'name': 'record.created', 'entity_ref': 'a', 'record_uid': new_uid(), 'version': 1, 'changed': {}, 'cause': [],
            'state': state, 'created_at': now}  # fmt: skip


def test_only_what_was_dealt_with_goes(site: Site) -> None:
    now = site.runtime.clock.now()
    with site.runtime.database.writing() as connection:
        connection.execute(outbox.delete())
    for state in ('done', 'failed', 'new', 'claimed'):
        put(site, outbox, **_event(now, state))
        put(site, mail_message, id=new_uid(), idempotency_key=new_uid(), recipient='a@b.vn', sender='a@b.vn', subject='',
            html='', text='', locale='vi', state='sent' if state == 'done' else state, message_id='x', due_at=now,
            created_at=now)  # fmt: skip
    for state, finished_at in (('done', now), ('running', None), ('failed', now)):
        run_id, title = new_uid(), {'en': 'x'}
        put(site, operation, id=run_id, kind='edit', entity_ref='a', title=title, state=state, actor_name='An', created_at=now,
            finished_at=finished_at)  # fmt: skip
        put(site, workflow_run, id=run_id, rule_ref='r', document_hash='h', entity_ref='a', record_uid='u', state=state,
            start_key=run_id, cause=[], started_by={}, started_at=now, finished_at=finished_at)  # fmt: skip
        put(
            site,
            workflow_step,
            run_id=run_id,
            position=0,
            key='k',
            idempotency_key=run_id,
            state='done',
            due_at=now,
            created_at=now,
        )
    for state in ('due', 'started'):
        put(site, workflow_occurrence, rule_ref='r', entity_ref='a', record_uid='u', occurrence=state, due_at=now, state=state,
            created_at=now)  # fmt: skip

    setting(site, operation_days=10, mail_days=10, trace_days=30, outbox_days=10)
    early = tidy(at(site, 9))
    late = tidy(at(site, 40))
    ledger = tidy(at(site, 900))

    assert early == {}
    assert late == {'operations': 2, 'mails': 2, 'events': 2, 'runs': 2}
    assert ledger == {'ledger': 1}
    assert (count(site, operation), count(site, workflow_run), count(site, workflow_step)) == (1, 1, 1)
    assert (count(site, outbox), count(site, mail_message), count(site, workflow_occurrence)) == (2, 2, 1)


def test_an_import_goes_with_its_file_when_it_is_over(sqlite_site: Site, tmp_path: Path) -> None:
    admin = sqlite_site.actor('admin')
    source = tmp_path / 'khach.csv'
    source.write_text('Họ tên\nNguyễn Văn An\n')
    over, waiting = (
        imports.take_in(sqlite_site.runtime, admin, 'contact', source, 'khach.csv', limit_bytes=None) for _ in range(2)
    )
    imports.queue(sqlite_site.runtime, waiting.id, 'to_run')

    assert 'imports' not in tidy(at(sqlite_site, 89))
    assert tidy(at(sqlite_site, 91))['imports'] == 1
    assert (over.path.parent.exists(), waiting.path.exists()) == (False, True)


def test_an_upload_that_no_record_took_goes_after_a_day(filed: Site) -> None:
    waiting, taken = kept(filed, 1), kept(filed, 2)
    filed.create('admin', 'contact', full_name='An', contracts=[taken])

    assert 'uploads' not in tidy(at(filed, 0.9))
    assert tidy(at(filed, 1.1))['uploads'] == 1
    assert (there(filed, waiting), there(filed, taken)) == ((False, False), (True, True))


def test_a_replaced_file_stays_as_long_as_the_history_that_shows_it(filed: Site) -> None:
    old, new = kept(filed, 1), kept(filed, 2)
    record = filed.create('admin', 'contact', full_name='An', contracts=[old])
    attach(filed, record, new)
    client = filed.client('admin')
    assert client.get(f'/files/{old}').status_code == 303
    assert old in client.get(f'/contact/{record}').text
    assert tidy(at(filed, 5000)).get('replaced files') is None

    setting(filed, history_days=100)
    assert 'replaced files' not in tidy(at(filed, 99))
    assert tidy(at(filed, 101))['replaced files'] == 1
    assert (there(filed, old), there(filed, new)) == ((False, False), (True, True))
    assert client.get(f'/files/{old}').status_code == 404


def test_a_file_that_came_back_or_hangs_elsewhere_stays(filed: Site) -> None:
    both, back = kept(filed, 1), kept(filed, 2)
    record = filed.create('admin', 'contact', full_name='An', contracts=[both, back])
    filed.create('admin', 'contact', full_name='Bình', contracts=[both])
    attach(filed, record)
    attach(filed, record, back)

    setting(filed, history_days=1)
    tidy(at(filed, 3))

    assert (there(filed, both), there(filed, back)) == ((True, True), (True, True))
    assert count(filed, file_attachment) == 2


def test_files_of_a_dropped_field_come_back_with_a_rollback_and_go_with_its_shadow(filed: Site) -> None:
    uid = kept(filed, 1)
    record = filed.create('admin', 'contact', full_name='An', contracts=[uid])
    publisher, admin = filed.runtime.publisher, filed.actor('admin')

    def drop() -> None:
        plan = publisher.plan({'remove': ['/entities/contact/properties/contracts']}, admin)
        publisher.apply(plan.plan_id, admin)

    drop()
    assert filed.client('admin').get(f'/files/{uid}').status_code == 404
    tidy(at(filed, 80))
    assert there(filed, uid) == (True, True)
    publisher.apply(publisher.rollback_plan(2, admin).plan_id, admin)
    assert filed.client('admin').get(f'/files/{uid}').status_code == 303
    with filed.runtime.reader(admin) as reader:
        assert [each.uid for each in reader.get('contact', record).values['contracts']] == [uid]

    drop()
    cleared = tidy(at(filed, 91))
    assert cleared['files of dropped fields'] == 1
    assert there(filed, uid) == (False, False)


def test_contents_without_a_row_are_cleared_away(sqlite_site: Site) -> None:
    store = FileStore.at(sqlite_site.runtime.settings.files_url)
    now = sqlite_site.runtime.clock.now()
    turn = int(now.timestamp() // 30) % 256
    stray, fresh = (f'01900000-0000-7000-8000-0000000{number}00{turn:02x}' for number in (1, 2))
    known = f'01900000-0000-7000-8000-00000003{turn:04x}'
    keep_files(sqlite_site, [kept_file(known, 'a.txt', b'x', 'text/plain')])
    with sqlite_site.runtime.database.writing() as connection:
        connection.execute(stored_file.update().values(attached_at=now))
    for uid in (stray, fresh):
        store.path(uid).parent.mkdir(parents=True, exist_ok=True)
        store.path(uid).write_bytes(b'x')
    for uid in (stray, known):
        os.utime(store.path(uid), (now.timestamp() - 200_000,) * 2)

    runtime = Runtime(sqlite_site.runtime.settings, sqlite_site.runtime.registries, clock=FrozenClock(now),
                      database=sqlite_site.runtime.database)  # fmt: skip
    assert tidy(runtime)['stray files'] == 1
    assert [store.path(uid).exists() for uid in (stray, fresh, known)] == [False, True, True]


def test_the_command_clears_everything_at_once(sqlite_site: Site) -> None:
    setting(sqlite_site, history_days=1, outbox_days=1)
    sqlite_site.create('admin', 'company', name='An Bình')
    later = at(sqlite_site, 3)
    entry = SimpleNamespace(runtime=later)

    first = CliRunner().invoke(maintain, obj=entry)
    second = CliRunner().invoke(maintain, obj=entry)
    with locked_home(later.settings.home, 'http://127.0.0.1:8000'):
        refused = CliRunner().invoke(maintain, obj=entry)

    assert (first.exit_code, first.output.splitlines()[0]) == (0, 'history: 1')
    assert (second.exit_code, second.output) == (0, 'There was nothing to throw away.\n')
    assert refused.exit_code == 1 and 'stop it first' in refused.output
