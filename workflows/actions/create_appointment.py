"""The action `create_appointment`: a meeting at a time, as long as is said, for somebody, about the record."""

from __future__ import annotations

from workflows.actions.planning import PlanRecord


class CreateAppointment(PlanRecord):
    """`{"title": {"en": "Visit"}, "start": {"days": 2, "at": "09:00"}, "minutes": 30}`; the rest is as in `create_task`."""

    def __init__(self) -> None:
        super().__init__('appointment', 'start')
