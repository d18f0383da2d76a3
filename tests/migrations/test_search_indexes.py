"""The index of searched fields goes with them: built by the publish, kept by the database, gone with the last that names it."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from migrations import search_index
from migrations.indexing import ensure_indexes
from migrations.search_index import build, drop_search, has_trigrams
from migrations.site import Site
from migrations.steps.indexes import drop_index
from migrations.tables import schema_search
from schema.search_index import SearchIndex, as_clause, as_match, search_index_of
from tests.migrations.conftest import Shop, label

NAMED: dict[str, Any] = {'x-type': 'text', 'x-label': label('Full name'), 'x-search': True}
WAYS = ('enable_seqscan', 'enable_indexscan', 'enable_indexonlyscan')
"""Of PostgreSQL to read a small table; what is left is a bitmap."""
CODE: dict[str, Any] = {'x-type': 'text', 'x-label': label('Code'), 'x-search': True}


def index_of(shop: Shop) -> SearchIndex:
    index = search_index_of(shop.contact.table)
    assert index is not None
    return index


def found(shop: Shop, text: str) -> list[int]:
    """Ids of contacts as the index alone tells them."""
    index, needles = index_of(shop), ((((text,),),),)
    with shop.database.reading() as connection:
        if shop.database.is_sqlite:
            name = index.name
            rows = connection.execute(
                sa.text(f'SELECT rowid FROM {name} WHERE {name} MATCH :match'), {'match': as_match(needles)}
            )
            return sorted(rows.scalars())
        for way in WAYS:
            connection.execute(sa.text(f'SET {way} = off'))
        asked = sa.select(shop.contact.table.c.id).where(as_clause(needles, index.document(connection.dialect)))
        text_of = asked.compile(connection, compile_kwargs={'render_postcompile': True})
        plan = connection.exec_driver_sql(f'EXPLAIN {text_of}', text_of.params).scalars().all()
        assert any(str(index.name) in line for line in plan), plan
        ids = sorted(connection.execute(asked).scalars())
        for way in WAYS:
            connection.execute(sa.text(f'SET {way} = on'))
        return ids


def built(shop: Shop) -> set[str]:
    table = shop.contact.table.name
    return {name for name in shop.physical.indexes[table] if '_search_' in name}


def test_fields_that_are_searched_come_go_change_and_come_back_with_their_index(shop: Shop) -> None:
    ada = shop.insert(full_name='Ada Nguyễn')
    assert found(shop, 'nguyen') == found(shop, ' n') == [ada]
    only_names = index_of(shop).name

    shop.publish(entities={'contact': {'properties': {'full_name': NAMED, 'code': CODE}}})
    with_codes, bob = index_of(shop).name, shop.insert(full_name='Bob', code='KH-0042')
    shop.update(ada, code='KH-0042 B')
    assert built(shop) == {with_codes} != {only_names}
    assert found(shop, '-004') == [ada, bob]

    shop.field('code', {**CODE, 'x-label': label('Number')})
    shop.publish(entities={'contact': {'properties': {'number': {'x-ref': shop.contact.fields['code'].ref}}}})
    assert built(shop) == {with_codes}

    version = shop.catalog.number
    shop.publish(remove=['/entities/contact/properties/number'])
    carl = shop.insert(full_name='Carl KH-0042')
    assert built(shop) == {index_of(shop).name} != {with_codes}
    assert found(shop, '-004') == [carl]

    shop.roll_back(version)
    assert (built(shop), found(shop, '-004')) == ({with_codes}, [ada, bob, carl])

    shop.field('number', {'x-type': 'email', 'x-search': True})
    assert (len(built(shop)), with_codes in built(shop)) == (1, False)
    shop.update(bob, number='bob@vidu.vn')
    assert found(shop, '@vidu') == [bob]

    version = shop.catalog.number
    shop.publish(remove=['/entities/contact'])
    shop.roll_back(version)
    assert (found(shop, '@vidu'), found(shop, 'carl')) == ([bob], [carl])


def test_a_build_that_was_killed_goes_on_and_knows_what_was_written_meanwhile(shop: Shop) -> None:
    ids = [shop.insert(full_name=f'Người {number}') for number in range(5)]
    site, index = Site(shop.database, shop.catalog, shop.catalog, shop.clock), index_of(shop)
    drop_index(site, str(index.name))
    if shop.database.is_sqlite:
        with shop.database.writing() as connection:  # as far as a first chunk
            search_index._begin(connection, index)
            last = search_index._take(connection, index, 0, 2)
            search_index._note(connection, index, last or 0)
            assert last == ids[1]
    shop.update(ids[0], full_name='Renamed early')
    shop.update(ids[3], full_name='Renamed late')
    with shop.database.writing() as connection:
        connection.execute(shop.contact.table.delete().where(shop.contact.table.c.id.in_([ids[1], ids[4]])))
    new = shop.insert(full_name='Renamed new')
    assert built(shop) == set()

    assert ensure_indexes(shop.database, shop.catalog, shop.clock) == [index.name]
    build(site, index, 'again') if shop.database.is_sqlite else None
    assert (found(shop, 'renamed'), found(shop, 'nguoi')) == ([ids[0], ids[3], new], [ids[2]])

    shop.update(ids[0], full_name='Người 0')
    assert (found(shop, 'renamed'), found(shop, 'nguoi')) == ([ids[3], new], [ids[0], ids[2]])
    assert ensure_indexes(shop.database, shop.catalog, shop.clock) == []


def test_a_server_without_trigrams_has_no_search_index_until_it_has_them(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    if shop.database.is_sqlite:
        with shop.database.writing() as connection:
            drop_search(connection, str(index_of(shop).name))
            assert connection.execute(sa.select(schema_search.c.table_name)).scalars().all() == [
                shop.catalog.entity('company').table.name
            ]
        return
    with shop.database.writing() as connection:
        connection.execute(sa.text('DROP EXTENSION pg_trgm CASCADE'))
    monkeypatch.setattr(search_index, 'EXTENSION', 'pg_nothing_of_the_kind')
    shop.field('code', CODE)
    assert ensure_indexes(shop.database, shop.catalog, shop.clock) == []
    assert built(shop) == set()

    monkeypatch.undo()
    assert len(ensure_indexes(shop.database, shop.catalog, shop.clock)) == 2
    with shop.database.writing() as connection:
        assert has_trigrams(connection)
    ada = shop.insert(full_name='Ada', code='KH-1')
    assert found(shop, 'kh-1') == [ada]
