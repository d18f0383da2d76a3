"""What saved views contribute: their pages, their addresses, and letting go of records that nobody looked at for long."""

from __future__ import annotations

from modules.registries import Registries


def register(registries: Registries) -> None:
    """Filled by the parts of this package."""
