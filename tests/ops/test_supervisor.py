"""The supervisor starts children, starts crashed ones again, and leaves nothing behind however it ends itself."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from modules.ops import supervisor as supervisor_module
from modules.ops.children import ChildSpec, describe
from modules.ops.console import Console
from modules.ops.homelock import locked_home
from modules.ops.leash import Leash
from modules.ops.preflight import Refusal
from modules.ops.signals import set_soon
from modules.ops.supervisor import Supervisor
from tests.support.waiting import wait_for

ROOT = Path(__file__).resolve().parents[2]
SLEEPER = 'import time; print("awake", flush=True); time.sleep(600)'
STUBBORN = f'import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPER}'
PARENT = (
    'import subprocess, sys; child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], '
    'start_new_session=True); print("child", child.pid, flush=True); child.wait()'
)


def python(name: str, code: str, **options: object) -> ChildSpec:
    return ChildSpec(name, (sys.executable, '-c', code), **options)  # type: ignore[arg-type]


@pytest.fixture
def leash() -> Iterator[Leash]:
    made = Leash()
    yield made
    made.close()


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def supervisor(leash: Leash, output: io.StringIO) -> Iterator[Supervisor]:
    with Supervisor(Console(output), leash) as made:
        yield made


def watching(supervisor: Supervisor) -> threading.Thread:
    thread = threading.Thread(target=supervisor.watch)
    thread.start()
    return thread


def test_output_of_children_carries_their_names(supervisor: Supervisor, output: io.StringIO) -> None:
    supervisor.start([python('one', SLEEPER), python('another', SLEEPER)])

    wait_for(lambda: output.getvalue().count('awake') == 2, 'both children to speak')
    assert sorted(output.getvalue().splitlines()) == ['another  │ awake', 'one      │ awake']


def test_a_start_waits_until_each_child_is_ready(supervisor: Supervisor, tmp_path: Path) -> None:
    ready = tmp_path / 'ready'
    code = f'import pathlib, time; pathlib.Path({str(ready)!r}).touch(); time.sleep(600)'

    supervisor.start([python('slow', code, is_ready=ready.exists)])

    assert ready.exists()


def test_a_crashed_child_runs_again(supervisor: Supervisor, output: io.StringIO) -> None:
    supervisor.start([python('web', SLEEPER)])
    first = supervisor.pids()['web']
    thread = watching(supervisor)

    os.kill(first, signal.SIGKILL)
    second = wait_for(lambda: supervisor.pids().get('web') not in (None, first) and supervisor.pids()['web'], 'a new child')

    assert not psutil.pid_exists(first)
    assert psutil.pid_exists(second)
    assert 'web ended (SIGKILL); it starts again in 0.5 s.' in output.getvalue()
    supervisor.stopping.set()
    thread.join()


def test_what_a_crashed_child_left_in_its_group_is_ended_before_it_runs_again(
    supervisor: Supervisor, output: io.StringIO
) -> None:
    code = PARENT.replace(', start_new_session=True', '').replace(' start_new_session=True', '')
    supervisor.start([python('web', code)])
    orphan = wait_for(lambda: output.getvalue().partition('child ')[2].strip(), 'the grandchild')
    thread = watching(supervisor)

    os.kill(supervisor.pids()['web'], signal.SIGKILL)

    wait_for(lambda: not psutil.pid_exists(int(orphan)), 'the orphan to end')
    supervisor.stopping.set()
    thread.join()


def test_a_child_that_never_serves_is_given_up_with_its_last_words(supervisor: Supervisor) -> None:
    with pytest.raises(Refusal, match=r'web cannot start \(3 tries; last words: no such table\)'):
        supervisor.start([python('web', 'print("no such table"); raise SystemExit(3)', is_ready=lambda: False)])


def test_a_child_that_does_not_answer_in_time_is_given_up(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_module, 'READY_SECONDS', 0.2)

    with pytest.raises(Refusal, match=r'web did not answer within 0\.2 s'):
        supervisor.start([python('web', SLEEPER, is_ready=lambda: False)])


def test_stopping_ends_later_groups_before_earlier_ones(supervisor: Supervisor, tmp_path: Path) -> None:
    log = tmp_path / 'order'
    code = (
        'import pathlib, signal, sys\n'
        f'log = pathlib.Path({str(log)!r})\n'
        'def end(*_): log.open("a").write("NAME "); sys.exit(0)\n'
        'signal.signal(signal.SIGTERM, end)\n'
        'pathlib.Path(str(log) + "NAME").touch()\n'
        'signal.pause()\n'
    )
    for name in ('queue', 'web'):
        ready = Path(f'{log}{name}').exists
        supervisor.start([python(name, code.replace('NAME', name), is_ready=ready)])

    supervisor.stop_all()

    assert log.read_text() == 'web queue '
    assert supervisor.pids() == {}


def test_a_child_that_ignores_the_request_is_killed_after_its_grace(supervisor: Supervisor, output: io.StringIO) -> None:
    supervisor.start([python('deaf', STUBBORN, grace_seconds=0.2)])
    wait_for(lambda: 'awake' in output.getvalue(), 'the child to speak')
    pid = supervisor.pids()['deaf']

    supervisor.stop_all()

    assert not psutil.pid_exists(pid)
    assert 'deaf did not stop in time and is killed.' in output.getvalue()


SCRIPT = """
import sys
from modules.ops.children import ChildSpec
from modules.ops.console import Console
from modules.ops.leash import Leash
from modules.ops.supervisor import Supervisor
console = Console()
leash = Leash(grace_seconds=0.5)
with Supervisor(console, leash) as supervisor, supervisor.stop_on_signals():
    codes = dict(a=sys.argv[1], b=sys.argv[2])
    supervisor.start([ChildSpec(name, (sys.executable, '-c', code), grace_seconds=120) for name, code in codes.items()])
    console.say(f'pids {leash.pid} {" ".join(map(str, supervisor.pids().values()))}')
    supervisor.watch()
leash.close()
console.say('stopped')
"""


StartScript = Callable[[str, str], tuple['subprocess.Popen[str]', list[int]]]


@pytest.fixture
def start_script() -> Iterator[StartScript]:
    """Starts a supervisor in a process of its own; gives it and the ids of everything it started."""
    with ExitStack() as stack:

        def start(first: str, second: str) -> tuple[subprocess.Popen[str], list[int]]:
            command = [sys.executable, '-c', SCRIPT, first, second]
            script = stack.enter_context(
                subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
            )
            stack.callback(script.kill)
            return script, read_pids(script, {'pids', *(['child'] if PARENT in (first, second) else [])})

        yield start


def read_pids(script: subprocess.Popen[str], wanted: set[str]) -> list[int]:
    """The numbers after each wanted word of the script's output."""
    assert script.stdout is not None
    pids: list[int] = []
    while wanted:
        words = script.stdout.readline().replace('│', '').split()
        for word in wanted & set(words):
            pids += map(int, words[words.index(word) + 1 :])
            wanted = wanted - {word}
    return pids


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_one_signal_ends_everything_cleanly(number: signal.Signals, start_script: StartScript) -> None:
    script, pids = start_script(SLEEPER, SLEEPER)

    script.send_signal(number)
    rest, _ = script.communicate(timeout=60)

    assert script.returncode == 0
    assert rest.splitlines()[-1] == 'stopped'
    assert [pid for pid in pids if psutil.pid_exists(pid)] == []


def test_a_second_ctrl_c_does_not_wait_for_the_grace(start_script: StartScript) -> None:
    script, pids = start_script(SLEEPER, STUBBORN)
    script.send_signal(signal.SIGINT)
    wait_for(lambda: not psutil.pid_exists(pids[1]), 'the first child to end')

    script.send_signal(signal.SIGINT)
    script.communicate(timeout=60)

    assert [pid for pid in pids if psutil.pid_exists(pid)] == []


def test_a_signal_is_told_to_whoever_holds_the_lock_of_what_it_sets() -> None:
    event = threading.Event()

    with event._cond:  # type: ignore[attr-defined]  # as when the signal interrupts a wait
        set_soon(event)

    assert event.wait(60)


def test_children_end_when_the_supervisor_is_killed(start_script: StartScript) -> None:
    script, pids = start_script(SLEEPER, PARENT)

    script.kill()
    script.communicate()

    wait_for(lambda: not any(psutil.pid_exists(pid) for pid in pids), 'children and grandchild to end')
    assert len(pids) == 4


def test_a_home_is_locked_while_a_guard_still_cleans_up_after_its_supervisor(tmp_path: Path) -> None:
    with locked_home(tmp_path, 'http://127.0.0.1:8000') as lock:
        guard = Leash(lock)

    with (
        pytest.raises(Refusal, match=r'runs on .* already \(process \d+, http://127\.0\.0\.1:8000\)'),
        locked_home(tmp_path, 'x'),
    ):
        pass
    guard.close()

    with locked_home(tmp_path, 'x'):
        pass


def test_two_supervisors_on_one_home_are_told_apart(tmp_path: Path) -> None:
    with (
        locked_home(tmp_path, 'http://127.0.0.1:8000'),
        pytest.raises(Refusal, match=rf'process {os.getpid()}, http://127\.0\.0\.1:8000\): stop it first, or set TRELLIS_HOME'),
        locked_home(tmp_path, 'http://127.0.0.1:9000'),
    ):
        pass


@pytest.mark.parametrize(('status', 'text'), [(0, 'exit 0'), (3, 'exit 3'), (-9, 'SIGKILL'), (-255, 'signal 255')])
def test_the_end_of_a_child_is_named(status: int, text: str) -> None:
    assert describe(status) == text
