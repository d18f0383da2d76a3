"""What records contribute beyond their services: history is not kept for ever, derived values that wait are recomputed,
the doctor looks at what searches go by."""

from __future__ import annotations

from modules.installation.keeping import Sweep
from modules.records import derived_jobs
from modules.records.doctoring import check_search
from modules.records.sweeping import clear_history, clear_operations
from modules.registries import Registries


def register(registries: Registries) -> None:
    """Records are reached through `Runtime`; they add no page and no command."""
    registries.doctor.register('search', check_search, owner=__name__)
    registries.chores.register('derived', derived_jobs.chore, owner=__name__)
    registries.retention.register('history', Sweep('history_days', clear_history), owner=__name__)
    registries.retention.register('operations', Sweep('operation_days', clear_operations), owner=__name__)
