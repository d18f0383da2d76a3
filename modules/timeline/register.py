"""What the timeline contributes: followers of records are told of changes."""

from __future__ import annotations

from modules.registries import Registries
from modules.timeline.following import Following


def register(registries: Registries) -> None:
    registries.followers.register('timeline', Following(), owner=__name__)
