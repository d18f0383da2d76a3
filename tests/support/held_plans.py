"""Plans that stand still half-way, for tests of what people see meanwhile."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from migrations.looking import Looking
from migrations.planning import Planner


def hold_plans(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """From now on each plan stops after 4 of 9 values, until the event is set."""
    make, go_on = Planner.plan, threading.Event()

    def late(self: Planner, *given: Any, looking: Looking, **named: Any) -> Any:
        looking.expect(9)
        looking.pass_by(4)
        assert go_on.wait(60)
        return make(self, *given, looking=looking, **named)

    monkeypatch.setattr(Planner, 'plan', late)
    return go_on
