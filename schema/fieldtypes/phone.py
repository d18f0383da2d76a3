"""Telephone numbers: stored in E.164, shown as people write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import phonenumbers
import sqlalchemy as sa
from phonenumbers import NumberParseException, PhoneNumberFormat

from schema.definitions import FieldDef
from schema.fieldtypes.base import BLANK, EQUALITY, WORDS, FieldType, Reading, Refused, refuse_unless

HOME_REGION = 'VN'
EXTENSION = ';ext='
# Mobile prefixes that Vietnam renumbered on 15 September 2018 (eleven digits became ten), by operator.
RENUMBERED = {
    '162': '32', '163': '33', '164': '34', '165': '35', '166': '36', '167': '37', '168': '38', '169': '39',
    '120': '70', '121': '79', '122': '77', '126': '76', '128': '78',
    '123': '83', '124': '84', '125': '85', '127': '81', '129': '82', '186': '56', '188': '58', '199': '59',
}  # fmt: skip

# Nine national digits after 0 or +84 need no metadata: imports read them by the hundred thousand.
_USUAL = re.compile(r'^(?:0|\+84 ?)((?:[2-9](?:[ .-]?[0-9]){8}))\Z')
_AT_HOME = re.compile(r'\+84([1-9][0-9]{2})([0-9]{3})([0-9]{3})\Z', re.ASCII)  # lists show them by the hundred


def parse_phone(text: str, region: str = HOME_REGION) -> str | None:
    """E.164 with an optional `;ext=`, in one spelling: `0912…`, `+84 912…` and `84912…` agree. None when it is no number."""
    if region == HOME_REGION and (usual := _USUAL.match(text)):
        return '+84' + ''.join(filter(str.isdigit, usual[1]))
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    if number.country_code == 84:
        digits = str(number.national_number)
        if len(digits) == 10 and digits[:3] in RENUMBERED:
            number.national_number = int(RENUMBERED[digits[:3]] + digits[3:])
    if not phonenumbers.is_valid_number(number):
        if (
            not text.strip().startswith('+')
            and (plain := ''.join(filter(str.isdigit, text))).startswith('84')
            and len(plain) >= 10
        ):
            return parse_phone(f'+{plain}', region)
        if not phonenumbers.is_possible_number(number):
            return _abroad(text)
    extension = f'{EXTENSION}{number.extension}' if number.extension else ''
    return phonenumbers.format_number(_bare(number), PhoneNumberFormat.E164) + extension


def _abroad(text: str) -> str | None:
    """A number that is none at home but would be one with a `+` in front: '1-863-920-1696 x313' in foreign spreadsheets."""
    bare = text.strip()
    if not bare[:1].isdigit() or bare.startswith('0'):
        return None
    try:
        number = phonenumbers.parse(f'+{bare}', None)
    except NumberParseException:
        return None
    return parse_phone(f'+{bare}') if phonenumbers.is_valid_number(number) else None


def show_phone(stored: str, region: str = HOME_REGION) -> str:
    """The national spelling at home, the international one abroad."""
    if at_home := _AT_HOME.match(stored) if region == HOME_REGION else None:
        return f'0{at_home[1]} {at_home[2]} {at_home[3]}'
    plain, _, extension = stored.partition(EXTENSION)
    try:
        number = phonenumbers.parse(plain, None)
    except NumberParseException:
        return stored
    home = phonenumbers.region_code_for_number(number) == region
    if home and len(str(number.national_number)) == 9:
        digits = f'0{number.national_number}'
        shown = f'{digits[:4]} {digits[4:7]} {digits[7:]}'
    else:
        shown = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL if home else PhoneNumberFormat.INTERNATIONAL)
    return f'{shown} #{extension}' if extension else shown


def _bare(number: phonenumbers.PhoneNumber) -> phonenumbers.PhoneNumber:
    return phonenumbers.PhoneNumber(
        country_code=number.country_code,
        national_number=number.national_number,
        italian_leading_zero=number.italian_leading_zero,
    )


class Phone(FieldType):
    key = 'phone'
    widget = 'phone'
    icon = 'phone'
    operators = EQUALITY + BLANK + WORDS
    keywords = frozenset({'type'})

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        return {field.column: sa.String(40).with_variant(sa.String(40, collation='C'), 'postgresql')}

    def normalise(self, field: FieldDef, wire: Any, reading: Reading) -> str | None:
        if wire is None:
            return None
        refuse_unless(isinstance(wire, str), 'REC-E002')
        text = wire.strip()
        if not text:
            return None
        refuse_unless(len(text) <= 60, 'REC-E008', value=text[:60])
        stored = parse_phone(text)
        if stored is None:
            raise Refused('REC-E008', value=text)
        return stored

    def text(self, field: FieldDef, value: Any, reading: Reading) -> str:
        return '' if value is None else show_phone(value)

    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        return {'type': 'string', 'maxLength': 40}
