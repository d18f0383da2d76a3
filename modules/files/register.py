"""What files contribute: their addresses."""

from __future__ import annotations

from modules.files.views import files
from modules.registries import Registries


def register(registries: Registries) -> None:
    registries.blueprints.register('files', files, owner=__name__)
