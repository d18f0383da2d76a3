"""Every address is declared: a way out that is tried with rights, or one that carries no record, with the reason."""

from __future__ import annotations

from flask import Flask

from modules.certificate.report import report_of
from modules.certificate.trial import Trial
from modules.certificate.ways import unlisted
from modules.registries import Registries
from modules.ways import WayOut
from tests.support.site import Site


def declared(registries: Registries) -> tuple[dict[str, WayOut], dict[str, object]]:
    ways, none = registries.ways_out, registries.no_ways_out
    return dict(zip(ways.keys(), ways, strict=True)), dict(zip(none.keys(), none, strict=True))


def endpoints(app: Flask) -> list[str]:
    return sorted({rule.endpoint for rule in app.url_map.iter_rules()})


def test_every_address_of_the_application_is_a_way_out_with_rights_or_none_with_a_reason(sqlite_site: Site) -> None:
    ways, none = declared(sqlite_site.runtime.registries)

    assert unlisted(endpoints(sqlite_site.app), ways, none) == []
    assert all(way.tries for way in ways.values())
    assert all(len(each.reason) > 10 for each in none.values())
    known = {each for way in (*ways.values(), *none.values()) for each in way.endpoints}
    assert known - set(endpoints(sqlite_site.app)) == set(), 'declared, but no longer there'


def test_a_new_address_without_rights_is_found_by_its_absence(sqlite_site: Site) -> None:
    app = sqlite_site.app
    app.add_url_rule('/everything', 'fresh.everything', lambda: 'all that there is')
    ways, none = declared(sqlite_site.runtime.registries)

    assert unlisted(endpoints(app), ways, none) == ['fresh.everything']


def test_a_way_that_leaks_turns_its_cells_red_with_the_request_that_proves_it(sqlite_site: Site) -> None:
    site, app = sqlite_site, sqlite_site.app
    table = site.runtime.catalogs.current().entity('contact').table

    def leak() -> str:
        with site.runtime.database.reading() as connection:
            return ' '.join(row.phone or '' for row in connection.execute(table.select()))

    app.add_url_rule('/leaky', 'leaky', leak)
    ways = {
        'leaky': WayOut({'en': 'Leaky', 'vi': 'Rò rỉ'}, ('leaky',), (lambda visit: visit.read('/leaky'),), each='person'),
        'listed': WayOut({'en': 'Listed', 'vi': 'Có tên'}, ('leaky',), (lambda visit: None,), each='person'),
        'gone': WayOut({'en': 'Gone', 'vi': 'Đã mất'}, ('gone.address',), (lambda visit: None,), each='person'),
        'silent': WayOut({'en': 'Silent', 'vi': 'Im lặng'}, (), (lambda visit: None,), shows='title'),
    }
    trial = Trial(app, site.runtime, ways)
    trial.plant()

    outcome = trial.run(['rep'])

    red = {cell for cell in outcome.red if cell[3] == 'leaky'}
    assert red == {('rep', 'contact', 'phone', 'leaky')}
    assert {fault.request for fault in outcome.faults['rep', 'leaky']} == {'GET /leaky'}
    assert outcome.cells['rep', 'contact', 'full_name', 'silent'] == 'missing'
    assert outcome.unasked(ways) == [('listed', 'leaky'), ('gone', 'gone.address')]
    assert outcome.cells['rep', 'contact', 'phone', 'listed'] == 'leak', 'what no try meets is knocked at'
    report = report_of(outcome, trial.catalog, ways)
    assert (report.untried, report.state) == ({'gone': ['gone.address']}, 'red')
