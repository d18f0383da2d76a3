"""Values and operands for every field type, small enough in number that tests meet each other."""

from __future__ import annotations

from typing import Any

from schema.conditions import operators_for
from schema.conditions.lookup import Lookup
from schema.conditions.operators import OPERATORS
from tests.conditions.world import CATALOG, TEAMS, uid_of

TEXTS = [
    'Đặng Thị Yến',
    'dang thi yen',
    'Điều hòa',
    'điều',
    'a%b',
    'a_b',
    'z',
    'ÉTÉ',
    'b  c',
    'straße',
    'İzmir',
    'x😀',
    'x\ud7ff',
    'x/y',
]
PHONES = ['0912345678', '+84 912 345 679', '02838221234', '+14155552671']
NUMBERS = ['0', '-3', '7', '12', '100']
KEYS = ['new', 'contacted', 'won_back']
DAYS = ['2026-03-01', '2026-03-02', '2026-02-28', '2024-02-29', '1990-03-08', '1985-12-31', '2025-01-01']
INSTANTS = [
    '2026-03-01T16:59:59Z',
    '2026-03-01T17:00:00Z',
    '2026-03-01T20:30:00Z',
    '2026-03-02T17:00:00Z',
    '2025-12-31T17:00:00Z',
]
SPANS: list[Any] = [
    {'this': 'day'}, {'this': 'week'}, {'this': 'month'}, {'this': 'quarter'}, {'this': 'year'}, {'last': {'days': 14}},
    {'next': {'days': 7}}, {'last': {'months': 3}}, {'next': {'weeks': 2}}, {'previous': 'month'}, {'following': 'year'},
    {'last': {'years': 40}},
]  # fmt: skip
POINTS: list[Any] = [{'today': 0}, {'days': -7}, {'weeks': 1}, {'months': -1}, {'start_of': 'month'}, {'start_of': 'year'}]

VALUES: dict[str, list[Any]] = {
    'text': TEXTS, 'email': ['ada@example.com', 'Bela@Example.org', 'z@example.com'],
    'url': ['https://example.com', 'http://example.com/Đá', 'z.example'], 'phone': PHONES,
    'long_text': ['Điều\nHÒA', 'hợp ĐỒNG 50%', 'x_y', 'İß', 'z'], 'integer': NUMBERS, 'decimal': [*NUMBERS, '0.125', '7.001'],
    'percent': [*NUMBERS, '12.5'], 'boolean': [True, False], 'date': DAYS, 'datetime': INSTANTS, 'picklist': KEYS,
    'money': ['100', '250000', '-5', {'amount': '100.50', 'currency': 'USD'}],
    'multi_picklist': [['new'], ['won_back', 'new'], ['contacted'], KEYS], 'stage': ['open', 'won', 'lost'],
    'user': ['ada', 'bela', 'cleo'], 'team': list(TEAMS), 'rating': ['1', '3', '5'],
    'duration': ['PT45M', 'PT1H30M', 'PT48H', 'PT0M'], 'time': ['00:00', '08:30', '08:30:01', '23:59:59'],
    'tags': [['VIP', 'Thân thiết'], ['vip'], ['mới', 'x%_']],
    'rich_text': ['<p>Điều <b>HÒA</b></p>', '<ul><li>hợp đồng 50%</li></ul>'],
    'address': [{'street': '12 Lê Lợi', 'province': 'Đà Nẵng'}, {'street': 'Đường 3/2', 'district': 'Quận 10'}],
    'formula': NUMBERS,
}  # fmt: skip
OPERANDS: dict[str, list[Any]] = {
    **VALUES, 'text': [*TEXTS, 'dang', 'THỊ', '%', '_', 'B C', 'yen'], 'phone': [*PHONES, '84912345678'],
    'long_text': ['điều', 'HÒA', '50%', '_', 'Đồng', 'ß'], 'url': [*VALUES['url'], 'example'],
    'money': [*VALUES['money'], {'amount': '100', 'currency': 'VND'}, '99.5'],
    'date': DAYS + POINTS, 'datetime': [*INSTANTS, *DAYS[:3], *POINTS, {'now': 0}, {'hours': -4}, {'minutes': 30}],
    'multi_picklist': KEYS, 'user': [*VALUES['user'], {'me': True}, 'nobody'], 'team': [*TEAMS, {'my_teams': True}],
    'uid': [uid_of(1), uid_of(999)], 'tags': ['VIP', 'mới', 'x%_', 'thân thiết', 'lạ'],
    'rich_text': ['điều', 'HÒA', 'hợp', '50%', 'đồng'], 'address': ['lê lợi', 'Đà', 'quận 10', '3/2', 'lạ'],
}  # fmt: skip
PHONE_PARTS = ['0912', '+84', '849', '678', '1415']


def operands(type_key: str, op: str, links: list[Any]) -> list[Any]:
    """Single values that an operator of a type can be compared with; `links` are those of the world."""
    if op in {'within', 'anniversary_within'}:
        return SPANS
    if type_key == 'phone' and op in {'contains', 'starts_with'}:
        return PHONE_PARTS
    return links if type_key in {'link', 'link_any'} else OPERANDS[type_key]


def tests_of(entity: str) -> list[tuple[str, str, str]]:
    """`(field key, type key, operator)` of every test that the entity's fields allow."""
    face = Lookup(CATALOG).find(entity)
    assert face is not None
    return [(key, each.type.key, op) for key, each in face.fields.items() for op in operators_for(each)]


def arity(op: str) -> str:
    return OPERATORS[op].arity
