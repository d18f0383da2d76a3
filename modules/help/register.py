"""What help contributes: its two pages."""

from __future__ import annotations

from modules.help.views import blueprint
from modules.registries import Registries
from modules.ways import NoWayOut


def register(registries: Registries) -> None:
    registries.blueprints.register('help', blueprint, owner=__name__)
    reason = 'sentences that come with the product; no record is read'
    registries.no_ways_out.register('help', NoWayOut(reason, ('help.index', 'help.changes')), owner=__name__)
