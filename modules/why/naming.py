"""Names of the people, teams and pools that reasons point to by id, read in a few statements. Knows no rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from permissions.actors import full_name
from permissions.rules import RecordFacts
from permissions.tables import ab_user, pool, team
from schema.base.actor import Actor
from schema.base.findings import Finding
from schema.fieldtypes.days import day_text

RIGHTS = {'view': {'en': 'see', 'vi': 'xem'}, 'edit': {'en': 'see and change', 'vi': 'xem và sửa'}}
KINDS = {'u': 'users', 't': 'teams', 'p': 'pools', 'm': 'pools'}
_NAMED = (ab_user.c.id, ab_user.c.username, ab_user.c.first_name, ab_user.c.last_name)


@dataclass
class Ids:
    """Which ids to find names for."""

    users: set[int] = field(default_factory=set)
    teams: set[int] = field(default_factory=set)
    pools: set[int] = field(default_factory=set)


def ids_in(told: Iterable[Finding], facts: RecordFacts | None) -> Ids:
    """Every id that the reasons' parameters and the record name."""
    found = Ids()
    for each in told:
        params = each.params
        found.users |= {value for value in (params.get('user'),) if isinstance(value, int)}
        found.teams |= {value for value in (params.get('team'),) if isinstance(value, int)}
        if principal := str(params.get('principal', '')):
            getattr(found, KINDS[principal[0]]).add(int(principal[1:]))
    if facts is not None:
        found.users |= {facts.owner_id} - {None}  # type: ignore[arg-type]
        found.teams |= {facts.team_id} - {None}  # type: ignore[arg-type]
    return found


class Names:
    """What ids are called. Someone who is not there any more is a number."""

    def __init__(self, connection: sa.Connection, ids: Ids | None = None) -> None:
        self._connection = connection
        wanted = ids or Ids()
        self._users = {row.id: _name(row) for row in self._rows(sa.select(*_NAMED), ab_user.c.id, wanted.users)}
        self._teams = {row.id: row.name for row in self._rows(sa.select(team.c.id, team.c.name), team.c.id, wanted.teams)}
        self._pools = {row.id: row.name for row in self._rows(sa.select(pool.c.id, pool.c.name), pool.c.id, wanted.pools)}

    def user(self, user_id: int | None) -> str:
        return '' if user_id is None else self._users.get(user_id, str(user_id))

    def team(self, team_id: int | None) -> str:
        return '' if team_id is None else self._teams.get(team_id, str(team_id))

    def user_by_username(self, username: str) -> tuple[int, str] | None:
        """`(id, name)`, also of a closed account."""
        row = self._connection.execute(sa.select(*_NAMED).where(ab_user.c.username == username)).first()
        return (row.id, _name(row)) if row else None

    def in_words(self, params: Mapping[str, Any], asker: Actor) -> dict[str, Any]:
        """A reason's parameters with names for ids, days for instants and words for rights."""
        found = dict(params)
        if isinstance(found.get('user'), int):
            found['user'] = self.user(found['user'])
        elif 'user' in found:
            found['user'] = '–'
        if isinstance(found.get('team'), int):
            found['team'] = self.team(found['team'])
        if principal := str(found.get('principal', '')):
            names = getattr(self, f'_{KINDS[principal[0]]}')
            found['principal'] = names.get(int(principal[1:]), principal)
        if found.get('right') in RIGHTS:
            found['right'] = RIGHTS[found['right']]
        if isinstance(found.get('at'), str):
            at = datetime.fromisoformat(found['at']).astimezone(asker.zone)
            found['at'] = day_text(at, asker.locale)
        return found

    def _rows(self, statement: sa.Select[Any], key: sa.ColumnClause[Any], ids: set[int]) -> list[Any]:
        return list(self._connection.execute(statement.where(key.in_(sorted(ids))))) if ids else []


def _name(row: Any) -> str:
    return full_name(row.first_name, row.last_name) or str(row.username)
