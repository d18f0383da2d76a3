"""SQLite's planner is told how large tables have become, and every open connection goes by it."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from modules.ops import statistics
from modules.ops.statistics import Statistics
from schema.base.database import Database

NUMBERS = (
    'INSERT INTO letter (same, other) WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) SELECT 1, i FROM n'
)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(f'sqlite:///{tmp_path / "site.sqlite"}')
    with made.writing() as connection:
        connection.exec_driver_sql('CREATE TABLE letter (id INTEGER PRIMARY KEY, same INTEGER, other INTEGER)')
        connection.exec_driver_sql('CREATE INDEX by_other ON letter (other)')
        connection.exec_driver_sql('CREATE INDEX by_same ON letter (same)')
        connection.exec_driver_sql('CREATE INDEX by_nobody ON letter (other) WHERE same IS NULL')
    return made


def write(database: Database, statement: str) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql(statement)


def way(connection: sa.Connection, turn: str) -> str:
    """How an open connection reads: it looks at the schema when a statement runs, and keeps what it explained once."""
    with connection.begin():
        connection.exec_driver_sql('SELECT 1 FROM letter LIMIT 1').all()
        asked = f'EXPLAIN QUERY PLAN SELECT id FROM letter WHERE same = 1 AND other = 5 -- {turn}'
        return ' '.join(row[-1] for row in connection.exec_driver_sql(asked))


def test_open_connections_go_by_what_was_found_in_a_table_that_grew(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statistics, 'FEWEST', 100)
    kept = Statistics(database)
    with database.read_engine.connect() as opened:
        write(database, NUMBERS.format(99))
        assert kept.keep_up() == [], 'a small table is quick in any way'
        assert 'by_same' in way(opened, 'before'), 'nothing is known: one index is as good as the other'

        write(database, NUMBERS.format(1))
        assert kept.keep_up() == ['letter']
        assert 'by_other' in way(opened, 'then')
        assert kept.keep_up() == [], 'of the empty index nothing is kept, which is no reason to look again'

        write(database, 'UPDATE letter SET other = 5')
        write(database, 'UPDATE letter SET same = id')
        write(database, 'INSERT INTO letter (same, other) SELECT 1000 + id, 5 FROM letter')
        assert kept.keep_up() == []
        write(database, 'INSERT INTO letter (same, other) SELECT 2000 + id, 5 FROM letter')
        write(database, 'INSERT INTO letter (same, other) VALUES (9999, 5)')
        assert kept.keep_up() == ['letter'], 'it holds four times as many rows'
        assert 'by_same' in way(opened, 'later'), 'what is there already is told too'


def test_an_index_that_came_later_and_another_process_are_no_surprise(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statistics, 'FEWEST', 100)
    write(database, NUMBERS.format(200))
    write(database, 'DROP INDEX by_nobody')

    assert Statistics(database).keep_up() == ['letter']
    kept = Statistics(database)
    assert kept.keep_up() == []
    write(database, 'CREATE INDEX by_both ON letter (same, other)')
    assert kept.keep_up() == ['letter']
