"""Owns believable single values (names, phones, amounts) drawn from a pack's word lists; knows no entity, no database."""

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from random import Random
from typing import Any

# Weights of the Vietnamese tax number's check digit (General Department of Taxation, ten-digit codes).
TAX_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
LOCAL_SPELLINGS = (
    '{a} {b} {c}',
    '{a} {b} {c}',
    '{a}{b}{c}',
    '{a}.{b}.{c}',
    '{a}-{b}-{c}',
    '+84 {d} {b} {c}',
    '+84{d}{b}{c}',
    '(+84) {d} {b} {c}',
)


@dataclass(frozen=True)
class Person:
    """Somebody in the story; `polite` is how colleagues write about them in Vietnamese, `formal` in English."""

    full_name: str
    salutation: str
    polite: str
    formal: str
    foreign_phone: str | None = None


@dataclass(frozen=True)
class Firm:
    """A company before it is a record: `core` is the name without its legal form, `domain` ends in `.example`."""

    name: str
    core: str
    industry: str
    sizes: tuple[str, ...]
    domain: str
    foreign: bool


@lru_cache(maxsize=1)
def load_words() -> dict[str, Any]:
    """The sales pack's demonstration lists, `{file stem: content}`; callers must not change them."""
    folder = resources.files('schema') / 'packs' / 'sales' / 'demo'
    return {
        part.name.removesuffix('.json'): json.loads(part.read_text('utf-8'))
        for part in folder.iterdir()
        if part.name.endswith('.json')
    }


def plain(text: str) -> str:
    """The text without Vietnamese marks, case kept: `Đỗ Ánh` gives `Do Anh`."""
    bare = text.replace('đ', 'd').replace('Đ', 'D')
    return ''.join(sign for sign in unicodedata.normalize('NFD', bare) if not unicodedata.combining(sign))


def slug(text: str) -> str:
    return ''.join(sign for sign in plain(text).lower() if sign.isalnum())


def weighted(rng: Random, pairs: Sequence[Sequence[Any]]) -> Any:
    """One first member of `(choice, weight)` pairs."""
    return rng.choices([pair[0] for pair in pairs], [pair[1] for pair in pairs])[0]


def draw_person(rng: Random) -> Person:
    names = load_words()['names']
    gender = rng.choice(('male', 'female'))
    surname, middle, given = (
        weighted(rng, names['surnames']),
        rng.choice(names[gender]['middle']),
        rng.choice(names[gender]['given']),
    )
    while given in middle.split() or given == surname:
        given = rng.choice(names[gender]['given'])
    title = ('mr', 'anh', 'Mr') if gender == 'male' else ('ms', 'chị', 'Ms')
    return Person(f'{surname} {middle} {given}', title[0], f'{title[1]} {given}', f'{title[2]} {plain(given)}')


def foreign_person(row: Sequence[str], rng: Random) -> Person:
    full_name, salutation, phone = row
    formal = f'{"Mr" if salutation == "mr" else "Ms"} {full_name.split()[-1]}'
    return Person(full_name, salutation, formal, formal, f'{phone}{rng.randrange(100, 1000)}')


def draw_mobile(rng: Random) -> str:
    """Ten digits with a prefix in use today, without blanks."""
    digits: str = rng.choice(load_words()['names']['mobile_prefixes'])
    return digits + ''.join(str(rng.randrange(10)) for _ in range(10 - len(digits)))


def spell_phone(rng: Random, digits: str) -> str:
    """A ten-digit mobile number the way one of many hands would write it."""
    parts = {'a': digits[:4], 'b': digits[4:7], 'c': digits[7:], 'd': digits[1:4]}
    return rng.choice(LOCAL_SPELLINGS).format(**parts)


def draw_landline(rng: Random, city: dict[str, Any]) -> str:
    block = (
        f'3{rng.randrange(5, 10)}{rng.randrange(10)}{rng.randrange(10)}'
        if len(city['area']) == 3
        else f'3{rng.randrange(5, 10)}{rng.randrange(10)}'
    )
    return f'{city["area"]} {block} {rng.randrange(10**4):04d}'


def draw_city(rng: Random) -> dict[str, Any]:
    cities = load_words()['places']['cities']
    city: dict[str, Any] = weighted(rng, [(city, city['weight']) for city in cities])
    return city


def draw_address(rng: Random, city: dict[str, Any]) -> str:
    number = str(rng.randrange(1, 420)) + (f'/{rng.randrange(2, 60)}' if rng.random() < 0.15 else '')
    floor = f'Tầng {rng.randrange(2, 22)}, ' if rng.random() < 0.25 else ''
    return f'{floor}{number} {rng.choice(city["streets"])}, Phường {rng.choice(city["wards"])}, {city["name"]}'


def draw_tax_code(rng: Random, city: dict[str, Any]) -> str:
    """Ten digits whose last one fits the first nine."""
    while True:
        nine = f'{city["tax"]}{rng.randrange(10**7):07d}'
        check = 10 - sum(int(digit) * weight for digit, weight in zip(nine, TAX_WEIGHTS, strict=True)) % 11
        if check < 10:
            return f'{nine}{check}'


def draw_firm(rng: Random) -> Firm:
    words = load_words()['companies']
    trade = weighted(rng, [(trade, trade['weight']) for trade in words['trades']])
    name = rng.choice(trade['names'])
    first, second = rng.choice(words['first']), rng.choice(words['second'])
    core = f'{name} {first} {second}'
    form = '' if name in words['plain'] else weighted(rng, words['forms'])
    return Firm(
        f'{form} {core}'.strip(), core, trade['industry'], tuple(trade['sizes']), f'{slug(core)}.example', foreign=False
    )


def foreign_firm(row: Sequence[str]) -> Firm:
    name, industry = row
    return Firm(name, name, industry, ('small', 'medium', 'large'), f'{slug(name)}.example', foreign=True)


def round_amount(millions: float) -> int:
    """Đồng, rounded as people quote: to 1, 5 or 10 million by size."""
    step = 1 if millions < 100 else 5 if millions < 500 else 10
    return max(step, round(millions / step) * step) * 1_000_000


def money_text(amount: int, *, english: bool) -> str:
    millions = amount // 1_000_000
    if english:
        return f'{millions} million VND'
    return (
        f'{millions} triệu' if millions < 1000 else f'{millions / 1000:.2f}'.rstrip('0').rstrip('.').replace('.', ',') + ' tỷ'
    )
