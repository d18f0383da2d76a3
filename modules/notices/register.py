"""What notices contribute: pages, who came to own what, mails of notices, how long they are kept, and `trellis events`."""

from __future__ import annotations

from typing import Any

from modules.installation.keeping import Sweep
from modules.notices.cli import events
from modules.notices.following import AssignedFollower
from modules.notices.mailing import write_mails
from modules.notices.service import Notice, tell
from modules.notices.sweeping import clear_notices
from modules.notices.views import blueprint
from modules.registries import Registries
from modules.ways import NoWayOut, WayOut

FIRST_NOTICES = 5


def plant_notices(beside: Any) -> None:
    """Everybody was told of the record, whether they still reach it or not."""
    texts = {'en': 'About {title}', 'vi': 'Về {title}'}
    told = Notice('workflow', texts, entity_ref=beside.entity.ref, record_uid=beside.record.uid)
    tell(beside.session, beside.people.values(), told, key=f'canary:{beside.record.uid}', now=beside.now)


def try_notices(visit: Any) -> None:
    """A person's notices, which name records, and those of others by their numbers."""
    visit.read('/notices/', show='all')
    visit.read('/notices/')
    news = visit.read('/notices/new')
    own = (news.json or {}).get('pops') or [1]
    for number in (*own[:1], *range(1, FIRST_NOTICES)):
        visit.read(f'/notices/{number}')
    visit.send('POST', '/notices/popped', form={'ids': ','.join(map(str, (*own, *range(1, FIRST_NOTICES))))})


def register(registries: Registries) -> None:
    registries.blueprints.register('notices', blueprint, owner=__name__)
    registries.commands.register('events', events, owner=__name__)
    registries.followers.register('notices', AssignedFollower(), owner=__name__)
    registries.chores.register('notice mails', write_mails, owner=__name__)
    registries.retention.register('notices', Sweep('notice_days', clear_notices), owner=__name__)
    shows = ('notices.index', 'notices.show', 'notices.news', 'notices.popped')
    label = {'en': 'Notices', 'vi': 'Thông báo'}
    registries.ways_out.register(
        'notices', WayOut(label, shows, (try_notices,), each='person', plants=(plant_notices,)), owner=__name__
    )
    own = ('notices.choose', 'notices.read', 'notices.ask', 'notices.stream_token')
    reason = "a person's own choices and ticks about notices; no record is read"
    registries.no_ways_out.register('notices', NoWayOut(reason, own), owner=__name__)
