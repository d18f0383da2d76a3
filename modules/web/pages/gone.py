"""A record that is gone while something of it stood open: what became of it, and where what was typed may go."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Response, flash, g, make_response, render_template, request

from modules.records.model import Record
from modules.records.tables import operation, record_history
from modules.web.collections import ShownLines, ShownLinks
from modules.web.failures import wants_json
from modules.web.pages.context import Desk, may_update, reached
from modules.web.presenting import FieldView
from schema.base.errors import NotFound

BACK, NEW = 'restore', 'new'
"""What the sender chose: to bring the record back, or to make another one of what was typed."""


@dataclass(frozen=True)
class Gone:
    """Who deleted it and when, as people read it; `merged` is `(title, href)` of the record that took its place."""

    who: str
    at: str
    merged: tuple[str, str] | None
    may_restore: bool
    may_create: bool
    chosen: str


def chosen() -> str:
    """What a form says that was asked about it."""
    return request.form.get('gone', '')


def record_of_form(desk: Desk, uid: str) -> Record | None:
    """The record, live or deleted; None when it is not there for the person any more, but a form of it was sent that can still
    become a record. Raises: NotFound REC-E028."""
    try:
        return desk.reader.get(desk.entity.key, uid)
    except NotFound:
        if request.method != 'POST' or wants_json() or desk.reader.policy.scope('create', desk.entity.key) == 'none':
            raise
        return None


def gone(desk: Desk, record: Record | None) -> Gone | None:
    """None for a record that is still there."""
    if record is None or record.deleted_at is None:
        return None
    entries = desk.reader.history(record, 1, [record_history.c.kind == 'deleted'])
    at = desk.entity.fields['changed_at']
    return Gone(
        entries[0].actor if entries else '', at.type.text(at.definition, record.deleted_at, desk.reader.reading),
        _merged(desk, entries[0].operation_id if entries else None),
        may_restore=record.id in reached(desk, 'delete', [record]) and may_update(desk, record),
        may_create=desk.reader.policy.scope('create', desk.entity.key) != 'none', chosen=chosen(),
    )  # fmt: skip


def asked(desk: Desk, record: Record, typed: Sequence[tuple[FieldView, Any]]) -> Response | None:
    """The dialogue for who sent something about a deleted record from a page that shows it still: what became of it, what was
    typed (presented), a way to save it all the same. None when it is there, or is to be brought back."""
    if record.deleted_at is None or chosen() == BACK or not request.headers.get('HX-Request'):
        return None
    sent = [pair for pair in request.form.items(multi=True) if pair[0] not in {'csrf_token', 'gone'}]
    page = render_template(
        'web/gone.html', entity=desk.entity, record=record, gone=gone(desk, record), typed=typed, sent=sent,
        action=request.full_path.rstrip('?'),
    )  # fmt: skip
    return make_response(page, 409, {'HX-Retarget': '#layer', 'HX-Reswap': 'innerHTML'})


def bring_back(desk: Desk, record: Record) -> None:
    """Before something about it is saved, where its sender chose so. Raises: as `Store.restore`."""
    if record.deleted_at is not None and chosen() == BACK:
        key, uid = desk.entity.key, record.uid
        desk.runtime.write(g.actor, lambda store: store.restore(key, uid), catalog=g.catalog)


def beside(target: str) -> dict[str, str]:
    """Headers of a refusal of what was to be saved with bringing back: it belongs where it was typed, not into the dialogue."""
    if chosen() != BACK:
        return {}
    return {'HX-Retarget': target, 'HX-Reswap': 'outerHTML', 'HX-Trigger': json.dumps({'close-dialog': True})}


def back_again(text: str) -> Response:
    """The answer to a dialogue that brought a record back: the page behind it is drawn anew."""
    flash(text, 'ok')
    return make_response('', 204, {'HX-Trigger': json.dumps({'close-dialog': True}), 'HX-Refresh': 'true'})


def as_new(values: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed over a record, as a new one has it: its lines and links are none of that record's."""
    made = dict(values)
    for key, value in values.items():
        if isinstance(value, ShownLines):
            made[key] = ShownLines({**line, 'uid': ''} for line in value)
            made[key].total = value.total
        elif isinstance(value, ShownLinks):
            made[key] = ShownLinks(value)
    return made


def _merged(desk: Desk, operation_id: str | None) -> tuple[str, str] | None:
    """The record that it was merged into, as far as the person sees it."""
    if operation_id is None:
        return None
    found = sa.select(operation.c.params).where(operation.c.id == operation_id, operation.c.kind == 'merge')
    params = desk.reader.session.connection().scalar(found)
    uid = str((params or {}).get('survivor', ''))
    title = desk.reader.titles(desk.entity.key, [uid]).get(uid) if uid else None
    return (title, f'/{desk.entity.key}/{uid}') if title else None
