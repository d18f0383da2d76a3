"""The action `branch`: the run goes on with the first case that is true of the record."""

from __future__ import annotations

from workflows.actions.base import Call, Onward, present_record
from workflows.actions.steering import Steer, Steering, holds


class Branch(Steering):
    """`{"cases": [{"condition": …, "steps": […]}], "otherwise": […]}`: the first case that is true."""

    def preview(self, call: Call) -> Steer:
        record = present_record(call)
        for number in range(len(call.step.document['cases'])):
            name = f'cases/{number}'
            if holds(call, record, call.step.conditions[name]):
                return Steer(Onward(name), {'way': name})
        return Steer(Onward('otherwise'), {'way': 'otherwise'})
