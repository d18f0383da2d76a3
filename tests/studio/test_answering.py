"""Answers as an admin types them in the review, in the language of the page."""

from __future__ import annotations

from typing import Any

import pytest

from modules.studio.answering import wire_of

COLOURS = [{'key': 'red', 'label': {'vi': 'Đỏ', 'en': 'Red'}}, {'key': 'blue', 'label': {'vi': 'Xanh', 'en': 'Blue'}}]


@pytest.mark.parametrize(('kind', 'typed', 'locale', 'wire'), [
    ('integer', '1.250', 'vi', 1250), ('integer', '1,250', 'en', 1250), ('decimal', '1.250', 'en', '1.250'),
    ('decimal', '12,5', 'vi', '12.5'), ('decimal', '12,5', 'en', '12.5'), ('integer', '85 triệu', 'vi', 85_000_000),
    ('money', '1,2 tỷ', 'vi', {'amount': '1200000000', 'currency': 'VND'}), ('decimal', 'nan', 'en', 'nan'),
    ('multi_picklist', 'Đỏ; blue, xám', 'vi', ['red', 'blue', 'xám']), ('picklist', 'do', 'vi', 'red'),
    ('date', '3/2/2026', 'vi', '3/2/2026'), ('links', 'Hoa Sen; FPT', 'vi', 'Hoa Sen; FPT'), ('text', '  ', 'vi', None),
])  # fmt: skip
def test_what_is_typed_becomes_a_value_or_is_left_for_the_plan_to_read(kind: str, typed: str, locale: str, wire: Any) -> None:
    assert wire_of({'x-type': kind, 'x-options': COLOURS}, typed, locale) == wire
