"""RQ's side of workflows: the queue of wake-ups, the job, and the worker loop. Redis holds no truth, only nudges."""

from __future__ import annotations

import logging
import threading
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty

from modules.runtime import Runtime
from workflows.pulse import Pulse
from workflows.runner import Runner

LOG = logging.getLogger(__name__)
QUEUE = 'steps'
WAKE = 'workflows.jobs.wake'
WAKE_SECONDS = 5.0
MOST_QUEUED = 4  # one wake-up drains whatever is due, so that more of them only wait in line
LISTEN_SECONDS = 2
WORKER_TTL_SECONDS = 25
KEEP_FAILURES_SECONDS = 3600

_runners: dict[int, tuple[Runtime, Runner, Pulse]] = {}  # by thread: RQ calls the job without arguments


def enqueue_wake(runtime: Runtime) -> bool:
    """Ask a worker to look for due steps; False when Redis does not answer, and then the scheduler's next tick asks again."""
    try:
        queue = step_queue(runtime.redis)
        if queue.count < MOST_QUEUED:
            queue.enqueue_call(WAKE, timeout=-1, result_ttl=0, failure_ttl=KEEP_FAILURES_SECONDS, description='wake')
    except RedisError as error:
        LOG.warning('no wake-up could be queued: %s', error)
        return False
    return True


def step_queue(connection: Redis) -> Queue:
    return Queue(QUEUE, connection=connection, serializer=JSONSerializer)


def wake() -> None:
    """The job: drains due steps and mail from the database for some seconds, and asks again when there was more."""
    runtime, runner, pulse = _runners[threading.get_ident()]
    dealt = runner.drain(WAKE_SECONDS)
    pulse.beat(dealt)
    if dealt:
        enqueue_wake(runtime)


class StepWorker(SimpleWorker):
    """An RQ worker in this process: no fork for each job, no signal handlers, and a stop within seconds."""

    death_penalty_class: Any = TimerDeathPenalty  # signals reach only the main thread; wake-ups end by themselves
    stop_event: threading.Event
    pulse: Pulse

    @property
    def dequeue_timeout(self) -> int:
        return LISTEN_SECONDS

    def heartbeat(self, *arguments: Any, **options: Any) -> None:
        """Called before each time it listens: the one place where RQ's loop can be left in good order."""
        if self.stop_event.is_set():
            raise StopRequested
        self.pulse.beat(0)
        super().heartbeat(*arguments, **options)

    def _install_signal_handlers(self) -> None:
        """The process owns its signals; see modules/ops/cli.py."""


def run_rq(runtime: Runtime, runner: Runner, pulse: Pulse, stop: threading.Event) -> None:
    """Listen until stopped, or until RQ gives up because Redis went away; the caller then begins again."""
    connection = Redis.from_url(runtime.settings.redis_url)
    worker = StepWorker(
        [step_queue(connection)], name=pulse.name, connection=connection, serializer=JSONSerializer,
        worker_ttl=WORKER_TTL_SECONDS, log_job_description=False,
    )  # fmt: skip
    worker.stop_event, worker.pulse = stop, pulse
    _runners[threading.get_ident()] = (runtime, runner, pulse)
    try:
        worker.work(logging_level='WARNING')
    except (RedisError, StopRequested) as error:
        LOG.warning('the worker lost Redis: %s', error)
    finally:
        del _runners[threading.get_ident()]
        connection.close()
