"""What messaging contributes: channels of SMS and Zalo, and the page of their providers."""

from __future__ import annotations

from modules.messaging.tables import message_provider
from modules.registries import Registries

TABLES = (message_provider,)


def register(registries: Registries) -> None:
    """Nothing beside its table so far."""
