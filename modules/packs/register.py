"""What packs contribute; their commands come with the pack tools."""

from __future__ import annotations

from modules.registries import Registries


def register(_registries: Registries) -> None:
    """The built-in pack is published by the first start."""
