"""Tells people something, once: rows of `notice` in the caller's transaction. Shows nothing and sends nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.notices.tables import KINDS, notice, notice_choice
from permissions.tables import ab_user
from schema.base.upsert import insert_once

ROWS = 500
LONGEST_KEY = 160


@dataclass(frozen=True)
class Notice:
    """What is told. `texts` are plain words by locale (en, vi) and may hold `{title}`, the record's title, and `{count}`, the
    `number` of things it is about; both are filled when somebody reads it, the title as far as the reader reaches the record.

    `href` is an address of this product; without one it leads to the record. `mail` asks for a mail too, unless the person
    chose otherwise.
    """

    kind: str
    texts: Mapping[str, str]
    href: str = ''
    entity_ref: str = ''
    record_uid: str = ''
    by: int | None = None
    popup: bool = True
    mail: bool = False
    number: int = 1


def tell(session: Session, user_ids: Iterable[int], told: Notice, *, key: str, now: datetime) -> int:
    """Tell each of these people, unless a notice with this key told them already; how many were told now.

    Writes in the caller's transaction and does not commit. Who has no active account is left out, and so is who wants to hear
    nothing of this kind. Raises: ValueError for an unknown kind.
    """
    if told.kind not in KINDS:
        raise ValueError(f'unknown kind of notice: {told.kind}')
    rows = [row_of(told, person, key=key, now=now) for person in _wishes(session, told.kind, user_ids)]
    rows = [row for row in rows if row['listed'] or row['popup'] or row['mail_due']]
    added = 0
    for start in range(0, len(rows), ROWS):
        statement = insert_once(session, notice, 'user_id', 'key').values(rows[start : start + ROWS])
        written: Any = session.execute(statement)
        added += int(written.rowcount)
    return added


def row_of(told: Notice, person: Any, *, key: str, now: datetime) -> dict[str, Any]:
    """The row of a notice for one person, by what they chose."""
    chose = person.listed is not None
    return {
        'user_id': person.id, 'kind': told.kind, 'texts': dict(told.texts), 'href': told.href[:500],
        'entity_ref': told.entity_ref, 'record_uid': told.record_uid, 'number': told.number, 'by_id': told.by, 'at': now,
        'listed': person.listed if chose else True, 'popup': told.popup and (person.popup if chose else True),
        'mail_due': person.mail if chose else told.mail, 'key': key[:LONGEST_KEY],
    }  # fmt: skip


def _wishes(session: Session, kind: str, user_ids: Iterable[int]) -> list[Any]:
    """`(id, listed, popup, mail)` of those who have an active account; None where they chose nothing."""
    wanted = sorted({each for each in user_ids if each is not None})
    found: list[Any] = []
    chosen = sa.and_(notice_choice.c.user_id == ab_user.c.id, notice_choice.c.kind == kind)
    statement = sa.select(ab_user.c.id, notice_choice.c.listed, notice_choice.c.popup, notice_choice.c.mail)
    statement = statement.select_from(ab_user.outerjoin(notice_choice, chosen)).where(ab_user.c.active.is_(sa.true()))
    for start in range(0, len(wanted), ROWS):
        found += session.execute(statement.where(ab_user.c.id.in_(wanted[start : start + ROWS])).order_by(ab_user.c.id)).all()
    return found
