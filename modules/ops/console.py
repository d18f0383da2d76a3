"""Lines on the supervisor's terminal: its own, and those of its children with their names before them."""

from __future__ import annotations

import sys
import threading
from collections import deque
from typing import IO, TextIO

COLOURS = ('36', '35', '33', '32', '34')
KEPT_LINES = 15
NAME_WIDTH = 9


class Console:
    """Writes whole lines, one at a time, from any thread."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._colourful = self._stream.isatty()
        self._lock = threading.Lock()
        self._names: list[str] = []

    def say(self, line: str = '') -> None:
        with self._lock:
            try:
                self._stream.write(f'{line}\n')
                self._stream.flush()
            except (OSError, ValueError):
                return  # the terminal is gone; the children still have to be stopped in order

    def prefixed(self, name: str, line: str) -> None:
        self.say(f'{self._label(name)} {line}')

    def _label(self, name: str) -> str:
        if name not in self._names:
            self._names.append(name)
        label = f'{name:<{NAME_WIDTH}}│'
        if not self._colourful:
            return label
        colour = COLOURS[self._names.index(name) % len(COLOURS)]
        return f'\033[{colour}m{label}\033[0m'


class LinePump(threading.Thread):
    """Reads a child's output until it ends, shows it, and keeps the last lines for a failure's report."""

    def __init__(self, console: Console, name: str, source: IO[bytes]) -> None:
        super().__init__(name=f'log-{name}', daemon=True)
        self.last: deque[str] = deque(maxlen=KEPT_LINES)
        self._console = console
        self._label = name
        self._source = source

    def run(self) -> None:
        with self._source:
            for raw in self._source:
                line = raw.decode('utf-8', 'replace').rstrip()
                if line:
                    self.last.append(line)
                    self._console.prefixed(self._label, line)
