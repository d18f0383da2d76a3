"""What the calendar contributes: a follower of the store, reminders, pages, a place in the menu, ways out."""

from __future__ import annotations

from modules.calendar import dialogs, feed_views, ways
from modules.calendar.following import ParticipantFollower
from modules.calendar.reminding import remind
from modules.calendar.views import blueprint, menu_entry, repeats
from modules.registries import Registries
from modules.runtime import Runtime


def register(registries: Registries) -> None:
    assert dialogs and feed_views  # their addresses stand on the blueprint
    registries.followers.register('calendar', ParticipantFollower(), owner=__name__)
    registries.blueprints.register('calendar', blueprint, owner=__name__)
    registries.ticks.register('calendar', tick, owner=__name__)
    registries.record_notes.register('calendar', repeats, owner=__name__)
    registries.menu.register('calendar', menu_entry, owner=__name__)
    ways.register(registries)


def tick(runtime: Runtime) -> None:
    """Reminders whose time has come."""
    remind(runtime)
