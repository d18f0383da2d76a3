"""The people records may go to: chosen users and members of chosen teams, in order, and who of them is left out now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.assignment.model import Strategy
from modules.assignment.presence import Presence, presences
from permissions.actors import full_name
from permissions.tables import ab_user, team_member
from schema.base.findings import Finding, finding
from schema.fieldtypes.days import DAY_PATTERNS, day_text


@dataclass(frozen=True)
class Person:
    """One person of a circle; `out` says why they get nothing now."""

    id: int
    username: str
    name: str
    out: Finding | None = None


def people_of(session: Session, strategy: Strategy, now: datetime, today: date) -> list[Person]:
    """Active people of the strategy: users as they were chosen, then members of teams by name, each once."""
    members: dict[int, list[int]] = {}
    if strategy.teams:
        rows = session.execute(
            sa.select(team_member.c.team_id, team_member.c.user_id)
            .join(ab_user, ab_user.c.id == team_member.c.user_id)
            .where(team_member.c.team_id.in_(strategy.teams))
            .order_by(ab_user.c.last_name, ab_user.c.first_name, ab_user.c.id)
        )
        for row in rows:
            members.setdefault(row.team_id, []).append(row.user_id)
    ids = list(dict.fromkeys([*strategy.users, *(each for team in strategy.teams for each in members.get(team, ()))]))
    known = {
        row.id: row
        for row in session.execute(
            sa.select(ab_user.c.id, ab_user.c.username, ab_user.c.first_name, ab_user.c.last_name).where(
                ab_user.c.id.in_(ids), ab_user.c.active.is_(sa.true())
            )
        )
    }
    asks = strategy.online_only or strategy.skip_absent
    there = presences(session, known, now, today) if asks and known else {}
    return [
        Person(each, known[each].username, full_name(known[each].first_name, known[each].last_name) or known[each].username,
               why_out(strategy, there.get(each, Presence())) if asks else None)
        for each in ids
        if each in known
    ]  # fmt: skip


def why_out(strategy: Strategy, there: Presence) -> Finding | None:
    """Why somebody gets nothing now under the strategy's options."""
    if strategy.skip_absent and there.absent is not None:
        until = there.absent.to_on
        return finding('ASG-R011', level='warning', until={each: day_text(until, each) for each in DAY_PATTERNS})
    if (strategy.skip_absent or strategy.online_only) and there.away is not None:
        return finding('ASG-R012', level='warning', note=there.away.note or '–')
    if strategy.online_only and not there.online:
        return finding('ASG-R013', level='warning')
    return None
