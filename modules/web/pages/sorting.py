"""The order of a list: read from the address, turned by a press on a column, told and changed part by part in a menu."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from modules.records.model import ListQuery, Sort
from modules.web.pages.context import Desk, address
from modules.web.presenting import FieldView

MOST_SORTS = 5
UNSORTED = '-'
"""What `sort` holds where a saved view's own order is taken away."""


def read_sort(raw: str) -> tuple[Sort, ...]:
    """`-amount,name` is: amount falling, then name rising."""
    return tuple(Sort(part.lstrip('-'), part.startswith('-')) for part in raw.split(',')[:MOST_SORTS] if part.strip('-'))


def written_sort(sort: Sequence[Sort]) -> str:
    return ','.join(f'{"-" if each.descending else ""}{each.key}' for each in sort)


def sort_link(path: str, params: dict[str, str], query: ListQuery, field: FieldView) -> dict[str, Any]:
    """Addresses that sort by a column, alone and (with Shift) after the others; how it is sorted now, and in which place."""
    places = [each.key for each in query.sort]
    now = next((each for each in query.sort if each.key == field.key), None)
    state = '' if now is None else 'descending' if now.descending else 'ascending'
    following = {'': field.key, 'ascending': f'-{field.key}', 'descending': UNSORTED if params.get('view') else ''}[state]
    turned = Sort(field.key, state == 'ascending')
    others = [each for each in query.sort if each.key != field.key]
    beside = [turned if each.key == field.key else each for each in query.sort] if now else [*others, turned]
    beside = others if state == 'descending' else beside
    return {
        'href': address(path, {**params, 'sort': following}), 'state': state,
        'beside': address(path, {**params, 'sort': written_sort(beside[:MOST_SORTS]) or UNSORTED}),
        'place': places.index(field.key) + 1 if now is not None and len(places) > 1 else 0,
    }  # fmt: skip


def sorts(desk: Desk, path: str, params: dict[str, str], query: ListQuery) -> dict[str, Any]:
    """The menu of the order: what it is now, part by part, and by what else one may sort."""
    entity = desk.entity
    keys = [*(field.key for field in entity.own_fields), 'owner', 'created_at', 'changed_at']
    offered = [field for field in desk.presenter.fields(entity, dict.fromkeys(keys)) if field.sortable]
    labels = {field.key: field.label for field in offered}

    def to(sort: Sequence[Sort]) -> str:
        return address(path, {**params, 'sort': written_sort(sort) or UNSORTED})

    parts: list[dict[str, Any]] = [
        {'label': labels.get(each.key, each.key), 'descending': each.descending,
         'turn_url': to([replace(one, descending=not one.descending) if one is each else one for one in query.sort]),
         'remove_url': to([one for one in query.sort if one is not each])}
        for each in query.sort
    ]  # fmt: skip
    used = {each.key for each in query.sort}
    more = [{'label': field.label, 'href': to([*query.sort, Sort(field.key)])} for field in offered if field.key not in used]
    return {'parts': parts, 'more': more if len(parts) < MOST_SORTS else [], 'text': ', '.join(each['label'] for each in parts)}
