"""What notices contribute: pages, who came to own what, mails of notices, how long they are kept, and `trellis events`."""

from __future__ import annotations

from typing import Any

from modules.installation.keeping import Sweep
from modules.notices.cli import events
from modules.notices.following import AssignedFollower
from modules.notices.mailing import write_mails
from modules.notices.sweeping import clear_notices
from modules.notices.views import blueprint
from modules.registries import Registries
from modules.ways import NoWayOut, WayOut


def try_notices(visit: Any) -> None:
    """A person's notices, which name records."""
    visit.read('/notices/', show='all')
    visit.read('/notices/')
    visit.read('/notices/new')


def register(registries: Registries) -> None:
    registries.blueprints.register('notices', blueprint, owner=__name__)
    registries.commands.register('events', events, owner=__name__)
    registries.followers.register('notices', AssignedFollower(), owner=__name__)
    registries.chores.register('notice mails', write_mails, owner=__name__)
    registries.retention.register('notices', Sweep('notice_days', clear_notices), owner=__name__)
    shows = ('notices.index', 'notices.show', 'notices.news', 'notices.popped')
    label = {'en': 'Notices', 'vi': 'Thông báo'}
    registries.ways_out.register('notices', WayOut(label, shows, (try_notices,), each='person'), owner=__name__)
    own = ('notices.choose', 'notices.read', 'notices.stream_token')
    reason = "a person's own choices and ticks about notices; no record is read"
    registries.no_ways_out.register('notices', NoWayOut(reason, own), owner=__name__)
