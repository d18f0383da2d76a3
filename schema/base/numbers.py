"""Whole numbers as they come in addresses and forms. Knows no language: what people type into fields is the fields' matter."""

from __future__ import annotations

LARGEST = 2**31 - 1
"""What an integer column holds."""
LARGEST_ID = 2**63 - 1
"""What the column of a `BigId` holds."""


def whole(text: str, most: int = LARGEST) -> int | None:
    """A number of plain digits up to `most`, leading noughts allowed; None for everything else, however long."""
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        return None
    number = int(text)
    return number if number <= most else None
