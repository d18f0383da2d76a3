"""Computed fields on a form: shown where the layout has them, as they will be once what is typed is saved. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from flask import request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from modules.records.changing import Change
from modules.records.model import Record
from modules.records.preparing import Preparing
from modules.web import forms
from modules.web.pages.context import Desk
from modules.web.presenting import FieldView, value_text
from schema.catalog import Entity
from schema.deriving import FormulaPlan, graph_of
from schema.values import Lines


def shown(desk: Desk, record: Record | None, fields: Iterable[FieldView]) -> dict[str, Any]:
    """`{field key: presented value}` of those that a form only shows: as stored, or as they follow from what was sent."""
    standing = [field for field in fields if field.standing]
    stored = desk.presenter.record(record) if record else {}
    values = {field.key: stored.get(field.key) for field in standing}
    if standing and request.method == 'POST':
        values |= foreseen(desk, record, standing)
    return values


def foreseen(desk: Desk, record: Record | None, fields: Iterable[FieldView]) -> dict[str, Any]:
    """`{field key: presented value}` by what the request sent; None for what is only known when it is saved."""
    entity, policy = desk.entity, desk.reader.policy
    wire = forms.read_form(entity, request.form, policy.writable(entity.key), desk.reader.reading)
    with Session(desk.runtime.database.read_engine) as session:
        change = Change(entity, record.uid if record else '', wire, current=_row(session, entity, record))
        Preparing(session, desk.presenter.catalog, policy, desk.reader.clock).foresee(entity, [change])
    stored = desk.presenter.record(record) if record else {}
    found: dict[str, Any] = dict(_cells(desk, change))
    for field in fields:
        if field.key in change.derived:
            found[field.key] = desk.presenter.value(field.field, change.derived[field.key])
        else:
            found[field.key] = None if _is_behind_touched(field, change, record) else stored.get(field.key)
    return found


def texts(desk: Desk, record: Record | None, fields: Iterable[FieldView]) -> dict[str, str | None]:
    """The same as people read it, for the browser."""
    standing = [field for field in fields if field.standing]
    return {key: _text(value) for key, value in foreseen(desk, record, standing).items()}


def operands(desk: Desk, fields: Iterable[FieldView]) -> list[str]:
    """Keys of the form's own fields on which the shown computed fields depend, straight or through one another."""
    listed = list(fields)
    found = {field.key for field in listed if any(column.computed for column in field.columns)}
    if not found and not any(field.standing for field in listed):
        return []
    found |= {_link_of(field) for field in listed if field.standing} - {''}
    for plan in graph_of(desk.presenter.catalog).own_plans.get(desk.entity.key, ()):
        if isinstance(plan, FormulaPlan):
            found |= {each.link.key if each.link is not None else each.field.key for each in plan.operands}
        elif plan.lines is not None:
            found.add(plan.lines.key)
    return sorted(key for key in found if key in desk.reader.policy.writable(desk.entity.key))


def _cells(desk: Desk, change: Change) -> Iterator[tuple[str, Any]]:
    """Computed cells of lines under the names that they have in the form."""
    for field in desk.entity.collections:
        value = change.values.get(field.key)
        if field.lines is None or not isinstance(value, Lines):
            continue
        columns = [each for each in field.lines.own_fields if each.type.computed]
        marks = forms.line_marks(field, request.form, desk.reader.reading) if columns else []
        for mark, line in zip(marks, value.lines, strict=False):
            for each in columns:
                yield f'{field.key}.{mark}.{each.key}', desk.presenter.value(each, line.values.get(each.key))


def _row(session: Session, entity: Entity, record: Record | None) -> Mapping[str, Any] | None:
    if record is None:
        return None
    row = session.execute(sa.select(entity.table).where(entity.table.c.uid == record.uid)).mappings().first()
    return dict(row) if row is not None else None


def _link_of(field: FieldView) -> str:
    """The link through which a field is read; blank for others."""
    return str(field.field.definition.document.get('x-through', {}).get('link', ''))


def _is_behind_touched(field: FieldView, change: Change, record: Record | None) -> bool:
    link = _link_of(field)
    if not link or link not in change.values:
        return False
    before, after = record.values.get(link) if record else None, change.values[link]
    return getattr(before, 'uid', None) != getattr(after, 'uid', None)


def _text(value: Any) -> str | None:
    if value is None or value == []:
        return None
    if isinstance(value, bool):
        return _('Yes') if value else _('No')
    if isinstance(value, Mapping) and 'label' in value:
        return str(value['label'])
    return value_text(None, value)
