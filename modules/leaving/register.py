"""What leaving contributes: the kind of operation, the command and its pages."""

from __future__ import annotations

from modules.leaving.work import KIND, Handover
from modules.registries import Registries


def register(registries: Registries) -> None:
    registries.operations.register(KIND, Handover(), owner=__name__)
