"""What records contribute to the product: nothing beyond their services."""

from __future__ import annotations

from modules.registries import Registries


def register(_registries: Registries) -> None:
    """Records are reached through `Runtime`; they add no page and no command."""
