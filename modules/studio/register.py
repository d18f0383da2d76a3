"""What Studio contributes: its pages."""

from __future__ import annotations

from modules.registries import Registries
from modules.studio.publishing import pages


def register(registries: Registries) -> None:
    registries.blueprints.register('studio', pages, owner=__name__)
