"""Makes and drops the index that the search box asks. Knows how each engine keeps it, not who asks.

On SQLite its text goes in by triggers, which tell rows that are in already from rows that the building still comes to by the
id in `schema_search`: both stand in one transaction, so that a build goes on where a killed one ended.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from migrations.pace import in_chunks
from migrations.site import Site
from migrations.tables import WHOLE, schema_search
from schema.search_index import SearchIndex

EXTENSION = 'pg_trgm'
PENDING_KILOBYTES = 1024
"""What writers leave for later: more makes the one who tidies up wait, less makes every import tidy up all the time."""
CHUNK = 1500


def has_trigrams(connection: sa.Connection) -> bool:
    """Whether PostgreSQL can index trigrams here; the extension is put in where it may be."""
    known = connection.execute(sa.text('SELECT 1 FROM pg_extension WHERE extname = :name'), {'name': EXTENSION}).first()
    if known is not None:
        return True
    offered = sa.text('SELECT 1 FROM pg_available_extensions WHERE name = :name')
    if connection.execute(offered, {'name': EXTENSION}).first() is None:
        return False
    try:
        with connection.begin_nested():
            connection.execute(sa.text(f'CREATE EXTENSION IF NOT EXISTS {EXTENSION}'))
    except DBAPIError:  # not allowed, or somebody else put it in at this moment; the next start sees
        return False
    return True


def create_in(connection: sa.Connection, index: SearchIndex) -> None:
    """In one transaction, for a table that is new or small. Nothing on a PostgreSQL without trigrams."""
    if connection.dialect.name != 'sqlite':
        if has_trigrams(connection):
            connection.exec_driver_sql(_gin(index, connection.dialect))
        return
    _begin(connection, index)
    _take(connection, index, 0, None)
    _finish(connection, index)


def build(site: Site, index: SearchIndex, what: str) -> None:
    """While people work: CONCURRENTLY on PostgreSQL, in chunks on SQLite. Goes on where an interrupted one ended."""
    if not site.is_sqlite:
        if site.in_turn(has_trigrams, what):
            site.execute_alone(sa.text(_gin(index, site.database.write_engine.dialect, 'CONCURRENTLY ').replace(':', r'\:')))
        return
    site.in_turn(lambda connection: _begin(connection, index), what)

    def chunk(_site: Site, _after: int, size: int, connection: sa.Connection) -> int | None:
        upto = _upto(connection, index)
        if upto == WHOLE:
            return None
        last = _take(connection, index, upto, size)
        if last is None:
            _finish(connection, index)
        else:
            _note(connection, index, last)
        return last

    in_chunks(site, 'search_index', chunk)


def drop_search(connection: sa.Connection, name: str) -> None:
    """Of SQLite, by its name; harmless for any other index and when there is none."""
    if connection.dialect.name != 'sqlite':
        return
    if connection.execute(schema_search.delete().where(schema_search.c.name == name)).rowcount:
        quoted = connection.dialect.identifier_preparer.quote(name)
        for suffix in ('i', 'u', 'd'):
            connection.exec_driver_sql(f'DROP TRIGGER IF EXISTS {_trigger(connection, name, suffix)}')
        connection.exec_driver_sql(f'DROP TABLE IF EXISTS {quoted}')


def drop_searches_of(connection: sa.Connection, table: str) -> None:
    """Before a table itself goes."""
    for name in connection.execute(sa.select(schema_search.c.name).where(schema_search.c.table_name == table)).scalars().all():
        drop_search(connection, name)


def is_begun(connection: sa.Connection, name: str) -> bool:
    """Of SQLite: whether there is such an index, whole or not."""
    return connection.execute(sa.select(schema_search.c.name).where(schema_search.c.name == name)).first() is not None


def is_whole(connection: sa.Connection, name: str) -> bool:
    """Of SQLite: whether it knows every row."""
    found = sa.select(schema_search.c.upto).where(schema_search.c.name == name)
    return bool(connection.execute(found).scalar() == WHOLE)


def _gin(index: SearchIndex, dialect: sa.Dialect, how: str = '') -> str:
    assert index.table is not None
    quote = dialect.identifier_preparer.quote
    return (
        f'CREATE INDEX {how}{quote(str(index.name))} ON {quote(index.table.name)} USING gin ({index.document(dialect)} '
        f'gin_trgm_ops) WITH (fastupdate = on, gin_pending_list_limit = {PENDING_KILOBYTES})'
    )


def _begin(connection: sa.Connection, index: SearchIndex) -> None:
    """The empty index and the triggers that keep it; nothing when they are there."""
    assert index.table is not None
    name, table = str(index.name), index.table.name
    if is_begun(connection, name):
        return
    quote, dialect = connection.dialect.identifier_preparer.quote, connection.dialect
    connection.execute(schema_search.insert().values(name=name, table_name=table, upto=0))
    connection.exec_driver_sql(
        f"CREATE VIRTUAL TABLE {quote(name)} USING fts5(document, content='', columnsize=0, detail=none, tokenize='trigram')"
    )
    known = f"(SELECT upto FROM schema_search WHERE name = '{name}')"
    columns = ', '.join(map(quote, index.columns_read))
    new, old = index.document(dialect, 'NEW'), index.document(dialect, 'OLD')
    enters = f'INSERT INTO {quote(name)} (rowid, document) VALUES (NEW.id, {new});'
    leaves = f"INSERT INTO {quote(name)} ({quote(name)}, rowid, document) VALUES ('delete', OLD.id, {old});"
    for suffix, event, test, acts in (
        ('i', 'INSERT', f'NEW.id <= {known}', enters),
        ('u', f'UPDATE OF {columns}', f'OLD.id <= {known} AND {old} IS NOT {new}', f'{leaves} {enters}'),
        ('d', 'DELETE', f'OLD.id <= {known}', leaves),
    ):
        trigger = _trigger(connection, name, suffix)
        connection.exec_driver_sql(
            f'CREATE TRIGGER {trigger} AFTER {event} ON {quote(table)} WHEN {test} BEGIN {acts} END'
        )  # fmt: skip


def _take(connection: sa.Connection, index: SearchIndex, after: int, size: int | None) -> int | None:
    """Rows behind an id into the index; the last id taken, or None when there is none left."""
    assert index.table is not None
    quote = connection.dialect.identifier_preparer.quote
    table, name = quote(index.table.name), quote(str(index.name))
    last = after + (1 << 62)
    if size is not None:
        ids = f'SELECT max(id) FROM (SELECT id FROM {table} WHERE id > :after ORDER BY id LIMIT :size)'
        found = connection.execute(sa.text(ids), {'after': after, 'size': size}).scalar()
        if found is None:
            return None
        last = int(found)
    document = index.document(connection.dialect).replace(':', r'\:')
    filling = f'INSERT INTO {name} (rowid, document) SELECT id, {document} FROM {table} WHERE id > :after AND id <= :last'
    connection.execute(sa.text(f'{filling} ORDER BY id'), {'after': after, 'last': last})
    return last


def _upto(connection: sa.Connection, index: SearchIndex) -> int:
    return int(connection.execute(sa.select(schema_search.c.upto).where(schema_search.c.name == str(index.name))).scalar_one())


def _note(connection: sa.Connection, index: SearchIndex, upto: int) -> None:
    connection.execute(schema_search.update().where(schema_search.c.name == str(index.name)).values(upto=upto))


def _finish(connection: sa.Connection, index: SearchIndex) -> None:
    _note(connection, index, WHOLE)


def _trigger(connection: sa.Connection, name: str, suffix: str) -> str:
    return connection.dialect.identifier_preparer.quote(f'{name}_{suffix}')
