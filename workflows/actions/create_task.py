"""The action `create_task`: something to do, due on a day, for somebody, about the record."""

from __future__ import annotations

from workflows.actions.planning import PlanRecord


class CreateTask(PlanRecord):
    """`{"title": {"en": "Call {{ record.full_name }}"}, "due": {"days": 2, "at": "09:00"}, "assign": {"user": "owner"}}`;
    `due` may also be `{"from": date field, "days": -1}`, `assign` a user name, and `about: false` leaves the record out."""

    def __init__(self) -> None:
        super().__init__('task', 'due')
