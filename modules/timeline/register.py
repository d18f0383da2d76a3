"""What the timeline contributes: followers of records are told of changes."""

from __future__ import annotations

import sqlalchemy as sa

from modules.records.presence import RECORD_UID, USER_ID
from modules.registries import Registries
from modules.timeline.following import Following
from modules.timeline.tables import record_follow, timeline_pin


def register(registries: Registries) -> None:
    following = sa.exists().where(record_follow.c.user_id == USER_ID, record_follow.c.record_uid == RECORD_UID)
    registries.presence.register('follow', following, owner=__name__)
    registries.presence.register('pins', sa.exists().where(timeline_pin.c.record_uid == RECORD_UID), owner=__name__)
    registries.followers.register('timeline', Following(), owner=__name__)
