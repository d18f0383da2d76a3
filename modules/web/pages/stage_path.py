"""The stage path of a record: where it stands in its pipeline, how long it stood where, what the next stage still needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from modules.records.gating import Gate, may_go
from modules.records.model import Record
from modules.records.stagelog import Stay
from modules.web.pages import gates, moving
from modules.web.pages.context import Desk
from modules.web.pages.timeline_entries import length_text
from modules.web.presenting import stage_view
from schema.definitions import PipelineDef, StageDef, in_locale
from schema.fieldtypes.days import moment_text
from schema.system_names import actor_text


def stage_path(desk: Desk, record: Record) -> dict[str, Any]:
    """`path`: the pipeline the record stands in, its stages in order, the present one, what the next still needs; None without
    stages. `stays`: how long it stood in each, newest first."""
    stage = desk.entity.stage
    if stage is None or stage.key not in record.values:
        return {'path': None, 'stays': []}
    locale, now_ref, at = desk.presenter.locale, record.values[stage.key], desk.reader.clock.now()
    pipelines = desk.entity.definition.pipelines
    pipeline = next((each for each in pipelines if any(step.ref == now_ref for step in each.stages)), pipelines[0])
    now = next((step for step in pipeline.stages if step.ref == now_ref), None)
    stays = desk.reader.stays(desk.entity.key, record)
    editing = record.deleted_at is None and moving.may_move(desk, record)
    found = gates.of_record(desk, record, [each for each in pipeline.stages if each is not now]) if editing else {}
    days = days_in_stage(record, at)
    late = days - now.rotting_days if now and days is not None and now.rotting_days and days > now.rotting_days else 0
    path = {
        'steps': _steps(desk, pipeline, now, stays, found), 'late': late, 'days': days, 'editing': editing,
        'needs': _needs(desk, record, pipeline, now, found) if editing else None,
        'others': [{'key': each.key, 'label': in_locale(each.label, locale)} for each in pipelines if each is not pipeline],
    }  # fmt: skip
    return {'path': path, 'stays': _stays(desk, stays)}


def _stays(desk: Desk, stays: Sequence[Stay]) -> list[dict[str, Any]]:
    locale, now, zone = desk.presenter.locale, desk.reader.clock.now(), desk.reader.reading.zone
    several = len(desk.entity.definition.pipelines) > 1
    return [
        {'label': in_locale(stay.label, locale), 'hue': stay.stage.hue if stay.stage else 0, 'entered_at': stay.entered_at,
         'pipeline': in_locale(stay.pipeline.label, locale) if several and stay.pipeline else '',
         'who': actor_text(stay.actor, locale, desk.presenter.catalog.workflows),
         'length': length_text(stay.length(now)), 'since': moment_text(stay.entered_at.astimezone(zone), locale)}
        for stay in reversed(stays)
    ]  # fmt: skip


def _steps(
    desk: Desk, pipeline: PipelineDef, now: StageDef | None, stays: Sequence[Stay], found: Mapping[str, Gate]
) -> list[dict[str, Any]]:  # fmt: skip
    """Each stage with its state, what it asks for, how long the record was there, and whether the way to it is closed."""
    steps = []
    place = next((number for number, each in enumerate(pipeline.stages) if each is now), -1)
    spent: dict[str, timedelta] = {}
    for stay in stays:
        if stay.stage is not None and stay.left_at is not None:
            spent[stay.stage.ref] = spent.get(stay.stage.ref, timedelta()) + stay.length(stay.left_at)
    for number, each in enumerate(pipeline.stages):
        view, gate = stage_view(each, desk.presenter.locale), found.get(each.ref)
        view['state'] = 'now' if number == place else 'done' if number < place else ''
        view['requires'] = [field.label for field in desk.presenter.fields(desk.entity, each.requires)]
        view['requires'] += [wanted.text for wanted in gate.missing] if gate is not None else []
        view['shut'], view['barred'] = gate is not None and not gate.open, not may_go(desk.entity, now, each)
        view['spent'] = length_text(spent[each.ref]) if each.ref in spent else ''
        steps.append(view)
    return steps


def _needs(
    desk: Desk, record: Record, pipeline: PipelineDef, now: StageDef | None, found: Mapping[str, Gate]
) -> dict[str, Any] | None:  # fmt: skip
    """The next open stage that the record may enter, and what it still asks for: labels of fields, parts of its condition and
    what its author says of that; None when nothing is missing."""
    open_stages = [stage for stage in pipeline.stages if stage.category == 'open']
    place = next((number for number, stage in enumerate(open_stages) if stage is now), None)
    ahead = open_stages[place + 1 :] if place is not None else []
    following = next((stage for stage in ahead if may_go(desk.entity, now, stage)), None)
    if following is None:
        return None
    fields, gate = desk.presenter.fields(desk.entity, following.requires), found.get(following.ref)
    missing = [field.label for field in fields if record.values.get(field.key) in (None, '', ())]
    shut = gate is not None and not gate.open
    if not missing and not shut:
        return None
    return {
        'key': following.key, 'label': in_locale(following.label, desk.presenter.locale), 'missing': missing,
        'wanted': [each.text for each in gate.missing] if gate is not None and shut else [],
        'message': in_locale(following.gate_message, desk.presenter.locale) if shut else '',
    }  # fmt: skip


def days_in_stage(record: Record, now: datetime) -> int | None:
    return (now - record.stage_since).days if record.stage_since else None
