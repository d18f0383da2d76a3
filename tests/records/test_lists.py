"""Lists: search, order, filters, pages, counts, and how many statements they cost."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from modules.records.keyed import SMALL
from modules.records.model import Count, ListQuery, Sort
from schema.base.clock import FrozenClock
from schema.base.errors import BadRequest, Invalid
from tests.support.site import Site

NAMES = ('Đặng Thị Yến Nhi', 'Nguyễn Đỗ Quỳnh Anh', 'Huỳnh Mỹ Lệ', 'Lý Thế Hiển', 'Trịnh Quốc Bảo')


@contextmanager
def statements(site: Site) -> Iterator[list[str]]:
    seen: list[str] = []
    engine = site.runtime.database.read_engine

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    sa.event.listen(engine, 'before_cursor_execute', note)
    yield seen
    sa.event.remove(engine, 'before_cursor_execute', note)


@pytest.fixture
def people(site: Site) -> Site:
    for number, name in enumerate(NAMES):
        site.create('rep', 'contact', full_name=name, phone=f'09{number}2345678', birthday=f'19{80 + number}-0{number + 1}-15')
    site.create('rep', 'contact', full_name='Không có gì')
    return site


def titles(site: Site, who: str = 'rep', entity: str = 'contact', **query: object) -> list[str]:
    with site.runtime.reader(site.actor(who)) as reader:
        return [record.title for record in reader.list_page(entity, ListQuery(**query)).records]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ('search', 'found'),
    [
        ('yen nhi', ['Đặng Thị Yến Nhi']), ('DANG', ['Đặng Thị Yến Nhi']), ('quynh nguyen', ['Nguyễn Đỗ Quỳnh Anh']),
        ('q', ['Trịnh Quốc Bảo', 'Nguyễn Đỗ Quỳnh Anh']), ('0932345678', ['Lý Thế Hiển']), ('+84 93 234 5678', ['Lý Thế Hiển']),
        ('100%', []), ("'; drop table", []),
    ],
)  # fmt: skip
def test_search_is_blind_to_accents_word_order_and_spelling_of_phones(people: Site, search: str, found: list[str]) -> None:
    assert titles(people, search=search) == found


def test_blanks_come_last_in_both_directions_and_ties_are_stable(people: Site) -> None:
    rising = titles(people, sort=(Sort('birthday'),))
    falling = titles(people, sort=(Sort('birthday', descending=True),))

    assert rising == [*NAMES, 'Không có gì']
    assert falling == [*reversed(NAMES), 'Không có gì']


@pytest.mark.parametrize(
    'sort',
    [(), (Sort('birthday'),), (Sort('birthday', descending=True),), (Sort('full_name'),), (Sort('phone'), Sort('email'))],
)
def test_cursors_walk_every_record_once_and_back_whatever_the_order_and_the_reach(people: Site, sort: tuple[Sort, ...]) -> None:
    people.create('rep', 'contact', full_name='Không có gì')
    found = {}
    for who, small in (('rep', True), ('rep', False), ('manager', False)):
        with people.runtime.reader(people.actor(who)) as reader:
            reader.policy.pieces['reach', 'contact', SMALL] = math.inf, not small
            query = ListQuery(sort=sort, size=2)
            page = reader.list_page('contact', query)
            pages = [page.records]
            while page.next:
                page = reader.list_page('contact', replace(query, cursor=page.next))
                pages.append(page.records)
            back = [page.records]
            while page.previous:
                page = reader.list_page('contact', replace(query, before=page.previous))
                back.append(page.records)
            whole = reader.list_page('contact', ListQuery(sort=sort)).records
            numbered = [reader.list_page('contact', replace(query, number=each + 1)).records for each in range(len(pages) + 1)]
            found[who, small] = [[record.uid for record in each] for each in (whole, sum(pages, ()), sum(back[::-1], ()))]
            assert [[record.uid for record in each] for each in numbered] == [
                [one.uid for one in each] for each in (*pages, ())
            ]

    assert all(each == [found['rep', True][0]] * 3 for each in found.values()), found
    assert len(found['rep', True][0]) == 7


def test_people_see_only_the_records_of_their_scope(people: Site) -> None:
    people.create('rep2', 'contact', full_name='Của nhóm Nam')

    assert titles(people, 'rep2') == ['Của nhóm Nam']
    assert len(titles(people, 'leader')) == 6
    assert len(titles(people, 'manager')) == 7


@pytest.mark.parametrize(
    ('condition', 'found'),
    [
        ({'field': 'birthday', 'op': 'gte', 'value': '1983-01-01'}, ['Trịnh Quốc Bảo', 'Lý Thế Hiển']),
        ({'field': 'phone', 'op': 'is_empty'}, ['Không có gì']),
        ({'all': [{'field': 'full_name', 'op': 'contains', 'value': 'quynh'},
                  {'field': 'owner', 'op': 'eq', 'value': {'me': True}}]},
         ['Nguyễn Đỗ Quỳnh Anh']),
    ],
)  # fmt: skip
def test_filters_are_conditions(people: Site, condition: dict[str, object], found: list[str]) -> None:
    assert titles(people, filter=condition) == found


def test_a_filter_by_the_present_moment_goes_by_the_moment_at_which_it_is_asked(site: Site) -> None:
    clock = site.runtime.clock = FrozenClock(site.runtime.clock.now())
    for hours in (-1, 1):
        at = (clock.now() + timedelta(hours=hours)).isoformat()
        site.create('rep', 'task', title=f'{hours}', due_at=at)
    over: dict[str, object] = {'field': 'due_at', 'op': 'lt', 'value': {'now': 0}}
    today: dict[str, object] = {'field': 'due_at', 'op': 'between', 'value': [{'hours': -2}, {'today': 1}]}
    found = []
    for step in (timedelta(), timedelta(minutes=150), timedelta(days=3)):
        clock.move(step)
        found.append([sorted(titles(site, entity='task', filter=each)) for each in (over, today)])
    assert found == [[['-1'], ['-1', '1']], [['-1', '1'], ['1']], [['-1', '1'], []]]


def test_a_filter_over_other_records_sees_them_with_each_persons_eyes(site: Site) -> None:
    """Both own contacts, so that their statements are alike; a call about the one belongs to the other."""
    uids = {who: site.create(who, 'contact', full_name=who) for who in ('rep2', 'rep')}
    for uid in uids.values():
        about = {'entity': 'contact', 'uid': uid}
        site.create('manager', 'activity', kind='call', subject='Gọi', regarding=about, owner='rep2')
    called: dict[str, object] = {
        'any_related': {'entity': 'activity', 'field': 'regarding'}, 'where': {'field': 'subject', 'op': 'is_not_empty'},
    }  # fmt: skip
    assert [titles(site, who, filter=called) for who in ('rep2', 'rep', 'rep2')] == [['rep2'], [], ['rep2']]


@pytest.mark.parametrize(
    ('query', 'code'),
    [
        (ListQuery(number=0), 'REC-E035'), (ListQuery(size=5000), 'REC-E038'), (ListQuery(cursor='abc'), 'REC-E039'),
        (ListQuery(sort=(Sort('nothing'),)), 'REC-E036'), (ListQuery(columns=('nothing',)), 'REC-E036'),
        (ListQuery(sort=(Sort('regarding_x'),)), 'REC-E036'),
    ],
)  # fmt: skip
def test_a_query_that_makes_no_sense_is_refused_with_its_place(sqlite_site: Site, query: ListQuery, code: str) -> None:
    with sqlite_site.runtime.reader(sqlite_site.actor('rep')) as reader, pytest.raises(BadRequest) as refusal:
        reader.list_page('contact', query)

    assert [each.code for each in refusal.value.findings] == [code]


def test_a_filter_on_an_unknown_field_names_the_nearest(sqlite_site: Site) -> None:
    with sqlite_site.runtime.reader(sqlite_site.actor('rep')) as reader, pytest.raises((BadRequest, Invalid)) as refusal:
        reader.list_page('contact', ListQuery(filter={'field': 'emial', 'op': 'eq', 'value': 'x'}))

    assert "'email'" in str(refusal.value)


def test_a_page_costs_the_same_number_of_statements_for_two_rows_and_for_twenty(site: Site) -> None:
    company = site.create('rep', 'company', name='Thuỷ sản Cửu Long Xanh')

    def cost(number: int) -> int:
        for _each in range(number):
            site.create('rep', 'contact', full_name='Một người', company=company)
        with site.runtime.reader(site.actor('rep')) as reader, statements(site) as seen:
            reader.list_page('contact', ListQuery())
        return len([each for each in seen if not each.startswith('BEGIN')])

    few, many = cost(2), cost(18)

    assert few == many
    assert many <= 4


def test_groups_count_and_sum_by_stage_within_the_scope(site: Site) -> None:
    for who, amount in (('rep', '100'), ('rep', '250'), ('rep2', '999')):
        company = site.create(who, 'company', name=f'Công ty {who} {amount}')
        site.create(who, 'opportunity', title='Việc', company=company, stage='quote', amount=amount)

    with site.runtime.reader(site.actor('rep')) as reader:
        groups = reader.groups('opportunity', 'stage', ListQuery(), total='amount')
        newest = reader.groups('opportunity', 'stage', ListQuery(), total='amount', latest='created_at', newest=1)

    assert [(group.count, group.total) for group in groups] == [(2, 350)]
    assert [(group.count, group.totals) for group in newest] == [(1, {'VND': 250})]


def test_somebody_of_several_teams_counts_what_a_filter_over_a_list_of_links_finds(postgres_site: Site) -> None:
    site, actor = postgres_site, postgres_site.actor('leader')
    guest = site.create('rep', 'contact', full_name='Khách mời')
    for number in range(3):
        invited = {'guests': {'add': [guest]}} if number else {}
        site.create('rep', 'appointment', title=f'Hẹn {number}', starts_at='2026-11-20T03:00:00Z', **invited)
    invited_alone = ListQuery(filter={'field': 'guests', 'op': 'has_any', 'value': [guest]}, size=1)

    with site.runtime.reader(replace(actor, team_ids=actor.team_ids | {1000, 1001})) as reader:
        told = reader.list_page('appointment', invited_alone).total, reader.count('appointment', invited_alone)

    assert told == (Count(2), Count(2))
