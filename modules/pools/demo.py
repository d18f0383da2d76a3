"""The demonstration's pool: leads that nobody has yet, the administrator as its manager, two sales reps as members."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.pools import setup
from modules.pools.model import Wish
from modules.pools.tables import pool
from schema.base.actor import system_actor
from schema.catalog import Catalog

ENTITY = 'lead'
WAITING = 24
"""So many of the newest leads wait in it."""
_NAME = 'Kho mặc định'
_DESCRIPTION = 'Lead mới chưa có người phụ trách. Mỗi người nhận tối đa 10 lead một ngày và trả lại nếu không chăm sóc.'


def ensure_demo_pool(session: Session, catalog: Catalog, users: Mapping[str, int], now: datetime) -> bool:
    """Make the default pool of leads unless there is a pool or no kind of record for it; whether there is one now."""
    if session.execute(sa.select(pool.c.id).limit(1)).first() is not None:
        return True
    if ENTITY not in catalog.entities or 'admin' not in users:
        return False
    members = [users[name] for name in ('rep', 'rep2') if name in users]
    wish = Wish(
        _NAME, ENTITY, _DESCRIPTION, daily_limit=10, return_days=7, is_default=True, members=members, managers=[users['admin']]
    )
    setup.create(session, catalog, wish, by=system_actor('demo'), now=now)
    return True
