"""The leak certificate's own tries of the calendar find nothing, on a site with planted records."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from modules.certificate import service
from modules.certificate.cli import certificate_group
from tests.support.site import Site


class _Entry:
    """What commands are given: the runtime of a site."""

    def __init__(self, site: Site) -> None:
        self.runtime = site.runtime


@pytest.mark.soak  # tests/rights/test_matrix.py tries these ways among all others
def test_the_calendar_and_its_feeds_leak_nothing(sqlite_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    ways = {key: way for key, way in service.ways_of(sqlite_site.runtime).items() if key.startswith(('calendar', 'home'))}
    monkeypatch.setattr(service, 'ways_of', lambda runtime: ways)

    made = CliRunner().invoke(certificate_group, ['run', '--role', 'rep', '--role', 'leader'], obj=_Entry(sqlite_site))

    assert (set(ways), made.exit_code) == ({'calendar', 'calendar_feed', 'home'}, 0), made.output
