"""What assignment contributes: it follows the records that the store writes."""

from __future__ import annotations

from modules.assignment.following import Following
from modules.registries import Registries


def register(registries: Registries) -> None:
    registries.followers.register('assignment', Following(), owner=__name__)
