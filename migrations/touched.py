"""Which rows are written while a backfill runs: notes that the database itself makes by trigger, whoever writes.

Knows tables and columns by name alone. Nothing here depends on clocks: what a writer changed is noted in its own transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection

import sqlalchemy as sa

from migrations.tables import schema_touched

FUNCTION = 'trellis_note_touched'
PAIR_FUNCTION = 'trellis_note_source'
PAIR_COLUMNS = ('target_id', 'position')


def watch(connection: sa.Connection, table: str, place: str, columns: Collection[str]) -> None:
    """Note from now on, under `place`, every row that is inserted or has one of the columns written. May be run again.

    PostgreSQL takes a lock that waits for running writers, so that no write from before can commit unnoticed.
    """
    unwatch(connection, table, place)
    quote = connection.dialect.identifier_preparer.quote
    listed, name, text = ', '.join(map(quote, sorted(columns))), _trigger(place), place.replace("'", "''")
    if connection.dialect.name == 'sqlite':
        note = f"BEGIN INSERT INTO schema_touched (place, row_id) VALUES ('{text}', NEW.id); END"
        connection.exec_driver_sql(f'CREATE TRIGGER {name}_i AFTER INSERT ON {quote(table)} {note}')
        connection.exec_driver_sql(f'CREATE TRIGGER {name}_u AFTER UPDATE OF {listed} ON {quote(table)} {note}')
        return
    connection.exec_driver_sql(
        f'CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN '
        'INSERT INTO schema_touched (place, row_id) VALUES (TG_ARGV[0], NEW.id); RETURN NULL; END $$'
    )
    connection.exec_driver_sql(
        f'CREATE TRIGGER {name} AFTER INSERT OR UPDATE OF {listed} ON {quote(table)} '
        f"FOR EACH ROW EXECUTE FUNCTION {FUNCTION}('{text}')"
    )


def watch_pairs(connection: sa.Connection, table: str, place: str) -> None:
    """As `watch`, for a table of pairs: notes the record that holds the pair, also when a pair is deleted."""
    unwatch(connection, table, place)
    quote = connection.dialect.identifier_preparer.quote
    listed, name, text = ', '.join(map(quote, PAIR_COLUMNS)), _trigger(place), place.replace("'", "''")
    if connection.dialect.name == 'sqlite':
        for suffix, event, side in (('i', 'INSERT', 'NEW'), ('u', f'UPDATE OF {listed}', 'NEW'), ('d', 'DELETE', 'OLD')):
            note = f"INSERT INTO schema_touched (place, row_id) VALUES ('{text}', {side}.source_id);"
            connection.exec_driver_sql(f'CREATE TRIGGER {name}_{suffix} AFTER {event} ON {quote(table)} BEGIN {note} END')
        return
    connection.exec_driver_sql(
        f'CREATE OR REPLACE FUNCTION {PAIR_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN '
        "IF TG_OP = 'DELETE' THEN INSERT INTO schema_touched (place, row_id) VALUES (TG_ARGV[0], OLD.source_id); "
        'ELSE INSERT INTO schema_touched (place, row_id) VALUES (TG_ARGV[0], NEW.source_id); END IF; RETURN NULL; END $$'
    )
    connection.exec_driver_sql(
        f'CREATE TRIGGER {name} AFTER INSERT OR DELETE OR UPDATE OF {listed} ON {quote(table)} '
        f"FOR EACH ROW EXECUTE FUNCTION {PAIR_FUNCTION}('{text}')"
    )


def unwatch(connection: sa.Connection, table: str, place: str) -> None:
    """Stop noting and forget the notes; harmless when nothing is watched, or the table is gone."""
    name, quote = _trigger(place), connection.dialect.identifier_preparer.quote
    if connection.dialect.name == 'sqlite':
        for suffix in ('_i', '_u', '_d'):
            connection.exec_driver_sql(f'DROP TRIGGER IF EXISTS {name}{suffix}')
    elif is_watched(connection, place):
        connection.exec_driver_sql(f'DROP TRIGGER {name} ON {quote(table)}')
    connection.execute(schema_touched.delete().where(schema_touched.c.place == place))


def is_watched(connection: sa.Connection, place: str) -> bool:
    if connection.dialect.name == 'sqlite':
        query = sa.text("SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name = :name")
        return connection.execute(query, {'name': f'{_trigger(place)}_u'}).first() is not None
    query = sa.text('SELECT 1 FROM pg_trigger WHERE tgname = :name')
    return connection.execute(query, {'name': _trigger(place)}).first() is not None


def drain(connection: sa.Connection, place: str, limit: int) -> list[int]:
    """Ids of noted rows, each once, at most `limit` notes; they are forgotten with the caller's transaction."""
    query = sa.select(schema_touched.c.id, schema_touched.c.row_id).where(schema_touched.c.place == place)
    notes = connection.execute(query.order_by(schema_touched.c.id).limit(limit)).all()
    if notes:
        gone = schema_touched.c.id.in_([each.id for each in notes])
        connection.execute(schema_touched.delete().where(gone))
    return sorted({each.row_id for each in notes})


def _trigger(place: str) -> str:
    return f'trellis_touch_{hashlib.sha256(place.encode()).hexdigest()[:24]}'
