"""Numbers that Trellis gives out: none twice whoever writes at once, blocks for bulk work, the year of the company's zone."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from modules.records.changing import Change
from modules.records.model import ListQuery
from schema.base.clock import FrozenClock
from schema.base.errors import Invalid
from schema.base.ids import new_uid
from tests.support.site import Site

PATTERN = 'HĐ-{YYYY}-{00000}'


def publish(site: Site, *, pattern: str = PATTERN, entity: str = 'company') -> None:
    """Give companies a number; the old ones keep theirs if they have one."""
    publisher = site.runtime.publisher
    request = {'entities': {entity: {'properties': {'number': {'x-type': 'autonumber', 'x-pattern': pattern}}}}}
    actor = site.actor('admin')
    assert publisher.apply(publisher.plan(request, actor).plan_id, actor).state == 'done'


def numbers(site: Site, entity: str = 'company') -> dict[str, str]:
    """`{name: number}` of all companies."""
    with site.runtime.reader(site.actor('admin')) as reader:
        pages = reader.stream(entity, ListQuery(columns=('name', 'number')))
        return {str(record.values['name']): str(record.values['number']) for page in pages for record in page}


def test_parallel_writers_never_get_one_number_twice(site: Site) -> None:
    publish(site)

    def work(thread: int) -> None:
        for number in range(10):
            site.create('rep', 'company', name=f'{thread}-{number}')

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))

    year = site.runtime.clock.now().astimezone(site.runtime.settings.timezone).year
    assert sorted(numbers(site).values()) == [f'HĐ-{year}-{number:05}' for number in range(1, 81)]


@pytest.fixture
def statements(site: Site) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(site.runtime.database.write_engine, 'before_cursor_execute', note)
    yield seen
    event.remove(site.runtime.database.write_engine, 'before_cursor_execute', note)


def test_bulk_work_takes_its_numbers_in_one_statement_for_each_field(site: Site, statements: list[str]) -> None:
    publish(site, pattern='{00}')
    wires = [{'name': f'Công ty {number}'} for number in range(120)]

    def work(store: Any) -> None:
        entity = store.catalog.entity('company')
        store.create_many('company', [Change(entity, new_uid(), wire) for wire in wires])

    statements.clear()
    site.runtime.write(site.actor('rep'), work)

    numbered = [each for each in site.runtime.catalogs.current().entity('company').own_fields if each.type.key == 'autonumber']
    assert sum('number_counter' in statement for statement in statements) == len(numbered)
    assert list(numbers(site).values())[::-1] == [f'{number:02}' for number in range(1, 121)]


def test_the_year_turns_at_the_companys_midnight_and_starts_again_from_one(sqlite_site: Site) -> None:
    publish(sqlite_site)
    runtime = sqlite_site.runtime
    for name, moment in (
        ('cũ', datetime(2026, 12, 31, 16, 59, tzinfo=UTC)),
        ('mới', datetime(2026, 12, 31, 17, 0, tzinfo=UTC)),
    ):
        runtime.clock = FrozenClock(moment, runtime.settings.timezone)
        sqlite_site.create('rep', 'company', name=name)

    assert numbers(sqlite_site) == {'cũ': 'HĐ-2026-00001', 'mới': 'HĐ-2027-00001'}


def test_records_that_were_there_are_numbered_in_the_order_of_their_creation(site: Site) -> None:
    for name in ('một', 'hai', 'ba'):
        site.create('rep', 'company', name=name)

    publish(site, pattern='KH{000}')
    site.create('rep', 'company', name='bốn')

    assert numbers(site) == {'một': 'KH001', 'hai': 'KH002', 'ba': 'KH003', 'bốn': 'KH004'}


def test_nobody_writes_a_number_and_the_database_lets_none_in_twice(site: Site) -> None:
    publish(site)
    uid = site.create('rep', 'company', name='một')
    site.create('rep', 'company', name='hai')

    with pytest.raises(Invalid, match='REC-E018'):
        site.create('admin', 'company', name='ba', number='HĐ-1')
    with pytest.raises(Invalid, match='REC-E018'):
        site.runtime.write(site.actor('admin'), lambda store: store.update('company', uid, {'number': 'HĐ-1'}))
    table = site.runtime.catalogs.current().entity('company').table
    field = site.runtime.catalogs.current().entity('company').fields['number']
    with pytest.raises(sa.exc.IntegrityError), site.runtime.database.writing() as connection:
        connection.execute(table.update().values(field.to_columns('HĐ-1')))


@pytest.mark.parametrize(
    ('pattern', 'code'),
    [
        ('KH', 'SCH-E151'),
        ('{0}-{0}', 'SCH-E151'),
        ('{X}{0}', 'SCH-E152'),
        ('{MM}{0}', 'SCH-E153'),
        ('{YYYY}{DD}{0}', 'SCH-E153'),
    ],
)
def test_a_pattern_that_could_repeat_itself_is_refused(sqlite_site: Site, pattern: str, code: str) -> None:
    request = {'entities': {'company': {'properties': {'number': {'x-type': 'autonumber', 'x-pattern': pattern}}}}}

    assert [each.code for each in sqlite_site.runtime.publisher.check(request)] == [code]
