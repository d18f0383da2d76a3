"""What operations contribute: commands, and the pages for machines."""

from __future__ import annotations

from modules.ops.cli import ops_commands
from modules.registries import Registries


def register(registries: Registries) -> None:
    for command in ops_commands:
        registries.commands.register(str(command.name), command, owner=__name__)
