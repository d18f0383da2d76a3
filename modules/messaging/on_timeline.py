"""SMS, Zalo messages and calls of other programs on the timeline of the record that they were about, and their fate."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask_babel import gettext as _

from modules.messaging.service import messages_of
from modules.records.model import Record
from modules.timeline.windows import Found, Place, Window, entry_of, last_of

RANK = 11
NAMES = {'sms': 'SMS', 'zns': 'Zalo ZNS', 'webhook': 'Webhook'}
TONES = {'sent': 'ok', 'held': 'warn', 'uncertain': 'warn', 'failed': 'bad'}


def messages_part(desk: Any, record: Record, window: Window) -> Found:
    """One of `registries.timeline`. To whom and what is for whoever reads the record's every field, for a text may name any."""
    if window.kind not in {'', 'mail'}:
        return Found(())
    after = window.after
    moment = timedelta(microseconds=1)
    before = None if after is None else after.at + moment if after.rank <= RANK else after.at
    executor = desk.reader.session.connection()
    rows = messages_of(executor, desk.entity.ref, record.uid, limit=window.size, before=before)
    last = last_of([Place(each.at, RANK, each.id) for each in rows], window.size)
    if after is not None and after.rank == RANK:  # what the page before ended with
        rows = [each for each in rows if (each.at, each.id) < (after.at, after.row)]
    whole = {field.key for field in desk.entity.own_fields} <= desk.reader.policy.readable(desk.entity.key)
    words = {
        'new': _('waiting to be sent'), 'claimed': _('being sent'), 'sent': _('sent'), 'failed': _('failed'),
        'uncertain': _('uncertain'), 'held': _('kept back'),
    }  # fmt: skip
    places = [Place(each.at, RANK, each.id) for each in rows]
    shown = [
        entry_of(
            place, 'system', 'send' if each.channel == 'webhook' else 'message', tag=words.get(each.state, each.state),
            text=NAMES.get(each.channel, each.channel), tone=TONES.get(each.state, ''),
            detail=f'{each.to} · {each.text}' if whole and each.channel != 'webhook' else '',
        )
        for place, each in zip(places, rows, strict=True)
    ]  # fmt: skip
    return Found(shown, last)
