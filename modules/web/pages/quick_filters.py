"""One press filters: the values of a column, me, spans of time, blank or not. The menu of a column, drawn when it is opened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.records.vocabulary import tags_in_use
from modules.web.pages import viewing
from modules.web.pages.chips import EMPTIED
from modules.web.pages.context import Desk, address, desk_for
from modules.web.pages.listing import list_params, read_query
from modules.web.pages.sorting import sort_link
from modules.web.presenting import FieldView
from schema.base.errors import BadRequest
from schema.base.findings import nearest
from schema.base.money import Money
from schema.fieldtypes.money import MoneyType

MOST_TAGS, MOST_SUMMED = 12, 10_000
SUMMED = frozenset({'integer', 'decimal', 'money', 'duration'})
SPANS: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ('today', {'this': 'day'}), ('week', {'this': 'week'}), ('month', {'this': 'month'}), ('previous', {'previous': 'month'}),
    ('days', {'last': {'days': 30}}), ('ahead', {'next': {'days': 7}}),
)  # fmt: skip
Leaf = dict[str, Any]


def column(entity: str) -> ResponseReturnValue:
    """The menu of the column `key`. Raises: BadRequest REC-E036 for one that the person may not read."""
    with desk_for(entity) as desk:
        desk.reader.policy.require('read', desk.entity.key)
        key = request.args.get('key', '')
        view = next(iter(desk.presenter.fields(desk.entity, [key])), None)
        if view is None:
            readable = desk.reader.policy.readable(desk.entity.key)
            raise BadRequest.of('REC-E036', '/key', value=key[:80], hint=nearest(key, readable))
        opened = viewing.open_view(desk.entity, desk.reader.session)
        params = {name: value for name, value in list_params(opened).items() if name != 'key'}
        path = f'/{desk.entity.key}/'
        return render_template(
            'web/column_menu.html', entity=desk.entity, field=view, choices=choices_of(desk, view, opened.filter, path, params),
            sort=sort_link(path, params, read_query(desk.entity), view) if view.sortable else None,
            rising=address(path, {**params, 'sort': view.key}), falling=address(path, {**params, 'sort': f'-{view.key}'}),
            fixed=view.key == desk.entity.title.key, total_text=_total_text(desk, view),
        )  # fmt: skip


def _total_text(desk: Desk, view: FieldView) -> str:
    """The sum of a column of numbers over the list as it is filtered, each currency for itself; blank of longer lists than are
    added up while somebody waits."""
    if view.type_key not in SUMMED:
        return ''
    query = replace(read_query(desk.entity), number=1, cursor=None, before=None, from_end=False)
    counted = desk.reader.count(desk.entity.key, query, MOST_SUMMED)
    if not counted.value or not counted.exact:
        return ''
    whole = next(iter(desk.reader.groups(desk.entity.key, None, query, total=view.key)), None)
    if whole is None:  # the last of them went meanwhile
        return ''
    field, reading = view.field, desk.reader.reading
    if isinstance(field.type, MoneyType):
        sums: list[Any] = [Money(amount, code) for code, amount in sorted(whole.totals.items())]
    else:
        sums = [] if whole.total is None else [whole.total]
    return ' · '.join(field.type.text(field.definition, each, reading) for each in sums)


def choices_of(
    desk: Desk, view: FieldView, condition: Mapping[str, Any] | None, path: str, params: Mapping[str, str]
) -> list[dict[str, Any]]:  # fmt: skip
    """`[{label, hue, on, href}]`: each switches one value of the field on or off in the filter."""
    shown = []
    for label, hue, leaf in _leaves(desk, view):
        following = toggled(condition, leaf)
        text = json.dumps(following, ensure_ascii=False) if following else EMPTIED if params.get('view') else ''
        shown.append(
            {'label': label, 'hue': hue, 'on': holds(condition, leaf), 'href': address(path, {**params, 'filter': text})}
        )
    return shown


def quick_fields(desk: Desk) -> list[FieldView]:
    """Fields that people filter by with one press: stage, picklists, whose it is, tags, yes or no."""
    kinds = ('stage', 'picklist', 'user', 'tags', 'multi_picklist', 'boolean')
    entity = desk.entity
    views = desk.presenter.fields(entity, dict.fromkeys(['owner', *(field.key for field in entity.own_fields)]))
    found = [view for view in views if view.type_key in kinds]
    listed = desk.layouts.list
    return sorted(found, key=lambda view: (view.key not in listed, kinds.index(view.type_key)))[:6]


def toggled(condition: Mapping[str, Any] | None, leaf: Leaf) -> dict[str, Any] | None:
    """The filter with one value switched on, or off where it is on; a value of another kind for the same field gives way."""
    parts = _parts(condition)
    place = next((number for number, each in enumerate(parts) if _alike(each, leaf)), None)
    if place is None:
        return {'all': [*parts, leaf]}
    there = parts[place]
    if leaf['op'] in {'in', 'has_any'} and there.get('op') == leaf['op'] and isinstance(there.get('value'), list):
        wanted = leaf['value'][0]
        values = [each for each in there['value'] if each != wanted]
        values = [*values, wanted] if len(values) == len(there['value']) else values
        changed = [{**there, 'value': values}] if values else []
    else:
        changed = [] if there == leaf else [leaf]
    parts[place : place + 1] = changed
    return {'all': parts} if parts else None


def holds(condition: Mapping[str, Any] | None, leaf: Leaf) -> bool:
    for each in _parts(condition):
        if each == leaf:
            return True
        if _alike(each, leaf) and each.get('op') == leaf['op'] and isinstance(each.get('value'), list):
            return isinstance(leaf.get('value'), list) and leaf['value'][0] in each['value']
    return False


def _parts(condition: Mapping[str, Any] | None) -> list[Any]:
    if not condition:
        return []
    whole = set(condition) == {'all'} and isinstance(condition['all'], list)
    return list(condition['all']) if whole else [condition]


def _alike(part: Any, leaf: Leaf) -> bool:
    """A plain test of the same field, which a press may change; a related or a grouped one stays beside it."""
    plain = {'in', 'has_any', 'eq', 'within', 'is_empty', 'is_not_empty'}
    return isinstance(part, Mapping) and part.get('field') == leaf['field'] and part.get('op') in plain


def _leaves(desk: Desk, view: FieldView) -> list[tuple[str, int, Leaf]]:
    """`(label, hue, test)` of everything that one press may ask of a field."""
    kind, key = view.type_key, view.key
    known = view.field.type.operators
    found: list[tuple[str, int, Leaf]] = []
    if kind in {'picklist', 'stage'}:
        found = [
            (each['label'], each['hue'] or 0, {'field': key, 'op': 'in', 'value': [each['key']]}) for each in _options(view)
        ]
    elif kind == 'multi_picklist':
        found = [(each['label'], 0, {'field': key, 'op': 'has_any', 'value': [each['key']]}) for each in _options(view)]
    elif kind == 'tags':
        words = tags_in_use(desk.reader, desk.entity.key, key, '', MOST_TAGS)
        found = [(word, 0, {'field': key, 'op': 'has_any', 'value': [word]}) for word in words]
    elif kind == 'boolean':
        found = [
            (label, 0, {'field': key, 'op': 'eq', 'value': value}) for label, value in ((_('Yes'), True), (_('No'), False))
        ]
    elif kind == 'user':
        found = [(_('Me'), 0, {'field': key, 'op': 'eq', 'value': {'me': True}})]
    elif kind == 'team':
        found = [(_('My teams'), 0, {'field': key, 'op': 'in', 'value': {'my_teams': True}})]
    elif kind in {'date', 'datetime'}:
        names = _span_names()
        found = [(names[name], 0, {'field': key, 'op': 'within', 'value': dict(span)}) for name, span in SPANS]
    if 'is_empty' in known and kind not in {'boolean', 'stage'}:
        found.append((_('is empty'), 0, {'field': key, 'op': 'is_empty'}))
        if kind not in {'picklist', 'tags', 'multi_picklist'}:
            found.append((_('is filled'), 0, {'field': key, 'op': 'is_not_empty'}))
    return found


def _options(view: FieldView) -> list[dict[str, Any]]:
    return [each for each in view.options if not each['retired']][:40]


def _span_names() -> dict[str, str]:
    return {
        'today': _('Today'), 'week': _('This week'), 'month': _('This month'), 'previous': _('Last month'),
        'days': _('The last 30 days'), 'ahead': _('The next 7 days'),
    }  # fmt: skip
