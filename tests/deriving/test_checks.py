"""What is wrong with derived fields is found before anything is published, each at its place."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from schema.checks import check_documents
from tests.deriving.conftest import ENTITIES

HEAD = {'x-format': 1, 'x-kind': 'entity', 'type': 'object', 'x-title-field': 'name'}


def documents() -> dict[tuple[str, str], Any]:
    made: dict[tuple[str, str], Any] = {
        ('entity', key): {**HEAD, **copy.deepcopy(part), 'x-key': key} for key, part in ENTITIES.items()
    }
    made['entity', 'sale']['x-title-field'] = 'title'
    made['role', 'admin'] = {'x-format': 1, 'x-kind': 'role', 'x-key': 'admin', 'admin': True, 'grants': {}}
    return made


def findings(entity: str, place: str, value: Any) -> list[tuple[str, str]]:
    made = documents()
    *path, last = place.split('/')
    node = made['entity', entity]
    for name in path:
        node = node.setdefault(name, {})
    node[last] = value
    return [(each.code, each.pointer.removeprefix(f'/entities/{entity}/')) for each in check_documents(made)]


def test_the_entities_of_these_tests_are_sound() -> None:
    assert check_documents(documents()) == []


@pytest.mark.parametrize(
    ('entity', 'place', 'value', 'code'),
    [
        ('sale', 'properties/net/x-formula', 'quantity * prise', 'SCH-E309'),
        ('sale', 'properties/net/x-formula', 'firm', 'SCH-E317'),
        ('sale', 'properties/net/x-formula', 'items * 2', 'SCH-E316'),
        ('sale', 'properties/net/x-formula', 'title', 'SCH-E315'),
        ('sale', 'properties/net/x-result', 'link', 'SCH-E319'),
        ('sale', 'properties/net/x-scale', 2, 'SCH-E031'),
        ('sale', 'properties/net/x-default', 1, 'SCH-E031'),
        ('sale', 'properties/due_on/x-default/formula', 'quantity', 'SCH-E315'),
        ('sale', 'properties/due_on/x-default/formula', 'due_on', 'SCH-E321'),
        ('sale', 'properties/partners/x-default/formula', 'quantity', 'SCH-E122'),
        ('sale', 'properties/title/x-default/formula', 7, 'SCH-E300'),
        ('sale', 'properties/firm_phone/x-through/field', 'fone', 'SCH-E032'),
        ('sale', 'properties/firm_phone/x-through/link', 'title', 'SCH-E322'),
        ('firm', 'properties/total/x-rollup/of', 'name', 'SCH-E327'),
        ('firm', 'properties/total/x-rollup/field', 'quantity', 'SCH-E053'),
        ('firm', 'properties/total/x-rollup/entity', 'sail', 'SCH-E050'),
        ('firm', 'properties/total/x-rollup/lines', 'items', 'SCH-E324'),
        ('firm', 'properties/sales/x-rollup/of', 'net', 'SCH-E326'),
        ('firm', 'properties/big/x-rollup/condition/value', 'x', 'REC-E005'),
        ('firm', 'properties/big/x-rollup/condition', {'field': 'sold_on', 'op': 'lt', 'value': {'today': True}}, 'SCH-E329'),
        ('firm', 'properties/big/x-rollup/condition', {'field': 'firm.rate', 'op': 'gt', 'value': 1}, 'SCH-E328'),
        ('sale', 'properties/items_sum/x-rollup/lines', 'partners', 'SCH-E325'),
    ],
)
def test_what_cannot_be_derived_is_told_at_its_place(entity: str, place: str, value: Any, code: str) -> None:
    found = findings(entity, place, value)

    field = '/'.join(place.split('/')[:2])
    assert code in [each for each, pointer in found if pointer.startswith(field)]


def test_a_field_of_lines_is_checked_by_the_fields_of_its_line() -> None:
    place = 'properties/items/x-lines/properties/sum/x-formula'

    assert findings('sale', place, 'quantity * price') == [('SCH-E309', place)]


def test_a_derived_field_is_never_required_or_unique_and_what_is_elsewhere_makes_no_key() -> None:
    assert findings('sale', 'required', ['net']) == [('SCH-E318', 'properties/net')]
    assert findings('sale', 'properties/net/x-unique', True) == [('SCH-E038', 'properties/net/x-unique')]
    key = {'key': 'one', 'fields': ['title', 'firm_phone']}
    assert ('SCH-E331', 'x-unique-keys/0/fields/1') in findings('sale', 'x-unique-keys', [key])


def test_a_ring_over_three_fields_and_two_entities_is_named_once() -> None:
    made = documents()
    made['entity', 'firm']['properties']['rate'] = {'x-type': 'formula', 'x-result': 'decimal', 'x-formula': 'total * 2'}
    made['entity', 'sale']['properties']['net']['x-formula'] = 'firm.rate * quantity'

    found = check_documents(made)

    assert [(each.code, each.params['path']) for each in found] == [
        ('SCH-E330', 'firm.rate → firm.total → sale.net → firm.rate')
    ]
