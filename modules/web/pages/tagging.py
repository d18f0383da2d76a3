"""The part of the dialogue for many records that gives tags and takes them away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import gettext as _

from modules.operations.tagging import tags_field
from modules.web.pages.context import Desk
from modules.web.presenting import FieldView
from schema.base.errors import NotFound


def words(desk: Desk, name: str) -> list[str]:
    """The words that were typed to add or to remove. Raises: NotFound API-E404 where there are no tags."""
    field = tags_field(desk.entity, request.form.get('tags_field', ''))
    if field is None:
        raise NotFound.of('API-E404', value=request.path)
    return field.type.parse(field.definition, request.form.get(f'tags_{name}', ''), desk.reader.reading) or []


@dataclass(frozen=True)
class TagsView(FieldView):
    """A tags field under the name that it has in the dialogue, so that words to add and to take away stand side by side."""

    named: str = ''

    help = create_url = ''  # type: ignore[assignment]

    @property
    def key(self) -> str:
        return self.named

    @property
    def label(self) -> str:  # type: ignore[override]
        return _('Give these tags') if self.named == 'tags_add' else _('Take these tags away')

    @property
    def required(self) -> bool:
        return False

    @property
    def own_key(self) -> str:
        return self.field.key


def inputs(editable: Sequence[FieldView]) -> dict[str, Any]:
    """The fields whose tags may be changed, and the inputs of the first one."""
    fields = [view for view in editable if view.type_key == 'tags']
    if not fields:
        raise NotFound.of('API-E404', value=request.path)
    chosen = next((view for view in fields if view.key == request.values.get('tags_field')), fields[0])
    views = [TagsView(chosen.field, chosen.catalog, chosen.locale, named=f'tags_{name}') for name in ('add', 'remove')]
    return {'tags_fields': fields, 'tags_field': chosen, 'tags_views': views,
            'tags_typed': {view.key: request.form.get(view.key, '') for view in views}}  # fmt: skip
