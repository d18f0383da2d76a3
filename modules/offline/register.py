"""What going without the network contributes: its addresses and the script of every page."""

from __future__ import annotations

from modules.offline.views import blueprint
from modules.registries import Registries
from modules.ways import NoWayOut


def register(registries: Registries) -> None:
    registries.blueprints.register('offline', blueprint, owner=__name__)
    registries.scripts.register('offline', 'offline/offline.js', owner=__name__)
    addresses = ('offline.index', 'offline.manifest', 'offline.icon', 'offline.worker')
    reason = 'the same for everybody; pages that were seen are kept by the browser of the person who saw them'
    registries.no_ways_out.register('offline', NoWayOut(reason, addresses), owner=__name__)
