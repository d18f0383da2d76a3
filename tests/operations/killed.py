"""A worker that dies by SIGKILL inside the transaction of its second chunk: `python -m tests.operations.killed URL HOME ID`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from modules.operations import keeping, pace, running
from tests.support.site import open_site

CHUNK = 2


def main(url: str, home: str) -> None:
    site = open_site(url, Path(home))
    pace.FIRST_ROWS = pace.MOST_ROWS = pace.FEWEST_ROWS = pace.Pace.rows = CHUNK
    pace.Pace.took = lambda self, seconds, rows: None  # type: ignore[method-assign]
    pace.Pace.__init__ = _of_two  # type: ignore[method-assign]
    advance, seen = keeping.advance, []

    def deadly(*given: Any) -> None:
        advance(*given)
        seen.append(given)
        if len(seen) == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    keeping.advance = deadly
    running.drain(site.runtime)


def _of_two(self: Any, *, waits: bool) -> None:
    self.waits, self.rows = waits, CHUNK


if __name__ == '__main__':
    main(*sys.argv[1:3])
