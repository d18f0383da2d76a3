"""Telling the rest of a process that a signal came. Knows no process by name."""

from __future__ import annotations

import _thread
import threading


def set_soon(event: threading.Event) -> None:
    """Set an event from within a signal's handler. A thread of its own does it: the one that was interrupted may just hold the
    event's lock, and would wait for itself."""
    _thread.start_new_thread(event.set, ())
