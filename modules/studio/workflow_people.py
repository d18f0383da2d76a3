"""Whom workflows may name: people and teams in service, under the names that steps store. Knows no document and no form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from modules.leaving.standing import stand_ins
from permissions.actors import full_name
from permissions.tables import ab_user, team
from schema.base.database import Database


@dataclass(frozen=True)
class Roster:
    """`people` are full names by user name, `teams` are uids by name, both by the alphabet; `heirs` the names of those who act
    for people who left, by user name of these."""

    people: Mapping[str, str] = field(default_factory=dict)
    teams: Mapping[str, str] = field(default_factory=dict)
    heirs: Mapping[str, str] = field(default_factory=dict)

    def say(self, username: Any) -> str:
        """The name of a person, or who acts for them; the user name when nobody in service has it."""
        name = str(username)
        return self.people.get(name) or (_left(name, self.heirs[name]) if name in self.heirs else name)

    def offer_people(self, chosen: Any) -> list[dict[str, Any]]:
        """`{key, label, sub, on}` of everybody in service, those that are chosen first and in their order."""
        return _offered({name: (label, name) for name, label in self.people.items()}, chosen, self.heirs)

    def offer_teams(self, chosen: Any) -> list[dict[str, Any]]:
        """The same of teams. A team that is stored by its uid keeps it as its key."""
        stored = set(_listed(chosen))
        return _offered({uid if uid in stored else name: (name, '') for name, uid in self.teams.items()}, chosen)


def read_roster(database: Database) -> Roster:
    """Everybody who can sign in and every team that is open."""
    people = sa.select(ab_user.c.username, ab_user.c.first_name, ab_user.c.last_name).where(ab_user.c.active.is_(sa.true()))
    teams = sa.select(team.c.name, team.c.uid).where(team.c.active.is_(sa.true())).order_by(team.c.name)
    with database.reading() as connection:
        rows = connection.execute(people.order_by(ab_user.c.first_name, ab_user.c.last_name, ab_user.c.username)).all()
        found = connection.execute(teams).all()
        heirs = {name: each.name for name, each in stand_ins(connection).items()}
    named = {row.username: full_name(row.first_name, row.last_name) or row.username for row in rows}
    return Roster(named, {row.name: row.uid for row in found}, heirs)


def _left(name: str, heir: str) -> str:
    return str(_('%(name)s (left; %(heir)s acts for them)', name=name, heir=heir))


def _offered(
    known: Mapping[str, tuple[str, str]], chosen: Any, heirs: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:  # fmt: skip
    picked, acting = _listed(chosen), heirs or {}
    gone = {
        key: (_left(key, acting[key]) if key in acting else _('%(name)s (no longer in service)', name=key), '')
        for key in picked if key not in known
    }  # fmt: skip
    order = [*picked, *(key for key in known if key not in picked)]
    every = {**known, **gone}
    return [{'key': key, 'label': every[key][0], 'sub': every[key][1], 'on': key in picked} for key in order]


def _listed(chosen: Any) -> list[str]:
    several: Iterable[Any] = chosen if isinstance(chosen, list) else [chosen]
    return list(dict.fromkeys(each for each in several if isinstance(each, str) and each))
