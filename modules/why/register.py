"""What reasons contribute: the pages of Why? and of viewing as somebody else, the API, a link in each record's menu."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from modules.registries import Registries
from modules.why.api import blueprint as addresses
from modules.why.pages import record_link
from modules.why.views import blueprint
from permissions.policy import Policy


def register(registries: Registries) -> None:
    registries.blueprints.register('why', blueprint, owner=__name__)
    registries.blueprints.register('why_api', addresses, owner=__name__)
    registries.record_links.register('why', record_link, owner=__name__)
    registries.menu.register('why', menu_entry, owner=__name__)


def menu_entry(policy: Policy) -> dict[str, Any] | None:
    """For administrators."""
    return {'key': 'why', 'label': _('Why?'), 'href': '/why/', 'icon': 'help-circle'} if policy.can_admin else None
