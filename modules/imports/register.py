"""What imports contribute: the command and the screens."""

from __future__ import annotations

from modules.imports import tables
from modules.imports.cli import import_command
from modules.registries import Registries

OWN_TABLES = (tables.import_job,)


def register(registries: Registries) -> None:
    registries.commands.register('import', import_command, owner=__name__)
