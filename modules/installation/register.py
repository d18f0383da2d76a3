"""What the installation's settings contribute: their page and its entry in the menu of administrators."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from modules.installation.views import installation
from modules.registries import Registries
from permissions.policy import Policy


def register(registries: Registries) -> None:
    registries.blueprints.register('installation', installation, owner=__name__)
    registries.menu.register('installation', menu_entry, owner=__name__)


def menu_entry(policy: Policy) -> dict[str, Any] | None:
    """For administrators."""
    if not policy.can_admin:
        return None
    return {'key': 'installation', 'label': _('Settings'), 'href': '/settings/installation', 'icon': 'settings'}
