"""What duplicates contribute: the check of every write. Pages ask the service themselves."""

from __future__ import annotations

from modules.duplicates import service
from modules.registries import Registries


def register(registries: Registries) -> None:
    registries.duplicate_checks.register('rules', service.check, owner=__name__)
