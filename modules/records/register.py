"""What records contribute beyond their services: their history and operations are not kept for ever."""

from __future__ import annotations

from modules.installation.keeping import Sweep
from modules.records.sweeping import clear_history, clear_operations
from modules.registries import Registries


def register(registries: Registries) -> None:
    """Records are reached through `Runtime`; they add no page and no command."""
    registries.retention.register('history', Sweep('history_days', clear_history), owner=__name__)
    registries.retention.register('operations', Sweep('operation_days', clear_operations), owner=__name__)
