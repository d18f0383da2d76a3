"""The action `stop`: the run ends here, well."""

from __future__ import annotations

from workflows.actions.base import Call, Halt
from workflows.actions.steering import Steer, Steering


class Stop(Steering):
    """`{"type": "stop"}`: the run ends here."""

    def preview(self, call: Call) -> Steer:
        return Steer(Halt())
