"""Postal addresses: street, ward, district, province, postcode, country, in the order of Vietnam."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from schema.base.text import fold, tidy
from schema.definitions import FieldDef
from schema.fieldtypes.base import BLANK, FOLD, WORDS, FieldType, Reading, refuse_unless
from schema.fieldtypes.countries import PROVINCES, country_code, country_name
from schema.values import Address

PARTS = ('street', 'ward', 'district', 'province', 'postcode', 'country')
HOME = 'VN'
LONGEST = 200
_WARD = re.compile(r'^(phuong|xa|thi tran|p\.|x\.|tt\.|dac khu|ward|commune)\s*')
_DISTRICT = re.compile(r'^(quan|huyen|thi xa|q\.|h\.|tx\.|district)\s*')
_PROVINCE = re.compile(r'^(tinh|thanh pho|tp\.?|province|city)\s*')
_POSTCODE = re.compile(r'^\d{5,6}\Z', re.ASCII)
_WITH_POSTCODE = re.compile(r'^(.*\D)\s+(\d{5,6})\Z', re.ASCII)
_BYTEWISE = sa.Text(collation='C')


class AddressType(FieldType):
    """Wire `{street, ward, district, province, postcode, country}` of those that are there; country is an ISO 3166 code.

    Columns: the whole in one line, its folded twin for search, and one for each part. An address without a country is at home.
    """

    key = 'address'
    widget = 'address'
    icon = 'map-pin'
    operators = WORDS + BLANK
    sortable = False
    keywords = frozenset({'type'})

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        line = {field.column: sa.Text(), field.column + FOLD: sa.Text().with_variant(_BYTEWISE, 'postgresql')}
        return line | {f'{field.column}__{part}': sa.Text() for part in PARTS}

    def to_columns(self, field: FieldDef, value: Any) -> dict[str, Any]:
        columns = {f'{field.column}__{part}': getattr(value, part, None) or None for part in PARTS}
        line = None if value is None else one_line(value, 'vi')
        return {field.column: line, field.column + FOLD: None if line is None else fold(line), **columns}

    def from_row(self, field: FieldDef, row: Mapping[str, Any]) -> Address | None:
        if row[field.column] is None:
            return None
        return Address(**{part: row[f'{field.column}__{part}'] or '' for part in PARTS})

    def normalise(self, field: FieldDef, wire: Any, reading: Reading) -> Address | None:
        if wire is None or wire == '':
            return None
        if isinstance(wire, str):
            wire = parse_address(wire)
        refuse_unless(isinstance(wire, Mapping), 'REC-E055', value=str(wire)[:60], choices=', '.join(PARTS))
        for name, part in wire.items():
            refuse_unless(name in PARTS and (part is None or isinstance(part, str)), 'REC-E055', value=str(name)[:60],
                          choices=', '.join(PARTS))  # fmt: skip
        texts = {name: ' '.join(tidy(part or '').split()) for name, part in wire.items()}
        longest = max(map(len, texts.values()), default=0)
        refuse_unless(longest <= LONGEST, 'REC-E003', limit=LONGEST, length=longest)
        if country := texts.get('country'):
            code = country_code(country)
            refuse_unless(code is not None, 'REC-E054', value=country[:60])
            texts['country'] = '' if code == HOME else str(code)
        return Address(**texts) if any(texts.values()) else None

    def wire(self, field: FieldDef, value: Any) -> Any:
        return None if value is None else {part: text for part in PARTS if (text := getattr(value, part))}

    def text(self, field: FieldDef, value: Any, reading: Reading) -> str:
        return '' if value is None else one_line(value, reading.locale)

    def parse(self, field: FieldDef, text: str, reading: Reading) -> Any:
        return parse_address(text) or None

    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        texts: dict[str, Any] = {part: {'type': 'string', 'maxLength': LONGEST} for part in PARTS[:-1]}
        country = {'type': 'string', 'pattern': '^[A-Z]{2}$'}
        return {'type': 'object', 'properties': {**texts, 'country': country}, 'additionalProperties': False}

    def comparable_column(self, field: FieldDef, columns: Mapping[str, sa.ColumnElement[Any]]) -> sa.ColumnElement[Any]:
        return columns[field.column + FOLD]

    def comparable(self, field: FieldDef, value: Any) -> Any:
        return None if value is None else fold(one_line(value, 'vi'))


def one_line(value: Address, locale: str) -> str:
    """`12 Lý Thường Kiệt, Phường Cửa Nam, Hà Nội 11000`; the country only where it is not the home one."""
    region = ' '.join(filter(None, (value.province, value.postcode)))
    country = country_name(value.country, locale) if value.country else ''
    return ', '.join(filter(None, (value.street, value.ward, value.district, region, country)))


def parse_address(text: str) -> dict[str, str]:
    """The parts of one line: country and postcode from the end, ward and district by their words, the province by its name.

    What cannot be told stays in the street, so that nothing is lost.
    """
    pieces = [piece for part in tidy(text).replace('\n', ',').split(',') if (piece := ' '.join(part.split()))]
    found: dict[str, str] = {}
    if len(pieces) > 1 and (code := country_code(pieces[-1])):
        pieces.pop()
        if code != HOME:
            found['country'] = code
    if len(pieces) > 1 and _POSTCODE.match(pieces[-1]):
        found['postcode'] = pieces.pop()
    elif len(pieces) > 1 and (both := _WITH_POSTCODE.match(pieces[-1])):
        pieces[-1], found['postcode'] = both[1], both[2]
    if len(pieces) > 1 and (_is_province(pieces[-1]) or found):
        found['province'] = pieces.pop()
    for part, words in (('district', _DISTRICT), ('ward', _WARD)):
        if len(pieces) > 1 and words.match(fold(pieces[-1])):
            found[part] = pieces.pop()
    if pieces:
        found['street'] = ', '.join(pieces)
    return {part: found[part] for part in PARTS if part in found}


def _is_province(text: str) -> bool:
    folded = fold(text)
    bare = _PROVINCE.sub('', folded)
    return bare in PROVINCES or bare != folded
