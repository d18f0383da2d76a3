"""The two long-running processes: `worker` carries out steps, `scheduler` dispatches events and watches the calendar."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable

import sqlalchemy as sa
from redis import Redis
from redis.exceptions import RedisError

from modules.mail.sender import Sender
from modules.mail.server import mail_server
from modules.ops.presence import present
from modules.runtime import NUDGE, Runtime
from schema.base.clock import SystemClock
from workflows.dispatcher import Dispatcher
from workflows.jobs import enqueue_wake, run_rq
from workflows.pulse import Pulse
from workflows.runner import Runner, due_steps
from workflows.scheduler import Scheduler
from workflows.tables import workflow_step

LOG = logging.getLogger(__name__)
TICK_SECONDS = 5.0
POLL_SECONDS = 1.0
MAIL_POLL_SECONDS, MAIL_SECONDS = 0.25, 1.0
SLOW_TICK_SECONDS = 30.0


def process_name(role: str) -> str:
    """Unique among all processes that ever claimed something."""
    return f'{role}-{socket.gethostname()[:30]}-{os.getpid()}-{secrets.token_hex(3)}'


def run_worker(runtime: Runtime, stop: threading.Event) -> None:
    """Carry out due steps and send mail until stopped; a step that was begun is finished first."""
    with present(runtime, 'worker'):
        _work(runtime, stop)


def run_scheduler(runtime: Runtime, stop: threading.Event) -> None:
    """Dispatch events and look for due occurrences until stopped."""
    with present(runtime, 'scheduler'):
        _schedule(runtime, stop)


def _work(runtime: Runtime, stop: threading.Event) -> None:
    name = process_name('worker')
    runner = Runner(runtime, name, mails=False)
    letters = threading.Thread(target=_send_mail, args=(runtime, name, stop), name='mail', daemon=True)
    letters.start()
    chores = threading.Thread(target=_do_chores, args=(runtime, stop), name='chores', daemon=True)
    chores.start()
    pulse = Pulse(runtime.database, name, 'worker', SystemClock())
    try:
        pulse.beat(runner.drain(0.5))  # what fell due while no worker ran
        while not stop.is_set():
            run_rq(runtime, runner, pulse, stop)
            stop.wait(POLL_SECONDS)
    finally:
        runner.close()
        pulse.end()
        chores.join(timeout=5)
        letters.join(timeout=25)  # what is half said to a mail server would stay in doubt


def _send_mail(runtime: Runtime, name: str, stop: threading.Event) -> None:
    """Mail beside the steps: a server that is slow to answer holds up nobody's workflow."""
    server = mail_server(runtime.settings)
    if server is None:
        return
    sender = Sender(runtime.database, server, SystemClock(), f'{name}-mail')
    beat = _Beat(MAIL_POLL_SECONDS, lambda: sender.drain(MAIL_SECONDS), 'sending mail')
    while not stop.wait(MAIL_POLL_SECONDS):
        beat.run(at_once=True)
    sender.close()


def _do_chores(runtime: Runtime, stop: threading.Event) -> None:
    """Work that takes minutes, such as imports, beside the steps, which must not wait for it. What fails is tried again."""
    beats = [_Beat(POLL_SECONDS, _bound(chore, runtime), 'a chore') for chore in runtime.registries.chores]
    while not stop.wait(POLL_SECONDS):
        for beat in beats:
            beat.run(at_once=True)


def _schedule(runtime: Runtime, stop: threading.Event) -> None:
    """Events and wake-ups in this thread, the calendar and the modules' turns in another: a hundred thousand occurrences that
    fall due at once keep nobody's click waiting."""
    name = process_name('scheduler')
    ear = _Ear(runtime, stop)
    ear.start()
    dispatcher = Dispatcher(runtime, name)
    beats = [_Beat(POLL_SECONDS, dispatcher.drain), _Beat(POLL_SECONDS, lambda: _wake(runtime))]
    slow = threading.Thread(target=_watch_calendar, args=(runtime, name, stop), name='calendar', daemon=True)
    slow.start()
    pulse = Pulse(runtime.database, name, 'scheduler', SystemClock())
    while not stop.is_set():
        nudged = ear.take()
        for beat in beats:
            beat.run(at_once=nudged)
        pulse.beat()
        ear.wait(POLL_SECONDS)
    pulse.end()
    slow.join(timeout=5)
    ear.join(timeout=5)


def _watch_calendar(runtime: Runtime, name: str, stop: threading.Event) -> None:
    scheduler = Scheduler(runtime, name)
    ticks = runtime.registries.ticks
    beats = [_Beat(TICK_SECONDS, scheduler.tick)]
    beats += [_Beat(SLOW_TICK_SECONDS, _bound(ticks.get(key), runtime), key) for key in ticks.keys()]  # noqa: SIM118
    pulse = Pulse(runtime.database, f'{name}-calendar', 'calendar', SystemClock())
    while not stop.is_set():
        for beat in beats:
            beat.run(at_once=False)
        pulse.beat()
        stop.wait(POLL_SECONDS)
    pulse.end()


def _bound(tick: Callable[..., object], runtime: Runtime) -> Callable[[], object]:
    return lambda: tick(runtime)


def _wake(runtime: Runtime) -> None:
    """Wake the workers while any step is due: this also heals a Redis that lost its queue. Mail threads look by themselves."""
    now = SystemClock().now()
    with runtime.database.reading() as connection:
        waiting = connection.execute(sa.select(workflow_step.c.id).where(due_steps(now)).limit(1)).first()
    if waiting:
        enqueue_wake(runtime)


class _Beat:
    """A piece of work that comes back every so many seconds; its failures are logged and do not stop the others."""

    def __init__(self, seconds: float, work: Callable[[], object], name: str = '') -> None:
        self._seconds, self._work, self._name = seconds, work, name or getattr(work, '__qualname__', '')
        self._next_at = 0.0

    def run(self, *, at_once: bool) -> None:
        if not at_once and time.monotonic() < self._next_at:
            return
        try:
            self._work()
        except Exception:  # the edge of a process: tried again at its next turn
            LOG.exception('%s failed', self._name)
        self._next_at = time.monotonic() + self._seconds


class _Ear(threading.Thread):
    """Hears the nudges that follow commits; without Redis the polling goes on alone."""

    def __init__(self, runtime: Runtime, stop: threading.Event) -> None:
        super().__init__(name='nudges', daemon=True)
        self._url, self._stop_event = runtime.settings.redis_url, stop
        self._nudged = threading.Event()

    def take(self) -> bool:
        nudged = self._nudged.is_set()
        self._nudged.clear()
        return nudged

    def wait(self, seconds: float) -> None:
        self._nudged.wait(seconds)

    def run(self) -> None:
        while not self._stop_event.is_set():
            try:
                with Redis.from_url(self._url, socket_connect_timeout=2, socket_timeout=5) as client:
                    self._listen(client)
            except RedisError:
                self._stop_event.wait(POLL_SECONDS)
        self._nudged.set()

    def _listen(self, client: Redis) -> None:
        with client.pubsub(ignore_subscribe_messages=True) as channel:  # type: ignore[no-untyped-call]
            channel.subscribe(NUDGE)
            while not self._stop_event.is_set():
                if channel.get_message(timeout=0.5):
                    self._nudged.set()
