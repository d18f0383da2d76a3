"""What a person wants to hear of each kind: on the page, by popup, by mail. Free of Flask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.notices.tables import notice_choice
from modules.notices.words import WORDS


@dataclass(frozen=True)
class Choice:
    """One kind. Until the person saves, mail goes when the notice asks for it; afterwards for each notice, or for none."""

    listed: bool = True
    popup: bool = True
    mail: bool = False


def choices_of(connection: sa.Connection | Session, user_id: int) -> Mapping[str, Choice]:
    """`{kind: choice}` of all kinds that people choose about, in order."""
    rows = connection.execute(sa.select(notice_choice).where(notice_choice.c.user_id == user_id))
    known = {row.kind: Choice(row.listed, row.popup, row.mail) for row in rows}
    return {kind: known.get(kind, Choice()) for kind in WORDS}


def save_choices(connection: sa.Connection | Session, user_id: int, wished: Mapping[str, Choice]) -> None:
    """Replace what the person chose: from now on what is saved holds, whatever a notice asks for. Does not commit."""
    connection.execute(notice_choice.delete().where(notice_choice.c.user_id == user_id))
    rows = [
        {'user_id': user_id, 'kind': kind, 'listed': each.listed, 'popup': each.popup, 'mail': each.mail}
        for kind, each in wished.items()
        if kind in WORDS
    ]
    if rows:
        connection.execute(notice_choice.insert(), rows)
