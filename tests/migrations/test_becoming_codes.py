"""Codes that people wrote become numbers given out: the codes stay, the counter goes on after the greatest."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from migrations.unread import stream_unread
from schema.base.counters import number_counter, take
from schema.fieldtypes.autonumber import read_number
from tests.migrations.conftest import Shop
from tests.migrations.test_link_changes import during_backfill, left_over

REQUEST = {'contact': {'properties': {'size': {'x-type': 'autonumber', 'x-pattern': 'KH-{YYYY}-{000}'}}}}


def given(shop: Shop) -> dict[str, int]:
    counter = number_counter.c
    with shop.database.reading() as connection:
        return {row.period: row.given for row in connection.execute(sa.select(counter.period, counter.given))}


def codes(shop: Shop, *written: str | None) -> None:
    for code in written:
        shop.insert(full_name=f'of {code}', size=code)


@pytest.mark.parametrize(
    ('pattern', 'text', 'read'),
    [
        ('KH-{YYYY}-{000}', 'KH-2026-007', ('2026', 7)), ('KH-{YYYY}-{000}', 'kh-2025-1234', ('2025', 1234)),
        ('KH-{YYYY}-{000}', 'KH-2026-07', None), ('KH-{YYYY}-{000}', 'KH-0000-007', None),
        ('KH-{000}', 'KH-007', ('', 7)), ('KH-{000}', 'KH-007 b', None), ('KH-{000}', 'NV-007', None),
        ('{YY}{MM}{DD}/{00}', '260301/12', ('2026-03-01', 12)), ('{YY}{MM}{DD}/{00}', '261301/12', None),
        ('Đơn {0}.{YY}.{YY}', 'đơn 12.26.26', ('2026', 12)), ('Đơn {0}.{YY}.{YY}', 'Đơn 12.26.27', None),
        ('{0}', '9' * 16, None),
    ],
)  # fmt: skip
def test_what_a_pattern_spells_is_read_again(pattern: str, text: str, read: tuple[str, int] | None) -> None:
    assert read_number(pattern, text) == read


def test_codes_stay_and_the_counter_goes_on_after_the_greatest(shop: Shop) -> None:
    codes(shop, 'KH-2026-009', 'kh-2026-041', 'KH-2025-777', 'An Phát 3', None)

    plan = shop.plan(entities=REQUEST)
    told = {each.finding.code: each for each in plan.impact}
    assert (told['MIG-W003'].finding.params['converted'], told['MIG-W003'].finding.params['failed']) == (4, 0)
    assert (told['MIG-W012'].count, told['MIG-W012'].finding.params['value']) == (1, 'kh-2026-041')
    assert [each['value'] for each in told['MIG-W012'].samples] == ['An Phát 3']
    assert plan.findings == []
    shop.apply(plan)

    assert shop.values('size') == ['KH-2026-009', 'kh-2026-041', 'KH-2025-777', 'An Phát 3', 'KH-2026-042']
    assert given(shop) == {'2025': 777, '2026': 42}
    assert left_over(shop) == []


def test_codes_that_two_records_share_are_refused_and_told(shop: Shop) -> None:
    codes(shop, 'KH-2026-001', 'kh-2026-001', 'KH-2026-002', 'KH-2026-001')

    (refused,) = [each for each in shop.plan(entities=REQUEST).impact if each.finding.level == 'error']

    assert (refused.finding.code, refused.finding.pointer, refused.count) == (
        'MIG-E016', '/entities/contact/properties/size/x-unique', 3
    )  # fmt: skip
    assert [each['title'] for each in refused.samples] == ['of KH-2026-001', 'of kh-2026-001', 'of KH-2026-001']


def test_codes_written_during_the_backfill_stay_and_count(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    codes(shop, 'KH-2026-001', None, None)

    def write() -> None:
        shop.update(2, size='KH-2026-050')
        codes(shop, 'KH-2026-051')

    with monkeypatch.context() as patch:
        during_backfill(patch, write)
        shop.publish(entities=REQUEST)

    assert shop.values('size') == ['KH-2026-001', 'KH-2026-050', 'KH-2026-052', 'KH-2026-051']


def test_a_rollback_gives_the_texts_back_and_forth_again_gives_no_number_twice(shop: Shop) -> None:
    codes(shop, 'KH-2026-005', None)
    shop.publish(entities=REQUEST)
    assert shop.values('size') == ['KH-2026-005', 'KH-2026-006']

    shop.roll_back(1)
    assert shop.values('size') == ['KH-2026-005', 'KH-2026-006']
    shop.update(1, size='KH-2026-100')
    codes(shop, None)
    shop.roll_back(2)

    assert shop.values('size') == ['KH-2026-100', 'KH-2026-006', 'KH-2026-101']
    with shop.database.writing() as connection:
        each = shop.contact.fields['size']
        assert take(connection, shop.contact.ref, each.ref, '2026', 1) == 102


def test_what_is_too_long_for_a_code_is_told_and_numbered(shop: Shop) -> None:
    codes(shop, 'x' * 61)

    shop.publish(entities=REQUEST)

    assert shop.values('size') == ['KH-2026-001']
    assert [each.value for each in stream_unread(shop.database, 2)] == ['x' * 61]


def test_values_that_become_alike_are_refused_where_they_must_differ(shop: Shop) -> None:
    codes(shop, '10', '010', 'ten', '11', '-1', '-2')
    request = {'contact': {'properties': {'size': {'x-type': 'integer', 'x-unique': True}}}}

    refused = [each for each in shop.plan(entities=request).impact if each.finding.level == 'error']

    assert [(each.finding.code, each.count, [one['value'] for one in each.samples]) for each in refused] == [
        ('MIG-E016', 2, ['10', '010'])
    ]  # fmt: skip
