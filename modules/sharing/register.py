"""What sharing contributes: the dialogue of a record, its menu entry, and sharing many records as one operation."""

from __future__ import annotations

import sqlalchemy as sa

from modules.records.presence import ENTITY_REF, RECORD_ID
from modules.registries import Registries
from modules.sharing.bulk import ShareMany
from modules.sharing.views import blueprint, picked_link, record_link
from permissions.tables import record_grant


def register(registries: Registries) -> None:
    shared = sa.exists().where(record_grant.c.entity_ref == ENTITY_REF, record_grant.c.record_id == RECORD_ID)
    registries.presence.register('shares', shared, owner=__name__)
    registries.blueprints.register('sharing', blueprint, owner=__name__)
    registries.record_links.register('share', record_link, owner=__name__)
    registries.picked_links.register('share', picked_link, owner=__name__)
    registries.operations.register('share', ShareMany(), owner=__name__)
