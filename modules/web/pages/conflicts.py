"""Two people at one record: over which revision a form was filled in, and the choice between values where both changed one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import request

from modules.records.model import Record
from modules.records.since import Seen
from modules.web.pages.context import Desk
from schema.base.findings import Finding
from schema.base.numbers import whole
from schema.fieldtypes.base import Refused

CODE = 'REC-E019'
KEEP = 'keep.'


def seen_revision() -> int | None:
    """The revision that the form was filled in over; it stays so while the form is refused and drawn again."""
    return whole(request.form.get('revision', ''))


def seen() -> Seen | None:
    """What the sender of a form saw: its revision, and of fields whose own value they chose that of the other value."""
    revision, shown = seen_revision(), whole(request.form.get('seen', ''))
    if revision is None:
        return None
    return Seen(revision, dict.fromkeys(_chosen('mine'), shown) if shown is not None else {})


def without_theirs(wire: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent, without the fields of which the other value is kept."""
    kept = _chosen('theirs')
    return {key: value for key, value in wire.items() if key not in kept}


def conflicts(
    desk: Desk, record: Record | None, wire: Mapping[str, Any], typed: Mapping[str, Any], findings: Iterable[Finding]
) -> list[dict[str, Any]]:
    """Fields that both changed, as macros/forms.html takes them: mine, theirs, who and when, and of lines which of them. `wire`
    is what was sent, `typed` the same in the shape of inputs."""
    clashing: dict[str, list[Finding]] = {}
    for each in findings:
        key = each.pointer.strip('/').split('/')[0]
        if each.code == CODE and key in desk.entity.fields:
            clashing.setdefault(key, []).append(each)
    if record is None or not clashing:
        return []
    theirs, when = desk.presenter.record(record), record.values.get('changed_at')
    at = desk.entity.fields['changed_at']
    saved = at.type.text(at.definition, when, desk.reader.reading) if when else ''
    return [
        {
            'field': desk.presenter.field(desk.entity, key), 'mine': as_sent(desk, key, wire, typed), 'theirs': theirs.get(key),
            'theirs_by': found[0].params.get('who', ''), 'theirs_at': saved,
            'told': [each.text(desk.presenter.locale) for each in found if '/' in each.pointer.strip('/')],
        }
        for key, found in clashing.items()
    ]  # fmt: skip


def as_sent(desk: Desk, key: str, wire: Mapping[str, Any], typed: Mapping[str, Any]) -> Any:
    """What was typed, as the display macros take it."""
    field = desk.entity.fields[key]
    if field.is_link or field.is_collection or key not in wire:
        return typed.get(key)
    try:
        return desk.presenter.value(field, field.type.normalise(field.definition, wire[key], desk.reader.reading))
    except Refused:
        return typed.get(key)


def _chosen(which: str) -> set[str]:
    return {name.removeprefix(KEEP) for name, choice in request.form.items() if name.startswith(KEEP) and choice == which}
