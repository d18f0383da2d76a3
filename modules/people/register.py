"""What people contribute: commands, pages, an entry in the menu of administrators."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from modules.people.account_views import account
from modules.people.cli import token, user
from modules.people.views import people
from modules.registries import Registries
from permissions.policy import Policy


def register(registries: Registries) -> None:
    for command in (user, token):
        registries.commands.register(str(command.name), command, owner=__name__)
    registries.blueprints.register('people', people, owner=__name__)
    registries.blueprints.register('people_account', account, owner=__name__)
    registries.menu.register('people', menu_entry, owner=__name__)


def menu_entry(policy: Policy) -> dict[str, Any] | None:
    """Users, teams and roles, for administrators."""
    return (
        {'key': 'people', 'label': _('People and roles'), 'href': '/users/list/', 'icon': 'users'} if policy.can_admin else None
    )
