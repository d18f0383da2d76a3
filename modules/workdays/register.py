"""What the working calendar contributes: its page of settings."""

from __future__ import annotations

from modules.registries import Registries
from modules.ways import NoWayOut
from modules.workdays.views import menu_entry, workdays


def register(registries: Registries) -> None:
    registries.blueprints.register('workdays', workdays, owner=__name__)
    registries.menu.register('workdays', menu_entry, owner=__name__)
    reason = 'days of the working calendar, for administrators; no record is read'
    own = ('workdays.calendar', 'workdays.remove')
    registries.no_ways_out.register('workdays', NoWayOut(reason, own), owner=__name__)
