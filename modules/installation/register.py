"""What the installation contributes: the page of its settings, the turn that tidies up, what the doctor tells of texts."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from modules.installation.cli import maintain
from modules.installation.keeping import tidy
from modules.installation.labels import check_labels
from modules.installation.views import installation
from modules.registries import Registries
from modules.runtime import Runtime
from permissions.policy import Policy


def register(registries: Registries) -> None:
    registries.blueprints.register('installation', installation, owner=__name__)
    registries.menu.register('installation', menu_entry, owner=__name__)
    registries.commands.register('maintain', maintain, owner=__name__)
    registries.ticks.register('retention', keep_tidy, owner=__name__)
    registries.doctor.register('labels', check_labels, owner=__name__)


def menu_entry(policy: Policy) -> dict[str, Any] | None:
    """For administrators."""
    if not policy.can_admin:
        return None
    return {'key': 'installation', 'label': _('Settings'), 'href': '/settings/installation', 'icon': 'settings'}


def keep_tidy(runtime: Runtime) -> None:
    """Throw away what has been kept long enough, a little at each turn."""
    tidy(runtime)
