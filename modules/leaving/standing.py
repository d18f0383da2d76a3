"""Who acts for people who left, wherever a workflow names people: the successor of the handover that closed their account.

Reads the accounts and the handovers; writes nothing. It is asked when a step runs, so that runs which wait go on too, and an
undo, which opens the account again, needs to change no definition.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa

from modules.leaving.tables import handover
from permissions.actors import full_name
from permissions.tables import ab_user

SUCCESSOR = 'stands_in'
LONGEST_CHAIN = 10
_WHO = (ab_user.c.id, ab_user.c.username, ab_user.c.active, ab_user.c.first_name, ab_user.c.last_name)


class Acting(NamedTuple):
    """Somebody in service."""

    id: int
    username: str
    name: str


def in_service(executor: Any, usernames: Iterable[str]) -> dict[str, Acting]:
    """`{user name: who acts under it}`: the person themselves, or who took over from them, and from these in turn. Names of
    nobody, and of closed accounts that nobody took over, are left out. One statement while everybody is in service."""
    named = executor.execute(sa.select(*_WHO).where(ab_user.c.username.in_(sorted(set(usernames))))).all()
    known = {row.id: row for row in named}
    now = {row.username: row.id for row in named}
    for _ in range(LONGEST_CHAIN):
        gone = {each for each in now.values() if each in known and not known[each].active}
        if not gone:
            break
        heirs = _heirs(executor, gone)
        if missing := set(heirs.values()) - known.keys():
            known |= {row.id: row for row in executor.execute(sa.select(*_WHO).where(ab_user.c.id.in_(sorted(missing))))}
        now = {name: heirs.get(each) if each in gone else each for name, each in now.items()}
    found = {name: known[each] for name, each in now.items() if each in known and known[each].active}
    return {
        name: Acting(row.id, row.username, full_name(row.first_name, row.last_name) or row.username)
        for name, row in found.items()
    }  # fmt: skip


def stand_ins(executor: Any) -> dict[str, Acting]:
    """`{user name of somebody who left: who acts for them}`, of everybody who was handed over."""
    left = sa.select(ab_user.c.username).where(
        ab_user.c.active.is_(sa.false()), ab_user.c.id.in_(sa.select(handover.c.leaver_id).where(_in_force()))
    )  # fmt: skip
    names = executor.execute(left).scalars().all()
    return in_service(executor, names) if names else {}


def _heirs(executor: Any, user_ids: Collection[int]) -> dict[int, int]:
    """Of the latest handover of each."""
    wanted = sa.select(handover.c.leaver_id, handover.c.kept).where(handover.c.leaver_id.in_(sorted(user_ids)), _in_force())
    rows = executor.execute(wanted.order_by(handover.c.closed_at)).all()
    latest = {row.leaver_id: row.kept.get(SUCCESSOR) for row in rows if SUCCESSOR in row.kept}
    return {leaver: heir for leaver, heir in latest.items() if heir is not None}


def _in_force() -> sa.ColumnElement[bool]:
    return handover.c.reopened_at.is_(None)
