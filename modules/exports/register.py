"""What exports contribute: the command and the downloads."""

from __future__ import annotations

from modules.exports.cli import export_command
from modules.exports.views import blueprint
from modules.registries import Registries


def register(registries: Registries) -> None:
    registries.commands.register('export', export_command, owner=__name__)
    registries.blueprints.register('exports', blueprint, owner=__name__)
