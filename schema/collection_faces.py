"""Links and lines as JSON Schema: how they are read, and the two ways to write them. Pure; part of `schema.faces`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from schema.catalog import Field
from schema.fieldtypes.lines import MOST_LINES
from schema.fieldtypes.links import MOST_LINKS

Property = Callable[[Field], dict[str, Any]]
UID: Mapping[str, Any] = {'type': 'string', 'format': 'uuid'}


def lines_read(field: Field, inner: Property) -> dict[str, Any]:
    """Every line has its uid; `inner` gives the schema of one of its fields."""
    assert field.lines is not None
    properties = {'uid': dict(UID), **{each.key: inner(each) for each in field.lines.own_fields}}
    item = {'type': 'object', 'properties': properties, 'required': ['uid'], 'additionalProperties': False}
    return {'type': 'array', 'items': item}


def lines_input(field: Field, inner: Property) -> dict[str, Any]:
    """All lines as a list, those with a uid kept and changed, or a delta."""
    assert field.lines is not None
    fields = field.lines.own_fields
    properties = {
        'uid': dict(UID), 'position': {'type': 'integer'},
        **{each.key: {**inner(each), **({} if each.writable else {'readOnly': True})} for each in fields},
    }  # fmt: skip
    needed = [each.key for each in fields if each.definition.required and each.definition.default is None and each.writable]
    line = {'type': 'object', 'properties': properties, 'additionalProperties': False}
    known, new = {**line, 'required': ['uid']}, {**line, 'required': needed}
    parts = {
        'add': {'type': 'array', 'items': new, 'maxItems': MOST_LINES},
        'change': {'type': 'array', 'items': known, 'maxItems': MOST_LINES},
        'remove': _uids(MOST_LINES), 'order': _uids(MOST_LINES),
    }  # fmt: skip
    whole = {'type': 'array', 'items': {'anyOf': [known, new]}, 'maxItems': MOST_LINES}
    return {'anyOf': [whole, {'type': 'object', 'properties': parts, 'additionalProperties': False}]}


def links_input(link: Mapping[str, Any]) -> dict[str, Any]:
    """The list of all links one can see, or a delta; `link` is how one link is written."""
    rest = {'type': 'object', 'properties': {'more': {'type': 'integer'}}, 'required': ['more'], 'additionalProperties': False}
    items = {'anyOf': [*link['anyOf'], rest]}
    listed = {'type': 'array', 'items': items, 'maxItems': MOST_LINKS}
    parts = {key: {'type': 'array', 'items': dict(link), 'maxItems': MOST_LINKS} for key in ('add', 'remove', 'order')}
    return {'anyOf': [listed, {'type': 'object', 'properties': parts, 'additionalProperties': False}]}


def _uids(most: int) -> dict[str, Any]:
    return {'type': 'array', 'items': dict(UID), 'maxItems': most}
