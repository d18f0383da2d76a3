"""What operations contribute: kinds of bulk change, the worker's chore, the command, pages, and addresses of the API."""

from __future__ import annotations

from modules.operations import running
from modules.operations.kinds import KINDS
from modules.operations.undoing import Undo
from modules.registries import Registries


def register(registries: Registries) -> None:
    for key, work in KINDS.items():
        registries.operations.register(key, work, owner=__name__)
    registries.operations.register('undo', Undo(), owner=__name__)
    registries.chores.register('operations', running.drain, owner=__name__)
