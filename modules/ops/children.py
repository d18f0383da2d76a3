"""One supervised child: how it is begun, watched, begun again with a growing pause, and ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from modules.ops import launch
from modules.ops.console import Console, LinePump
from modules.ops.leash import Leash, end_families, signal_group, signal_leader

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 30.0


def _always() -> bool:
    return True


@dataclass(frozen=True)
class ChildSpec:
    """What to run and how to know that it serves. `environ` is laid over the supervisor's own environment."""

    name: str
    command: tuple[str, ...]
    environ: Mapping[str, str] = field(default_factory=dict)
    is_ready: Callable[[], bool] = _always
    grace_seconds: float = 10.0


class State(Enum):
    STARTING = 'starting'
    READY = 'ready'
    WAITING = 'waiting'
    STOPPED = 'stopped'


def trellis_command(*arguments: str) -> tuple[str, ...]:
    """A command line of this installation, run by this Python."""
    return (sys.executable, '-m', launch.__name__, *arguments)


class Child:
    """Runs a spec and keeps it running. All methods are for the supervisor's thread."""

    def __init__(self, spec: ChildSpec, console: Console, leash: Leash) -> None:
        self.spec = spec
        self.state = State.STOPPED
        self.crashes = 0
        self.exit_status = 0
        self._console = console
        self._leash = leash
        self._running: subprocess.Popen[bytes] | None = None
        self._pump: LinePump | None = None
        self._begun_at = 0.0
        self._again_at = 0.0

    @property
    def pid(self) -> int | None:
        return self._running.pid if self._running else None

    @property
    def last_lines(self) -> list[str]:
        return list(self._pump.last) if self._pump else []

    def begin(self) -> None:
        """Start it in a group of its own, so that Ctrl-C at the terminal reaches the supervisor alone."""
        self._running = subprocess.Popen(
            self.spec.command,
            env={**os.environ, 'PYTHONUNBUFFERED': '1', **self.spec.environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._leash.hold(self._running.pid)
        assert self._running.stdout is not None
        self._pump = LinePump(self._console, self.spec.name, self._running.stdout)
        self._pump.start()
        self._begun_at = time.monotonic()
        self.state = State.STARTING

    def watch(self) -> None:
        """Look once: notice readiness or an end, and begin again when its pause is over."""
        if self.state is State.WAITING and time.monotonic() >= self._again_at:
            self.begin()
        if self._running is None:
            return
        status = self._running.poll()
        if status is not None:
            self._note_end(status)
        elif self.state is State.STARTING and self.spec.is_ready():
            self.state = State.READY

    def _note_end(self, status: int) -> None:
        assert self._running is not None
        lived = time.monotonic() - self._begun_at
        self._clear_away()
        self.exit_status = status
        self.crashes = 1 if lived >= STEADY_SECONDS else self.crashes + 1
        pause = min(FIRST_PAUSE_SECONDS * 2 ** (self.crashes - 1), LONGEST_PAUSE_SECONDS)
        self._again_at = time.monotonic() + pause
        self.state = State.WAITING
        self._console.say(f'{self.spec.name} ended ({describe(status)}); it starts again in {pause:g} s.')

    def _clear_away(self) -> None:
        """Kill what a dead child left in its group (a server's own workers hold its port) and forget it."""
        assert self._running is not None
        signal_group(self._running.pid, signal.SIGKILL)
        self._leash.release(self._running.pid)
        if self._pump:
            self._pump.join(timeout=1)
        self._running = None

    def ask_to_stop(self) -> None:
        self.state = State.STOPPED
        if self._running is not None and self._running.poll() is None:
            signal_leader(self._running.pid, signal.SIGTERM)

    def has_ended(self) -> bool:
        """True when nothing runs any more; call until it is."""
        if self._running is None:
            return True
        status = self._running.poll()
        if status is None:
            return False
        self.exit_status = status
        self._clear_away()
        return True

    def kill(self) -> None:
        """End it and everything it started, at once."""
        if self._running is not None:
            end_families([self._running.pid], 0)
            self._running.wait()
            self._clear_away()


def describe(status: int) -> str:
    """`exit 3`, or the name of the signal that ended it."""
    if status >= 0:
        return f'exit {status}'
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f'signal {-status}'
