"""What assignment contributes: it follows the records that the store writes; its pages, and addresses of the API."""

from __future__ import annotations

from flask import Blueprint

from modules.api.answers import add_version
from modules.assignment import api
from modules.assignment.following import Following
from modules.assignment.views import blueprint, menu_entry, record_link
from modules.registries import Registries


def register(registries: Registries) -> None:
    registries.followers.register('assignment', Following(), owner=__name__)
    registries.blueprints.register('assignment', blueprint, owner=__name__)
    registries.menu.register('assignment', menu_entry, owner=__name__)
    registries.record_links.register('assignment', record_link, owner=__name__)
    addresses = Blueprint('assignment_api', __name__, url_prefix='/api/v1')
    addresses.after_request(add_version)
    api.add_rules(addresses)
    registries.blueprints.register('assignment_api', addresses, owner=__name__)
