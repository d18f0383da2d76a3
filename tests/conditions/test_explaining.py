"""Why a condition is not true of a record, and what an option filter takes from the record being edited."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from schema import conditions
from schema.conditions import record_values
from schema.conditions.condition import Condition
from schema.fieldtypes.base import Reading
from schema.values import Link
from tests.conditions.world import CATALOG, ZONE, World, uid_of

READING = Reading('en', ZONE)


def reasons(world: World, thing: Link, document: dict[str, Any], locale: str = 'en') -> list[tuple[str, bool | None, str, str]]:
    condition = conditions.compile(document, CATALOG.entity('thing'), CATALOG)
    values = world.values['thing', thing.id or 0]
    reading = replace(READING, locale=locale)
    found = conditions.explain(condition, values, world.binding(condition), world.neighbours, reading)
    return [(each.pointer, each.answer, each.text.replace('\u00a0', ' '), each.found) for each in found]


def test_each_test_that_stood_in_the_way_is_told_with_what_the_record_holds() -> None:
    world = World()
    thing = world.add('thing', {'name': 'Máy bơm', 'size': 3, 'status': 'new'})

    found = reasons(world, thing, {'all': [
        {'field': 'size', 'op': 'gt', 'value': 5},
        {'field': 'name', 'op': 'is_not_empty'},
        {'any': [{'field': 'weight', 'op': 'gt', 'value': 1}, {'field': 'status', 'op': 'eq', 'value': 'contacted'}]},
    ]})  # fmt: skip

    assert found == [
        ('/all/0', False, 'Size is more than 5', '3'),
        ('/all/2/any/0', None, 'Weight is more than 1', ''),
        ('/all/2/any/1', False, 'Status is Contacted', 'New'),
    ]


def test_under_not_the_parts_that_are_true_are_the_reasons() -> None:
    world = World()
    thing = world.add('thing', {'size': 3, 'status': 'new'})
    document = {'not': {'all': [{'field': 'size', 'op': 'lt', 'value': 5}, {'field': 'status', 'op': 'eq', 'value': 'new'}]}}

    assert [each[0] for each in reasons(world, thing, document)] == ['/not/all/0', '/not/all/1']
    assert reasons(world, thing, {'not': {'field': 'status', 'op': 'eq', 'value': 'new'}}, 'vi')[0][2] == (
        'không phải: giai đoạn là Mới'
    )


def test_parts_about_other_records_tell_what_was_found_there() -> None:
    world = World()
    crowd = world.add('crowd', {'name': 'Hội'})
    thing = world.add('thing', {'crowd': crowd})
    world.add('note', {'thing': thing, 'score': 2})
    note = {'entity': 'note', 'field': 'thing'}

    assert reasons(world, thing, {'field': 'crowd.name', 'op': 'eq', 'value': 'khác'})[0][3] == 'Hội'
    assert reasons(world, thing, {'count_related': note, 'op': 'gt', 'value': 1})[0][3] == '1'
    assert reasons(world, thing, {'sum_related': note, 'of': 'score', 'op': 'gt', 'value': 5})[0][1] is False
    assert reasons(world, thing, {'sum_related': note, 'of': 'score', 'op': 'gt', 'value': 1}) == []


def filled(document: dict[str, Any], held: dict[str, Any]) -> Condition:
    """A filter over things, for a note being edited that holds these values."""
    condition = conditions.compile(document, CATALOG.entity('thing'), CATALOG, record='note')
    return replace(condition, root=record_values.fill(condition.root, held))


def test_a_filter_compares_with_the_record_being_edited() -> None:
    world = World()
    near, far = world.add('crowd', {}), world.add('crowd', {})
    world.add('thing', {'crowd': near, 'size': 2, 'name': 'Đá'})
    world.add('thing', {'crowd': far, 'size': 9, 'name': 'Gỗ'})

    def chosen(document: dict[str, Any], **held: Any) -> list[bool | None]:
        condition = filled(document, held)
        things = [values for (key, _), values in world.values.items() if key == 'thing']
        return [condition.decide(values, world.binding(condition), world.neighbours) for values in things]

    assert chosen({'field': 'size', 'op': 'gt', 'value': {'record': 'score'}}, score=5) == [False, True]
    assert chosen({'field': 'name', 'op': 'eq', 'value': {'record': 'title'}}, title='da') == [True, False]
    assert chosen({'field': 'size', 'op': 'gt', 'value': {'record': 'score'}}) == [True, True]
    assert chosen({'not': {'field': 'size', 'op': 'gt', 'value': {'record': 'score'}}}) == [True, True]
    same = {'field': 'parent', 'op': 'eq', 'value': {'record': 'thing'}}
    assert chosen(same, thing=Link('thing', uid_of(3), 3)) == [None, None]
    assert record_values.names(conditions.compile(same, CATALOG.entity('thing'), CATALOG, record='note').root) == {'thing'}


@pytest.mark.parametrize(('target', 'own', 'code'), [('size', 'title', 'SCH-E232'), ('crowd', 'thing', 'SCH-E232'),
                                                     ('size', 'gone', 'SCH-E211')])  # fmt: skip
def test_a_filter_compares_only_what_is_alike(target: str, own: str, code: str) -> None:
    document = {'field': target, 'op': 'eq', 'value': {'record': own}}

    found = conditions.check(document, 'thing', CATALOG, record='note')

    assert [(each.code, each.pointer) for each in found] == [(code, '/value/record')]
