"""What leaving contributes: the kind of operation, the command under `trellis user`, and its pages."""

from __future__ import annotations

from modules.leaving.cli import handover
from modules.leaving.views import blueprint
from modules.leaving.work import KIND, Handover
from modules.people.cli import user
from modules.registries import Registries


def register(registries: Registries) -> None:
    registries.operations.register(KIND, Handover(), owner=__name__)
    registries.blueprints.register('leaving', blueprint, owner=__name__)
    user.add_command(handover)
