"""What messaging contributes: channels of SMS and Zalo, and the page of their providers."""

from __future__ import annotations

import sqlalchemy as sa

from modules.hooks.tables import delivery
from modules.messaging.model import CHANNELS
from modules.messaging.on_timeline import messages_part
from modules.messaging.sending import Messages
from modules.messaging.views import blueprint
from modules.records.presence import ENTITY_REF, RECORD_UID
from modules.registries import Registries
from modules.ways import NoWayOut


def register(registries: Registries) -> None:
    registries.timeline.register('messaging', messages_part, owner=__name__)
    sent = sa.exists().where(delivery.c.record_uid == RECORD_UID, delivery.c.entity_ref == ENTITY_REF)
    registries.presence.register('messaging', sent, owner=__name__)
    for channel in CHANNELS:
        registries.channels.register(channel, Messages(channel), owner=__name__)
    registries.blueprints.register('messaging', blueprint, owner=__name__)
    registries.no_ways_out.register(
        'messaging',
        NoWayOut('providers of messages, for administrators: settings, no record', ('messaging.index', 'messaging.save')),
        owner=__name__,
    )
