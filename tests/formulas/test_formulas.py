"""Formulas by themselves: what they give, what is refused and where, renaming, and hostile text."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.formulas import FUNCTIONS, Outcome, compile_formula, fields_of, rename
from schema.formulas.functions import Failed, decimal_of, round_number
from tests.support.properties import examples

KINDS = {
    'amount': 'number',
    'quantity': 'number',
    'name': 'text',
    'company.name': 'text',
    'company.rate': 'number',
    'start': 'moment',
    'end': 'moment',
    'vip': 'boolean',
    'tags': 'texts',
    'package': 'text',
    'first_name': 'text',
    'last_name': 'text',
    'code': 'text',
}


class Scope:
    def kind(self, name: str) -> str | None:
        return KINDS.get(name)

    def names(self, name: str) -> Iterable[str]:
        return KINDS


def day(year: int, month: int, number: int) -> datetime:
    return datetime(year, month, number, tzinfo=UTC)


VALUES: dict[str, Any] = {
    'amount': 10.0,
    'quantity': 3.0,
    'name': 'An',
    'company.name': 'Hải Âu',
    'company.rate': None,
    'start': day(2026, 1, 31),
    'end': day(2026, 3, 1),
    'vip': True,
    'tags': ['vàng'],
    'package': 'p',
    'first_name': 'Văn',
    'last_name': 'Trần',
    'code': 'ab12',
}


def gives(expression: str) -> Outcome:
    formula, findings = compile_formula(expression, Scope())
    assert findings == [], [str(each) for each in findings]
    assert formula is not None
    return formula.compute(VALUES)


@pytest.mark.parametrize(
    ('expression', 'value'),
    [
        ('amount * quantity', 30.0),
        ('amount * 2 + 1', 21.0),
        ('round(amount / quantity, 2)', 3.33),
        ('round(0.1 + 0.2, 15)', 0.3),
        ('min(amount, quantity, 5)', 3.0),
        ('max(amount, quantity)', 10.0),
        ('abs(-amount)', 10.0),
        ('floor(2.7)', 2.0),
        ('ceil(2.1)', 3.0),
        ("join(' ', last_name, first_name)", 'Trần Văn'),
        ("join('-', company.name, text(quantity))", 'Hải Âu-3'),
        ("vip ? 'VIP ' + name : name", 'VIP An'),
        ('days(start, end)', 29.0),
        ('hours(start, end)', 696.0),
        ('add_days(start, 1)', day(2026, 2, 1)),
        ('add_months(start, 1)', day(2026, 2, 28)),
        ('end - end == start - start', True),
        ("year(date('2027-05-06')) * 100 + month(start)", 202701.0),
        ('weekday(start)', 6.0),
        ('day(end)', 1.0),
        ("upper(left(code, 2)) + lower(right('AB', 1)) + trim(' x ')", 'ABbx'),
        ("length(name) > 1 && name.startsWith('A')", True),
        ("'vàng' in tags ? 1 : 0", 1.0),
        ('coalesce(company.rate, 1) * amount', 10.0),
        ('blank(company.rate) ? 0 : company.rate', 0.0),
        ("join(', ', package, blank(name) ? '' : name)", 'p, An'),
        ('company.rate * 2', None),
        ('company.rate + amount / 0', None),
        ('amount > 100 && company.rate > 1', False),
        ('coalesce(company.rate * 2, quantity)', 3.0),
        ('0.1 + 0.2 > 0.3 ? 1 : 2', 1.0),
    ],
)
def test_a_formula_gives(expression: str, value: Any) -> None:
    assert gives(expression) == Outcome(value)


@pytest.mark.parametrize(
    ('expression', 'code'),
    [
        ('amount / 0', 'REC-W051'),
        ('amount / (quantity - 3)', 'REC-W051'),
        ('1e300 * 1e300 * amount', 'REC-W051'),
        ('0.0 / (quantity - 3)', 'REC-W051'),
        ('amount * 1e15', 'REC-W052'),
        ('round(amount * 1e16)', 'REC-W052'),
        ("date('2026-13-01')", 'REC-W053'),
        ('add_days(start, 1e300)', 'REC-W053'),
        ('add_months(start, 100000)', 'REC-W053'),
        ('left(name, -1)', 'REC-W054'),
    ],
)
def test_what_has_no_result_is_blank_with_its_reason(expression: str, code: str) -> None:
    assert gives(expression) == Outcome(None, code)


@pytest.mark.parametrize(
    ('expression', 'code', 'position'),
    [
        ('', 'SCH-E300', 1),
        ('amount *', 'SCH-E313', 8),
        ('(amount', 'SCH-E313', 2),
        ('amont + 1', 'SCH-E309', 1),
        ('1 +\n amont', 'SCH-E309', 6),
        ('company.nam', 'SCH-E309', 1),
        ('amount + name', 'SCH-E314', 8),
        ("'đường' + amount", 'SCH-E314', 9),
        ('now()', 'SCH-E306', 1),
        ('days(start, today)', 'SCH-E306', 13),
        ('tags.map(t, t)', 'SCH-E307', 1),
        ('has(name)', 'SCH-E307', 1),
        ('rond(amount)', 'SCH-E308', 1),
        ('amount == null', 'SCH-E305', 11),
        ('amount % 2', 'SCH-E304', 8),
        ('{}', 'SCH-E304', 1),
        ('coalesce()', 'SCH-E311', 1),
        ('blank(name, code)', 'SCH-E312', 1),
        ('end - start', 'SCH-E315', 1),
        ("name.matches('a')", 'SCH-E308', 1),
        ('[amount]', 'SCH-E315', 1),
        ('amount ? 1 : 2', 'SCH-E314', 8),
        ("'a' ? 1 : 2", 'SCH-E314', 5),
        ('company', 'SCH-E309', 1),
    ],
)
def test_what_is_wrong_is_told_with_its_place(expression: str, code: str, position: int) -> None:
    formula, findings = compile_formula(expression, Scope())

    assert formula is None
    assert (findings[0].code, findings[0].params['position']) == (code, position)
    assert all(each.text('vi') and each.text('en') for each in findings)


def test_the_nearest_name_is_suggested() -> None:
    _, findings = compile_formula('amont * rond(company.nam)', Scope())

    assert [each.params['hint']['en'] for each in findings] == [
        "Did you mean 'amount'?",
        "Did you mean 'round'?",
        "Did you mean 'company.name'?",
    ]


def test_the_result_must_be_of_the_kind_that_is_wanted() -> None:
    assert [each.code for each in compile_formula('amount', Scope(), 'text')[1]] == ['SCH-E315']
    assert compile_formula('amount', Scope(), 'number')[1] == []


def test_names_follow_a_rename_and_strings_do_not() -> None:
    expression = "join('name', name,  company . name) + (company.rate > name.contains('x') ? name(1) : namer)"

    renamed = rename(expression, {'name': 'title', 'company': 'customer', 'company.rate': 'customer.discount'})

    assert renamed == "join('name', title,  customer.name) + (customer.discount > title.contains('x') ? name(1) : namer)"
    assert fields_of(expression) == ('name', 'company.name', 'company.rate', 'namer')
    assert rename(renamed, {}) == renamed


@pytest.mark.parametrize(
    'expression',
    [
        '(' * 1_000 + 'amount' + ')' * 900,
        '!' * 1_900 + 'vip',
        '-' * 399 + 'amount',
        ' + '.join(['amount'] * 199),
        ' ? '.join(['vip'] * 150),
        'coalesce(' * 18 + 'amount' + ', 1)' * 18,
        "join('x', " * 15 + 'name' + ', name)' * 15,
        '[' * 300 + ']' * 300,
        'amount' * 300,
        '9' * 1_900,
        "'" * 1_999,
        '\\' * 100,
        '\x00',
        '\ud800',
        "'\ud800'",
        '/*' * 500,
        '//' + 'x' * 1_900,
        'round(' * 60 + '1' + ')' * 60,
        'x' * 5_000,
        'a.' * 900 + 'b',
        '?:' * 300,
        ',' * 500,
        'tags[0]' + '[0]' * 50,
        "r'a' + b'b'",
    ],
)
def test_hostile_formulas_end_at_once(expression: str) -> None:
    started = time.process_time()
    formula, findings = compile_formula(expression, Scope())
    if formula is not None:
        formula.compute(VALUES)

    assert (formula is None) == bool(findings)
    assert time.process_time() - started < 1


def test_text_that_grows_is_cut_off() -> None:
    expression = ' + '.join(['name'] * 25)
    formula, _ = compile_formula(expression, Scope())
    assert formula is not None

    assert formula.compute({'name': 'x' * 10_000}) == Outcome(None, 'REC-W054')


words = st.one_of(
    st.sampled_from(
        [
            *KINDS,
            *FUNCTIONS,
            'coalesce',
            'blank',
            'null',
            'true',
            'now',
            'map',
            '(',
            ')',
            ',',
            '+',
            '-',
            '*',
            '/',
            '?',
            ':',
            '!',
            '&&',
            '||',
            '==',
            '<',
            '>',
            "'a'",
            '"b"',
            '1',
            '2.5',
            '[',
            ']',
            '.',
            'in',
        ]
    ),
    st.text(max_size=4),
)


@settings(max_examples=examples(300))
@given(st.lists(words, max_size=14))
def test_any_text_is_a_formula_or_has_findings(parts: list[str]) -> None:
    expression = ' '.join(parts)
    formula, findings = compile_formula(expression, Scope())

    assert (formula is None) == bool(findings)
    assert isinstance(rename(expression, {'name': 'title'}), str)
    assert all(0 < each.params.get('position', 1) <= len(expression) + 1 for each in findings)
    if formula is not None:
        outcome = formula.compute(VALUES)
        assert outcome.value is None or outcome.problem is None
        assert set(formula.fields) <= set(KINDS)


@given(st.decimals(-(10**12), 10**12, places=3))
def test_decimals_of_fifteen_digits_come_through_exactly(number: Any) -> None:
    assert decimal_of(float(number)) == number


@given(st.integers(-(10**9), 10**9))
def test_halves_are_rounded_away_from_zero(number: int) -> None:
    assert round_number(number + (0.5 if number >= 0 else -0.5)) == number + (1 if number >= 0 else -1)


def test_more_digits_than_a_double_holds_are_refused() -> None:
    with pytest.raises(Failed, match='REC-W052'):
        decimal_of(1e15)
    with pytest.raises(Failed, match='REC-W052'):
        decimal_of(float('nan'))
