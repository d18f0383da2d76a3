"""What people contribute: commands, pages, an entry in the menu of administrators."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from flask_babel import gettext as _

from modules.api.answers import add_version
from modules.people import teams_api
from modules.people.account_views import account
from modules.people.cli import token, user
from modules.people.team_cli import team_group
from modules.people.team_pages import blueprint as team_pages
from modules.people.views import people
from modules.registries import Registries
from permissions.policy import Policy


def register(registries: Registries) -> None:
    for command in (user, token, team_group):
        registries.commands.register(str(command.name), command, owner=__name__)
    registries.blueprints.register('people', people, owner=__name__)
    registries.blueprints.register('people_teams', team_pages, owner=__name__)
    registries.blueprints.register('people_account', account, owner=__name__)
    addresses = Blueprint('teams_api', __name__, url_prefix='/api/v1')
    addresses.after_request(add_version)
    teams_api.add_rules(addresses)
    registries.blueprints.register('teams_api', addresses, owner=__name__)
    registries.menu.register('people', menu_entry, owner=__name__)


def menu_entry(policy: Policy) -> dict[str, Any] | None:
    """Users, teams and roles, for administrators."""
    return (
        {'key': 'people', 'label': _('People and roles'), 'href': '/users/list/', 'icon': 'users'} if policy.can_admin else None
    )
