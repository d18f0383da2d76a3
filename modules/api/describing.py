"""The words that FAB's clients expect beside the records: labels, orders, titles, and the fields of forms. Reads no record."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from modules.api.converter import RecordSchemaConverter
from modules.api.filters import operator_names
from modules.web.failures import locale
from permissions.policy import Policy
from permissions.sync import ACTION_OF
from schema.catalog import Entity
from schema.definitions import in_locale
from schema.fieldtypes.base import Reading


def list_words(entity: Entity, policy: Policy, columns: Iterable[str] | None, keys: Collection[str] | None) -> dict[str, Any]:
    """FAB's keys of a list; `keys` None means all of them, as in FAB."""
    if keys is not None and not keys & _LIST_KEYS:
        return {}
    shown = _shown(entity, policy, columns)
    words = {
        'label_columns': _labels(entity, shown),
        'list_columns': shown,
        'description_columns': _helps(entity, shown),
        'list_title': entity.definition.plural_in(locale()),
        'order_columns': [key for key in shown if entity.fields[key].type.sortable],
    }
    return words if keys is None else {key: value for key, value in words.items() if key in keys}


def show_words(entity: Entity, policy: Policy, columns: Iterable[str] | None, keys: Collection[str] | None) -> dict[str, Any]:
    """FAB's keys of one record."""
    if keys is not None and not keys & _SHOW_KEYS:
        return {}
    shown = _shown(entity, policy, columns)
    words = {
        'label_columns': _labels(entity, shown),
        'show_columns': shown,
        'description_columns': _helps(entity, shown),
        'show_title': entity.definition.label_in(locale()),
    }
    return words if keys is None else {key: value for key, value in words.items() if key in keys}


def info(
    entity: Entity, policy: Policy, converter: RecordSchemaConverter, reading: Reading, keys: Collection[str] | None
) -> dict[str, Any]:
    """FAB's `_info`: what this person may do, fill in and filter by."""
    writable = [key for key in entity.fields if key in policy.writable(entity.key)]
    columns = _form(entity, converter, writable, reading)
    title = entity.definition.label_in(locale())
    words = {
        'permissions': [name for name, action in ACTION_OF.items() if policy.scope(action, entity.key) != 'none'],
        'add_columns': columns if policy.scope('create', entity.key) != 'none' else [],
        'edit_columns': columns if policy.scope('update', entity.key) != 'none' else [],
        'filters': _filters(entity, policy),
        'add_title': title,
        'edit_title': title,
    }
    return words if keys is None else {key: value for key, value in words.items() if key in keys}


_LIST_KEYS = frozenset({'label_columns', 'list_columns', 'description_columns', 'list_title', 'order_columns'})
_SHOW_KEYS = frozenset({'label_columns', 'show_columns', 'description_columns', 'show_title'})


def _shown(entity: Entity, policy: Policy, columns: Iterable[str] | None) -> list[str]:
    if columns is not None:
        return [entity.field(key).key for key in columns]
    readable = policy.readable(entity.key)
    return [key for key in entity.fields if key in readable]


def _labels(entity: Entity, keys: Iterable[str]) -> dict[str, str]:
    language = locale()
    return {key: entity.fields[key].definition.label_in(language) for key in keys}


def _helps(entity: Entity, keys: Iterable[str]) -> dict[str, str]:
    language = locale()
    texts = {key: entity.fields[key].definition.help for key in keys}
    return {key: in_locale(text, language) for key, text in texts.items() if text}


def _form(entity: Entity, converter: RecordSchemaConverter, keys: Iterable[str], reading: Reading) -> list[dict[str, Any]]:
    schema = converter.convert(keys, reading=reading)
    language = locale()
    return [
        {
            'name': name,
            'label': entity.fields[name].definition.label_in(language),
            'description': in_locale(entity.fields[name].definition.help, language),
            'type': entity.fields[name].type.key,
            'required': field.required,
            'unique': entity.fields[name].definition.unique,
        }
        for name, field in schema.fields.items()
    ]


def _filters(entity: Entity, policy: Policy) -> dict[str, list[dict[str, str]]]:
    readable = policy.readable(entity.key)
    return {
        key: [{'name': name, 'operator': name} for name in operator_names(field)]
        for key, field in entity.fields.items()
        if key in readable
    }
