"""Studio's page on the way back to an earlier version: a plan like any other, made again with each thing that is decided."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import g, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.studio.answering import answers_with, part_at
from modules.studio.publishing import chosen, included, planned
from modules.studio.views import bench, pages

__all__ = ['pages']


@pages.get('/rollback/<int:version>')
def rollback(version: int) -> ResponseReturnValue:
    """What going back would do, before anything happens; `plan` names one whose decisions still stand."""
    return _back(version, **_decided(request.args.get('plan', '')))


@pages.post('/rollback/<int:version>')
def rollback_again(version: int) -> ResponseReturnValue:
    """The same with what was decided: where records of removed options go, what values become, what goes back beside."""
    plan_id = request.form.get('plan_id', '')
    decided = _decided(plan_id)
    decided['remap'] |= chosen(request.form.to_dict())
    if pointer := request.form.get('pointer', ''):
        part = part_at(g.runtime.publisher.get_plan(plan_id).documents, pointer)
        decided['answers'] = answers_with(decided['answers'] or {}, pointer, part, request.form, g.actor.locale)
    return _back(version, **decided)


def _decided(plan_id: str) -> dict[str, Any]:
    """What a plan was made with; without one, answers are those of then. Raises: NotFound MIG-E004."""
    if not plan_id:
        return {'remap': {}, 'answers': None}
    plan = g.runtime.publisher.get_plan(plan_id)
    return {'remap': dict(plan.remap), 'answers': dict(plan.answers)}


def _back(version: int, *, remap: Mapping[str, str | None], answers: Mapping[str, Any] | None) -> ResponseReturnValue:
    include, note = included(request.values), _('Back to version %(number)s', number=version)
    make = partial(
        g.runtime.publisher.rollback_plan, version, g.actor, include=include, remap=remap, answers=answers, note=note
    )
    return planned(bench(), make, {'rollback_to': version, 'include': include})
