"""What steps that create tasks and appointments name: fields of the record, and of the entity of the calendar they add to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from schema.base.findings import Finding
from schema.checks.target import EntityView, Target, mapping

CheckType = Callable[[EntityView, Any, str, tuple[str, ...]], Iterator[Finding]]
STEP_NEEDS = {'create_task': ('title',), 'create_appointment': ('title', 'start')}
KINDS = {'create_task': ('task', 'due'), 'create_appointment': ('appointment', 'start')}
"""`{step type: (kind of x-calendar, keyword that says when)}`."""


def planned(target: Target, step: dict[str, Any]) -> EntityView | None:
    """The entity that the step adds to; None when it is no such step or there is none."""
    kind, _moment = KINDS.get(str(step.get('type')), ('', ''))
    found = [each for each in target.entities.values() if mapping(each.document.get('x-calendar')).get('kind') == kind]
    return next((each for each in found if each.key == kind), found[0] if found else None) if kind else None


def check_plan(entity: EntityView, step: dict[str, Any], place: str, check_type: CheckType) -> Iterator[Finding]:
    kind, moment = KINDS.get(str(step.get('type')), ('', ''))
    if kind:
        source = mapping(step.get(moment)).get('from')
        yield from check_type(entity, source, f'{place}/{moment}/from', ('date', 'datetime'))
        yield from check_type(entity, mapping(step.get('assign')).get('user'), f'{place}/assign/user', ('user',))
