"""What Studio contributes: its pages."""

from __future__ import annotations

from modules.registries import Registries
from modules.studio import (
    field_pages,
    overview_pages,
    part_pages,
    publishing,
    role_pages,
    rollback_pages,
    template_pages,
    trying,
    workflow_pages,
)
from modules.studio.views import pages

PARTS = (
    field_pages,
    overview_pages,
    part_pages,
    publishing,
    role_pages,
    rollback_pages,
    trying,
    template_pages,
    workflow_pages,
)
"""Importing them gives the blueprint their pages."""


def register(registries: Registries) -> None:
    registries.blueprints.register('studio', pages, owner=__name__)
