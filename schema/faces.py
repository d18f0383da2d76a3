"""The two faces of an entity as JSON Schema 2020-12: what the API answers, and what it takes. Pure; knows no person.

Whoever asks passes the keys a person may read or set, so that a face never names a field they may not know.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from schema.catalog import Entity, Field
from schema.collection_faces import lines_input, lines_read, links_input
from schema.conditions import fields_read
from schema.definitions import in_locale
from schema.fieldtypes.attached import AttachedType
from schema.fieldtypes.decimal import DecimalNumber
from schema.fieldtypes.link import LinkType
from schema.fieldtypes.link_any import LinkAny
from schema.fieldtypes.links import LinksType
from schema.fieldtypes.money import MoneyType
from schema.fieldtypes.user import UserType

CONDITIONS = ('x-required-if', 'x-visible-if', 'x-read-only-if')
DIALECT = 'https://json-schema.org/draft/2020-12/schema'
ALWAYS = ('uid', 'revision')
"""Keys that every record carries, whatever columns were asked for."""
UID: Mapping[str, Any] = {'type': 'string', 'format': 'uuid'}
AMOUNT = r'^-?\d+(\.\d+)?$'
RULES = ('minLength', 'maxLength', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'pattern')
"""Rules for input: a stored value may be older than the rule, so the read face does not promise them."""


def read_face(entity: Entity, readable: Collection[str], locale: str) -> dict[str, Any]:
    """Exactly what the API answers: every readable field, nullable; only uid and revision are always there."""
    properties = {key: _read_property(field, locale) for key, field in entity.fields.items() if key in readable}
    for key in ALWAYS:
        properties[key] = _read_property(entity.fields[key], locale)
    properties['deleted_at'] = {'type': 'string', 'format': 'date-time', 'readOnly': True}
    return {**_head(entity, locale), 'properties': properties, 'required': list(ALWAYS), 'additionalProperties': False}


def write_face(entity: Entity, writable: Collection[str], locale: str, *, creating: bool = True) -> dict[str, Any]:
    """The contract for input. A change takes any subset, so nothing is required of it; `revision` is what the person saw."""
    properties: dict[str, Any] = {'uid': {**UID, 'title': entity.fields['uid'].definition.label_in(locale)}}
    if not creating:
        properties = {'revision': {'type': 'integer', 'title': entity.fields['revision'].definition.label_in(locale)}}
    fields = [field for key, field in entity.fields.items() if key in writable and field.writable]
    properties.update((field.key, _write_property(field, locale)) for field in fields)
    required = [field.key for field in fields if creating and _must_be_sent(field)]
    known = frozenset(field.key for field in fields)
    for field in fields:
        properties[field.key].update(_own_rules(field, known))
    rules = _rules(entity, known, locale)
    return {**_head(entity, locale), **rules, 'properties': properties, 'required': required, 'additionalProperties': False}


def _own_rules(field: Field, known: frozenset[str]) -> dict[str, Any]:
    """Conditions that JSON Schema does not say, as annotations; one that reads what the person may not set is left out."""
    document = field.definition.document
    return {
        keyword: document[keyword]
        for keyword in CONDITIONS
        if fields_read(document.get(keyword)) <= known and keyword in document
    }


def _rules(entity: Entity, known: frozenset[str], locale: str) -> dict[str, Any]:
    """Rules over several fields, likewise."""
    rules = [
        {'key': rule.key, 'message': in_locale(rule.message, locale), 'refuse_when': rule.refuse_when}
        for rule in entity.definition.rules
        if fields_read(rule.refuse_when) <= known
    ]
    keys = [list(key.fields) for key in entity.definition.unique_keys if known.issuperset(key.fields)]
    return {**({'x-rules': rules} if rules else {}), **({'x-unique-keys': keys} if keys else {})}


def _head(entity: Entity, locale: str) -> dict[str, Any]:
    return {
        '$schema': DIALECT,
        'title': entity.definition.label_in(locale),
        'x-key': entity.key,
        'x-version': entity.version,
        'type': 'object',
    }


def _words(field: Field, locale: str) -> dict[str, Any]:
    words: dict[str, Any] = {'title': field.definition.label_in(locale), 'x-type': field.type.key}
    if text := in_locale(field.definition.help, locale):
        words['description'] = text
    return words


def _read_property(field: Field, locale: str) -> dict[str, Any]:
    if field.lines is not None:
        return {**_words(field, locale), **_or_null(lines_read(field, partial(_read_property, locale=locale)))}
    schema = {key: value for key, value in field.type.json_schema(field.definition).items() if key not in RULES}
    if isinstance(field.type, DecimalNumber):
        schema['pattern'] = AMOUNT
    elif isinstance(field.type, MoneyType):
        schema['properties'] = {**schema['properties'], 'amount': {'type': 'string', 'pattern': AMOUNT}}
    if field.key not in ALWAYS:
        schema = _or_null(schema)
    marks = {'readOnly': True} if not field.writable and (field.system or field.type.computed) else {}
    return {**_words(field, locale), **schema, **marks}


def _or_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Keywords for one type leave null alone, so widening `type` and `enum` is enough."""
    widened = dict(schema)
    if 'anyOf' in schema and 'type' not in schema:
        widened['anyOf'] = [*schema['anyOf'], {'type': 'null'}]
        return widened
    kinds = schema.get('type', [])
    widened['type'] = [*(kinds if isinstance(kinds, list) else [kinds]), 'null']
    if 'enum' in schema:
        widened['enum'] = [*schema['enum'], None]
    return widened


def _write_property(field: Field, locale: str) -> dict[str, Any]:
    schema = lines_input(field, partial(_write_property, locale=locale)) if field.lines is not None else _input(field)
    needed = field.definition.required and field.definition.visible_if is None
    return {**_words(field, locale), **(schema if needed else _or_null(schema))}


def _input(field: Field) -> dict[str, Any]:
    schema = field.type.json_schema(field.definition)
    if isinstance(field.type, AttachedType):
        return field.type.input_schema(field.definition)
    if isinstance(field.type, LinkType):
        return _link_input(field)
    if isinstance(field.type, LinksType):
        return links_input(_link_input(field))
    if isinstance(field.type, MoneyType):
        amount = {'anyOf': [schema['properties']['amount'], {'type': 'number'}]}
        whole = {**schema, 'properties': {**schema['properties'], 'amount': amount}, 'required': ['amount']}
        return {'anyOf': [whole, *amount['anyOf']]}
    if isinstance(field.type, DecimalNumber):
        return {**schema, **field.type.bounds_schema(field.definition), 'type': ['string', 'number']}
    if field.type.key == 'address':
        return {**schema, 'type': ['object', 'string']}  # one line is read part by part
    if field.definition.options:
        return _chosen_input(field, schema)
    return schema


def _chosen_input(field: Field, schema: Mapping[str, Any]) -> dict[str, Any]:
    """A retired option stays readable but cannot be chosen."""
    keys = [option.key for option in field.definition.options if not option.retired]
    if 'items' in schema:
        return {**schema, 'items': {**schema['items'], 'enum': keys}}
    return {**schema, 'enum': keys}


def _link_input(field: Field) -> dict[str, Any]:
    """A link as people write it, as the API answered it, or hidden: which changes nothing."""
    uid: dict[str, Any] = {'type': 'string', 'maxLength': 64} if isinstance(field.type, UserType) else dict(UID)
    properties: dict[str, Any] = {'uid': uid, 'label': {'type': 'string'}}
    if isinstance(field.type, LinkAny):
        properties['entity'] = {'type': 'string', 'enum': list(field.definition.targets)}
    needed = [key for key in ('entity', 'uid') if key in properties]
    whole = {'type': 'object', 'properties': properties, 'required': needed, 'additionalProperties': False}
    hidden = {
        'type': 'object',
        'properties': {'hidden': {'const': True}},
        'required': ['hidden'],
        'additionalProperties': False,
    }
    return {'anyOf': [whole, hidden] if isinstance(field.type, LinkAny) else [uid, whole, hidden]}


def _must_be_sent(field: Field) -> bool:
    definition = field.definition
    if definition.visible_if is not None:  # what is not shown is never required
        return False
    return definition.required and definition.default is None and field.type.key != 'stage'
