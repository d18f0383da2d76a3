"""Which of the things that may stand beside a record there are at all, told by one statement, so that none is asked for in
vain. Knows none of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from modules.records.model import Record
from schema.base.actor import Actor
from schema.base.registry import Registry
from schema.base.tables import BigId, UtcDateTime

RECORD_UID = sa.bindparam('record_uid', type_=sa.String)
RECORD_ID = sa.bindparam('record_id', type_=BigId)
ENTITY_REF = sa.bindparam('entity_ref', type_=sa.String)
USER_ID = sa.bindparam('user_id', type_=sa.Integer)
SINCE = sa.bindparam('since', type_=UtcDateTime)
LATELY = timedelta(minutes=1)

Presence = Registry[sa.ColumnElement[bool]]
"""`{key: whether there is any}`, over the parameters of this module."""


def absent(connection: sa.Connection, presence: Presence, record: Record, actor: Actor, now: datetime) -> frozenset[str]:
    """Keys of what there is none of about a record, for this person; the reader has seen that they may read it."""
    given: dict[str, Any] = {
        'record_uid': record.uid, 'record_id': record.id, 'entity_ref': record.entity.ref, 'user_id': actor.user_id,
        'since': now - LATELY,
    }  # fmt: skip
    row = connection.execute(_asking(presence), given).mappings().one()
    return frozenset(key for key, there in row.items() if not there)


@lru_cache(maxsize=4)
def _asking(presence: Presence) -> sa.Select[Any]:
    asked: list[sa.ColumnElement[Any]] = [there.label(key) for key, there in presence.items()]
    return sa.select(*asked)
