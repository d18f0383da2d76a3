"""Searches and `contains` agree with an oracle in plain Python, on both databases, whatever way they are answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import cycle
from random import Random

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modules.records import candidates, keyed
from modules.records.model import ListQuery, Sort
from modules.records.queries import Reader
from modules.records.searching import is_number, is_whole_number
from schema.base.ids import new_uid
from schema.base.text import fold
from schema.fieldtypes.phone import parse_phone
from schema.search_index import SearchIndex
from tests.support.properties import examples
from tests.support.site import Site

FIELDS = ('full_name', 'email', 'phone', 'mobile')
NUMBERS = frozenset({'phone', 'mobile'})
Person = dict[str, str]
SYLLABLES = (
    'Nguyễn',
    'Đặng',
    'yến',
    'Ân',
    "D'Arc",
    '100%',
    'go_soi',
    'a\\b',
    'Ngữ',
    'Ý',
    'ng',
    'wx-yz',
    '"Bé"',
    'Ωmega',
    '李明',
    'ﬁn',
)
EMAIL = {'email': 'dang.yen@vidu.vn'}
PHONES = ('0903 412 778', '+84 939 284 016', '+1 202 555 0143', '0162 345 6789', '0903 012 779', '+44 20 7946 0958')
NAMES = st.lists(st.sampled_from(SYLLABLES), min_size=1, max_size=4).map(' '.join)


@st.composite
def pieces(draw: st.DrawFn) -> str:
    """Something that people type: parts of what is there, wildcards, quotes, letters that no index of three knows."""
    whole = draw(
        st.one_of(
            NAMES,
            st.sampled_from(
                (*PHONES, 'dang.yen@vidu.vn', '0903', '0778', '012', '020 7946 0958', '09', '+84', '%', '_', "' OR 1", '|')
            ),
        )
    )
    low = draw(st.integers(0, len(whole) - 1))
    part = whole[low : draw(st.integers(low + 1, len(whole)))]
    return draw(st.sampled_from((whole, part, part.upper(), fold(part), ' '.join(reversed(part.split())))))


WAYS = ((1, 2_500), (1, 0), (2_500, 0))
"""What is common where more than one cannot be looked up is rare where thousands can; so many SQLite's index is asked again."""
TEXTS = st.lists(pieces(), min_size=1, max_size=2).map(' '.join)


def held(person: Person) -> dict[str, str]:
    """As the store keeps it."""
    return {key: parse_phone(text) or '' if key in NUMBERS else fold(text) for key, text in person.items()}


def has_number(stored: str, text: str) -> bool:
    """A 0 in front is the first of a number at home, or stands in one; abroad a whole number goes without it."""
    digits = ''.join(each for each in text if each.isdigit())
    core, whole = digits.lstrip('0'), parse_phone(text)
    if whole and (stored == whole or stored.startswith(f'{whole};')):
        return True
    if core and (text.strip().startswith('+') or digits.startswith('00')):
        begun = stored.startswith(f'+{core}')
    else:
        begun = bool(core) and digits.startswith('0') and stored.startswith(f'+84{core}')
    abroad = digits != core and len(core) >= 7 and not stored.startswith('+84') and core in stored
    return begun or abroad or (len(digits) >= 3 and digits in stored)


def has_word(key: str, stored: str, word: str) -> bool:
    if key in NUMBERS:
        return is_number(word) and has_number(stored, word)
    return word in stored if len(word) >= 3 else any(each.startswith(word) for each in stored.split(' '))


def fits(person: Person, text: str) -> bool:
    values, words = held(person), fold(text).split()[:8]
    if all(any(has_word(key, stored, word) for key, stored in values.items()) for word in words):
        return True
    return is_whole_number(text) and any(has_number(values.get(key, ''), text) for key in NUMBERS)


def named(people: Sequence[tuple[str, Person]]) -> Callable[[str], bytes]:
    """By what records are sorted that lie newest first."""
    names = {uid: held(person)['full_name'].encode() for uid, person in people}
    return lambda uid: names[uid]


def by_choice(people: Sequence[tuple[str, Person]], text: str) -> list[str]:
    """Those whose name begins with the text, by name and then newest first; then the newest."""
    fitting = [each for each in reversed(people) if fits(each[1], text)]
    begun = [each for each in fitting if fold(text) and held(each[1])['full_name'].startswith(fold(text))]
    begun.sort(key=lambda each: held(each[1])['full_name'].encode())
    return [uid for uid, _ in (*begun, *(each for each in fitting if each not in begun))]


def some_people(draw: Random, number: int) -> list[Person]:
    names = (' '.join(draw.choices(SYLLABLES, k=draw.randint(1, 4))) for _ in range(number))
    return [{'full_name': name, **draw.choice(({}, {'phone': draw.choice(PHONES)}, {'mobile': draw.choice(PHONES)}, EMAIL))}
            for name in names]  # fmt: skip


def populate(site: Site) -> list[tuple[str, Person]]:
    """People as the store writes them, of whom some were renamed, some purged and some lie in the bin."""
    contact, draw, now = site.runtime.catalogs.current().entity('contact'), Random(7), site.runtime.clock.now()
    owners = [site.actor(name).user_id for name in ('rep', 'manager')]
    table, people = contact.table, [(new_uid(), each) for each in some_people(draw, 40)]

    def columns(person: Person) -> dict[str, object]:
        found: dict[str, object] = {}
        for key in FIELDS:
            text = person.get(key, '')
            found |= contact.fields[key].to_columns((parse_phone(text) if key in NUMBERS else text) or None)
        return found

    with site.runtime.database.session() as session:
        session.execute(table.insert(), [
            {'uid': uid, 'created_at': now, 'changed_at': now, 'revision': 1, 'owner_id': owner, **columns(person)}
            for (uid, person), owner in zip(people, cycle(owners), strict=False)
        ])  # fmt: skip
        for place, person in enumerate(some_people(draw, 8)):
            people[place] = (people[place][0], person)
            session.execute(table.update().where(table.c.uid == people[place][0]).values(**columns(person)))
        session.execute(table.delete().where(table.c.uid.in_([uid for uid, _ in people[8:12]])))
        session.execute(table.update().where(table.c.uid.in_([uid for uid, _ in people[12:16]])).values(deleted_at=now))
    return people[:8] + people[16:]


def look(reader: Reader, people: Sequence[tuple[str, Person]], text: str) -> None:
    """Every way in tells the same, whole or a page at a time, in any order."""
    expected = [uid for uid, person in reversed(people) if fits(person, text)]
    for size in (100, 9):
        page = reader.list_page('contact', ListQuery(search=text, columns=(), size=size))
        assert page.total is not None and (page.total.value, page.total.exact) == (len(expected), True), text
        walked = [page]
        while walked[-1].next:
            walked.append(reader.list_page('contact', ListQuery(search=text, columns=(), size=size, cursor=walked[-1].next)))
        assert [record.uid for each in walked for record in each.records] == expected, text
    last = reader.list_page('contact', ListQuery(search=text, columns=(), size=9, from_end=True))
    assert [record.uid for record in last.records] == expected[-9:], text
    by_name = reader.list_page('contact', ListQuery(search=text, columns=(), size=9, sort=(Sort('full_name'),)))
    assert [record.uid for record in by_name.records] == sorted(expected, key=named(people))[:9], text
    assert reader.span('contact', ListQuery(search=text))[0] == len(expected), text
    assert [link.uid for link, _ in reader.choices('contact', text, 100)] == by_choice(people, text), text
    value = ' '.join(text.split())
    if fold(value):
        query = ListQuery(filter={'field': 'full_name', 'op': 'contains', 'value': value}, columns=(), size=100)
        found = [record.uid for record in reader.list_page('contact', query).records]
        assert found == [uid for uid, person in reversed(people) if fold(value) in held(person)['full_name']], value


@pytest.mark.hypothesis
def test_searches_find_what_python_finds_in_the_same_order_whatever_way(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    people = populate(site)

    @settings(max_examples=examples(14), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(TEXTS)
    def agree(text: str) -> None:
        for most, few in WAYS if site.runtime.database.is_sqlite else WAYS[1:]:
            monkeypatch.setattr(candidates, 'MOST', most)
            monkeypatch.setattr(candidates, 'LARGE', few)
            monkeypatch.setattr(keyed, 'SMALL', most)
            monkeypatch.setattr(keyed, 'REACHED', most)
            monkeypatch.setattr(keyed, 'FIRST', most or 12)
            for bound in ('FEW', 'FEW_BESIDE', 'FEW_SORTED'):
                monkeypatch.setattr(keyed, bound, few)
            for name, reached in (('manager', people), ('rep', people[::2])):
                with site.runtime.reader(site.actor(name)) as reader:
                    reader.policy.pieces.clear()
                    look(reader, reached, text)

    agree()
    with site.runtime.database.writing() as connection:
        name = next(str(each.name) for each in site.runtime.catalogs.current().entity('contact').table.indexes
                    if isinstance(each, SearchIndex))  # fmt: skip
        connection.execute(sa.text(f'DROP {"TABLE" if connection.dialect.name == "sqlite" else "INDEX"} {name}'))
    agree()
