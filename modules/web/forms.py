"""Posted forms to wire values, and findings back to the fields they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

from werkzeug.datastructures import MultiDict

from modules.web.attachments import is_attached, read_files, typed_files
from modules.web.collections import read_lines, read_links, row_form, rows_of, sent_lines, typed_lines, typed_links
from modules.web.presenting import FieldView
from schema.base.findings import Finding
from schema.catalog import Entity, Field
from schema.fieldtypes.address import PARTS
from schema.fieldtypes.base import Reading

Labels = Mapping[str, str]


def read_form(entity: Entity, form: MultiDict[str, str], writable: frozenset[str], reading: Reading) -> dict[str, Any]:
    """`{field key: wire value}` of the fields that the form sent; an absent field stays untouched."""
    wire: dict[str, Any] = {}
    for key, field in entity.fields.items():
        if key in writable and _sent(field, form):
            wire[key] = _read(field, form, reading)
    return wire


def shown_again(
    entity: Entity, form: MultiDict[str, str], keys: Iterable[str], reading: Reading, labels: Labels = MappingProxyType({})
) -> dict[str, Any]:
    """What was typed, in the shape the input macros take, so that a refused form loses nothing. `labels` names links by uid."""
    return {key: _again(labels, reading, entity.fields[key], form) for key in keys if _sent(entity.fields[key], form)}


def _again(labels: Labels, reading: Reading, field: Field, form: MultiDict[str, str]) -> Any:
    key, kind = field.key, field.type.key
    if kind == 'money':
        amount = _number_again(field, form.get(f'{key}.amount', ''), reading)
        return {'amount': amount, 'currency': form.get(f'{key}.currency', '')}
    if kind in NUMBERS:
        return _number_again(field, form.get(key, ''), reading)
    if kind == 'multi_picklist':
        return [value for value in form.getlist(key) if value]
    if kind == 'boolean':
        return _ticked(form, key)
    if kind == 'address':
        return {part: form.get(f'{key}.{part}', '') for part in PARTS}
    if is_attached(field):
        return typed_files(key, form)
    if kind == 'links':
        return typed_links(field, form, labels)
    if kind == 'lines':
        return typed_lines(field, form, partial(_again, labels, reading))
    if kind in {'link', 'user', 'team', 'link_any'}:
        uid = form.get(key, '')
        label = form.get(f'{key}.label') or labels.get(uid) or uid
        return {'uid': uid, 'label': label, 'target': form.get(f'{key}.target', '')} if uid else None
    return form.get(key, '')


def _number_again(field: Field, text: str, reading: Reading) -> str:
    """Plain, as macros take numbers; what cannot be read as it was typed."""
    read = field.type.parse(field.definition, text, reading)
    return read if isinstance(read, str) else text


def linked(entity: Entity, form: MultiDict[str, str]) -> dict[str, set[str]]:
    """`{target: uids}` of the records that the form links to, so that their names can be shown again."""
    found: dict[str, set[str]] = {}
    for field in entity.own_fields:
        if field.type.key in {'link', 'links'}:
            found.setdefault(field.definition.targets[0], set()).update(uid for uid in form.getlist(field.key) if uid)
        for mark in rows_of(field, form) if field.lines is not None else ():
            part = row_form(field, mark, form)
            for each in field.lines.own_fields if field.lines is not None else ():
                if each.type.key == 'link' and part.get(each.key):
                    found.setdefault(each.definition.targets[0], set()).add(part[each.key])
    return found


def errors_by_field(findings: Iterable[Finding], locale: str) -> dict[str, list[str]]:
    """`{field key: [texts]}`; what belongs to no field is under ''."""
    errors: dict[str, list[str]] = {}
    for each in findings:
        if each.level == 'error':
            key = each.pointer.strip('/').split('/')[0]
            said = _in_labels(each)
            text = ' '.join(filter(None, (said.text(locale), said.hint_text(locale))))
            errors.setdefault(key, []).append(text)
    return errors


def _in_labels(found: Finding) -> Finding:
    """Who fills in a form chooses among labels; keys are for those who send JSON."""
    named = found.params.get('named_choices')
    return replace(found, params={**found.params, 'choices': named}) if named else found


def error_entries(errors: Mapping[str, Sequence[str]], fields: Iterable[FieldView]) -> list[dict[str, str]]:
    """The list at the top of a form: `[{key, label, text}]`."""
    labels = {field.key: field.label for field in fields}
    places = {key: place for place, key in enumerate(labels)}
    return [
        {'key': key if key in labels else '', 'label': labels.get(key, ''), 'text': text}
        for key, texts in sorted(errors.items(), key=lambda entry: places.get(entry[0], len(places)))
        for text in texts
    ]


def line_marks(field: Field, form: MultiDict[str, str], reading: Reading) -> list[str]:
    """The marks of the rows that `read_form` takes as lines, in order."""
    return [mark for mark, _line in sent_lines(field, form, lambda each, part: _read(each, part, reading))]


NUMBERS = frozenset({'integer', 'decimal', 'percent'})
MARKS = {'money': '.amount', 'address': '.street'}
"""What the input is called that is always sent with a field of several inputs."""


def _sent(field: Field, form: MultiDict[str, str]) -> bool:
    return f'{field.key}{MARKS.get(field.type.key, "")}' in form


def _ticked(form: MultiDict[str, str], key: str) -> bool | None:
    """A switch that stood at nothing and was not touched says nothing."""
    sent = form.getlist(key)[-1]
    return None if sent == '' else sent == '1'


def _read(field: Field, form: MultiDict[str, str], reading: Reading) -> Any:
    key, kind = field.key, field.type.key
    if kind == 'money':
        amount = field.type.parse(field.definition, form.get(f'{key}.amount', ''), reading)
        return None if amount is None else {'amount': amount, 'currency': form.get(f'{key}.currency') or None}
    if kind == 'multi_picklist':
        return [value for value in form.getlist(key) if value] or None
    if kind == 'boolean':
        return _ticked(form, key)
    if kind == 'address':
        return {part: form.get(f'{key}.{part}', '') for part in PARTS}
    if is_attached(field):
        return read_files(field, form)
    if kind == 'links':
        return read_links(field, form)
    if kind == 'lines':
        return read_lines(field, form, lambda each, part: _read(each, part, reading))
    text = form.get(key, '')
    if kind == 'link_any':
        return {'entity': form.get(f'{key}.target', ''), 'uid': text} if text else None
    if kind in {'link', 'user', 'team', 'picklist', 'stage', 'rich_text', 'rating'}:
        return text or None
    return field.type.parse(field.definition, text, reading)
