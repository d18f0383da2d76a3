"""Tells who imported a file that it is over, whether they still look at its page or not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from modules.notices.service import Notice, tell
from schema.definitions import Texts

PARTS: Mapping[str, Texts] = {
    'created': {'en': '{count} added', 'vi': 'thêm {count}'},
    'updated': {'en': '{count} changed', 'vi': 'cập nhật {count}'},
    'skipped': {'en': '{count} left as they were', 'vi': 'giữ nguyên {count}'},
    'failed': {'en': '{count} left out', 'vi': 'bỏ lại {count}'},
}


def tell_over(
    connection: sa.Connection, user_id: int | None, page: str, told: Mapping[str, Any], now: datetime
) -> None:  # fmt: skip
    """In the caller's transaction; once for each import's `page`.

    `told` holds the file's name, how many rows came to what, and `state` when it stopped.
    """
    if user_id is None:
        return
    stopped = told.get('state') == 'stopped'
    texts = {}
    for tongue, ends in {'en': ('was read in', 'was stopped'), 'vi': ('đã nhập xong', 'đã bị dừng')}.items():
        parts = [shape[tongue].format(count=told[name]) for name, shape in PARTS.items() if told.get(name)]
        texts[tongue] = f'“{told["file"]}” {ends[stopped]}' + (f': {", ".join(parts)}' if parts else '')
    notice = Notice('import_done', texts, href=page)
    tell(connection, [user_id], notice, key=f'import:{page}', now=now)
