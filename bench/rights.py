"""Measures what record scopes add to a list page: `python -m bench.rights [rows] [rounds]`, a million rows unless said.

1,000 people in 100 teams of a tree own the contacts. Prints, for each engine, medians in milliseconds of a list page of 25 with
its total as an administrator and as people of each scope see it, and the ratio; what the field rights of a role with ten hidden
fields add to it; and, with `explain` as the third argument, the plans. The sides take turns, so that a busy machine slows both.
PostgreSQL is the one that TRELLIS_BENCH_DATABASE_URL names (an empty database), else one of the tests' own.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from modules.records.model import ListQuery
from modules.records.queries import Reader
from permissions.fab_tables import users
from permissions.granting import grant
from permissions.policy import Policy
from permissions.scoping import reader_session
from permissions.tables import team
from schema.base.actor import Actor, principal
from schema.catalog import Catalog
from schema.reading import read_role
from tests.support.postgres import find_binaries, serve
from tests.support.site import Site, make_site

PEOPLE, TEAMS, FIRST = 1000, 100, 1000
SHARED = 200
CONDITION = {'all': [{'field': 'do_not_contact', 'op': 'eq', 'value': False}, {'field': 'birthday', 'op': 'is_empty'}]}
SCOPES: Mapping[str, Any] = {
    'all': 'all', 'own': 'own', 'team': 'team', 'team and below': 'team_below', 'team, shares': 'team',
    'condition': {'scope': 'all', 'where': CONDITION}, 'team, condition': {'scope': 'team', 'where': CONDITION},
}  # fmt: skip
WAYS: Mapping[str, dict[str, Any]] = {
    'page and total': {}, 'page alone': {'counted': False}, 'page 40': {'counted': False, 'number': 40},
}  # fmt: skip
HIDDEN = ('email', 'phone', 'job_title', 'birthday', 'source')


def fill(site: Site, rows: int) -> None:
    """People, teams and contacts by statements of the database, and its statistics."""
    database, now = site.runtime.database, site.runtime.clock.now()
    postgres = database.write_engine.dialect.name == 'postgresql'
    contact = site.runtime.catalogs.current().entity('contact')
    with database.session() as session:
        session.execute(users.insert(), [
            {'id': FIRST + n, 'first_name': f'N{n}', 'last_name': 'B', 'username': f'bench{n}', 'active': True,
             'email': f'bench{n}@example.com'} for n in range(PEOPLE)
        ])  # fmt: skip
        session.execute(team.insert(), [
            {'id': FIRST + n, 'uid': f'team-{n}', 'name': f'Bench {n}', 'parent_id': None if n < 10 else FIRST + n // 10,
             'created_at': now} for n in range(TEAMS)
        ])  # fmt: skip
        numbers = f'generate_series(1, {rows}) AS n' if postgres else 'numbers'
        counting = f'WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows})'
        person = f'({FIRST} + (n - 1) * {PEOPLE} / {rows})'  # each one's records lie together, as they came
        constants = {
            **contact.fields['full_name'].to_columns('khach an'), **contact.fields['email'].to_columns('a@vidu.vn'),
            **contact.fields['do_not_contact'].to_columns(False),
            'created_at': now, 'changed_at': now, 'revision': 1,
        }  # fmt: skip
        names = ['uid', 'owner_id', 'team_id', *constants]
        values = ["'r' || n", person, f'{FIRST} + {person} % {TEAMS}', *(f':{name}' for name in constants)]
        head = f'INSERT INTO {contact.table.name} ({", ".join(names)}) {"" if postgres else counting}'
        insert = f'{head} SELECT {", ".join(values)} FROM {numbers}'
        typed = [sa.bindparam(name, type_=contact.table.c[name].type) for name in constants]
        session.execute(sa.text(insert).bindparams(*typed), constants)
        shared = range(1, rows, max(rows // SHARED, 1))
        grant(session, contact, shared, principal('user', FIRST), level='view', source='share', by=None, now=now)
    with database.write_engine.connect().execution_options(isolation_level='AUTOCOMMIT') as connection:
        connection.execute(sa.text('VACUUM ANALYZE' if postgres else 'ANALYZE'))


def catalog_with(site: Site) -> Catalog:
    """The site's catalog with a role for each scope, and one with hidden fields."""
    found = site.runtime.catalogs.current()
    documents = [
        {'x-ref': name, 'x-key': name, 'grants': {'contact': {'read': scope}, 'company': {'read': 'all'}}}
        for name, scope in SCOPES.items()
    ]
    documents.append({**documents[0], 'x-ref': 'few', 'x-key': 'few', 'fields': {'contact': dict.fromkeys(HIDDEN, 'none')}})
    return replace(found, roles={each['x-key']: read_role(each) for each in documents})


def actor_for(name: str) -> Actor:
    """Somebody of the first team; only who has shares is the person that records were shared with."""
    below = frozenset(FIRST + n for n in range(10, 20)) if name == 'team and below' else frozenset[int]()
    user = FIRST if name == 'team, shares' else FIRST + TEAMS
    top = FIRST + 1 if name == 'team and below' else FIRST
    return Actor(user, name, roles=frozenset({name}), team_ids=frozenset({top}), below_team_ids=below)


class Bench:
    def __init__(self, site: Site) -> None:
        self.site, self.catalog = site, catalog_with(site)
        names = [*SCOPES, 'few']
        self.policies = {name: Policy(self.catalog, actor_for(name), site.runtime.clock) for name in names}
        self.columns = {'few': ('full_name',)}

    def page(self, name: str, **more: Any) -> float:
        """Milliseconds of one list page."""
        query = ListQuery(columns=self.columns.get(name, ('full_name', 'email', 'owner')), **more)
        start = time.perf_counter()
        with reader_session(self.site.runtime.database, self.catalog, self.policies[name]) as session:
            Reader(session, self.catalog, self.policies[name], self.site.runtime.clock).list_page('contact', query)
        return (time.perf_counter() - start) * 1000

    def measure(self, rounds: int, **more: Any) -> dict[str, float]:
        taken: dict[str, list[float]] = {name: [] for name in SCOPES}
        for _ in range(rounds):
            for name in SCOPES:
                taken[name].append(self.page(name, **more))
        return {name: statistics.median(each[2:]) for name, each in taken.items()}

    def plans(self) -> None:
        """The statements of one page of each scope with their plans."""
        engine, seen = self.site.runtime.database.read_engine, []

        def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
            if statement.lstrip().startswith(('SELECT', 'WITH')) and 'x_contact' in statement:
                seen.append((statement, parameters))

        for name in SCOPES:
            seen.clear()
            event.listen(engine, 'before_cursor_execute', note)
            self.page(name)
            event.remove(engine, 'before_cursor_execute', note)
            explain = {'postgresql': 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) '}.get(
                engine.dialect.name, 'EXPLAIN QUERY PLAN '
            )
            with engine.connect() as connection:
                for statement, parameters in list(seen):
                    print(f'--- {name}\n{statement[statement.index("FROM") :]}')
                    for row in connection.exec_driver_sql(explain + statement, parameters):
                        print('   ', row[-1])


def report(label: str, url: str, home: Path, rows: int, rounds: int, *, explain: bool) -> None:
    site = make_site(url, home)
    with closing(site.runtime):
        start = time.perf_counter()
        fill(site, rows)
        print(f'{label}: {rows:,} rows, filled in {time.perf_counter() - start:.0f} s')
        bench = Bench(site)
        for what, more in WAYS.items():
            found = bench.measure(rounds, **more)
            for name, value in found.items():
                print(f'  {what:<15} {name:<16} {value:8.2f} ms   × {value / found["all"]:.2f}')
        if explain:
            bench.plans()


@contextmanager
def postgres_url() -> Iterator[str]:
    if url := os.environ.get('TRELLIS_BENCH_DATABASE_URL'):
        yield url
    else:
        with serve(find_binaries()) as server:
            yield server.fresh()


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 15
    explain = 'explain' in sys.argv
    with tempfile.TemporaryDirectory() as folder:
        report('sqlite', f'sqlite:///{folder}/bench.sqlite', Path(folder), rows, rounds, explain=explain)
        with postgres_url() as url:
            report('postgresql', url, Path(folder), rows, rounds, explain=explain)


if __name__ == '__main__':
    main()
