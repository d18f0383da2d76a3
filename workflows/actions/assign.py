"""The action `assign`: the run's own record goes to somebody, by any strategy of assignment."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.assignment import service as assignment
from modules.assignment.log import Because
from modules.assignment.model import Assigned, Strategy
from modules.assignment.tables import assignment_log
from modules.operations.giving import held
from modules.records.changing import Change
from modules.records.store import Store
from permissions.tables import ab_user
from schema.base.errors import Forbidden, Invalid, NotFound, TrellisError, require_clean
from schema.base.findings import Finding, finding
from schema.catalog import Catalog, Entity
from schema.definitions import Document
from workflows.actions.base import Call, Done, LeftOut, Result, present_record
from workflows.actions.naming import team_uids, user_names


@dataclass(frozen=True)
class Giving:
    """By which strategy the record is given, and whom it would choose now; `name` is blank while nobody is there."""

    strategy: Strategy
    name: str
    reason: Finding

    def describe(self) -> Result:
        return {'assign': self.strategy.kind, 'to': self.name}


class Assign:
    """`{"strategy": "round_robin", "users": ["rep"], "teams": ["North"], "online_only": false}`. Whose turn it was is written
    with the owner, so that no turn is given twice."""

    def check(self, step: Document, entity: Entity, catalog: Catalog) -> list[Finding]:
        if step.get('strategy') not in assignment.KINDS:
            choices = ', '.join(assignment.KINDS)
            return [finding('ASG-E001', '/strategy', value=str(step.get('strategy'))[:40], choices=choices)]
        if not step.get('users') and not step.get('teams'):
            return [finding('ASG-E002', '/users')]
        if step['strategy'] == 'person' and (len(step.get('users', ())) != 1 or step.get('teams')):
            return [finding('ASG-E003', '/users')]
        return []

    def preview(self, call: Call) -> Giving:
        present_record(call)
        with call.runtime.database.reading() as connection, Session(bind=connection) as session:
            strategy = _strategy(session, call)
            given = _choose(session, call, strategy, rehearsed=True)
            names = assignment.names_of(session, [given.user_id])
        if given.user_id is None:
            raise LeftOut(given.reason)
        return Giving(strategy, names[given.user_id], given.reason)

    def perform(self, call: Call, effect: Giving, store: Store) -> Done:
        step_uid = str(uuid.uuid5(uuid.NAMESPACE_OID, call.key))  # the same on every attempt
        done = (assignment_log.c.record_uid == call.record_uid, assignment_log.c.rule_uid == step_uid)
        if store.session.execute(sa.select(assignment_log.c.id).where(*done)).first() is not None:
            return Done({**effect.describe(), 'changed': []})
        given = _choose(store.session, call, effect.strategy, rehearsed=False)
        if given.user_id is None:
            raise LeftOut(given.reason)
        username = store.session.execute(sa.select(ab_user.c.username).where(ab_user.c.id == given.user_id)).scalar_one()
        change = Change(
            call.entity, call.record_uid, {'owner': username}, because=Because(given.strategy, given.reason, step_uid)
        )  # fmt: skip
        saved = store.update_many(call.entity.key, [change])
        require_clean(change.findings, _error_for(change.findings))
        name = assignment.names_of(store.session, [given.user_id])[given.user_id]
        changed = [key for each in saved for key in each.changed]
        return Done({'assign': given.strategy, 'to': name, 'uid': call.record_uid, 'changed': changed})


def _strategy(session: Session, call: Call) -> Strategy:
    """Raises: Invalid ASG-E002, E003, E006, E007."""
    document = call.step.document
    among = {'users': user_names(session, document.get('users', [])), 'teams': team_uids(session, document.get('teams', []))}
    wire: Mapping[str, Any] = {'kind': document['strategy'], 'among': among, 'online_only': document.get('online_only', False)}
    if document['strategy'] == 'returning':
        wire = {'kind': 'returning', 'fallback': {**wire, 'kind': 'round_robin'}}
    return assignment.read_strategy(session, wire, call.entity).taking_turns(f'{call.rule.ref}:{call.step.key}'[:120])


def _choose(session: Session, call: Call, strategy: Strategy, *, rehearsed: bool) -> Assigned:
    records = held(session, call.entity, [call.record_uid])
    return assignment.distribute(
        session, call.catalog, strategy, call.entity, records, clock=call.runtime.clock, rehearsed=rehearsed
    )[0]  # fmt: skip


def _error_for(findings: list[Finding]) -> type[TrellisError]:
    codes = {each.code for each in findings if each.level == 'error'}
    if 'REC-E028' in codes:
        return NotFound
    return Forbidden if any(code.startswith('PRM') for code in codes) else Invalid
