"""Record rules: which records a scope reaches, once as SQL and once as a test of a single record. Knows no role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from schema.base.actor import Actor
from schema.definitions import SCOPES, Scope


@dataclass(frozen=True)
class RecordFacts:
    """What a decision needs to know of one record: the ids of its owner and its team."""

    owner_id: int | None
    team_id: int | None


def widest(*scopes: Scope) -> Scope:
    return max(scopes, key=SCOPES.index, default='none')


def narrowest(*scopes: Scope) -> Scope:
    return min(scopes, key=SCOPES.index, default='none')


@dataclass(frozen=True)
class RecordRule:
    """`own` reaches the actor's records, `team` also those of the actor's teams and of teams the actor leads.

    `holds` and `clause` say the same; a blank owner or team belongs to nobody.
    """

    scope: Scope
    user_id: int | None
    team_ids: frozenset[int]

    def holds(self, facts: RecordFacts) -> bool:
        if self.scope in {'none', 'all'}:
            return self.scope == 'all'
        if facts.owner_id is not None and facts.owner_id == self.user_id:
            return True
        return self.scope == 'team' and facts.team_id is not None and facts.team_id in self.team_ids

    def clause(self, owner_id: Any, team_id: Any) -> sa.ColumnElement[bool]:
        """The rule over two columns (or mapped attributes); never NULL-tolerant: a blank does not match."""
        if self.scope in {'none', 'all'}:
            return sa.true() if self.scope == 'all' else sa.false()
        reached: list[sa.ColumnElement[bool]] = []
        if self.user_id is not None:  # `owner_id = NULL` would be written as IS NULL and open all unowned records
            reached.append(owner_id == self.user_id)
        if self.scope == 'team' and self.team_ids:
            reached.append(team_id.in_(sorted(self.team_ids)))
        return sa.or_(sa.false(), *reached)


def rule_for(scope: Scope, actor: Actor) -> RecordRule:
    return RecordRule(scope, actor.user_id, actor.team_ids | actor.led_team_ids)
