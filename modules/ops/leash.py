"""Ends the supervisor's children when the supervisor itself is killed; a process of its own that knows only process ids.

It reads lines from its standard input: `+PID` a child began (leader of its own group), `-PID` it ended. End of input
means that the supervisor is gone, in whatever way; all that still lives is then asked to stop, and killed after a grace.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress

import psutil  # type: ignore[import-untyped]

GRACE_SECONDS = 8.0


class Leash:
    """The supervisor's end of the pipe. The lock file's descriptor is shared, so a home stays locked until all are gone."""

    def __init__(self, *shared: int, grace_seconds: float = GRACE_SECONDS) -> None:
        self._guard = subprocess.Popen(
            [sys.executable, '-m', __spec__.name, str(grace_seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=shared,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        return self._guard.pid

    def hold(self, pid: int) -> None:
        self._tell(f'+{pid}')

    def release(self, pid: int) -> None:
        self._tell(f'-{pid}')

    def _tell(self, line: str) -> None:
        assert self._guard.stdin is not None
        try:
            self._guard.stdin.write(f'{line}\n'.encode())
            self._guard.stdin.flush()
        except BrokenPipeError:
            return  # somebody killed the guard; the supervisor still stops its children itself

    def close(self) -> None:
        """Call when no child is left."""
        assert self._guard.stdin is not None
        with suppress(BrokenPipeError):
            self._guard.stdin.close()
        self._guard.wait()


def family(pid: int) -> list[psutil.Process]:
    """A process and all it started, also those that left its group (a worker's job runs in a session of its own)."""
    try:
        head = psutil.Process(pid)
        return [head, *head.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def signal_group(pid: int, number: int) -> None:
    """Signal a child's whole group; quiet when it has gone already."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def end_families(pids: list[int], grace_seconds: float) -> None:
    """Ask each child to stop; after the grace kill whatever is left of it and of what it started."""
    members = [member for pid in pids for member in family(pid)]
    for pid in pids:
        signal_leader(pid, signal.SIGTERM)
    _gone, left = psutil.wait_procs(members, timeout=grace_seconds)
    for pid in pids if left else ():
        signal_group(pid, signal.SIGKILL)
    for member in left:
        _kill(member)


def signal_leader(pid: int, number: int) -> None:
    """A polite stop goes to the leader only: it ends its own children in its own order."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _kill(member: psutil.Process) -> None:
    try:
        member.kill()
    except psutil.NoSuchProcess:
        return


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    held: list[int] = []
    for line in sys.stdin:
        pid = int(line[1:])
        held = [each for each in held if each != pid] + ([pid] if line[0] == '+' else [])
    end_families(held, float(sys.argv[1]))


if __name__ == '__main__':
    main()
