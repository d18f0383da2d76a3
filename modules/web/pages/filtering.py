"""Building a list's filter one condition at a time, without script: field, how, value."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.web.pages.context import Desk, address, carried, desk_for, filter_document
from modules.web.presenting import FieldView
from schema import conditions
from schema.base.errors import NotFound
from schema.catalog import Entity
from schema.fieldtypes.base import Refused

TEXTUAL = frozenset({'contains', 'starts_with'})
ORDERED_ONLY = frozenset({'gte', 'lte', 'lt', 'gt'})
CHOSEN = frozenset({'picklist', 'stage'})
TIMELY = frozenset({'date', 'datetime', 'time', 'duration'})
VALUELESS = frozenset({'is_empty', 'is_not_empty'})
OFFERED = (
    'eq',
    'ne',
    'in',
    'contains',
    'starts_with',
    'gte',
    'lte',
    'lt',
    'gt',
    'has_any',
    'has_none',
    'is_empty',
    'is_not_empty',
)
SYSTEM = ('owner', 'team', 'created_at', 'changed_at')


def dialog(entity: str) -> ResponseReturnValue:
    """The dialog; with `field` and `op` it asks for the value."""
    with desk_for(entity) as desk:
        desk.reader.policy.require('read', desk.entity.key)
        fields = [field for field in _fields(desk) if _operators(field)]
        if not fields:
            raise NotFound.of('API-E404', value=request.path)
        field = next((each for each in fields if each.key == request.args.get('field')), fields[0])
        operators = _operators(field)
        op = request.args.get('op', '')
        op = op if op in operators else operators[0]
        return render_template(
            'web/filter.html', entity=desk.entity, offered=fields, field=field, op=op, value_field=_value_view(desk, field, op),
            value={'uid': '@me', 'label': _('me')} if field.type_key == 'user' else None,
            operators=[{'key': key, 'label': word(key, field)} for key in operators], needs_value=op not in VALUELESS,
            at=request.args.get('at', ''), carried=urlencode(carried(request.args.items())),
            part=request.headers.get('HX-Target') == 'filter-editor',
        )  # fmt: skip


def add(entity: str) -> ResponseReturnValue:
    """Put one condition beside those there are, and go back to the list or board as it was otherwise."""
    with desk_for(entity) as desk:
        field = next((each for each in _fields(desk) if each.key == request.args.get('field')), None)
        path = f'/{desk.entity.key}/board' if request.args.get('at') == 'board' else f'/{desk.entity.key}/'
        kept = carried(parse_qsl(request.args.get('carried', '')))
        if field is None:
            return redirect(address(path, kept))
        leaf: dict[str, Any] = {'field': field.key, 'op': request.args.get('op', 'eq')}
        if leaf['op'] not in VALUELESS:
            leaf['value'] = _value(desk, field)
        before = filter_document(kept.get('filter', ''))
        parts = before['all'] if before and set(before) == {'all'} else [before] if before else []
        document = {'all': [*parts, leaf]}
        conditions.compile(document, desk.entity, desk.presenter.catalog)
        return redirect(address(path, {**kept, 'filter': json.dumps(document, ensure_ascii=False)}))


@dataclass(frozen=True)
class ValueView(FieldView):
    """The operand's input: named `value`, so that no field's key meets the dialogue's own names."""

    as_text: bool = False
    several: bool = False

    key = 'value'  # type: ignore[assignment]
    help = create_url = ''  # type: ignore[assignment]

    @property
    def label(self) -> str:  # type: ignore[override]
        return _('Value')

    @property
    def widget(self) -> str:
        if self.several:
            return 'multi_picklist'
        return 'text' if self.as_text else self.field.type.widget


def _value_view(desk: Desk, field: FieldView, op: str) -> ValueView:
    texts = op in TEXTUAL or field.widget in {'long_text', 'rich_text', 'email', 'url'}
    return ValueView(field.field, desk.presenter.catalog, desk.presenter.locale, required_now=True, as_text=texts,
                     several=op == 'in')  # fmt: skip


def _fields(desk: Desk) -> list[FieldView]:
    entity: Entity = desk.entity
    return desk.presenter.fields(entity, [*(field.key for field in entity.own_fields), *SYSTEM])


def _operators(field: FieldView) -> list[str]:
    kind, known = field.field.type, field.field.type.operators
    meant = [key for key in OFFERED if key in known and (key != 'in' or kind.key in CHOSEN)]
    return [key for key in meant if key not in ORDERED_ONLY or kind.numeric or kind.key in TIMELY]


def _value(desk: Desk, field: FieldView) -> Any:
    """The operand as the wire has it, from the posted input."""
    raw = request.args.get('value', request.args.get('value.amount', ''))
    kind = field.type_key
    if kind in {'user', 'team'} and raw == '@me':
        return {'me': True}
    if kind in {'multi_picklist', 'links'} or request.args.get('op') == 'in':
        return [value for value in request.args.getlist('value') if value]
    if kind == 'boolean':
        return request.args.getlist('value')[-1:] == ['1']
    if kind == 'link_any':
        return {'entity': request.args.get('value.target', ''), 'uid': raw}
    definition = field.field.definition
    wire = field.field.type.parse(definition, raw, desk.reader.reading) if kind not in {'picklist', 'stage'} else raw
    if request.args.get('op') in TEXTUAL:
        return raw
    try:
        field.field.type.normalise(definition, wire, desk.reader.reading)
    except Refused:
        return raw
    return wire


def word(op: str, field: FieldView) -> str:
    """The operator as people say it for this kind of field."""
    dated = field.type_key in TIMELY - {'duration', 'time'}
    words = {
        'eq': _('is'), 'ne': _('is not'), 'in': _('is any of'), 'contains': _('contains'), 'starts_with': _('starts with'),
        'gte': _('is on or after') if dated else _('is at least'), 'lte': _('is on or before') if dated else _('is at most'),
        'lt': _('is before') if dated else _('is less than'), 'gt': _('is after') if dated else _('is more than'),
        'has_any': _('has any of'), 'has_none': _('has none of'), 'is_empty': _('is empty'), 'is_not_empty': _('is filled'),
    }  # fmt: skip
    return words[op]
