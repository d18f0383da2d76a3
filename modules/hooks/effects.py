"""What deliveries about records went out, which no undo brings back, and messages by record. Writes nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from modules.hooks.tables import delivery
from schema.definitions import Texts

OUT = ('claimed', 'sent', 'uncertain')


def went_out(executor: Any, uids: sa.Select[Any], since: datetime) -> list[Texts]:
    """How many calls and messages about the records left since."""
    sent = (delivery.c.record_uid.in_(uids), delivery.c.created_at >= since, delivery.c.state.in_(OUT))
    count = executor.execute(sa.select(sa.func.count()).where(*sent)).scalar_one()
    if not count:
        return []
    return [{'en': f'Calls and messages about these records that went out: {count}',
             'vi': f'Số lời gọi và tin nhắn về các hồ sơ này đã gửi đi: {count}'}]  # fmt: skip
