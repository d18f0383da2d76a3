"""What an admin answers about values that cannot be read: as the API sends values, or as people of their language type them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from migrations.answering import as_wires
from schema.catalog import Catalog
from schema.compiling import compile_catalog
from schema.fieldtypes.base import Reading
from schema.loading import settle
from schema.versions import SchemaVersion
from tests.migrations.conftest import ADA, NOW, Shop, label

OPTIONS = [{'key': key, 'label': {'vi': vi, 'en': en}} for key, vi, en in (('red', 'Đỏ', 'Red'), ('blue', 'Xanh', 'Blue'))]
KEYWORDS: Mapping[str, dict[str, Any]] = {
    'picklist': {'x-options': OPTIONS}, 'multi_picklist': {'x-options': OPTIONS}, 'money': {'x-currency': 'VND'},
    'link': {'x-target': 'thing'}, 'links': {'x-target': 'thing'},
}  # fmt: skip
TYPED: list[tuple[str, str, Any, Any]] = [
    ('vi', 'date', '3/2/2026', '2026-02-03'), ('vi', 'date', 'hôm nay', '2026-03-01'),
    ('en', 'date', '3 Feb 2026', '2026-02-03'),
    ('vi', 'datetime', '3/2/2026 9h30', '2026-02-03T09:30'), ('vi', 'time', '2:30 chiều', '14:30'),
    ('vi', 'duration', '1 giờ 30', 'PT1H30M'), ('en', 'duration', '90 min', 'PT1H30M'), ('vi', 'integer', '1.250', '1250'),
    ('en', 'integer', '1,250', '1250'), ('vi', 'decimal', '12,5', '12.5'), ('en', 'decimal', '1.200.000', '1200000'),
    ('vi', 'money', '85.000.000 ₫', '85000000'), ('vi', 'money', '1.250,5 USD', {'amount': '1250.5', 'currency': 'USD'}),
    ('vi', 'money', {'amount': '1.250,5', 'currency': 'USD'}, {'amount': '1250.5', 'currency': 'USD'}),
    ('vi', 'percent', '12,5', '12.5'), ('vi', 'rating', '★★★', 3), ('vi', 'boolean', 'Có', True),
    ('en', 'picklist', 'Đỏ', 'red'), ('vi', 'multi_picklist', 'Đỏ, Xanh', ['red', 'blue']), ('vi', 'tags', 'a, b', ['a', 'b']),
]  # fmt: skip
LEFT: list[tuple[str, Any]] = [
    ('date', '2026-02-03'), ('date', '32/1/2026'), ('integer', 12), ('decimal', '12.50'),
    ('money', {'amount': '12', 'currency': 'VND'}),
    ('duration', 'long'), ('link', 'Hoa Sen'), ('links', 'Hoa Sen; FPT'), ('text', ' kept '), ('picklist', None),
]  # fmt: skip
SIZE = '/entities/contact/properties/size'


@pytest.fixture(scope='module')
def things() -> Catalog:
    kinds = {kind for _, kind, _, _ in TYPED} | {kind for kind, _ in LEFT}
    properties = {kind: {'x-type': kind, 'x-label': label(kind), **KEYWORDS.get(kind, {})} for kind in sorted(kinds)}
    thing = {'x-label': label('Thing'), 'type': 'object', 'properties': properties}
    return compile_catalog(SchemaVersion(1, settle({('entity', 'thing'): thing}, {}), ''))


@pytest.mark.parametrize(('locale', 'kind', 'typed', 'wire'), TYPED)
def test_what_people_type_becomes_what_the_api_would_send(
    things: Catalog, locale: str, kind: str, typed: Any, wire: Any
) -> None:
    pointer = f'/entities/thing/properties/{kind}'

    read = as_wires({pointer: {'map': {'x': typed}, 'default': typed}}, things, Reading(locale, ADA.zone, NOW))

    assert read == {pointer: {'map': {'x': wire}, 'default': wire}}


@pytest.mark.parametrize(('kind', 'wire'), LEFT)
def test_what_is_sent_as_a_value_or_is_none_stays_as_it_is(things: Catalog, kind: str, wire: Any) -> None:
    answers = {f'/entities/thing/properties/{kind}': {'default': wire}, '/nothing': {'default': '1.250'}}

    assert as_wires(answers, things, Reading('vi', ADA.zone, NOW)) == answers


def test_typed_answers_are_carried_out_and_wrong_ones_told_at_their_place(shop: Shop) -> None:
    for size in ('Tết', '3/2/2026', 'some day'):
        shop.insert(full_name=size, size=size)
    request = {'contact': {'properties': {'size': {'x-type': 'date'}}}}
    wrong = {'map': {'Tết': '30/2/2026', 'some day': '2026-01-01'}, 'default': 'soon'}
    at = f'/answers/{SIZE.replace("/", "~1")}'
    assert [(each.code, each.pointer) for each in shop.plan(entities=request, answers={SIZE: wrong}).findings] == [
        ('REC-E010', f'{at}/default'), ('REC-E010', f'{at}/map/Tết')
    ]  # fmt: skip

    vietnamese = replace(ADA, locale='vi')
    answers = {SIZE: {'map': {'Tết': '17/2/2026'}, 'default': 'hôm nay'}}
    plan = shop.publisher.plan({'entities': request, 'answers': answers}, vietnamese)
    shop.apply(plan)

    assert plan.answers == answers
    assert shop.values('size') == [date(2026, 2, 17), date(2026, 2, 3), date(2026, 3, 1)]
