"""What exports contribute: the command and the downloads."""

from __future__ import annotations

from modules.exports.cli import export_command
from modules.exports.views import blueprint, list_link
from modules.registries import Registries


def register(registries: Registries) -> None:
    registries.commands.register('export', export_command, owner=__name__)
    registries.blueprints.register('exports', blueprint, owner=__name__)
    registries.list_links.register('export', list_link, owner=__name__)
