"""Which columns a list shows, in which order and how wide: from the address, the open view, the person's choice, the layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request

from modules.web.pages.context import Desk
from modules.web.pages.viewing import Opened
from modules.web.presenting import FieldView
from schema.base.errors import BadRequest
from schema.base.findings import nearest

SYSTEM_CHOICES = ('owner', 'team', 'created_at', 'changed_at', 'created_by', 'changed_by')


@dataclass(frozen=True)
class Columns:
    """`dropped` counts columns of the view that are gone or not for this person."""

    fields: list[FieldView]
    widths: Mapping[str, int]
    dropped: int = 0

    @property
    def keys(self) -> list[str]:
        return [field.key for field in self.fields]


def shown_columns(desk: Desk, opened: Opened) -> Columns:
    """Title first, always. Raises: BadRequest REC-E036 for one that the address names and the person may not read."""
    entity = desk.entity
    keys = asked_columns(desk)
    known = [field.key for key in opened.view.columns if (field := entity.find_field(key))] if opened.view else []
    own = () if opened.view else opened.choice.columns
    keys = keys or known or [key for key in own if key in entity.fields] or list(desk.layouts.list)
    title = entity.title.key
    ordered = [title, *(key for key in keys if key != title)] if not entity.title.system else keys
    fields = desk.presenter.fields(entity, ordered)
    shown = {field.key for field in fields}
    dropped = len(opened.view.columns) - len(shown & set(known)) if opened.view and not asked_columns(desk) else 0
    widths = {**(opened.view.widths if opened.view else {}), **opened.choice.widths}
    return Columns(fields, {key: width for key, width in widths.items() if key in shown}, dropped)


def asked_columns(desk: Desk) -> list[str]:
    """Those that the address names; `default` is none. Raises: BadRequest REC-E036."""
    asked = [key for part in request.values.getlist('cols') for key in part.split(',') if key]
    readable = desk.reader.policy.readable(desk.entity.key)
    found = []
    for key in asked if asked != ['default'] else ():
        field = desk.entity.find_field(key)
        if field is None or field.key not in readable:
            raise BadRequest.of('REC-E036', '/cols', value=key[:80], hint=nearest(key, readable))
        found.append(field.key)
    return list(dict.fromkeys(found))


def column_choices(desk: Desk, columns: Columns) -> list[dict[str, Any]]:
    """Every field that may be a column, those that are shown first and in their order."""
    chosen = set(columns.keys)
    rest = [field.key for field in desk.entity.own_fields if field.key not in chosen]
    more = [key for key in SYSTEM_CHOICES if key not in chosen]
    fields = desk.presenter.fields(desk.entity, [*columns.keys, *rest, *more])
    return [
        {'key': field.key, 'label': field.label, 'on': field.key in chosen, 'fixed': field.key == desk.entity.title.key}
        for field in fields
    ]
