"""The chain of the audit log: what is written joins it, and whatever is done behind its back is found where it was done."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from migrations.system.upgrade import upgrade_system
from modules.audit import chain
from schema.base.actor import Actor, system_actor
from schema.base.audit import audit_entry, audit_head, note
from schema.base.database import Database
from schema.texts import load_all
from tests.support.databases import ENGINES, Databases

load_all()

NOW = datetime(2026, 11, 20, 3, 0, 0, 123456, tzinfo=UTC)
ANNA = Actor(7, 'Nguyễn Thị Ánh', 'anh')


def fill(url: str) -> None:
    database = Database(url)
    upgrade_system(database, table_modules=('permissions.tables',))
    database.dispose()


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Database]:
    with databases.copied(request.param, 'audit', fill) as url:
        made = Database(url)
        yield made
        made.dispose()


def add(database: Database, count: int, *, start: datetime = NOW, kind: str = 'sign_in') -> None:
    with database.writing() as connection:
        for number in range(count):
            at = start + timedelta(minutes=number)
            note(connection, kind, actor=ANNA, subject='anh', params={'số': number, 'at': at.isoformat()}, now=at)


def unguarded(database: Database, *statements: str) -> None:
    """What somebody does who can change tables."""
    with database.writing() as connection:
        if database.is_sqlite:
            names = connection.execute(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
            for name in names:
                connection.execute(sa.text(f'DROP TRIGGER {name}'))
        else:
            connection.execute(sa.text('ALTER TABLE audit_entry DISABLE TRIGGER USER'))
            connection.execute(sa.text('ALTER TABLE audit_head DISABLE TRIGGER USER'))
        for statement in statements:
            connection.execute(sa.text(statement))


def codes(proof: chain.Proof) -> list[str]:
    return [f'{each.code}@{each.params.get("position")}' for each in proof.breaches]


def test_the_log_only_grows_and_every_change_behind_its_back_is_found_and_located(database: Database) -> None:
    add(database, 12)
    assert chain.prove(database, NOW).count == 0
    assert codes(chain.prove(database, NOW + timedelta(hours=9))) == ['AUD-E006@None']
    assert chain.seal(database) == 12 and chain.seal(database) == 0
    whole = chain.prove(database, NOW)
    assert whole.holds and (whole.count, whole.position) == (12, 12) and len(whole.hash) == 64

    refused = (
        "UPDATE audit_entry SET actor_name = 'x' WHERE position = 3",
        'UPDATE audit_entry SET position = NULL WHERE position = 3',
        'DELETE FROM audit_entry WHERE position = 3',
        'DELETE FROM audit_head',
        'UPDATE audit_head SET position = 4',
        'INSERT INTO audit_entry (at, kind, actor_name, actor_kind, subject, params, address, position) '
        'SELECT at, kind, actor_name, actor_kind, subject, params, address, 13 FROM audit_entry WHERE position = 1',
        *(() if database.is_sqlite else ('TRUNCATE audit_entry',)),
    )
    for statement in refused:
        with pytest.raises(DBAPIError, match='only grows'), database.writing() as connection:
            connection.execute(sa.text(statement))
    assert chain.prove(database, NOW) == whole

    unguarded(
        database,
        "UPDATE audit_entry SET actor_name = 'Somebody else' WHERE position = 3",
        'DELETE FROM audit_entry WHERE position IN (5, 6)',
        'UPDATE audit_entry SET previous_hash = hash WHERE position = 9',
    )
    found = chain.prove(database, NOW)
    assert codes(found) == ['AUD-E001@3', 'AUD-E002@7', 'AUD-E003@9', 'AUD-E001@9']
    assert (found.breaches[1].params['first'], found.breaches[1].params['last']) == (5, 6)
    unguarded(database, 'DELETE FROM audit_entry WHERE position > 10')
    assert 'AUD-E002@12' in codes(chain.prove(database, NOW))
    assert 'entries 11 to 12' in chain.prove(database, NOW).breaches[-1].text('en').lower()


def test_an_entry_slipped_in_with_a_false_time_or_past_the_end_is_found(database: Database) -> None:
    add(database, 3)
    chain.seal(database)
    add(database, 1, start=NOW - timedelta(days=3), kind='roles_given')
    chain.seal(database)
    assert codes(chain.prove(database, NOW)) == ['AUD-E004@4']

    unguarded(
        database,
        'INSERT INTO audit_entry (at, kind, actor_name, actor_kind, subject, params, address, position, previous_hash, hash) '
        "SELECT at, kind, actor_name, actor_kind, subject, params, address, 5, hash, 'no hash' "
        'FROM audit_entry WHERE position = 4',
    )
    assert codes(chain.prove(database, NOW)) == ['AUD-E004@4', 'AUD-E001@5', 'AUD-E005@5']


def test_many_write_and_seal_at_once_while_a_long_transaction_holds_its_own_entry(database: Database) -> None:
    """Whoever notes something waits for no other transaction's end, on PostgreSQL; the late entry joins the chain later."""
    workers = 4
    problems: list[DBAPIError] = []

    def work() -> None:
        try:
            for _turn in range(5):
                add(database, 3)
                chain.seal(database)
        except DBAPIError as error:
            problems.append(error)

    threads = [threading.Thread(target=work) for _each in range(workers)]
    if database.is_sqlite:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        add(database, 1, kind='schema_published')
    else:
        with database.writing() as publish:
            note(publish, 'schema_published', actor=system_actor('studio'), now=NOW)
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
            assert not any(thread.is_alive() for thread in threads)
            assert chain.prove(database, NOW).count == 60
    assert not problems
    assert chain.seal(database) == 1
    proof = chain.prove(database, NOW)
    assert proof.holds and proof.count == 61


def test_retention_lets_go_of_the_oldest_and_what_is_left_proves_itself(database: Database) -> None:
    add(database, 40, start=NOW - timedelta(days=400))
    add(database, 5)
    chain.seal(database)

    assert chain.let_go(database, NOW - timedelta(days=400), 100, NOW) == 0
    assert chain.let_go(database, NOW - timedelta(days=365), 30, NOW) == 30
    assert chain.let_go(database, NOW - timedelta(days=365), 30, NOW) == 10
    assert chain.let_go(database, NOW - timedelta(days=365), 30, NOW) == 0
    chain.seal(database)
    proof = chain.prove(database, NOW)
    assert proof.holds and proof.count == 7

    unguarded(
        database,
        'DELETE FROM audit_entry WHERE position = 41',
        'UPDATE audit_head SET kept_after = 41, kept_hash = (SELECT previous_hash FROM audit_entry WHERE position = 42)',
    )
    assert codes(chain.prove(database, NOW)) == ['AUD-E007@41']


def test_an_entry_tells_who_and_from_where_and_a_kind_must_be_known(database: Database) -> None:
    with database.writing() as connection:
        note(connection, 'sign_in_failed', actor=None, subject='x' * 300, address='10.0.0.9', now=NOW)
        note(connection, 'setting_changed', actor=system_actor('retention'), params={'b': 1, 'a': [NOW]}, now=NOW)
        with pytest.raises(ValueError, match='unknown kind'):
            note(connection, 'made_up', actor=None, now=NOW)
        stranger, system = connection.execute(sa.select(audit_entry).order_by(audit_entry.c.id)).all()
        assert connection.execute(sa.select(audit_head.c.position)).scalar_one() == 0
    assert (stranger.actor_kind, stranger.actor_id, len(stranger.subject), stranger.address) == (
        'stranger',
        None,
        200,
        '10.0.0.9',
    )
    assert (system.actor_kind, system.actor_name) == ('system', 'retention')
    assert system.params == {'a': [str(NOW)], 'b': 1}
