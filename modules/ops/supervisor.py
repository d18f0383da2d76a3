"""Keeps a handful of children running and ends them in order; knows neither what they are nor what they need."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType, TracebackType

from modules.ops.children import Child, ChildSpec, State
from modules.ops.console import Console
from modules.ops.leash import Leash
from modules.ops.preflight import Refusal
from modules.ops.signals import set_soon

LOOK_SECONDS = 0.1
READY_SECONDS = 120.0
HOPELESS_CRASHES = 3
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Supervisor:
    """Begins children in order, watches them, and ends them: the last begun group first, each in its grace."""

    def __init__(self, console: Console, leash: Leash) -> None:
        self.stopping = threading.Event()
        self._hurry = threading.Event()
        self._console = console
        self._leash = leash
        self._groups: list[list[Child]] = []

    def __enter__(self) -> Supervisor:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop_all()

    @contextmanager
    def stop_on_signals(self) -> Iterator[None]:
        """Inside, Ctrl-C and SIGTERM ask for a stop, and a second one hurries it; on the way out all is ended."""
        former = {number: signal.signal(number, self._on_signal) for number in STOP_SIGNALS}
        try:
            yield
        finally:
            self.stop_all()
            for number, action in former.items():
                signal.signal(number, action)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        set_soon(self._hurry if self.stopping.is_set() else self.stopping)

    def start(self, specs: Sequence[ChildSpec]) -> None:
        """Begin these together and wait until each is ready or a stop is asked for.

        Raises: Refusal with its last words when one crashes over and over or is not ready in time.
        """
        group = [Child(spec, self._console, self._leash) for spec in specs]
        self._groups.append(group)
        for child in group:
            if not self.stopping.is_set():
                child.begin()
        deadline = time.monotonic() + READY_SECONDS
        while not self.stopping.is_set() and any(child.state is not State.READY for child in group):
            self._look_at(self._children())
            for child in group:
                _require_hope(child, deadline)
            self.stopping.wait(LOOK_SECONDS)

    def watch(self) -> None:
        """Keep all running until a stop is asked for."""
        while not self.stopping.wait(LOOK_SECONDS):
            self._look_at(self._children())

    def _look_at(self, children: list[Child]) -> None:
        for child in children:
            child.watch()

    def _children(self) -> list[Child]:
        return [child for group in self._groups for child in group]

    def pids(self) -> dict[str, int]:
        """`{name: pid}` of what runs now."""
        return {child.spec.name: child.pid for child in self._children() if child.pid is not None}

    def stop_all(self) -> None:
        """End every group, the last begun first. Safe to call twice."""
        self.stopping.set()
        while self._groups:
            self._stop_group(self._groups.pop())

    def _stop_group(self, group: list[Child]) -> None:
        for child in group:
            child.ask_to_stop()
        begun = time.monotonic()
        while late := [child for child in group if not child.has_ended()]:
            for child in late:
                if self._hurry.is_set() or time.monotonic() - begun > child.spec.grace_seconds:
                    self._console.say(f'{child.spec.name} did not stop in time and is killed.')
                    child.kill()
            self._hurry.wait(LOOK_SECONDS)


def _require_hope(child: Child, deadline: float) -> None:
    """Raises: Refusal when a child that never served will not serve."""
    said = child.last_lines[-1] if child.last_lines else 'it said nothing'
    if child.state is not State.READY and child.crashes >= HOPELESS_CRASHES:
        raise Refusal(
            f'{child.spec.name} cannot start ({child.crashes} tries; last words: {said}): '
            'mend that, or see what is wrong with: trellis doctor'
        )
    if child.state is State.STARTING and time.monotonic() > deadline:
        raise Refusal(f'{child.spec.name} did not answer within {READY_SECONDS:g} s (last words: {said}).')
