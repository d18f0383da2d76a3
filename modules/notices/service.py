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
from schema.base.upsert import insert_of, insert_once

ROWS = 500
LONGEST_KEY = 160


@dataclass(frozen=True)
class Notice:
    """What is told. `texts` are plain words by locale (en, vi) and may hold `{title}`, the record's title, `{by}`, the name of
    who caused it, and `{count}`, the `number` of things it is about. They are filled when somebody reads it, the title as far
    as the reader reaches the record.

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


def tell(executor: Session | sa.Connection, user_ids: Iterable[int], told: Notice, *, key: str, now: datetime) -> int:
    """Tell each of these people, unless a notice with this key told them already; how many were told now.

    Writes in the caller's transaction and does not commit. Who has no active account is left out, and so is who wants to hear
    nothing of this kind. Raises: ValueError for an unknown kind.
    """
    rows, added = _rows(executor, user_ids, told, key, now), 0
    for start in range(0, len(rows), ROWS):
        written: Any = executor.execute(insert_once(executor, notice, 'user_id', 'key').values(rows[start : start + ROWS]))
        added += int(written.rowcount)
    return added


def tell_more(
    executor: Session | sa.Connection, user_ids: Iterable[int], told: Notice, *, key: str, now: datetime
) -> None:  # fmt: skip
    """Tell each of these people; whom a notice with this key told already reads one notice about both: its number grows by
    `told.number`, its words become `told.texts`, it names no single record any more and is new again.

    Writes in the caller's transaction and does not commit. Raises: ValueError for an unknown kind.
    """
    rows = _rows(executor, user_ids, told, key, now)
    for start in range(0, len(rows), ROWS):
        statement = insert_of(executor, notice).values(rows[start : start + ROWS])
        new = statement.excluded
        values = {
            'number': notice.c.number + new.number, 'texts': new.texts, 'href': new.href, 'record_uid': '', 'at': new.at,
            'read_at': None, 'popped_at': None, 'mail_due': new.mail_due,
        }  # fmt: skip
        executor.execute(statement.on_conflict_do_update(index_elements=[notice.c.user_id, notice.c.key], set_=values))


def _rows(
    executor: Session | sa.Connection, user_ids: Iterable[int], told: Notice, key: str, now: datetime
) -> list[dict[str, Any]]:  # fmt: skip
    """Raises: ValueError for an unknown kind."""
    if told.kind not in KINDS:
        raise ValueError(f'unknown kind of notice: {told.kind}')
    rows = [_row(told, person, key, now) for person in _wishes(executor, told.kind, user_ids)]
    return [row for row in rows if row['listed'] or row['popup'] or row['mail_due']]


def _row(told: Notice, person: Any, key: str, now: datetime) -> dict[str, Any]:
    """The row of a notice for one person, by what they chose."""
    chose = person.listed is not None
    return {
        'user_id': person.id, 'kind': told.kind, 'texts': dict(told.texts), 'href': told.href[:500],
        'entity_ref': told.entity_ref, 'record_uid': told.record_uid, 'number': told.number, 'by_id': told.by, 'at': now,
        'listed': person.listed if chose else True, 'popup': told.popup and (person.popup if chose else True),
        'mail_due': person.mail if chose else told.mail, 'key': key[:LONGEST_KEY],
    }  # fmt: skip


def _wishes(executor: Session | sa.Connection, kind: str, user_ids: Iterable[int]) -> list[Any]:
    """`(id, listed, popup, mail)` of those who have an active account; None where they chose nothing."""
    wanted = sorted({each for each in user_ids if each is not None})
    found: list[Any] = []
    chosen = sa.and_(notice_choice.c.user_id == ab_user.c.id, notice_choice.c.kind == kind)
    statement = sa.select(ab_user.c.id, notice_choice.c.listed, notice_choice.c.popup, notice_choice.c.mail)
    statement = statement.select_from(ab_user.outerjoin(notice_choice, chosen)).where(ab_user.c.active.is_(sa.true()))
    for start in range(0, len(wanted), ROWS):
        found += executor.execute(statement.where(ab_user.c.id.in_(wanted[start : start + ROWS])).order_by(ab_user.c.id)).all()
    return found
