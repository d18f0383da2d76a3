"""What the calendar contributes: a follower of the store, its pages, its place in the menu, what its addresses let out."""

from __future__ import annotations

from modules.calendar import dialogs, feed_views, ways
from modules.calendar.following import ParticipantFollower
from modules.calendar.views import blueprint, menu_entry
from modules.registries import Registries


def register(registries: Registries) -> None:
    assert dialogs and feed_views  # their addresses stand on the blueprint
    registries.followers.register('calendar', ParticipantFollower(), owner=__name__)
    registries.blueprints.register('calendar', blueprint, owner=__name__)
    registries.menu.register('calendar', menu_entry, owner=__name__)
    ways.register(registries)
