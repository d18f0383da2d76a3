"""What operations contribute: kinds of bulk change, the worker's chore, the command, pages, and addresses of the API."""

from __future__ import annotations

from flask import Blueprint

from modules.api.answers import add_version
from modules.operations import api, running
from modules.operations.cli import operation_group
from modules.operations.giving import Assign
from modules.operations.kinds import KINDS
from modules.operations.tagging import TagMany
from modules.operations.undoing import Undo
from modules.operations.views import blueprint, menu_entry
from modules.registries import Registries


def register(registries: Registries) -> None:
    for key, work in {**KINDS, 'assign': Assign()}.items():
        registries.operations.register(key, work, owner=__name__)
    registries.operations.register('tag', TagMany(), owner=__name__)
    registries.operations.register('undo', Undo(), owner=__name__)
    registries.chores.register('operations', running.drain, owner=__name__)
    registries.commands.register('operation', operation_group, owner=__name__)
    registries.blueprints.register('operations', blueprint, owner=__name__)
    registries.menu.register('operations', menu_entry, owner=__name__)
    addresses = Blueprint('operations_api', __name__, url_prefix='/api/v1')
    addresses.after_request(add_version)
    api.add_rules(addresses)
    registries.blueprints.register('operations_api', addresses, owner=__name__)
