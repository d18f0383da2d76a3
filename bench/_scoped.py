"""The installation that `bench.rights` measures: a thousand people in a hundred teams of a tree, who own the contacts in turns.

Nobody's records lie together, so that a walk past other people's is as long as the scope is narrow. Each scope has a role and
one person. A folder that is given is kept and used again.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from modules.packs.first_start import prepare_runtime
from permissions.actors import bump_rights
from permissions.fab_tables import roles, user_roles, users
from permissions.tables import record_grant, team, team_member
from schema.base.actor import principal
from schema.catalog import Entity
from tests.support.postgres import find_binaries, serve
from tests.support.site import Site, make_site, open_site

PEOPLE, TEAMS, FIRST, FEW, MANY = 1000, 100, 1000, 20, 200
FILLED = 'filled-2'
"""Counts what `fill` makes: a kept folder of an earlier one is not used."""
MEMORY = {'shared_buffers': '512MB', 'maintenance_work_mem': '256MB', 'max_wal_size': '4GB'}
CONDITION = {'all': [{'field': 'do_not_contact', 'op': 'eq', 'value': False}, {'field': 'birthday', 'op': 'is_empty'}]}
SCOPES: Mapping[str, Any] = {
    'all': 'all', 'fields hidden': 'all', 'own': 'own', 'team': 'team', 'team and below': 'team_below', 'team, shares': 'team',
    'condition': {'scope': 'all', 'where': CONDITION}, 'team, condition': {'scope': 'team', 'where': CONDITION},
}  # fmt: skip
HIDDEN = ('email', 'phone', 'job_title', 'birthday', 'source', 'mobile', 'address', 'tags', 'description', 'salutation')


@contextmanager
def site_of(engine: str, rows: int, kept: Path | None) -> Iterator[Site]:
    """The filled installation on an engine."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) if kept is None else kept / f'{engine}-{rows}'
        folder.mkdir(parents=True, exist_ok=True)
        url, there = f'sqlite:///{folder}/bench.sqlite', (folder / FILLED).exists()
        if engine == 'postgresql':
            url = os.environ.get('TRELLIS_BENCH_DATABASE_URL', '')
            if not url:
                server = stack.enter_context(serve(find_binaries(), kept and folder / 'server', **MEMORY))  # type: ignore[arg-type]
                url = server.url('test_1') if there else server.fresh()
        site = (open_site if there else make_site)(url, folder)
        with closing(site.runtime):
            if there:
                prepare_runtime(site.runtime, demo=False, say=lambda line: None)
            else:
                fill(site, rows)
                (folder / FILLED).touch()
            yield site


def fill(site: Site, rows: int) -> None:
    """Roles, people, teams and contacts, and the database's statistics."""
    _publish_roles(site)
    database, now = site.runtime.database, site.runtime.clock.now()
    postgres = database.dialect == 'postgresql'
    contact = site.runtime.catalogs.current().entity('contact')
    with database.session() as session:
        _add_people(session, now)
        if not postgres:
            session.execute(sa.text('PRAGMA cache_size = -500000'))
        there = {each['name'] for each in sa.inspect(session.connection()).get_indexes(contact.table.name)}
        indexes = [each for each in contact.table.indexes if each.name in there]
        for index in indexes:  # made at the end they take a tenth of the time
            index.drop(session.connection())
        _add_contacts(session, contact, rows, now)
        for index in indexes:
            index.create(session.connection())
        _share(session, contact, rows, now)
    with database.write_engine.connect().execution_options(isolation_level='AUTOCOMMIT') as connection:
        connection.execute(sa.text('VACUUM ANALYZE' if postgres else 'ANALYZE'))
    if not postgres:
        with closing(sqlite3.connect(str(database.url.database))) as file:
            file.execute('PRAGMA wal_checkpoint(TRUNCATE)')  # outside of a transaction, which the engine would open


def _add_contacts(session: Any, contact: Entity, rows: int, now: Any) -> None:
    postgres = session.get_bind().dialect.name == 'postgresql'
    numbers = f'generate_series(1, {rows}::bigint) AS n' if postgres else 'numbers'
    counting = f'WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows})'
    person = f'({FIRST} + n * 911 % {PEOPLE})'
    statuses = [each.ref for each in contact.fields['status'].definition.options]
    constants = {
        **contact.fields['do_not_contact'].to_columns(False), **contact.fields['job_title'].to_columns('Nhân viên'),
        'created_at': now, 'changed_at': now, 'revision': 1,
    }  # fmt: skip
    written = {
        'uid': "'r' || n", 'owner_id': person, 'team_id': f'{FIRST} + {person} % {TEAMS}',
        **dict.fromkeys(contact.fields['full_name'].columns, f"'khach ' || (n * 611953 % {rows})"),
        **dict.fromkeys(contact.fields['email'].columns, "'khach' || n || '@vidu.vn'"),
        contact.fields['status'].definition.column:
            f"CASE n / 7 % {len(statuses)} {''.join(f'WHEN {n} THEN {each!r} ' for n, each in enumerate(statuses))}END",
        **{name: f':{name}' for name in constants},
    }  # fmt: skip
    head = f'INSERT INTO {contact.table.name} ({", ".join(written)}) {"" if postgres else counting}'
    insert = f'{head} SELECT {", ".join(written.values())} FROM {numbers}'
    typed = [sa.bindparam(name, type_=contact.table.c[name].type) for name in constants]
    session.execute(sa.text(insert).bindparams(*typed), constants)


def _share(session: Any, contact: Entity, rows: int, now: Any) -> None:
    """Everybody sees some records of others, one person more of them: what a database knows of how many is not of one alone."""
    granted = {'entity_ref': contact.ref, 'level': 'view', 'source': 'share', 'granted_at': now}
    few = {(FIRST + n % PEOPLE, n * 48_851 % rows + 1) for n in range(PEOPLE * FEW)}
    many = {(person_of('team, shares'), record_id) for record_id in range(1, rows, max(rows // MANY, 1))}
    given = [{**granted, 'principal': principal('user', person), 'record_id': each} for person, each in sorted(few | many)]
    session.execute(record_grant.insert(), given)


def _publish_roles(site: Site) -> None:
    publisher, actor = site.runtime.publisher, site.actor('admin')
    documents = {
        _role(name): {
            'x-format': 1, 'x-kind': 'role', 'x-key': _role(name), 'x-label': {'en': name, 'vi': name},
            'grants': {'contact': {'read': scope}, 'company': {'read': 'all'}},
            'fields': {'contact': dict.fromkeys(HIDDEN, 'none')} if name == 'fields hidden' else {},
        }
        for name, scope in SCOPES.items()
    }  # fmt: skip
    publisher.apply(publisher.plan({'roles': documents}, actor).plan_id, actor)


def _role(scope: str) -> str:
    return 'bench_' + scope.replace(', ', '_').replace(' ', '_')


def person_of(scope: str) -> int:
    """Somebody of the first team, or of one with ten below it; each scope is somebody else's."""
    return FIRST + 100 * (list(SCOPES).index(scope) + 1) + (scope == 'team and below')


def _add_people(session: Any, now: Any) -> None:
    session.execute(users.insert(), [
        {'id': FIRST + n, 'first_name': f'N{n}', 'last_name': 'B', 'username': f'bench{n}', 'active': True,
         'email': f'bench{n}@example.com', 'created_by_fk': None, 'changed_by_fk': None} for n in range(PEOPLE)
    ])  # fmt: skip
    session.execute(team.insert(), [
        {'id': FIRST + n, 'uid': f'team-{n}', 'name': f'Bench {n}', 'parent_id': None if n < 10 else FIRST + n // 10,
         'created_at': now} for n in range(TEAMS)
    ])  # fmt: skip
    session.execute(team_member.insert(), [{'user_id': FIRST + n, 'team_id': FIRST + n % TEAMS} for n in range(PEOPLE)])
    ids = dict(session.execute(sa.select(roles.c.name, roles.c.id)).all())
    session.execute(user_roles.insert(), [{'user_id': person_of(name), 'role_id': ids[_role(name)]} for name in SCOPES])
    bump_rights(session)
