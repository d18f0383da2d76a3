"""Telephone numbers as people and other programs write them."""

from __future__ import annotations

import pytest

from schema.fieldtypes.phone import parse_phone, show_phone


@pytest.mark.parametrize(
    ('written', 'stored', 'shown'),
    [
        ('0912345678', '+84912345678', '0912 345 678'),
        ('+84 912 345 678', '+84912345678', '0912 345 678'),
        ('84912345678', '+84912345678', '0912 345 678'),
        ('(0912) 345-678', '+84912345678', '0912 345 678'),
        ('0123 456 7890', '+84834567890', '0834 567 890'),
        ('+1 800 555 0199 x23', '+18005550199;ext=23', '+1 800-555-0199 #23'),
        ('1-615-897-3442 x957', '+16158973442;ext=957', '+1 615-897-3442 #957'),
    ],
    ids=['mobile', 'international', 'without plus', 'brackets', 'prefix of 2018', 'abroad', 'abroad without plus'],
)
def test_one_number_has_one_spelling(written: str, stored: str, shown: str) -> None:
    assert (parse_phone(written), show_phone(stored)) == (stored, shown)


@pytest.mark.parametrize('written', ['abc', '12', '091234567890123', '+', ''])
def test_what_is_no_number_is_refused(written: str) -> None:
    assert parse_phone(written) is None
