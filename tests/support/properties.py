"""How many examples a property is tried with."""

from __future__ import annotations

from hypothesis import settings

USUAL = 200
"""Examples of the profile `fast` stand for half of what is written at each property."""


def examples(count: int) -> int:
    """So many in `make test`, and as many times more as the profile of `make soak` asks for."""
    chosen = settings.get_profile(settings.get_current_profile_name())
    return count * chosen.max_examples // USUAL
