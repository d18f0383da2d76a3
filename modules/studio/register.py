"""What Studio contributes: its pages, and the same work from the command line."""

from __future__ import annotations

from migrations.cli import schema_commands
from modules.registries import Registries
from modules.studio.views import pages


def register(registries: Registries) -> None:
    registries.blueprints.register('studio', pages, owner=__name__)
    registries.commands.register('schema', schema_commands, owner=__name__)
