"""People and teams as workflow documents name them: people by user name, teams by name, which people can read, or by uid,
which lasts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.leaving.standing import in_service
from permissions.tables import team


def user_names(executor: Any, named: Sequence[str]) -> list[str]:
    """User names of those who act for them, in their order; a name that nobody acts for comes back as it is, for whoever reads
    it to refuse."""
    acting = in_service(executor, named) if named else {}
    return list(dict.fromkeys(acting[each].username if each in acting else each for each in named))


def team_uids(session: Session, named: Sequence[str]) -> list[str]:
    """Uids in the order of the names; what names no team comes back as it is, for whoever reads it to refuse."""
    if not named:
        return []
    known = sa.select(team.c.uid, team.c.name).where(sa.or_(team.c.uid.in_(named), team.c.name.in_(named)))
    rows = session.execute(known).all()
    found = {row.name: row.uid for row in rows} | {row.uid: row.uid for row in rows}
    return list(dict.fromkeys(found.get(each, each) for each in named))
