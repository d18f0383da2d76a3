"""One layout of the draft as its editor shows it: what is placed, what could be, and whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modules.studio.field_views import form_order
from modules.studio.presenting import Bench
from modules.web.conditions import faces_of
from schema.catalog import SYSTEM_FACES
from schema.definitions import Document, in_locale

SYSTEM = ('owner', 'team', 'created_at', 'created_by', 'changed_at', 'changed_by')
MOST_COLUMNS = 6
MOST_ON_CARD = 3


def layout_view(desk: Bench, document: Document, name: str, role: str) -> dict[str, Any]:
    """`{name, role, own, sections | chosen, free, tabs}`; `own` tells whether this layout is written down for the role."""
    common = document.get('x-layouts', {})
    holder: Mapping[str, Any] = common.get('roles', {}).get(role, {}) if role else common
    value = holder.get(name, common.get(name))
    labels = _labels(document, desk.locale)
    view: dict[str, Any] = {
        'name': name,
        'role': role,
        'own': name in holder,
        'tabs': [],
        'sections': [],
        'chosen': [],
        'free': [],
    }
    if name == 'form':
        sections = value or [{'fields': form_order(document)}]
        placed = {key for section in sections for key in section.get('fields', ())}
        free = [key for key in document.get('properties', {}) if key not in placed]
        return {
            **view, 'tabs': holder.get('tabs', common.get('tabs', [])),
            'sections': [{**section, 'fields': _named(section.get('fields', ()), labels)} for section in sections],
            'free': _named(free, labels),
        }  # fmt: skip
    if name == 'related':
        return {**view, **_related(desk, document, value)}
    chosen = value if value is not None else _usual(document, name)
    there = [*document.get('properties', {}), *SYSTEM]
    return {**view, 'chosen': _named(chosen, labels), 'free': _named([key for key in there if key not in chosen], labels)}


def _usual(document: Document, name: str) -> list[str]:
    """What stands there when nothing is written: the first fields, or those that are required."""
    ordered = form_order(document)
    if name == 'quick':
        return [key for key in ordered if key in document.get('required', ())] or ordered[:1]
    return ordered[: MOST_ON_CARD if name == 'card' else MOST_COLUMNS]


def _labels(document: Document, locale: str) -> dict[str, str]:
    system = {key: in_locale(label, locale) for key, (_kind, label) in SYSTEM_FACES.items()}
    own = {key: in_locale(part.get('x-label', {}), locale) or key for key, part in document.get('properties', {}).items()}
    return {**system, **own}


def _named(keys: Any, labels: Mapping[str, str]) -> list[dict[str, str]]:
    return [{'key': key, 'label': labels.get(key, key)} for key in keys]


def _related(desk: Bench, document: Document, value: Any) -> dict[str, Any]:
    faces = faces_of(desk.workshop.documents, document['x-key'], desk.locale)
    there = {f'{each["entity"]}.{each["field"]}': each['label'] for each in (faces or {}).get('related', ())}
    keys = [f'{each["entity"]}.{each["field"]}' for each in value] if value is not None else list(there)
    return {'chosen': _named(keys, there), 'free': _named([key for key in there if key not in keys], there)}
