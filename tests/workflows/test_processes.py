"""The real worker and scheduler processes over a real Valkey, and the commands people type."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
import redis

from tests.support import forking
from tests.support.daemons import forked, require_alive
from tests.support.waiting import wait_for
from tests.workflows.conftest import Plant
from workflows import processes

INSTANT = '2026-05-04T08:00:00+07:00'
ONE_ENGINE = pytest.mark.parametrize('seeded_url', ['sqlite'], indirect=True)
GREETING = ('tam@congty.vn', 'Chúc mừng sinh nhật Lê Văn Tám')


def test_a_chore_that_fails_comes_back_and_the_others_have_their_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    stop, turns = threading.Event(), []

    def broken(_runtime: object) -> None:
        turns.append('broken')
        raise ValueError('nobody foresaw this')

    def sound(_runtime: object) -> None:
        turns.append('sound')
        if len(turns) == 4:
            stop.set()

    monkeypatch.setattr(processes, 'POLL_SECONDS', 0.001)
    processes._do_chores(SimpleNamespace(registries=SimpleNamespace(chores=[broken, sound])), stop)  # type: ignore[arg-type]

    assert turns == ['broken', 'sound', 'broken', 'sound']


def environ(plant: Plant) -> dict[str, str]:
    settings = plant.runtime.settings
    return {
        **os.environ,
        'TRELLIS_HOME': str(settings.home),
        'TRELLIS_DATABASE_URL': settings.database_url,
        'TRELLIS_REDIS_URL': settings.redis_url,
        'TRELLIS_MAIL_URL': str(settings.mail_url),
        'TRELLIS_LOCALE': 'vi',
    }


def trellis(plant: Plant, *arguments: str) -> subprocess.CompletedProcess[str]:
    return forking.run(['app', *arguments], env=environ(plant))


@contextmanager
def roles(plant: Plant, folder: Path, *names: str, **more: str) -> Iterator[dict[str, forking.Fork]]:
    surroundings = {**environ(plant), **more}
    with ExitStack() as stack:
        yield {name: stack.enter_context(forked(['app', name], folder / f'{name}.log', surroundings)) for name in names}


def where_it_is_noon() -> str:
    """A zone in which what is due in the morning is due by now, and midnight is far, whenever the test runs."""
    ahead = 12 - datetime.now(UTC).hour
    return f'Etc/GMT{-ahead:+d}'


@ONE_ENGINE
def test_run_due_sends_and_says_so_once(plant: Plant) -> None:
    plant.person()

    first = trellis(plant, 'workflow', 'run-due', '--at', INSTANT)
    second = trellis(plant, 'workflow', 'run-due', '--at', INSTANT)

    assert re.fullmatch(r'ok +birthday_mail +contact Lê Văn Tám +2026 +mail sent, to tam@congty\.vn\n', first.stdout), first
    assert (second.returncode, second.stdout) == (0, 'Nothing is due.\n')
    assert plant.sent == [GREETING]


@ONE_ENGINE
def test_preview_shows_the_mail_and_leaves_no_trace(plant: Plant) -> None:
    plant.person()

    shown = trellis(plant, 'workflow', 'preview', 'birthday_mail', '--at', INSTANT)

    assert 'to: tam@congty.vn; subject: Chúc mừng sinh nhật Lê Văn Tám' in shown.stdout, shown
    assert (plant.sent, plant.ledger, plant.mails) == ([], [], [])


@ONE_ENGINE
@pytest.mark.parametrize(
    ('arguments', 'code'),
    [(['run-due', '--at', 'tomorrow'], 'WFL-E013'), (['preview', 'birthday_mai'], 'WFL-E014')],
    ids=['no instant', 'no such workflow'],
)
def test_wrong_argument_is_refused_in_one_line(plant: Plant, arguments: list[str], code: str) -> None:
    answer = trellis(plant, 'workflow', *arguments)

    assert answer.returncode == 1
    assert answer.stderr.startswith(code) and answer.stderr.count('\n') == 1


def test_scheduler_and_worker_greet_on_the_day_and_stop_when_asked(plant: Plant, tmp_path: Path) -> None:
    zone = where_it_is_noon()
    today = datetime.now(ZoneInfo(zone))
    plant.at(today)
    plant.person(birthday=f'1988-{today:%m-%d}')

    with roles(plant, tmp_path, 'worker', 'scheduler', TRELLIS_TIMEZONE=zone) as started:

        def greeted() -> bool:
            for name, each in started.items():
                require_alive(each, tmp_path / f'{name}.log')
            return [row.state for row in plant.mails] == ['sent']

        wait_for(greeted, 'the greeting', 60)
        for each in started.values():
            each.send_signal(signal.SIGTERM)
        statuses = [each.wait(60) for each in started.values()]

    assert plant.sent == [GREETING]
    assert statuses == [0, 0]


def test_queue_that_was_emptied_loses_nothing(plant: Plant, tmp_path: Path) -> None:
    plant.at(datetime.fromisoformat(INSTANT))
    plant.person()
    plant.scheduler().tick()
    with redis.Redis.from_url(plant.runtime.settings.redis_url) as client:
        client.flushall()

    with roles(plant, tmp_path, 'scheduler', 'worker'):
        wait_for(lambda: [row.state for row in plant.mails] == ['sent'], 'the mail', 60)

    assert plant.sent == [GREETING]
