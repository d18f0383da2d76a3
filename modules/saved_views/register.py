"""What saved views contribute: their pages, their addresses, and letting go of what nobody looked at for long."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask import Blueprint

from modules.api.answers import add_version
from modules.installation.keeping import Sweep
from modules.records.presence import ENTITY_REF, RECORD_ID, SINCE, USER_ID
from modules.registries import Registries
from modules.runtime import Runtime
from modules.saved_views import api
from modules.saved_views.views import blueprint
from modules.ways import NoWayOut
from schema.base.saved_views import seen_record


def register(registries: Registries) -> None:
    own = (seen_record.c.user_id == USER_ID, seen_record.c.entity_ref == ENTITY_REF, seen_record.c.record_id == RECORD_ID)
    registries.presence.register('seen lately', sa.exists().where(*own, seen_record.c.at > SINCE), owner=__name__)
    registries.blueprints.register('saved_views', blueprint, owner=__name__)
    addresses = Blueprint('saved_views_api', __name__, url_prefix='/api/v1')
    addresses.after_request(add_version)
    api.add_rules(addresses)
    registries.blueprints.register('saved_views_api', addresses, owner=__name__)
    registries.retention.register('seen records', Sweep('history_days', forget), owner=__name__)
    reason = 'names, conditions and columns that people saved themselves; the values of records are read by the list alone'
    registries.no_ways_out.register('saved_views', NoWayOut(reason, ENDPOINTS), owner=__name__)


ENDPOINTS = (
    'saved_views.new', 'saved_views.create', 'saved_views.save', 'saved_views.edit', 'saved_views.delete', 'saved_views.manage',
    'saved_views.arrange', 'saved_views.columns', 'saved_views_api.views_index', 'saved_views_api.views_add',
    'saved_views_api.views_show', 'saved_views_api.views_change', 'saved_views_api.views_remove', 'saved_views_api.views_first',
)  # fmt: skip


def forget(runtime: Runtime, cutoff: datetime, rows: int) -> int:
    """Records that nobody opened since."""
    key = (seen_record.c.user_id, seen_record.c.entity_ref, seen_record.c.record_id)
    with runtime.database.writing() as connection:
        old = connection.execute(sa.select(*key).where(seen_record.c.at < cutoff).limit(rows)).all()
        for row in old:
            same = (column == value for column, value in zip(key, row, strict=True))
            connection.execute(seen_record.delete().where(*same))
    return len(old)
