"""Somebody leaves: the review of what hangs on them, the plan of who gets what, and the one operation that does it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.assignment import rules
from modules.assignment.circle import people_of
from modules.assignment.model import Strategy, check_shape
from modules.assignment.service import forecast, settle
from modules.leaving import queries
from modules.leaving.model import Mention, PlannedPart, Review, Wanted
from modules.leaving.portions import Asking, count, owned_clause
from modules.leaving.work import ACCOUNT, KIND, STEP, Handover
from modules.operations import keeping
from modules.operations.keeping import Begun
from modules.operations.model import Operation
from modules.operations.running import holder_name, run
from modules.people.service import People, UserView
from modules.records.store import Store
from modules.records.tables import operation
from modules.runtime import Runtime
from permissions.actors import role_key
from permissions.grants import rights_of
from permissions.tables import ab_role, ab_user, ab_user_role
from schema import conditions
from schema.base.actor import Actor
from schema.base.clock import today
from schema.base.errors import Conflict, Invalid, TrellisError, require_clean
from schema.base.findings import finding, nearest
from schema.catalog import Catalog, Entity

INLINE_RECORDS = 300
SAMPLED = 500
ASSIGN = 'assign'


def review(runtime: Runtime, actor: Actor, leaver_id: int) -> Review:
    """Everything that hangs on a person. Reads only. Raises: Forbidden PRM-E003; NotFound PRM-E012."""
    catalog = runtime.catalogs.current()
    policy = runtime.policy(actor, catalog)
    policy.require_admin()
    with Session(runtime.database.read_engine) as session:
        leaver = People(session, catalog, runtime.clock.now()).get_user(leaver_id)
        return Review(
            leaver.id, leaver.username, leaver.name, leaver.active, _is_last_admin(session, catalog, leaver),
            tuple(queries.owned_by(session, catalog, policy, leaver_id, ASSIGN)),
            tuple(queries.teams_of(session, leaver_id)), tuple(queries.pools_of(session, leaver_id)),
            queries.shared_with(session, leaver_id), queries.open_tokens(session, leaver_id),
            queries.open_sessions(session, leaver_id), tuple(_mentions(runtime, session, catalog, leaver)),
            tuple(queries.named_in(Asking(session, catalog, runtime.clock, leaver_id))),
        )  # fmt: skip


def plan(runtime: Runtime, actor: Actor, wanted: Wanted) -> list[PlannedPart]:
    """Who would get how many records of each entity. Reads only.

    Raises: Forbidden PRM-E003; NotFound PRM-E012; Conflict PRM-E017, LEA-E004; Invalid ASG-*, LEA-E001 … E006.
    """
    found = review(runtime, actor, wanted.leaver_id)
    catalog = runtime.catalogs.current()
    with Session(runtime.database.read_engine) as session:
        _check(session, runtime, catalog, actor, wanted, found)
        asking = Asking(session, catalog, runtime.clock, wanted.leaver_id)
        return [part for each in found.owned for part in _parts(asking, each.entity, wanted)]


def run_handover(
    runtime: Runtime, actor: Actor, wanted: Wanted, *, inline_records: int = INLINE_RECORDS
) -> Operation:  # fmt: skip
    """Close the account and hand everything over as one operation; over when it was small, else the worker goes on.

    The account is closed first and at once, in one transaction with its sessions, tokens and duties, so that nothing new comes
    while the records are walked, whenever a worker comes to them. Raises: as `plan`.
    """
    parts = plan(runtime, actor, wanted)
    found = review(runtime, actor, wanted.leaver_id)
    total = found.records + found.shared
    settled: list[dict[str, Any]] = []
    with runtime.database.session() as session:
        for each in parts:
            strategy = settle(session, each.strategy, runtime.clock).as_json()
            rule = {'where': each.where, 'before': list(each.before)} if each.where or each.before else {}
            settled.append({'entity': each.entity.ref, 'strategy': strategy, 'total': each.count, **rule})
    if wanted.names and wanted.successor_id is not None:
        for place, number in found.named:
            line = place.line.ref if place.line is not None else None
            settled.append({'entity': place.entity.ref, 'field': place.field.ref, 'line': line, 'total': number})
            total += number
    params = {
        'leaver': found.leaver_id, 'name': found.name, 'username': found.username, 'parts': settled,
        'successor': wanted.successor_id, 'account': not wanted.keep_active, 'workflows': False,
        **({'old_owner': wanted.old_owner} if wanted.old_owner else {}),
    }  # fmt: skip
    title = {'en': f'Handover from {found.name}', 'vi': f'Bàn giao từ {found.name}'}
    begun = Begun(KIND, '', title, params, total)
    holder = holder_name('request')
    made = keeping.read(runtime, keeping.begin(runtime, actor, begun, holder=holder))
    if total <= inline_records:
        return run(runtime, made.id, holder)
    try:
        runtime.write(actor, lambda store: _begin(store, made, holder), operation_id=made.id, silent=True)
    except TrellisError as error:
        return keeping.finish(runtime, made, holder, error)
    return keeping.read(runtime, made.id)


def _begin(store: Store, made: Operation, holder: str) -> None:
    """The first chunk, and the rest for the worker."""
    tally = Handover().write(store, made, [ACCOUNT])
    keeping.advance(store.session, made, holder, STEP, tally, store.clock.now())
    keeping.let_go(store.session, made, holder)


def _check(
    session: Session, runtime: Runtime, catalog: Catalog, actor: Actor, wanted: Wanted, found: Review
) -> None:  # fmt: skip
    if not wanted.keep_active:
        if found.last_admin:
            raise Conflict.of('PRM-E017', value=found.username)
        if actor.user_id == found.leaver_id:
            raise Conflict.of('LEA-E005')
    if _under_way(session, found.leaver_id):
        raise Conflict.of('LEA-E004', value=found.name)
    strangers = [key for key in (*wanted.by_entity, *(rule.entity for rule in wanted.rules)) if key not in catalog.entities]
    if strangers:
        raise Invalid.of('LEA-E006', '/entities', value=strangers[0][:60], hint=nearest(strangers[0], catalog.entities))
    for number, rule in enumerate(wanted.rules):
        wrong = conditions.check(rule.where, rule.entity, catalog)
        require_clean([each.at(f'/rules/{number}/where') for each in wrong])
    for strategy in (wanted.default, *wanted.by_entity.values(), *(rule.strategy for rule in wanted.rules)):
        check_shape(strategy)
        _check_receivers(session, runtime, strategy, found)
    if wanted.successor_id is not None:
        _check_receivers(session, runtime, Strategy('person', (wanted.successor_id,)), found)
    short = [each for each in found.owned if each.reached < each.count]
    require_clean(
        [
            finding('LEA-E003', count=each.count - each.reached, total=each.count, entity=each.entity.definition.plural)
            for each in short
        ]
    )


def _check_receivers(session: Session, runtime: Runtime, strategy: Strategy, found: Review) -> None:
    """Raises: Invalid LEA-E001 when the leaver, or nobody who can sign in, is among them."""
    last = strategy.last
    if found.leaver_id in last.users:
        raise Invalid.of('LEA-E001', '/to', value=found.name)
    now, day = runtime.clock.now(), today(runtime.clock, runtime.clock.zone)
    people = [each for each in people_of(session, last, now, day) if each.id != found.leaver_id]
    known = {each.id for each in people}
    if gone := [each for each in last.users if each not in known]:
        raise Invalid.of('LEA-E001', '/to', value=gone[0])
    if not people:
        raise Invalid.of('LEA-E002', '/to')


def _is_last_admin(session: Session, catalog: Catalog, leaver: UserView) -> bool:
    """Whether nobody else who can sign in administers."""
    if not leaver.active or not rights_of(catalog, frozenset(leaver.roles)).admin:
        return False
    names = session.execute(
        sa.select(ab_role.c.name)
        .join(ab_user_role, ab_user_role.c.role_id == ab_role.c.id)
        .join(ab_user, ab_user.c.id == ab_user_role.c.user_id)
        .where(ab_user.c.active.is_(sa.true()), ab_user.c.id != leaver.id)
        .distinct()
    ).scalars()
    return not any(rights_of(catalog, frozenset({role_key(name)})).admin for name in names)


def _under_way(session: Session, leaver_id: int) -> bool:
    rows = session.execute(
        sa.select(operation.c.params).where(operation.c.kind == KIND, operation.c.state.in_(keeping.UNFINISHED))
    )
    return any(row.params.get('leaver') == leaver_id for row in rows)


def _mentions(runtime: Runtime, session: Session, catalog: Catalog, leaver: UserView) -> Iterator[Mention]:
    for rule in rules.rules_naming(session, leaver.id):
        yield Mention('rule', {'en': rule.name, 'vi': rule.name}, f'/assignment/rules/{rule.uid}')
    for (kind, key), document in runtime.publisher.documents().items():
        if kind == 'workflow' and _names(document, leaver.username):
            yield Mention('workflow', document.get('x-label') or {'en': key}, f'/studio/workflows/{key}')


def _names(node: Any, username: str) -> bool:
    if isinstance(node, dict):
        return any(_names(each, username) for each in node.values())
    if isinstance(node, list):
        return any(_names(each, username) for each in node)
    return isinstance(node, str) and node in (username, f'user:{username}')


def _parts(asking: Asking, entity: Entity, wanted: Wanted) -> Iterator[PlannedPart]:
    """Those of the rules that take anything, and what is left."""
    before: list[Mapping[str, Any]] = []
    for where, strategy in wanted.portions_of(entity.key):
        clause = owned_clause(asking, entity, where, before)
        if found := count(asking, entity, clause):
            some = queries.first_owned(asking.session, entity, clause, SAMPLED) if strategy.kind == 'returning' else []
            told = forecast(asking.session, asking.catalog, strategy, entity, some, found, clock=asking.clock)
            yield PlannedPart(entity, found, told.shares, strategy, where, tuple(before))
        if where is not None:
            before.append(where)
