"""The indexes behind extremes and averages: they hold whatever a recount looks at, unless that is too much. No database."""

from __future__ import annotations

from typing import Any

import pytest

from schema.compiling import compile_catalog
from schema.loading import settle
from schema.versions import SchemaVersion

WON = {'field': 'won', 'op': 'eq', 'value': True}
KIND = {'field': 'kind', 'op': 'eq', 'value': 'a'}
NOTE = {'field': 'note', 'op': 'is_not_empty'}
AGED = [{'field': key, 'op': 'gte', 'value': 1} for key in ('one', 'two', 'three')]
SALE: dict[str, Any] = {
    'title': {'x-type': 'text'}, 'note': {'x-type': 'text', 'x-search': True}, 'amount': {'x-type': 'money'},
    'size': {'x-type': 'integer'}, 'won': {'x-type': 'boolean'}, 'kind': {'x-type': 'picklist', 'x-options': [{'key': 'a'}]},
    'firm': {'x-type': 'link', 'x-target': 'firm'}, **{key: {'x-type': 'integer'} for key in ('one', 'two', 'three')},
}  # fmt: skip


def indexes(function: str, of: str, condition: Any = None) -> list[list[str]]:
    """Columns of the indexes that lead with the link, but for that of lists, when a firm keeps this of its sales."""
    rollup = {
        'entity': 'sale',
        'field': 'firm',
        'function': function,
        'of': of,
        **({'condition': condition} if condition else {}),
    }
    firm = {'properties': {'name': {'x-type': 'text'}, 'kept': {'x-type': 'rollup', 'x-rollup': rollup}}}
    documents = settle({('entity', 'firm'): firm, ('entity', 'sale'): {'properties': SALE}}, {})
    table = compile_catalog(SchemaVersion(1, documents, '')).entity('sale').table
    found = [[each.name for each in index.columns] for index in table.indexes]
    return [columns for columns in found if columns[0] == 'firm' and columns[1] != 'id']


@pytest.mark.parametrize(('function', 'of', 'condition', 'columns'), [
    ('min', 'size', None, ['size', 'deleted_at']),
    ('max', 'amount', WON, ['amount', 'deleted_at']),
    ('avg', 'size', None, ['size', 'deleted_at']),
    ('avg', 'size', {'all': [WON, KIND]}, ['size', 'deleted_at', 'kind', 'won']),
    ('avg', 'amount', None, ['amount', 'deleted_at', 'amount__currency']),
    ('avg', 'amount', WON, ['amount', 'deleted_at', 'amount__currency', 'won']),
    ('avg', 'size', {'field': 'amount', 'op': 'gte', 'value': 5}, ['size', 'deleted_at', 'amount', 'amount__currency']),
])  # fmt: skip
def test_an_index_holds_what_a_recount_looks_at(function: str, of: str, condition: Any, columns: list[str]) -> None:
    assert indexes(function, of, condition) == [['firm', *columns]]


@pytest.mark.parametrize('condition', [NOTE, {'all': [*AGED, WON]}, {'field': 'firm.name', 'op': 'eq', 'value': 'x'}])
def test_a_condition_over_long_texts_many_fields_or_other_records_has_none(condition: Any) -> None:
    assert indexes('avg', 'size', condition) == []


def test_records_are_found_by_what_they_are_called_whatever_else_is_searched() -> None:
    documents = settle({('entity', 'sale'): {'x-title-field': 'title', 'properties': {**SALE, 'firm': {'x-type': 'text'}}}}, {})
    table = compile_catalog(SchemaVersion(1, documents, '')).entity('sale').table

    first = {index.columns[0].name for index in table.indexes}

    assert {'title__fold', 'note__fold'} <= first
