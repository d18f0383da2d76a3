"""Looking people and teams up by what somebody types; for pickers. Reads no record."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.sharing.service import Receiver, receivers_of
from permissions.actors import full_name
from permissions.tables import ab_user, team
from schema.base.actor import principal
from schema.base.text import fold

SHOWN = 20


def receivers(session: Session, search: str) -> list[Receiver]:
    """Open accounts and teams in use whose name holds every word, whatever the accents; teams after people, by name."""
    words = fold(search).split()
    connection = session.connection()
    people = connection.execute(
        sa.select(ab_user.c.id, ab_user.c.username, ab_user.c.first_name, ab_user.c.last_name).where(
            ab_user.c.active.is_(sa.true())
        )
    )
    teams = connection.execute(sa.select(team.c.id, team.c.name).where(team.c.active.is_(sa.true())))
    named = [(principal('user', row.id), f'{full_name(row.first_name, row.last_name)} {row.username}') for row in people]
    half = SHOWN // 2
    chosen = [
        *_matching(named, words)[:SHOWN],
        *_matching([(principal('team', row.id), row.name) for row in teams], words)[:half],
    ]
    known = receivers_of(session, chosen)
    return [known[each] for each in chosen if each in known]


def _matching(named: list[tuple[str, str]], words: list[str]) -> list[str]:
    """Tokens of what matches, by name."""
    found = sorted((fold(name), token) for token, name in named if all(word in fold(name) for word in words))
    return [token for _name, token in found]
