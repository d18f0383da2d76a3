"""Teams as workflow documents name them: by name, which people can read, or by uid, which lasts."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from permissions.tables import team


def team_uids(session: Session, named: Sequence[str]) -> list[str]:
    """Uids in the order of the names; what names no team comes back as it is, for whoever reads it to refuse."""
    if not named:
        return []
    known = sa.select(team.c.uid, team.c.name).where(sa.or_(team.c.uid.in_(named), team.c.name.in_(named)))
    rows = session.execute(known).all()
    found = {row.name: row.uid for row in rows} | {row.uid: row.uid for row in rows}
    return list(dict.fromkeys(found.get(each, each) for each in named))
