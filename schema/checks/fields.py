"""Fields one by one: type, keywords that fit it, defaults, title field, options, uniqueness. Knows no other entity."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schema.base.findings import Finding, finding
from schema.checks.missing import missing
from schema.checks.target import EntityView, Target, numbered_parts, numbered_texts, shown
from schema.fieldtypes.base import FieldType, Reading, Refused
from schema.fieldtypes.options import option_by_key
from schema.fieldtypes.registry import FIELD_TYPES
from schema.loading import COLLECTIONS
from schema.reading import TITLE_TYPES

COMMON = frozenset({
    'title', 'description', 'default', 'examples', 'readOnly', 'x-type', 'x-label', 'x-help', 'x-search', 'x-unique',
    'x-default', 'x-hidden-in', 'x-required-if', 'x-visible-if', 'x-read-only-if', 'x-ref', 'x-column', 'x-columns',
    'x-aliases', 'x-former-labels',
})  # fmt: skip
SEARCHED_TYPES = (*TITLE_TYPES, 'long_text', 'address', 'file', 'image')
TOKENS = {'now': 'datetime', 'today': 'date', 'me': 'user'}
NEEDED = {
    'link': 'x-target', 'link_any': 'x-targets', 'picklist': 'x-options', 'multi_picklist': 'x-options', 'links': 'x-target',
    'lines': 'x-lines', 'autonumber': 'x-pattern',
}  # fmt: skip
BOUNDS = (('minLength', 'maxLength'), ('minimum', 'maximum'), ('exclusiveMinimum', 'exclusiveMaximum'))


def check(target: Target, unfit: frozenset[str]) -> Iterator[Finding]:
    """`unfit` are the pointers of fields that the metaschema refused; they are not tried with values."""
    for entity in target.entities.values():
        yield from _check_title(entity)
        yield from _check_named(entity, 'x-no-contact', 'boolean')
        yield from _check_named(entity, 'x-birthday', 'date')
        yield from check_required(entity)
        for key in entity.properties:
            yield from check_field(entity, key, unfit)


def has_comparable(kind: FieldType | None) -> bool:
    """Whether one column stands for the value, so that the database can keep it unique or sorted. True when unknown."""
    return kind is None or ('eq' in kind.operators and kind.key != 'link_any')


def check_required(entity: EntityView) -> Iterator[Finding]:
    for number, name in numbered_texts(entity.document.get('required')):
        if entity.has_fields and name not in entity.properties:
            pointer, hint = f'{entity.pointer}/required/{number}', entity.hints.nearest(name, entity.properties)
            yield finding('SCH-E032', pointer, value=shown(name), entity=shown(entity.key), hint=hint)


def _check_title(entity: EntityView) -> Iterator[Finding]:
    written = entity.document.get('x-title-field')
    suitable = [key for key in entity.properties if entity.type_key(key) in TITLE_TYPES]
    if isinstance(written, str):
        pointer = f'{entity.pointer}/x-title-field'
        unknown = entity.unknown(written, pointer)
        yield from unknown
        kind = entity.type_key(written)
        if not unknown and kind and (kind not in TITLE_TYPES or written not in entity.properties):
            yield finding('SCH-E034', pointer, value=shown(written), type=kind, hint=entity.hints.nearest(written, suitable))
    elif written is None and entity.properties and not suitable and all(map(entity.type_key, entity.properties)):
        yield finding('SCH-E035', f'{entity.pointer}/properties')


def _check_named(entity: EntityView, keyword: str, needed: str) -> Iterator[Finding]:
    """A keyword that names a field of one type."""
    written = entity.document.get(keyword)
    if not isinstance(written, str):
        return
    pointer = f'{entity.pointer}/{keyword}'
    unknown = entity.unknown(written, pointer)
    yield from unknown
    kind = entity.type_key(written)
    if not unknown and kind and (kind != needed or written not in entity.properties):
        suitable = [key for key in entity.properties if entity.type_key(key) == needed]
        hint = entity.hints.nearest(written, suitable)
        yield finding('SCH-E091', pointer, value=shown(written), type=kind, choices=(needed,), hint=hint)


def check_field(entity: EntityView, key: str, unfit: frozenset[str] = frozenset()) -> Iterator[Finding]:
    """One field of an entity, or of lines seen as one."""
    part, pointer = entity.properties[key], entity.at(key)
    written = part.get('x-type')
    kind = entity.type_of(key)
    if kind is None:
        if isinstance(written, str):
            hint = entity.hints.nearest(written, FIELD_TYPES.keys())
            yield finding('SCH-E030', f'{pointer}/x-type', value=shown(written), hint=hint)
        return
    yield from _check_keywords(kind, part, pointer)
    yield from _check_options(kind, part, pointer)
    if pointer in unfit:
        return
    definition = entity.definition(key)
    own = [each.at(pointer) for each in kind.check_definition(definition)]
    own += _check_bounds(part, pointer)
    yield from own
    if not own:
        yield from _check_json_face(kind, entity, key)
        yield from _check_default(kind, entity, key)


def _check_keywords(kind: FieldType, part: dict[str, Any], pointer: str) -> Iterator[Finding]:
    known = COMMON | kind.keywords
    for keyword in part:
        if keyword not in known and keyword in _ALL_KEYWORDS:
            yield finding('SCH-E031', f'{pointer}/{keyword}', keyword=keyword, type=kind.key)
    needed = NEEDED.get(kind.key)
    if needed and needed not in part:
        yield missing(f'{pointer}/{needed}', needed)
    if part.get('x-unique') is True and (not has_comparable(kind) or kind.key == 'boolean'):
        yield finding('SCH-E038', f'{pointer}/x-unique', type=kind.key)
    if part.get('x-search') is True and kind.key not in SEARCHED_TYPES:
        yield finding('SCH-E039', f'{pointer}/x-search', type=kind.key, choices=SEARCHED_TYPES)


# Keywords that no type knows are the metaschema's to report.
_ALL_KEYWORDS = COMMON | frozenset({'format'}).union(*(kind.keywords for kind in FIELD_TYPES))


def _check_options(kind: FieldType, part: dict[str, Any], pointer: str) -> Iterator[Finding]:
    options = part.get('x-options')
    if 'x-options' not in kind.keywords or not isinstance(options, list):
        return
    if all(option.get('retired') is True for _, option in numbered_parts(options)):
        yield finding('SCH-E036', f'{pointer}/x-options')


def _check_bounds(part: dict[str, Any], pointer: str) -> list[Finding]:
    return [
        finding('SCH-E046', f'{pointer}/{high}', keyword=high, value=part[high], other=low, bound=part[low])
        for low, high in BOUNDS
        if _is_number(part.get(low)) and _is_number(part.get(high)) and part[low] > part[high]
    ]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _check_json_face(kind: FieldType, entity: EntityView, key: str) -> Iterator[Finding]:
    """`type` and `format` may be written for other validators, and then say what the field type says."""
    part = entity.properties[key]
    written = {keyword for keyword in ('type', 'format') if keyword in part and keyword in kind.keywords}
    if not written:
        return
    face = kind.json_schema(entity.definition(key))
    for keyword in sorted(written):
        if face.get(keyword) != part[keyword]:
            yield finding(
                'SCH-E047', f'{entity.at(key)}/{keyword}', keyword=keyword, value=shown(part[keyword]), type=kind.key,
                expected=face.get(keyword, '–'),
            )  # fmt: skip


def _check_default(kind: FieldType, entity: EntityView, key: str) -> Iterator[Finding]:
    part = entity.properties[key]
    keyword = 'x-default' if 'x-default' in part else 'default'
    default, pointer = part.get(keyword), f'{entity.at(key)}/{keyword}'
    if default is not None and kind.key in COLLECTIONS:
        yield finding('SCH-E122', pointer, type=kind.key)
        return
    token = next(iter(default)) if isinstance(default, dict) and len(default) == 1 else None
    if keyword == 'x-default' and token == 'formula':
        return  # typed by the other fields: `schema.checks.derived`
    if token in TOKENS:
        if default != {token: True} or TOKENS[token] != kind.key:
            yield finding('SCH-E033', pointer, value=token, type=kind.key, expected=TOKENS[token])
        return
    if keyword == 'default' and isinstance(default, dict) and kind.key not in {'money', 'address'}:
        yield finding('SCH-E033', pointer, value=shown(default), type=kind.key, expected='x-default')
        return
    definition = entity.definition(key)
    try:
        kind.normalise(definition, default, Reading())
    except Refused as refused:
        yield refused.at(pointer, definition)
        return
    chosen = default if isinstance(default, list) else [default]
    for option in (option_by_key(definition, each) for each in chosen):
        if option and option.retired:
            yield finding('SCH-E048', pointer, value=option.key)
