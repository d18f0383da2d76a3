"""What notices contribute: how long they are kept."""

from __future__ import annotations

from modules.installation.keeping import Sweep
from modules.notices.sweeping import clear_notices
from modules.registries import Registries


def register(registries: Registries) -> None:
    registries.retention.register('notices', Sweep('notice_days', clear_notices), owner=__name__)
