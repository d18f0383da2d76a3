"""Numbers as providers take them. Reads no table."""

from __future__ import annotations

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

from schema.base.errors import Invalid
from schema.fieldtypes.phone import EXTENSION, parse_phone

MOBILE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


def mobile_digits(given: str) -> str:
    """Digits with the country's in front, `84912345678`, of a number in any spelling. Raises: Invalid MSG-E004 for what is no
    mobile number: a landline takes no message."""
    stored = parse_phone(given.partition(EXTENSION)[0]) or ''
    try:
        number = phonenumbers.parse(stored, None)
    except NumberParseException as error:
        raise Invalid.of('MSG-E004', value=given[:40]) from error
    if phonenumbers.number_type(number) not in MOBILE:
        raise Invalid.of('MSG-E004', value=given[:40])
    return stored.partition(EXTENSION)[0].removeprefix('+')
