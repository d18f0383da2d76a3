"""The rights a write needs, asked of the policy for a batch: to change, to give away, to create as it is. Writes nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from modules.records import resolving
from modules.records.changing import Change
from modules.records.judging import Held
from permissions.facts import facts_for, facts_of_new
from permissions.policy import Policy
from schema.base.errors import Forbidden, NotFound
from schema.base.findings import escape_pointer, finding
from schema.catalog import Entity
from schema.values import Link

GIVING = ('owner', 'team')


def action_of(change: Change) -> str:
    """What an update asks: `assign` when it touches nothing but whose the record is."""
    touched = {*change.wire, *change.values}
    return 'assign' if touched and touched <= {*GIVING} else 'update'


def require(session: Session, policy: Policy, action: str, entity: Entity, row: Mapping[str, Any]) -> None:
    """Raises: NotFound REC-E028 when the record is out of sight; Forbidden PRM-E001."""
    row_id = int(row['id'])
    if row_id not in _allowed(session, policy, action, entity, [row]):
        policy.require(action, entity.key, facts_for(session, policy, action, entity, [row])[row_id])


def refuse_unreachable(session: Session, policy: Policy, entity: Entity, asked: Sequence[tuple[Change, str]]) -> None:
    """Findings for changes, each with the action it asks, whose record is not there or out of that action's reach. As many
    statements for a thousand as for one."""
    for action in dict.fromkeys(action for _, action in asked):
        changes = [change for change, each in asked if each == action]
        rows = [each.current for each in changes if each.current is not None]
        allowed = _allowed(session, policy, action, entity, rows)
        refused = [row for row in rows if int(row['id']) not in allowed]
        facts = facts_for(session, policy, action, entity, refused)
        for change in changes:
            try:
                if change.current is None:
                    raise NotFound.of('REC-E028', label=entity.definition.label)
                if int(change.current['id']) in facts:
                    policy.require(action, entity.key, facts[int(change.current['id'])])
            except (NotFound, Forbidden) as error:
                change.findings += [each.at(change.pointer) for each in error.findings]


def _allowed(
    session: Session, policy: Policy, action: str, entity: Entity, rows: Sequence[Mapping[str, Any]]
) -> frozenset[int]:  # fmt: skip
    """Ids of the rows that the action reaches. Whoever may change a record but not give it away is let through: `check` tells
    them at the field."""
    facts = facts_for(session, policy, action, entity, rows)
    found = {row_id for row_id, each in facts.items() if policy.decide(action, entity.key, each)}
    if action == 'assign' and len(found) < len(facts):
        found |= _allowed(session, policy, 'update', entity, [row for row in rows if int(row['id']) not in found])
    return frozenset(found)


def check(session: Session, policy: Policy, entity: Entity, changes: Sequence[Change]) -> None:
    """Findings for records that are given away without the right to assign, as they stand before the change, and for new ones
    that the right to create does not reach as they will be. Before rules or others choose an owner: that is no person's act."""
    if policy.actor.is_system:
        return
    _check_given(session, policy, entity, [each for each in changes if not each.creates])
    if new := [each for each in changes if each.creates]:
        _check_created(session, policy, entity, new)


def _check_given(session: Session, policy: Policy, entity: Entity, changes: Sequence[Change]) -> None:
    given = {id(each): keys for each in changes if (keys := _given(each))}
    if not given or policy.scope('assign', entity.key) == 'all':
        return
    asked = [each for each in changes if id(each) in given]
    facts = facts_for(session, policy, 'assign', entity, [each.current for each in asked if each.current is not None])
    for change in asked:
        if change.current is not None and not policy.decide('assign', entity.key, facts[int(change.current['id'])]):
            _refuse(change, 'PRM-E040', given[id(change)])


def _given(change: Change) -> list[str]:
    """Which of owner and team would change."""
    current, found = change.current or {}, []
    for key in GIVING:
        if key in change.values:
            value = change.values[key]
            if (value.id if isinstance(value, Link) else None) != current.get(f'{key}_id'):
                found.append(key)
    return found


def _check_created(session: Session, policy: Policy, entity: Entity, changes: Sequence[Change]) -> None:
    if policy.scope('assign', entity.key) == 'none':
        for change in changes:
            if away := _given_away(policy, change):
                _refuse(change, 'PRM-E041', away)
    if policy.scope('create', entity.key) == 'all':
        return
    teams: dict[int, Link | None] = {}
    records = [_AsMade(session, change, teams) for change in changes]
    for change, facts in zip(changes, facts_of_new(session, policy, 'create', entity, records), strict=True):
        if not policy.decide('create', entity.key, facts):
            _refuse(change, 'PRM-E042', ())


def _given_away(policy: Policy, change: Change) -> list[str]:
    """Whether a new record is made for somebody else or another team; the own team is filled in where none is chosen."""
    owner, team = change.values.get('owner'), change.values.get('team')
    actor = policy.actor
    away = [] if isinstance(owner, Link) and owner.id == actor.user_id else ['owner']
    foreign = isinstance(team, Link) and team.id not in actor.team_ids | actor.led_team_ids
    return [*away, *(['team'] if foreign else [])]


class _AsMade(Held):
    """A new record with the team that follows from its owner where none is chosen."""

    def __init__(self, session: Session, change: Change, teams: dict[int, Link | None]) -> None:
        super().__init__(change)
        self._session, self._teams = session, teams

    def __getitem__(self, key: str) -> Any:
        found = super().__getitem__(key)
        if key != 'team' or 'team' in self.change.values:
            return found
        owner = self.change.values.get('owner')
        if not isinstance(owner, Link) or owner.id is None:
            return None
        if owner.id not in self._teams:
            self._teams[owner.id] = resolving.main_team(self._session, owner.id)
        return self._teams[owner.id]


def _refuse(change: Change, code: str, keys: Collection[str]) -> None:
    plural = change.entity.definition.plural
    places = [f'{change.pointer}/{escape_pointer(key)}' for key in keys] or [change.pointer]
    change.findings += [finding(code, place, entity=plural) for place in places]
