"""What the operating commands ask of the application, so that none of them imports it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil  # type: ignore[import-untyped]

from modules.ops.settings import Settings

Role = Callable[[threading.Event], None]
"""A long-running process: `run_worker(stop_event)` returns soon after the event is set, its present work done or given back."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class FirstStart:
    """What preparing a home brought about. `admin_password` is set only when an administrator was made just now."""

    admin_password: str | None = None


Prepare = Callable[[Settings, bool, Say], FirstStart]
"""`prepare(settings, demo, say)` brings a home up to date. Safe to run again; it calls `say` between its steps, and an
exception out of `say` (a stop was asked for) must leave the database as the last committed step left it."""


@dataclass(frozen=True)
class Verdict:
    """One line of `trellis doctor`. `remedy` says what to do when it is not ok."""

    subject: str
    ok: bool
    note: str
    remedy: str = ''


DoctorCheck = Callable[[], Verdict]


class Entry(Protocol):
    """What app.py puts into click's `ctx.obj`. Each part is made when first asked for, so `up` itself stays light."""

    def settings(self) -> Settings:
        """Raises: Refusal naming the variable that is wrong."""

    def prepare(self, settings: Settings, demo: bool, say: Say) -> FirstStart:
        """See Prepare."""

    def role(self, name: str) -> Role:
        """`worker` or `scheduler`, ready to run. Raises: KeyError when no module registered it."""

    def doctor_checks(self) -> Iterable[DoctorCheck]:
        """What the modules add to `trellis doctor`."""


def tell_running(home: Path, name: str) -> None:
    """Note that this process has been set up and begins its work, for the supervisor that waits for it."""
    note = home / 'run' / f'{name}.pid'
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(str(os.getpid()), encoding='ascii')


def runs_for_me(home: Path, name: str) -> bool:
    """Whether a child of this process has told so. A note that an earlier one left behind does not count."""
    try:
        pid = int((home / 'run' / f'{name}.pid').read_text(encoding='ascii'))
        return bool(psutil.Process(pid).ppid() == os.getpid())
    except (OSError, ValueError, psutil.NoSuchProcess):
        return False
