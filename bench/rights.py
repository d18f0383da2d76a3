"""Measures what record scopes and field rights add to lists: `python -m bench.rights [rows] [rounds]`, else a million rows.

1,000 people in 100 teams of a tree own the contacts, in turns, so that nobody's lie together. Prints, for each engine and way,
medians in milliseconds of a list page of 25 as an administrator and as people of each scope get it, each scope's ratio, and the
ratio of a role with hidden fields (`fields hidden`), which sees all records. Ways that begin with GET are whole requests of the
REST API with a token; the others are the query layer alone. With `explain` the statements of one page are printed with their
plans. The sides take turns, so that a busy machine slows all. PostgreSQL is the one that TRELLIS_BENCH_DATABASE_URL names (an
empty database), else one of the tests' own.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from sqlalchemy import event

from bench.rest import call
from modules.people.tokens import create_token
from modules.records.model import ListQuery, Sort
from permissions.actors import bump_rights, load_actor
from permissions.fab_tables import roles, user_roles, users
from permissions.granting import grant
from permissions.tables import team, team_member
from schema.base.actor import Actor, principal
from tests.support.postgres import find_binaries, serve
from tests.support.site import Site, make_site

PEOPLE, TEAMS, FIRST = 1000, 100, 1000
SHARED, SIZE, DEEP, WARM = 200, 25, 40, 12
"""`DEEP` is the last page of somebody who owns a thousandth of a million records; of less rows it stands further in front."""
CONDITION = {'all': [{'field': 'do_not_contact', 'op': 'eq', 'value': False}, {'field': 'birthday', 'op': 'is_empty'}]}
SCOPES: Mapping[str, Any] = {
    'all': 'all', 'fields hidden': 'all', 'own': 'own', 'team': 'team', 'team and below': 'team_below', 'team, shares': 'team',
    'condition': {'scope': 'all', 'where': CONDITION}, 'team, condition': {'scope': 'team', 'where': CONDITION},
}  # fmt: skip
HIDDEN = ('email', 'phone', 'job_title', 'birthday', 'source', 'mobile', 'address', 'tags', 'description', 'salutation')
COLUMNS = ('full_name', 'status', 'owner')
CHOSEN = {'all': [{'field': 'status', 'op': 'eq', 'value': 'new'}]}
WAYS: Mapping[str, dict[str, Any]] = {
    'page and total': {}, 'page alone': {'counted': False}, f'page {DEEP}': {'counted': False, 'number': DEEP},
    f'page {DEEP} by cursor': {'counted': False, 'cursor': ''},
    'sorted': {'counted': False, 'sort': (Sort('full_name'),)},
    'sorted, by cursor': {'counted': False, 'sort': (Sort('full_name'),), 'cursor': ''},
    'filtered': {'counted': False, 'filter': CHOSEN}, 'filtered and total': {'filter': CHOSEN},
}  # fmt: skip
SERVED: Mapping[str, dict[str, str]] = {
    'GET page and total': {}, f'GET page {DEEP}': {'page': ''}, f'GET page {DEEP} by cursor': {'cursor': ''},
    'GET sorted': {'order_column': 'full_name'}, 'GET filtered': {'filter': json.dumps(CHOSEN)},
}  # fmt: skip
Prepare = Callable[[], Callable[[], Any]]
"""Makes one run ready; only the run is measured."""


def fill(site: Site, rows: int) -> None:
    """Roles, people, teams and contacts, and the database's statistics."""
    _publish_roles(site)
    database, now = site.runtime.database, site.runtime.clock.now()
    postgres = database.write_engine.dialect.name == 'postgresql'
    contact = site.runtime.catalogs.current().entity('contact')
    with database.session() as session:
        _add_people(session, now)
        numbers = f'generate_series(1, {rows}) AS n' if postgres else 'numbers'
        counting = f'WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows})'
        person = f'({FIRST} + n * 911 % {PEOPLE})'
        statuses = [each.ref for each in contact.fields['status'].definition.options]
        constants = {
            **contact.fields['do_not_contact'].to_columns(False), **contact.fields['job_title'].to_columns('Nhân viên'),
            'created_at': now, 'changed_at': now, 'revision': 1,
        }  # fmt: skip
        written = {
            'uid': "'r' || n", 'owner_id': person, 'team_id': f'{FIRST} + {person} % {TEAMS}',
            **dict.fromkeys(contact.fields['full_name'].columns, f"'khach ' || (n * 911 % {rows})"),
            **dict.fromkeys(contact.fields['email'].columns, "'khach' || n || '@vidu.vn'"),
            contact.fields['status'].definition.column:
                f"CASE n / 7 % {len(statuses)} {''.join(f'WHEN {n} THEN {each!r} ' for n, each in enumerate(statuses))}END",
            **{name: f':{name}' for name in constants},
        }  # fmt: skip
        head = f'INSERT INTO {contact.table.name} ({", ".join(written)}) {"" if postgres else counting}'
        insert = f'{head} SELECT {", ".join(written.values())} FROM {numbers}'
        typed = [sa.bindparam(name, type_=contact.table.c[name].type) for name in constants]
        session.execute(sa.text(insert).bindparams(*typed), constants)
        shared = range(1, rows, max(rows // SHARED, 1))
        receiver = principal('user', _person('team, shares'))
        grant(session, contact, shared, receiver, level='view', source='share', by=None, now=now)
    with database.write_engine.connect().execution_options(isolation_level='AUTOCOMMIT') as connection:
        connection.execute(sa.text('VACUUM ANALYZE' if postgres else 'ANALYZE'))


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


def _person(scope: str) -> int:
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
    session.execute(user_roles.insert(), [{'user_id': _person(name), 'role_id': ids[_role(name)]} for name in SCOPES])
    bump_rights(session)


class Bench:
    def __init__(self, site: Site, rows: int) -> None:
        self.site, self.catalog = site, site.runtime.catalogs.current()
        self.deep = max(2, DEEP * rows // 1_000_000)
        now = site.runtime.clock.now()
        with site.runtime.database.session() as session:
            self.actors = {name: self._actor(session, name) for name in SCOPES}
            self.tokens = {name: create_token(session, _person(name), 'bench', now) for name in SCOPES}

    def _actor(self, session: Any, name: str) -> Actor:
        actor = load_actor(session.connection(), _person(name))
        assert actor is not None
        return actor

    def page(self, name: str, **more: Any) -> Any:
        """One page by the query layer."""
        with self.site.runtime.reader(self.actors[name], self.catalog) as reader:
            return reader.list_page('contact', ListQuery(**{'columns': COLUMNS, 'size': SIZE, **more}))

    def query(self, name: str, more: Mapping[str, Any]) -> Prepare:
        more = {**more, 'number': self.deep} if 'number' in more else more
        if 'cursor' in more:
            more = {**more, 'cursor': self.cursor(name, {key: each for key, each in more.items() if key != 'cursor'})}
        return lambda: lambda: self.page(name, **more)

    def request(self, name: str, arguments: Mapping[str, str]) -> Prepare:
        arguments = {**arguments, 'page': str(self.deep - 1)} if 'page' in arguments else arguments
        if 'cursor' in arguments:
            arguments = {**arguments, 'cursor': self.cursor(name, {})}
        fixed = {'page_size': str(SIZE), 'keys': 'none', 'columns': ','.join(COLUMNS)}
        path = f'/api/v1/contact/?{urlencode({**fixed, **arguments})}'
        return lambda: call(self.site.app, 'GET', path, None, self.tokens[name])

    def cursor(self, name: str, more: Mapping[str, Any]) -> str:
        """Where the deep page of somebody's list begins."""
        return str(self.page(name, **{**more, 'number': self.deep - 1}).next)

    def measure(self, rounds: int, make: Callable[[str], Prepare]) -> dict[str, float]:
        works = {name: make(name) for name in SCOPES}
        taken: dict[str, list[float]] = {name: [] for name in SCOPES}
        for _ in range(rounds + WARM):
            for name, prepare in works.items():
                run = prepare()
                start = time.perf_counter()
                run()
                taken[name].append((time.perf_counter() - start) * 1000)
        return {name: statistics.median(each[WARM:]) for name, each in taken.items()}

    def plans(self, more: Mapping[str, Any]) -> None:
        """The statements of one page of each scope with their plans."""
        engine, seen = self.site.runtime.database.read_engine, list[tuple[str, Any]]()

        def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
            if statement.lstrip().startswith(('SELECT', 'WITH')):
                seen.append((statement, parameters))

        for name in SCOPES:
            work = self.query(name, more)()
            work()
            seen.clear()
            event.listen(engine, 'before_cursor_execute', note)
            work()
            event.remove(engine, 'before_cursor_execute', note)
            explain = {'postgresql': 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) '}.get(
                engine.dialect.name, 'EXPLAIN QUERY PLAN '
            )
            with engine.connect() as connection:
                for statement, parameters in list(seen):
                    print(f'--- {name}: {statement[statement.index("FROM") :]}')
                    for row in connection.exec_driver_sql(explain + statement, parameters):
                        print('   ', row[-1])


def report(label: str, url: str, home: Path, rows: int, rounds: int, *, explain: bool) -> None:
    site = make_site(url, home)
    with closing(site.runtime):
        start = time.perf_counter()
        fill(site, rows)
        print(f'{label}: {rows:,} rows, filled in {time.perf_counter() - start:.0f} s')
        bench = Bench(site, rows)
        print(f'{"":24}{"all":>9} {"".join(f"{name:>17}" for name in list(SCOPES)[1:])}')
        works: dict[str, Callable[[str], Prepare]] = {
            **{what: lambda name, more=more: bench.query(name, more) for what, more in WAYS.items()},  # type: ignore[misc]
            **{what: lambda name, more=more: bench.request(name, more) for what, more in SERVED.items()},  # type: ignore[misc]
        }
        for what, make in works.items():
            found = bench.measure(rounds, make)
            shown = ''.join(f'{found[name]:8.2f} × {found[name] / found["all"]:<6.2f}' for name in list(SCOPES)[1:])
            print(f'{what:24}{found["all"]:6.2f} ms {shown}', flush=True)
        for what, more in WAYS.items() if explain else ():
            print(f'====== {what}')
            bench.plans(more)


@contextmanager
def postgres_url() -> Iterator[str]:
    if url := os.environ.get('TRELLIS_BENCH_DATABASE_URL'):
        yield url
    else:
        with serve(find_binaries()) as server:
            yield server.fresh()


def main() -> None:
    numbers = [int(each) for each in sys.argv[1:] if each.isdigit()]
    rows, rounds = (*numbers, *(1_000_000, 15)[len(numbers) :])
    explain = 'explain' in sys.argv
    with tempfile.TemporaryDirectory() as folder:
        if 'postgresql' not in sys.argv:
            report('sqlite', f'sqlite:///{folder}/bench.sqlite', Path(folder), rows, rounds, explain=explain)
        if 'sqlite' not in sys.argv:
            with postgres_url() as url:
                report('postgresql', url, Path(folder), rows, rounds, explain=explain)


if __name__ == '__main__':
    main()
