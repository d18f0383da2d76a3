"""What the condition builder needs to know: fields of an entity with their operators and choices, and its words.

Reads documents, published or drafted; knows no page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import gettext as _

from schema.catalog import SYSTEM_FACES
from schema.conditions import aggregates
from schema.conditions.families import FAMILIES
from schema.conditions.operators import COUNT_OPERATORS, OPERATORS
from schema.conditions.tree import PARENT
from schema.conditions.words import words_in
from schema.definitions import Document, in_locale
from schema.fieldtypes.registry import FIELD_TYPES
from schema.loading import Documents
from schema.people import FIELDS, LABEL
from schema.values import USER


def faces_of(documents: Documents, entity_key: str, locale: str) -> dict[str, Any] | None:
    """`{key, label, fields, related, held}` of an entity, or of lines as `quote.items`; None when there is none.

    A field is `{key, label, kind, operators, options, target, targets, system}`, `kind` being the field type that its values
    compare as. `related` lists `{entity, field, label}` of records elsewhere that point here, `held` the record's
    own lists: `{via: lines | links, field, entity, label}`. Of lines, `holder` is `{key, label, target}`: how a rule names the
    record that holds the line.
    """
    if entity_key == USER:
        return _people_faces(documents, locale)
    owner, _dot, name = entity_key.partition('.')
    document = documents.get(('entity', owner))
    if document is None:
        return None
    if name:
        return _line_faces(documents, document, name, locale)
    fields = [_face(documents, document, key, part, locale) for key, part in document.get('properties', {}).items()]
    fields += [_system_face(key, locale) for key in SYSTEM_FACES]
    return {
        'key': entity_key, 'label': in_locale(document.get('x-label', {}), locale) or entity_key, 'fields': fields,
        'related': _related(documents, entity_key, locale), 'held': list(_held(document, locale)),
    }  # fmt: skip


def _line_faces(documents: Documents, entity: Document, name: str, locale: str) -> dict[str, Any] | None:
    part = entity.get('properties', {}).get(name, {})
    lines = part.get('x-lines')
    if lines is None:
        return None
    fields = [_face(documents, lines, key, each, locale) for key, each in lines.get('properties', {}).items()]
    label = in_locale(lines.get('label') or part.get('x-label', {}), locale) or name
    holder = {
        'key': PARENT,
        'label': in_locale(entity.get('x-label', {}), locale) or entity['x-key'],
        'target': entity['x-key'],
    }
    return {'key': f'{entity["x-key"]}.{name}', 'label': label, 'fields': fields, 'related': [], 'held': [], 'holder': holder}


def _people_faces(documents: Documents, locale: str) -> dict[str, Any]:
    roles = [
        {'key': key, 'label': in_locale(role.get('x-label', {}), locale) or key}
        for (kind, key), role in documents.items()
        if kind == 'role'
    ]
    fields: list[dict[str, Any]] = [
        {
            'key': key, 'label': in_locale(label, locale), 'kind': kind, 'own': kind, 'operators': _operators(kind),
            'targets': [], **({'options': roles} if kind == 'picklist' else {}),
        }
        for key, (kind, label) in FIELDS.items()
    ]  # fmt: skip
    return {'key': USER, 'label': in_locale(LABEL, locale), 'fields': fields, 'related': [], 'held': []}


def value_kind(documents: Documents, entity: Document, part: Document, depth: int = 0) -> str:
    """The field type whose values a property holds: its own, or that of what it computes or reads through a link."""
    kind = str(part.get('x-type', ''))
    if depth > 3:
        return kind
    if kind == 'formula':
        return str(part.get('x-result', 'text'))
    if kind == 'through':
        through = part.get('x-through', {})
        link = entity.get('properties', {}).get(through.get('link', ''), {})
        target = documents.get(('entity', link.get('x-target', '')), {})
        field = target.get('properties', {}).get(through.get('field', ''))
        return value_kind(documents, target, field, depth + 1) if field else 'text'
    if kind == 'rollup':
        return _rollup_kind(documents, entity, part, depth)
    return kind


def _rollup_kind(documents: Documents, entity: Document, part: Document, depth: int) -> str:
    rollup = part.get('x-rollup', {})
    if rollup.get('function', 'count') == 'count':
        return 'integer'
    if 'lines' in rollup:
        lines = entity.get('properties', {}).get(rollup['lines'], {}).get('x-lines', {})
        field, owner = lines.get('properties', {}).get(rollup.get('of', '')), lines
    else:
        owner = documents.get(('entity', rollup.get('entity', '')), {})
        field = owner.get('properties', {}).get(rollup.get('of', ''))
    kind = value_kind(documents, owner, field, depth + 1) if field else 'decimal'
    return 'decimal' if rollup['function'] == 'avg' and kind == 'integer' else kind


def _face(documents: Documents, entity: Document, key: str, part: Document, locale: str) -> dict[str, Any]:
    own, kind = str(part.get('x-type', '')), value_kind(documents, entity, part)
    targets = part.get('x-targets') or ([part['x-target']] if part.get('x-target') else [])
    face: dict[str, Any] = {
        'key': key, 'label': in_locale(part.get('x-label', {}), locale) or key, 'kind': kind, 'own': own,
        'operators': _operators(kind if own in {'formula', 'rollup', 'through'} else own), 'targets': targets,
    }  # fmt: skip
    if kind == 'stage':
        face['options'] = _stages(entity, locale)
    elif options := part.get('x-options'):
        face['options'] = [_option(each, locale) for each in options]
    if currency := part.get('x-currency'):
        face['currency'] = currency
    return face


def _system_face(key: str, locale: str) -> dict[str, Any]:
    kind, label = SYSTEM_FACES[key]
    operators = ['eq', 'in'] if key == 'uid' else _operators(kind)
    return {'key': key, 'label': in_locale(label, locale), 'kind': kind, 'own': kind, 'operators': operators,
            'targets': [], 'system': True}  # fmt: skip


def _operators(kind: str) -> list[str]:
    """In the order to offer them; none for a type that cannot be compared."""
    known = FIELD_TYPES.find(kind)
    if known is None:
        return ['is_empty', 'is_not_empty']
    family = FAMILIES.get(kind)
    return [each for each in (*known.operators, *(family.more_operators if family else ())) if each in OPERATORS]


def _option(option: Mapping[str, Any], locale: str) -> dict[str, Any]:
    return {'key': option['key'], 'label': in_locale(option.get('label', {}), locale) or option['key']}


def _stages(entity: Document, locale: str) -> list[dict[str, Any]]:
    lines = entity.get('x-pipelines', ())
    found = []
    for line in lines:
        before = f'{in_locale(line.get("label", {}), locale) or line["key"]}: ' if len(lines) > 1 else ''
        found += [{**each, 'label': before + each['label']} for each in (_option(stage, locale) for stage in line['stages'])]
    return found


def _related(documents: Documents, entity_key: str, locale: str) -> list[dict[str, str]]:
    found = []
    for (kind, key), document in documents.items():
        if kind != 'entity':
            continue
        for field, part in document.get('properties', {}).items():
            if entity_key in (part.get('x-targets') or [part.get('x-target')]):
                label = in_locale(document.get('x-plural') or document.get('x-label', {}), locale) or key
                by = in_locale(part.get('x-label', {}), locale) or field
                found.append({'entity': key, 'field': field, 'label': f'{label} ({by})'})
    return found


def _held(document: Document, locale: str) -> Iterator[dict[str, str]]:
    for field, part in document.get('properties', {}).items():
        via = str(part.get('x-type', ''))
        target = f'{document["x-key"]}.{field}' if via == 'lines' else str(part.get('x-target', '')) if via == 'links' else ''
        if target:
            yield {'via': via, 'field': field, 'entity': target, 'label': in_locale(part.get('x-label', {}), locale) or field}


def builder_words(locale: str) -> dict[str, Any]:
    """The words of the builder, those of conditions included, and how many values each operator takes."""
    return {
        **words_in(locale),
        'arity': {key: operator.arity for key, operator in OPERATORS.items()}, 'count_operators': list(COUNT_OPERATORS),
        'aggregate_operators': list(aggregates.OPERATORS), 'of_word': _('of'),
        'all': _('all of these hold'), 'any': _('any of these holds'), 'not_word': _('does not hold:'),
        'add': _('Add condition'), 'add_group': _('Add group'), 'add_related': _('Add related records'),
        'add_not': _('Add exception'), 'remove_part': _('Take this condition out'), 'field': _('Field'),
        'operator': _('How it is compared'), 'value': _('Value'), 'none': _('No condition yet.'), 'yes': _('Yes'),
        'no': _('No'),
        'raw': _('This part was made elsewhere and is kept as it is.'), 'another': _('Another value'),
        'calendar': _('Choose in a calendar'), 'remove_value': _('Take this value out'),
        'choose': _('Choose…'), 'system': _('About the record'),
        'own': _('Fields'), 'further': _('Fields of what it is linked to'), 'group_word': _('Holds when'),
        'kinds': {
            'any_related': _('there is one among'), 'none_related': _('there is none among'),
            'every_related': _('every one among'), 'count_related': _('the number among'), 'sum_related': _('the sum among'),
            'avg_related': _('the average among'), 'min_related': _('the least among'), 'max_related': _('the greatest among'),
        },
        'where': _('for which'), 'related_word': _('Related records'), 'kind_word': _('How they count'),
        'number': _('Number'), 'unit': _('Unit'), 'when': _('When'),
        'date_kinds': {
            'date': _('on a day'), 'today': _('today'), 'now': _('now'), 'past': _('ago'), 'future': _('from now'),
            'start_of': _('at the start of'),
        },
        'span_kinds': {
            'this': _('the present'), 'previous': _('the one before'), 'following': _('the one after'), 'last': _('the last'),
            'next': _('the next'),
        },
        'units': {
            'day': _('day'), 'week': _('week'), 'month': _('month'), 'quarter': _('quarter'), 'year': _('year'),
            'days': _('days'), 'weeks': _('weeks'), 'months': _('months'), 'years': _('years'), 'hours': _('hours'),
            'minutes': _('minutes'),
        },
        'in_period': _('in the period'), 'by_date': _('by the date'), 'another_period': _('another one'),
        'periods': [
            {'key': 'ever', 'label': _('at any time'), 'value': None},
            {'key': 'days', 'label': _('the last 30 days'), 'value': {'last': {'days': 30}}},
            {'key': 'quarter_days', 'label': _('the last 90 days'), 'value': {'last': {'days': 90}}},
            {'key': 'month', 'label': _('this month'), 'value': {'this': 'month'}},
            {'key': 'quarter', 'label': _('this quarter'), 'value': {'this': 'quarter'}},
            {'key': 'year', 'label': _('this year'), 'value': {'this': 'year'}},
            {'key': 'last_year', 'label': _('last year'), 'value': {'previous': 'year'}},
        ],
        'me': _('me'), 'my_teams': _('my teams'), 'person': _('a person'), 'a_team': _('a team'), 'a_record': _('a record'),
        'of_record': _('what this record has in'),
    }  # fmt: skip
