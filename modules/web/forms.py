"""Posted forms to wire values, and findings back to the fields they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict

from modules.web.attachments import is_attached, read_files, typed_files
from modules.web.presenting import FieldView
from schema.base.findings import Finding
from schema.catalog import Entity, Field
from schema.fieldtypes.base import Reading


def read_form(entity: Entity, form: MultiDict[str, str], writable: frozenset[str], reading: Reading) -> dict[str, Any]:
    """`{field key: wire value}` of the fields that the form sent; an absent field stays untouched."""
    wire: dict[str, Any] = {}
    for key, field in entity.fields.items():
        if key in writable and _sent(field, form):
            wire[key] = _read(field, form, reading)
    return wire


def shown_again(entity: Entity, form: MultiDict[str, str], keys: Iterable[str]) -> dict[str, Any]:
    """What was typed, in the shape the input macros take, so that a refused form loses nothing."""
    values: dict[str, Any] = {}
    for key in keys:
        field = entity.fields[key]
        if not _sent(field, form):
            continue
        kind = field.type.key
        if kind == 'money':
            values[key] = {'amount': form.get(f'{key}.amount', ''), 'currency': form.get(f'{key}.currency', '')}
        elif kind == 'multi_picklist':
            values[key] = [value for value in form.getlist(key) if value]
        elif kind == 'boolean':
            values[key] = form.getlist(key)[-1] == '1'
        elif is_attached(field):
            values[key] = typed_files(key, form)
        elif kind in {'link', 'user', 'team', 'link_any'}:
            uid = form.get(key, '')
            label = form.get(f'{key}.label') or uid
            values[key] = {'uid': uid, 'label': label, 'target': form.get(f'{key}.target', '')} if uid else None
        else:
            values[key] = form.get(key, '')
    return values


def errors_by_field(findings: Iterable[Finding], locale: str) -> dict[str, list[str]]:
    """`{field key: [texts]}`; what belongs to no field is under ''."""
    errors: dict[str, list[str]] = {}
    for each in findings:
        if each.level == 'error':
            key = each.pointer.strip('/').split('/')[0]
            text = ' '.join(filter(None, (each.text(locale), each.hint_text(locale))))
            errors.setdefault(key, []).append(text)
    return errors


def error_entries(errors: Mapping[str, Sequence[str]], fields: Iterable[FieldView]) -> list[dict[str, str]]:
    """The list at the top of a form: `[{key, label, text}]`."""
    labels = {field.key: field.label for field in fields}
    places = {key: place for place, key in enumerate(labels)}
    return [
        {'key': key if key in labels else '', 'label': labels.get(key, ''), 'text': text}
        for key, texts in sorted(errors.items(), key=lambda entry: places.get(entry[0], len(places)))
        for text in texts
    ]


def _sent(field: Field, form: MultiDict[str, str]) -> bool:
    return (f'{field.key}.amount' if field.type.key == 'money' else field.key) in form


def _read(field: Field, form: MultiDict[str, str], reading: Reading) -> Any:
    key, kind = field.key, field.type.key
    if kind == 'money':
        amount = field.type.parse(field.definition, form.get(f'{key}.amount', ''), reading)
        return None if amount is None else {'amount': amount, 'currency': form.get(f'{key}.currency') or None}
    if kind == 'multi_picklist':
        return [value for value in form.getlist(key) if value] or None
    if kind == 'boolean':
        return form.getlist(key)[-1] == '1'
    if is_attached(field):
        return read_files(field, form)
    text = form.get(key, '')
    if kind == 'link_any':
        return {'entity': form.get(f'{key}.target', ''), 'uid': text} if text else None
    if kind in {'link', 'user', 'team', 'picklist', 'stage', 'date', 'datetime'}:
        return text or None
    return field.type.parse(field.definition, text, reading)
