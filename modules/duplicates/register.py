"""What duplicates contribute: the check of every write, and the look while somebody types."""

from __future__ import annotations

from modules.duplicates import service
from modules.duplicates.views import blueprint
from modules.registries import Registries


def register(registries: Registries) -> None:
    registries.duplicate_checks.register('rules', service.check, owner=__name__)
    registries.blueprints.register('duplicates', blueprint, owner=__name__)
