"""The leak certificate: asked for on its page, drawn up by the worker on a copy, kept; and as a command that fails a build."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from modules.certificate import jobs, service
from modules.certificate.cli import certificate_group
from modules.certificate.report import Report
from modules.certificate.visiting import Visit
from modules.records.model import ListQuery
from modules.ways import WayOut
from tests.support.site import Site


def few(site: Site, *more: tuple[str, WayOut]) -> dict[str, WayOut]:
    """A few of the ways, so that a test takes seconds."""
    return {key: way for key, way in service.ways_of(site.runtime).items() if key in {'api_list', 'count'}} | dict(more)


def leaking(visit: Visit) -> None:
    """A way that answers with the rights of the house, as a report that forgets to ask would."""
    with visit.runtime.database.reading() as connection:
        table = visit.entity.table
        rows = [dict(row) for row in connection.execute(sa.select(table)).mappings()]
    visit.judge(replace(visit.read('/api/v1/me'), text=json.dumps(rows, default=str), request='GET /report'))


@pytest.fixture
def hurried(sqlite_site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    chosen = few(sqlite_site)
    monkeypatch.setattr(service, 'ways_of', lambda runtime: chosen)
    return sqlite_site


def test_the_page_asks_for_a_certificate_the_worker_draws_it_up_and_it_stays_green(hurried: Site) -> None:
    site, admin = hurried, hurried.client('admin', locale='vi')
    headers = {'X-CSRFToken': admin.get('/api/v1/security/csrf_token/').get_json()['result']}
    records = site.create('rep', 'contact', full_name='Khách thật')

    first = admin.get('/certificate/').get_data(as_text=True)
    admin.post('/certificate/', headers=headers)
    admin.post('/certificate/', headers=headers)  # a second press asks for nothing more
    waiting = admin.get('/certificate/').get_data(as_text=True)
    done = jobs.drain(site.runtime)
    page = admin.get('/certificate/').get_data(as_text=True)
    (kept,) = service.listed(site.runtime)
    told = admin.get(f'/certificate/{kept.id}.json').get_json()
    close = admin.get(f'/certificate/{kept.id}?role=rep&way=api_list').get_data(as_text=True)

    assert 'href="/certificate/"' in admin.get('/studio/history').get_data(as_text=True)  # offered with what is live
    assert 'Chứng nhận rò rỉ' in first
    assert 'hx-get="/certificate/"' in waiting
    assert (done, kept.state, told['state'], told['red'], told['faults']) == (1, 'green', 'green', 0, [])
    assert set(told['verdicts']) == {'admin', 'manager', 'leader', 'rep', '-'}
    assert told['verdicts']['rep']['api_list']['product'][list(told['fields']['product']).index('cost')] == 'k'
    assert 'hx-get="/certificate/"' not in page
    assert 'Nhân viên kinh doanh' in close
    with site.runtime.reader(site.actor('admin')) as reader:  # nothing was planted among the records of the house
        assert [each.uid for each in reader.list_page('contact', ListQuery()).records] == [records]
    assert [site.client(name).get('/certificate/').status_code for name in ('manager', 'rep')] == [403, 403]
    assert site.client('rep').get(f'/certificate/{kept.id}').status_code == 403


def test_a_certificate_that_cannot_be_drawn_up_says_so(sqlite_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site = sqlite_site

    def broken(_runtime: Any) -> None:
        raise ZeroDivisionError('the way broke')

    monkeypatch.setattr(service, 'examine', broken)
    service.ask(site.runtime, site.actor('admin'))

    jobs.drain(site.runtime)

    (kept,) = service.listed(site.runtime)
    assert (kept.state, kept.problem) == ('failed', 'ZeroDivisionError: the way broke')
    assert 'the way broke' in site.client('admin').get(f'/certificate/{kept.id}').get_data(as_text=True)


def test_the_command_ends_with_one_when_a_way_leaks_and_names_the_request(
    postgres_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, way = postgres_site, WayOut({'en': 'Report', 'vi': 'Báo cáo'}, (), (leaking,))
    ways = few(site, ('report', way))
    monkeypatch.setattr(service, 'ways_of', lambda runtime: ways)

    red = CliRunner().invoke(certificate_group, ['run', '--role', 'rep'], obj=_Entry(site))
    unknown = CliRunner().invoke(certificate_group, ['run', '--role', 'nobody'], obj=_Entry(site))
    green = Report({'rep': {'en': 'Rep'}}, {'report': way.label}, {}, {}, {'rep': {'report': {'contact': 'ks-'}}})
    monkeypatch.setattr(service, 'examine', lambda runtime, roles: (green, 'postgresql', 3))
    tight = CliRunner().invoke(certificate_group, ['run', '--json'], obj=_Entry(site))
    partial = replace(green, untried={'report': ['report.show']})
    monkeypatch.setattr(service, 'examine', lambda runtime, roles: (partial, 'postgresql', 3))
    open_end = CliRunner().invoke(certificate_group, ['run'], obj=_Entry(site))

    assert (red.exit_code, unknown.exit_code, tight.exit_code) == (1, 2, 0), red.output
    assert 'rep / report / contact.phone' in red.stderr
    assert 'GET /report' in red.stderr
    last = red.stdout.rstrip().splitlines()[-1]
    assert last.startswith('RED: ')
    assert last.endswith('postgresql')
    assert json.loads(tight.stdout)['green'] is True
    assert (open_end.exit_code, open_end.stdout.rstrip().splitlines()[-1][:8]) == (3, 'UNTRIED:')
    assert 'not tried: Report: report.show' in open_end.stderr
    kept = service.listed(site.runtime)
    assert [each.state for each in kept] == ['untried', 'green']  # part of the roles is no certificate
    page = site.client('admin').get(f'/certificate/{kept[0].id}').get_data(as_text=True)
    assert 'report.show' in page and page.count('not tried whole') >= 3
    with site.runtime.database.reading() as connection:
        names = connection.execute(sa.text("SELECT datname FROM pg_database WHERE datname LIKE 'trellis_certificate%'"))
        assert names.all() == []


class _Entry:
    def __init__(self, site: Site) -> None:
        self.runtime = site.runtime
