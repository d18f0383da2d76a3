"""What pools contribute: a follower of the store, a kind of bulk change, pages, addresses, a turn of the scheduler."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from flask_babel import gettext as _

from modules.api.answers import add_version
from modules.installation.keeping import Sweep
from modules.pools import api, shown
from modules.pools.doctoring import check_pools
from modules.pools.following import PoolFollower
from modules.pools.managing import KIND, PutWork
from modules.pools.returning import return_idle
from modules.pools.setup_views import setup_pages
from modules.pools.sweeping import clear_events
from modules.pools.views import blueprint, picked_link
from modules.registries import Registries
from modules.runtime import Runtime
from permissions.policy import Policy


def register(registries: Registries) -> None:
    registries.followers.register('pools', PoolFollower(), owner=__name__)
    registries.operations.register(KIND, PutWork(), owner=__name__)
    registries.ticks.register('pools', tick, owner=__name__)
    registries.doctor.register('pools', check_pools, owner=__name__)
    registries.retention.register('notes of pools', Sweep('history_days', clear_events), owner=__name__)
    registries.blueprints.register('pools', blueprint, owner=__name__)
    registries.blueprints.register('pools_setup', setup_pages, owner=__name__)
    registries.menu.register('pools', menu_entry, owner=__name__)
    registries.record_notes.register('pools', shown.note, owner=__name__)
    registries.picked_links.register('pools', picked_link, owner=__name__)
    addresses = Blueprint('pools_api', __name__, url_prefix='/api/v1')
    addresses.after_request(add_version)
    api.add_rules(addresses)
    registries.blueprints.register('pools_api', addresses, owner=__name__)


def tick(runtime: Runtime) -> None:
    """Records that nobody works on go back."""
    return_idle(runtime)


def menu_entry(policy: Policy) -> dict[str, Any] | None:
    """For the people of pools, and for administrators who make them."""
    if policy.actor.pool_principals:
        return {'key': 'pools', 'label': _('Pools'), 'href': '/pools/', 'icon': 'bucket'}
    return {'key': 'pools', 'label': _('Pools'), 'href': '/pools/setup/', 'icon': 'bucket'} if policy.can_admin else None
