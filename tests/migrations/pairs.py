"""Types that may turn into each other, each pair with a value and what becomes of it. Asserts nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from migrations.converting import BECOMES
from migrations.neighbours import LEADING
from schema.catalog import Field
from schema.fieldtypes.base import Reading
from tests.migrations.conftest import label

REFUSED = '(refused)'
Pair = tuple[str, str]
VND = {'currency': 'VND'}
LABELS = {
    'red': 'Red', 'blue': 'Blue', 'yes': 'Có', 'three': '3', 'half': '1 giờ 30 phút', 'noon': '12:30', 'much': '3.000 ₫',
}  # fmt: skip
OPTIONS = [{'key': key, 'label': {'en': text, 'vi': text}} for key, text in LABELS.items()]
KEYWORDS: Mapping[str, dict[str, Any]] = {
    'picklist': {'x-options': OPTIONS}, 'multi_picklist': {'x-options': OPTIONS}, 'money': {'x-currency': 'VND'},
    'decimal': {'x-scale': 2}, 'autonumber': {'x-pattern': 'KH-{0000}'},
}  # fmt: skip
NAMED = {'s': 'Red', 'b': 'Blue', 'yes': 'Có', 'three': '3'}
STAGES = [{'key': key, 'label': {'en': text, 'vi': text}, 'category': 'open'} for key, text in NAMED.items()]
FROM_TEXT: dict[str, tuple[Any, Any]] = {
    'text': ('12', '12'), 'long_text': ('12', '12'), 'email': ('A@b.vn', 'A@b.vn'), 'phone': ('0912345678', '+84912345678'),
    'url': ('https://a.vn', 'https://a.vn'),
    'integer': ('1.234', 1234), 'decimal': ('1,5', '1.50'), 'percent': ('12', '12.00'),
    'money': ('12', {'amount': '12', **VND}), 'date': ('03/02/2026', '2026-02-03'),
    'datetime': ('2026-02-03', '2026-02-02T17:00:00Z'), 'picklist': ('red', 'red'),
    'multi_picklist': ('Red, Blue', ['red', 'blue']),
    'boolean': ('có', True), 'rich_text': ('a < b', '<p>a &lt; b</p>'), 'address': ('1 Lê Lợi', {'street': '1 Lê Lợi'}),
    'stage': ('red', 's'), 'autonumber': ('kh-0012', 'kh-0012'), 'tags': ('a, b', ['a', 'b']),
    'time': ('12:30', '12:30'), 'duration': ('1 giờ 30 phút', 'PT1H30M'), 'rating': ('4', 4),
}  # fmt: skip
NUMERIC = {
    'integer': 3, 'decimal': '3.00', 'percent': '3.00', 'money': {'amount': '3', **VND}, 'text': '3', 'long_text': '3',
}  # fmt: skip


def to_words(wire: Any, text: str, **others: Any) -> dict[str, tuple[Any, Any]]:
    """The same value into each of several types."""
    return {target: (wire, expected) for target, expected in {'text': text, 'long_text': text, **others}.items()}


def chosen(wire: Any, key: str, word: str) -> dict[str, tuple[Any, Any]]:
    """The same value into the types of chosen words."""
    return {'picklist': (wire, key), 'multi_picklist': (wire, [key]), 'tags': (wire, [word])}


TABLE: dict[str, dict[str, tuple[Any, Any]]] = {
    'text': FROM_TEXT,
    'long_text': FROM_TEXT,
    'email': to_words('a@b.vn', 'a@b.vn', rich_text='<p>a@b.vn</p>', tags=['a@b.vn']),
    'phone': to_words('0912345678', '0912 345 678', rich_text='<p>0912 345 678</p>', tags=['0912 345 678']),
    'url': to_words('https://a.vn', 'https://a.vn', rich_text='<p>https://a.vn</p>', tags=['https://a.vn']),
    'integer': to_words(3, '3', **{key: NUMERIC[key] for key in ('integer', 'decimal', 'percent', 'money')},
                        rating=3, duration='PT3M')
    | {'boolean': (1, True), 'phone': (912345678, '+84912345678'), 'stage': (3, 'three'), **chosen(3, 'three', '3')},
    'decimal': {**to_words('3.00', '3.00', percent='3.00', money={'amount': '3', **VND}, decimal='3.00', duration='PT3H',
                           rating=3), 'integer': ('3.50', REFUSED), **chosen('3.00', 'three', '3.00')},
    'percent': {**to_words('3.50', '3.50', decimal='3.50', percent='3.50', money=REFUSED), 'integer': ('3.00', 3),
                **chosen('3.00', 'three', '3.00')},
    'money': to_words({'amount': '3', **VND}, '3 VND', integer=3, decimal='3.00', percent='3.00', money={'amount': '3', **VND})
    | chosen({'amount': '3000', **VND}, 'much', '3000 VND'),
    'date': to_words('2026-02-03', '2026-02-03', date='2026-02-03', datetime='2026-02-02T17:00:00Z'),
    'datetime': to_words('2026-02-03T20:30:00Z', '2026-02-03T20:30:00Z', date='2026-02-04', datetime='2026-02-03T20:30:00Z',
                         time='03:30'),
    'time': to_words('12:30', '12:30', duration='PT12H30M') | chosen('12:30', 'noon', '12:30'),
    'duration': {**to_words('PT1H30M', '1 giờ 30 phút', integer=90, time='01:30'), 'decimal': ('PT20M', REFUSED),
                 **chosen('PT1H30M', 'half', '1 giờ 30 phút')},
    'picklist': {**to_words('red', 'Red', picklist='red', multi_picklist=['red'], tags=['Red']), 'boolean': ('yes', True),
                 'stage': ('blue', 'b'), 'duration': ('half', 'PT1H30M'), 'time': ('noon', '12:30'), 'rating': ('three', 3),
                 **{kind: ('three', NUMERIC[kind]) for kind in ('integer', 'decimal', 'percent', 'money')}},
    'multi_picklist': {**to_words(['red', 'blue'], 'Red, Blue', tags=['Red', 'Blue'],
                                     multi_picklist=['red', 'blue'], picklist=REFUSED), 'stage': (['red'], 's')},
    'tags': to_words(['Red', 'Blue'], 'Red, Blue', multi_picklist=['red', 'blue'], picklist=REFUSED,
                     stage=REFUSED),
    'boolean': to_words(True, 'Có', integer=1, stage='yes') | chosen(True, 'yes', 'Có'),
    'stage': to_words('s', 'Red') | chosen('s', 'red', 'Red'),
    'rich_text': to_words('<p>Hi <b>you</b></p>', 'Hi you'),
    'address': to_words({'street': '1 Lê Lợi', 'province': 'Huế'}, '1 Lê Lợi, Huế'),
    'rating': to_words(4, '4', integer=4, decimal='4.00') | chosen(3, 'three', '3'),
    'autonumber': {**to_words('KH-0001', 'KH-0001'), 'integer': ('0012', 12)},
}  # fmt: skip
ALONE = frozenset({'stage', 'autonumber'})  # an entity has one of these
ELSEWHERE = {'file', 'image'} | LEADING
"""Links are in test_names_and_links.py and test_link_changes.py, files in tests/files/test_changes.py."""
PAIRS = [
    (source, target)
    for source in BECOMES if source not in ELSEWHERE
    for target in sorted(BECOMES[source] - LEADING) if source != target
]  # fmt: skip


def entity_of(source: str, target: str) -> str:
    return f'{source}_{target}' if {source, target} & ALONE else f'of_{source}'


def fields(kinds: Mapping[str, str]) -> dict[str, Any]:
    named = {'name': {'x-type': 'text', 'x-label': label('Name')}}
    return named | {
        f'to_{key}': {'x-type': kind, 'x-label': label(key), **KEYWORDS.get(kind, {})} for key, kind in kinds.items()
    }


def schema(pairs: Iterable[Pair], kind_of: Callable[[str, str], str]) -> dict[str, Any]:
    """An entity for each source with a field for each target; `kind_of(source, target)` is the field's type."""
    kinds: dict[str, dict[str, str]] = {}
    for source, target in pairs:
        kinds.setdefault(entity_of(source, target), {})[target] = kind_of(source, target)
    staged = {'x-pipelines': [{'key': 'p', 'label': label('P'), 'stages': STAGES}]}
    return {
        key: {'x-label': label(key), 'properties': fields(each), **(staged if 'stage' in each.values() else {})}
        for key, each in kinds.items()
    }


def value_of(each: Field, source: str, target: str) -> Any:
    """What the field of a pair holds before."""
    wire = TABLE[source][target][0]
    return wire if source == 'autonumber' else each.type.normalise(each.definition, wire, Reading('vi'))
