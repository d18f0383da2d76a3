"""What the merge-field picker of a template offers: fields, fields behind links, the owner, the company, lists, conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import gettext as _

from modules.studio.workflow_views import RuleDesk
from schema.catalog import SYSTEM_FACES
from schema.definitions import Document

HIDDEN = ('lines', 'links', 'file', 'image', 'link_any')
FILTERED = {'date': 'date', 'datetime': 'datetime', 'decimal': 'number', 'integer': 'number'}
"""Filters that a field of a type is written with."""
MOST_BEHIND = 60


def merge_groups(desk: RuleDesk, entity: str) -> list[dict[str, Any]]:
    """`{label, fields: [{label, merge}], open}`: what a click puts in."""
    document = desk.documents.get(('entity', entity), {})
    groups = [{'label': desk.entity_label(entity), 'fields': list(_own(desk, document, entity, 'record')), 'open': True}]
    for key, part in document.get('properties', {}).items():
        target = str(part.get('x-target', ''))
        if part.get('x-type') == 'link' and ('entity', target) in desk.documents:
            behind = list(_own(desk, desk.documents['entity', target], target, f'record.{key}'))[:MOST_BEHIND]
            label = _(
                '%(field)s: its %(entity)s', field=desk.field_label(entity, key), entity=desk.entity_label(target).lower()
            )
            groups.append({'label': label, 'fields': behind, 'open': False})
    groups.append({'label': _('Owner and company'), 'open': True, 'fields': [
        {'label': _('Name of the owner'), 'merge': '{{ owner.name }}'},
        {'label': _('E-mail of the owner'), 'merge': '{{ owner.email }}'},
        {'label': _('Name of the company'), 'merge': '{{ company_name }}'},
        {'label': _('Address of the record in Trellis'), 'merge': '{{ link }}'},
    ]})  # fmt: skip
    return groups


def _own(desk: RuleDesk, document: Document, entity: str, stem: str) -> Iterator[dict[str, str]]:
    for key, part in document.get('properties', {}).items():
        kind = str(part.get('x-type', ''))
        if kind not in HIDDEN:
            filtered = f' | {FILTERED[kind]}' if kind in FILTERED and kind.startswith('date') else ''
            yield {'label': desk.field_label(entity, key), 'merge': f'{{{{ {stem}.{key}{filtered} }}}}', 'key': f'{stem}.{key}'}


def lists(desk: RuleDesk, entity: str) -> list[dict[str, Any]]:
    """Lists that a loop may go over: `{label, of, columns: [{label, name}]}`."""
    found = []
    own = desk.documents.get(('entity', entity), {}).get('properties', {})
    for key, part in own.items():
        if part.get('x-type') == 'lines':
            lines = part.get('x-lines', {}).get('properties', {})
            columns = [{'label': desk.say(each.get('x-label')) or name, 'name': f'row.{name}'} for name, each in lines.items()]
            found.append({'label': desk.field_label(entity, key), 'of': f'record.{key}', 'columns': columns})
        elif part.get('x-type') == 'links':
            label = desk.field_label(entity, key)
            found.append({'label': label, 'of': f'record.{key}', 'columns': _columns(desk, str(part.get('x-target')))})
    for (kind, other), document in desk.documents.items():
        for key, part in document.get('properties', {}).items() if kind == 'entity' else ():
            if part.get('x-type') in {'link', 'links'} and part.get('x-target') == entity:
                label = f'{desk.entity_label(other, plural=True)} ({desk.field_label(other, key)})'
                found.append({'label': label, 'of': f'related.{other}.{key}', 'columns': _columns(desk, other)})
    return found


def _columns(desk: RuleDesk, entity: str) -> list[dict[str, str]]:
    document = desk.documents.get(('entity', entity), {})
    listed = document.get('x-layouts', {}).get('list') or list(document.get('properties', {}))
    fields: Mapping[str, Any] = document.get('properties', {})
    names = [name for name in listed if name in fields or name in SYSTEM_FACES]
    names += [name for name in fields if name not in names]
    return [
        {'label': desk.field_label(entity, name), 'name': f'row.{name}'}
        for name in names
        if fields.get(name, {}).get('x-type') not in HIDDEN
    ][:20]


def conditions(desk: RuleDesk, entity: str) -> list[dict[str, str]]:
    """What an if may ask for: whether a field or a list holds anything."""
    document = desk.documents.get(('entity', entity), {})
    fields = [{'key': f'record.{key}', 'label': desk.field_label(entity, key)} for key in document.get('properties', {})]
    return [*fields, *({'key': each['of'], 'label': each['label']} for each in lists(desk, entity) if 'related' in each['of'])]


def language_fields(desk: RuleDesk, entity: str) -> list[dict[str, str]]:
    properties = desk.documents.get(('entity', entity), {}).get('properties', {})
    return [{'key': key, 'label': desk.field_label(entity, key)} for key, part in properties.items()
            if part.get('x-type') in {'picklist', 'text'}]  # fmt: skip
