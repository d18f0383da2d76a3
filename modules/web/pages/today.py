"""What a person's day holds."""

from __future__ import annotations

from typing import Any

from schema.base.actor import Actor


def context(actor: Actor) -> dict[str, Any]:
    return {'name': actor.name}
