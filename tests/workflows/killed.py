"""A worker that dies by SIGKILL at a named point: `python -m tests.workflows.killed POINT INSTANT`, settings by environment.

Points: `after_claim` a step is claimed, `before_commit` its effect is written but not committed, `after_answer` the mail
server has taken the mail and the commit has not happened.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any
from unittest import mock

from app import make_runtime
from modules.mail.sender import Sender
from modules.ops.settings import Settings
from modules.runtime import Runtime
from schema.base.clock import FrozenClock
from workflows.runner import Runner


def die(*_arguments: Any, **_options: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


POINTS: dict[str, Callable[[], Any]] = {
    'after_claim': lambda: mock.patch.object(Runner, 'perform', die),
    'before_commit': lambda: mock.patch('workflows.runner.go_on', die),
    'after_answer': lambda: mock.patch.object(Sender, '_settle', die),
}


def main(point: str, instant: str) -> None:
    clock = FrozenClock(datetime.fromisoformat(instant))
    made = make_runtime(Settings.from_environment())
    runtime = Runtime(made.settings, made.registries, clock=clock, database=made.database)
    with POINTS[point]():
        Runner(runtime, 'worker-doomed', clock).drain(30)


if __name__ == '__main__':
    main(*sys.argv[1:])
