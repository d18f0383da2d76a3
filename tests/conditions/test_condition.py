"""Limits of conditions, and what a compiled one tells about itself."""

from __future__ import annotations

from typing import Any

import pytest

from schema import conditions
from schema.values import Link
from tests.conditions.world import CATALOG, uid_of

LEAF: dict[str, Any] = {'field': 'name', 'op': 'is_empty'}
THING = CATALOG.entity('thing')


def nested(depth: int) -> Any:
    document: Any = LEAF
    for _ in range(depth - 1):
        document = {'not': document}
    return document


def codes(document: Any) -> list[tuple[str, str]]:
    return [(each.code, each.pointer) for each in conditions.check(document, 'thing', CATALOG)]


def test_twelve_levels_are_enough_and_thirteen_too_many() -> None:
    assert codes(nested(12)) == []
    assert codes(nested(13)) == [('SCH-E202', '/not' * 12)]


def test_a_condition_nested_beyond_reason_is_refused_without_being_walked() -> None:
    assert codes(nested(5_000)) == [('SCH-E202', '/not' * 12)]
    assert conditions.fields_read(nested(5_000)) == frozenset()


def test_two_hundred_tests_are_enough_and_one_more_too_many() -> None:
    assert codes({'all': [LEAF] * 200}) == []
    assert codes({'all': [LEAF] * 201}) == [('SCH-E203', '/all/200')]
    assert codes({'all': [{'any': []}] * 100_000}) == [('SCH-E203', '/all/200/any')]


def test_five_hundred_values_are_enough_and_one_more_too_many() -> None:
    assert codes({'field': 'size', 'op': 'in', 'value': list(range(500))}) == []
    assert codes({'field': 'size', 'op': 'in', 'value': list(range(501))}) == [('SCH-E225', '/value')]


def test_two_thousand_values_in_all_are_enough() -> None:
    many = {'field': 'size', 'op': 'in', 'value': list(range(500))}

    assert codes({'all': [many] * 4}) == []
    assert codes({'all': [many] * 6}) == [('SCH-E228', '/all/4/value/0')]


def test_thirty_looks_at_other_records_are_enough_and_one_more_too_many() -> None:
    far = {'field': 'crowd.boss.crowd.name', 'op': 'is_empty'}
    near = {'count_related': {'entity': 'note', 'field': 'thing'}, 'op': 'eq', 'value': 1}

    assert codes({'all': [far] * 10}) == []
    assert codes({'all': [*[far] * 10, near, near]}) == [('SCH-E229', '/all/10/count_related')]
    assert codes({'all': [near, *[far] * 10]}) == [('SCH-E229', '/all/10/field')]


def test_unknown_names_come_with_the_nearest_one() -> None:
    found = conditions.check({'field': 'nmae', 'op': 'is_empty'}, 'thing', CATALOG)

    assert found[0].text('vi') == "Vật không có trường 'nmae'. Có phải là 'name'?"


@pytest.mark.parametrize('document', [None, 'x', 5, [], {'field': 5, 'op': []}, {'field': 'name', 'op': {}, 'value': {}},
                                      {'field': 'about', 'op': 'in', 'value': [[], {}, 5, None]},
                                      {'field': 'price', 'op': 'eq', 'value': {'amount': {}, 'currency': []}},
                                      {'field': 'born', 'op': 'within', 'value': {'last': {'days': '7'}}},
                                      {'field': 'born', 'op': 'eq', 'value': {'start_of': []}},
                                      {'field': 'born', 'op': 'within', 'value': {'this': {}}},
                                      {'field': 'status', 'op': 'eq', 'value': {}},
                                      {'field': 'tags', 'op': 'has_any', 'value': 'new'},
                                      {'field': 'keeper', 'op': 'eq', 'value': {'me': False}},
                                      {'field': 'uid', 'op': 'eq', 'value': 5},
                                      {'field': 'weight', 'op': 'eq', 'value': '1e9999'},
                                      {'field': 'size', 'op': 'eq', 'value': 'NaN'},
                                      {'any_related': {'entity': [], 'field': {}}}, {5: 5}])  # fmt: skip
def test_anything_that_json_can_hold_gives_findings_and_no_crash(document: Any) -> None:
    assert conditions.check(document, 'thing', CATALOG)
    assert conditions.describe(document, THING, CATALOG, 'vi')


def test_half_a_surrogate_pair_is_taken_out_of_an_operand() -> None:
    assert codes({'field': 'name', 'op': 'eq', 'value': '\ud800'}) == [('SCH-E214', '/value')]
    assert codes({'field': 'name', 'op': 'eq', 'value': 'a\ud800'}) == []


def test_link_operands_are_listed_once_without_me() -> None:
    document = {'any': [
        {'field': 'crowd', 'op': 'in', 'value': [uid_of(1), {'uid': uid_of(1)}, uid_of(2)]},
        {'field': 'keeper', 'op': 'in', 'value': [{'me': True}, 'cleo']},
        {'any_related': {'entity': 'note', 'field': 'thing'},
         'where': {'field': 'about', 'op': 'eq', 'value': {'entity': 'crowd', 'uid': uid_of(2)}}},
    ]}  # fmt: skip

    condition = conditions.compile(document, THING, CATALOG)

    assert condition.link_operands() == [Link('crowd', uid_of(1)), Link('crowd', uid_of(2)), Link('@user', 'cleo')]


def test_fields_read_include_the_links_walked() -> None:
    document = {'all': [
        {'field': 'former_name', 'op': 'is_empty'},
        {'not': {'field': 'crowd.boss.size', 'op': 'gt', 'value': 1}},
        {'count_related': {'entity': 'note', 'field': 'thing'}, 'where': {'field': 'score', 'op': 'gt', 'value': 1},
         'op': 'gt', 'value': 1},
    ]}  # fmt: skip
    expected = frozenset({('thing', 'name'), ('thing', 'crowd'), ('crowd', 'boss'), ('thing', 'size'), ('note', 'thing'),
                          ('note', 'score')})  # fmt: skip

    assert conditions.compile(document, THING, CATALOG).fields_read() == expected
    assert conditions.reads(document, 'thing', CATALOG) == expected
    assert conditions.fields_read(document) == {'former_name', 'crowd.boss.size', 'note[thing]', 'note[thing].score'}


def test_chips_point_to_the_parts_of_the_document() -> None:
    document = {'all': [{'field': 'status', 'op': 'in', 'value': ['new', 'contacted']}, {'all': [LEAF]},
                        {'field': 'gone', 'op': 'is_empty'}]}  # fmt: skip

    chips = conditions.describe(document, THING, CATALOG, 'vi')

    assert [chip.as_wire() for chip in chips] == [
        {'pointer': '/all/0', 'before': 'Giai đoạn là', 'values': ['Mới', 'Đã liên hệ'], 'joiner': '', 'between': 'hoặc',
         'broken': False},
        {'pointer': '/all/1/all/0', 'before': 'Tên để trống', 'values': [], 'joiner': 'và', 'between': 'hoặc', 'broken': False},
        {'pointer': '/all/2', 'before': 'không còn dùng được: gone', 'values': [], 'joiner': 'và', 'between': '',
         'broken': True},
    ]  # fmt: skip


def test_an_entity_is_found_by_its_former_key() -> None:
    assert conditions.check({'field': 'fee', 'op': 'is_empty'}, 'mob', CATALOG) == []
    assert [each.code for each in conditions.check(LEAF, 'nothing', CATALOG)] == ['SCH-E206']


def test_operators_of_a_date_include_spans() -> None:
    field = THING.field('born')

    assert conditions.operators_for(field) == (
        'eq', 'ne', 'in', 'not_in', 'lt', 'lte', 'gt', 'gte', 'between', 'is_empty', 'is_not_empty', 'within',
        'anniversary_within',
    )  # fmt: skip
