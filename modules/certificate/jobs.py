"""Certificates in the background: the worker looks for what waits. Safe to run in many processes."""

from __future__ import annotations

import os
import socket

from modules.certificate import service
from modules.runtime import Runtime


def drain(runtime: Runtime) -> int:
    """Draw up every certificate that waits, one after the other; how many there were."""
    count = 0
    while service.carry_out(runtime, f'{socket.gethostname()[:50]}-{os.getpid()}') is not None:
        count += 1
    return count
