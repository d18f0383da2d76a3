"""The kind of operation `handover`: the account with its duties first, then records entity by entity, then what was shared.

Its position is the number of the step and, in the lower forty bits, the last row it went through, so that whoever goes on
after a kill does nothing twice and leaves nothing out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.assignment.log import Because
from modules.assignment.model import Assigned, Place, Strategy
from modules.assignment.service import distribute
from modules.assignment.tables import assignment_log
from modules.calendar import feeds
from modules.leaving import duties, queries
from modules.leaving.portions import Asking, following, lines_naming, named_clause, owned_clause, place_at
from modules.leaving.standing import SUCCESSOR
from modules.leaving.tables import handover
from modules.operations.giving import given_changes, held
from modules.operations.kinds import sight_tally, tally_of
from modules.operations.model import Operation, Tally
from modules.operations.running import Part
from modules.people import sessions, tokens
from modules.people.service import People
from modules.records.changing import Change
from modules.records.sights import Right, Sight
from modules.records.store import Store
from modules.runtime import Runtime
from permissions.actors import bump_rights
from permissions.fab_tables import users
from schema.base.actor import Actor, principal
from schema.base.audit import note
from schema.base.errors import Conflict, Forbidden
from schema.base.findings import finding
from schema.catalog import Catalog
from schema.definitions import Texts

KIND = 'handover'
STEP = 1 << 40
ACCOUNT = 'account'


class Handover:
    """Carries out `params`: {leaver, name, parts: [{entity, strategy, total, where?, before?} or
    {entity, field, line, total}], successor, account}."""

    silent: bool | None = None

    def part(self, runtime: Runtime, actor: Actor, found: Operation, size: int) -> Part:
        if not found.position:
            return Part([ACCOUNT], STEP)
        catalog, leaver = runtime.catalogs.current(), found.params['leaver']
        step, after = divmod(found.position, STEP)
        parts = found.params['parts']
        with Session(runtime.database.read_engine) as session:
            asking = Asking(session, catalog, runtime.clock, leaver)
            for number in range(step, len(parts) + 1):
                rows = _rows(asking, parts[number - 1], after, size)
                if rows:
                    return Part([(number - 1, uid) for _, uid in rows], number * STEP + rows[-1][0])
                after = 0
            last = after if step > len(parts) else 0
            shares = queries.shares_after(session, leaver, last, size) if found.params['account'] else []
        if not shares:
            return Part([], found.position)
        return Part([row.id for row in shares], (len(parts) + 1) * STEP + shares[-1].id)

    def write(self, store: Store, found: Operation, rows: Sequence[Any]) -> Tally:
        store.fence()
        if rows[0] == ACCOUNT:
            close_account(store.session, store.catalog, found, store.policy.actor, store.clock.now())
            return Tally()
        if isinstance(rows[0], int):
            return _hand_shares(store, found, rows)
        part = found.params['parts'][rows[0][0]]
        return _hand_names(store, found, part, rows) if 'field' in part else _hand_records(store, found, part, rows)

    def taken_back(
        self, session: Session, catalog: Catalog, found: Operation, actor: Actor, now: datetime, *, again: bool
    ) -> None:  # fmt: skip
        """What an undo does beside records, in the transaction that ends it; `again` when the undo itself was undone."""
        if again:
            with suppress(Conflict), session.begin_nested():  # the last administrator stays
                close_account(session, catalog, found, actor, now)
        else:
            reopen_account(session, catalog, found, actor, now)

    def check_undo(self, runtime: Runtime, actor: Actor) -> None:
        """Raises: Forbidden PRM-E003: who opens accounts again must administer."""
        runtime.policy(actor).require_admin()

    def beyond(self, found: Operation) -> list[Texts]:
        """What no undo brings back."""
        if not found.params['account']:
            return []
        return [{
            'en': 'The account opens again with its roles, teams and pools; sessions and API tokens stay ended.',
            'vi': 'Tài khoản được mở lại cùng vai trò, nhóm và kho; phiên đăng nhập và mã API vẫn bị thu hồi.',
        }]  # fmt: skip


def close_account(session: Session, catalog: Catalog, found: Operation, actor: Actor, now: datetime) -> None:
    """Deactivate, end sessions, withdraw tokens, hand on duties; what was taken is kept for an undo.

    Raises: Conflict PRM-E017 when it is the last administrator by now.
    """
    leaver, successor = found.params['leaver'], found.params['successor']
    kept: dict[str, Any] = {}
    if found.params['account']:
        bump_rights(session)
        kept['was_active'] = People(session, catalog, now).get_user(leaver).active
        if kept['was_active']:
            People(session, catalog, now, by=actor).set_active(leaver, active=False)
        sessions.end_all(session, leaver, now)
        tokens.revoke_all(session, leaver, now, by=actor)
        kept |= {SUCCESSOR: successor, **duties.take(session, catalog, leaver, successor, by=actor, now=now)}
        feeds.end_all(session, leaver, found.params['username'], by=actor, now=now)
    session.execute(handover.delete().where(handover.c.operation_id == found.id))
    session.execute(handover.insert().values(operation_id=found.id, leaver_id=leaver, kept=kept, closed_at=now))
    told = {'operation': found.id, 'account': bool(found.params['account']), 'records': found.total or 0}
    note(session, 'handover', actor=actor, subject=found.params['username'], params=told, now=now)


def reopen_account(session: Session, catalog: Catalog, found: Operation, actor: Actor, now: datetime) -> None:
    """Open the account again as it was, with its duties; harmless when that was done."""
    row = session.execute(sa.select(handover).where(handover.c.operation_id == found.id)).first()
    if row is None or row.reopened_at is not None:
        return
    bump_rights(session)
    if row.kept.get('was_active'):
        session.execute(users.update().where(users.c.id == row.leaver_id).values(active=True))
    duties.give_back(session, catalog, row.leaver_id, found.params['successor'], row.kept, by=actor, now=now)
    session.execute(handover.update().where(handover.c.operation_id == found.id).values(reopened_at=now))
    told = {'operation': found.id, 'undone': True}
    note(session, 'handover', actor=actor, subject=found.params['username'], params=told, now=now)


def _rows(asking: Asking, part: Mapping[str, Any], after: int, size: int) -> list[tuple[int, str]]:
    """`[(id, uid)]` of what a part takes, behind `after`; nothing where the kind or the field is gone."""
    if 'field' in part:
        place = place_at(asking.catalog, part)
        return following(asking, place.entity, named_clause(place, asking.leaver_id), after, size) if place else []
    entity = asking.catalog.by_ref.get(part['entity'])
    if entity is None:
        return []
    clause = owned_clause(asking, entity, part.get('where'), part.get('before', ()))
    return following(asking, entity, clause, after, size)


def _hand_records(store: Store, found: Operation, part: Mapping[str, Any], rows: Sequence[tuple[int, str]]) -> Tally:
    entity = store.catalog.by_ref[part['entity']]
    uids, strategy = [uid for _, uid in rows], Strategy.from_json(part['strategy'])
    own = str(uuid5(UUID(found.id), str(rows[0][0])))
    place = Place(_given(store.session, found.id, own), part['total'])
    records = held(store.session, entity, uids) if strategy.kind == 'returning' else [Change(entity, uid, {}) for uid in uids]
    given = distribute(store.session, store.catalog, strategy, entity, records, clock=store.clock, place=place)
    changes = given_changes(store, entity, given)
    for change, each in zip(changes, given, strict=True):
        change.because = _because(found, each, own)
    ready = [change for change in changes if not change.findings]
    saved = store.update_many(entity.key, ready) if ready else []
    return tally_of(changes, saved)


def _hand_names(store: Store, found: Operation, part: Mapping[str, Any], rows: Sequence[tuple[int, str]]) -> Tally:
    """Put the successor where the leaver is named in a field of people."""
    place, leaver, heir = place_at(store.catalog, part), found.params['leaver'], _username(store, found.params['successor'])
    if place is None or heir is None:
        return Tally()
    key, uids = place.field.key, [uid for _, uid in rows]
    values: dict[str, Any] = dict.fromkeys(uids, heir)
    if place.line is not None:
        named = lines_naming(store.session, place, uids, leaver)
        person = place.line.key.rpartition('.')[2]
        values = {uid: {'change': [{'uid': each, person: heir} for each in named.get(uid, ())]} for uid in uids}
    changes = [Change(place.entity, uid, {key: values[uid]}) for uid in uids]
    return tally_of(changes, store.update_many(place.entity.key, changes))


def _username(store: Store, user_id: int | None) -> str | None:
    found = store.session.execute(sa.select(users.c.username).where(users.c.id == user_id)).scalar()
    return str(found) if found is not None else None


def _because(found: Operation, given: Assigned, own: str) -> Because:
    """`own` stands for the part in place of a rule, so that an even split knows how many went before."""
    how = {tongue: given.reason.text(tongue) for tongue in ('en', 'vi')}
    return Because(KIND, finding('ASG-R010', level='warning', who=found.params['name'], how=how), own)


def _given(session: Session, operation_id: str, own: str) -> int:
    of_part = (assignment_log.c.operation_id == operation_id, assignment_log.c.rule_uid == own)
    return int(session.execute(sa.select(sa.func.count()).where(*of_part)).scalar_one())


def _hand_shares(store: Store, found: Operation, ids: Sequence[int]) -> Tally:
    """End what was shared with the leaver; the successor gets it, unless they look after the record."""
    leaver, successor = found.params['leaver'], found.params['successor']
    wanted = set(ids)
    rows = [row for row in queries.shares_after(store.session, leaver, min(ids) - 1, len(ids)) if row.id in wanted]
    tally = Tally()
    for ref in {row.entity_ref for row in rows}:
        entity = store.catalog.by_ref.get(ref)
        if entity is None:
            continue
        levels = {row.record_id: row.level for row in rows if row.entity_ref == ref}
        table = entity.table
        live = sa.select(table.c.id, table.c.uid, table.c.owner_id).where(
            table.c.id.in_(list(levels)), table.c.deleted_at.is_(None)
        )  # fmt: skip
        changes = []
        for row in store.session.execute(live):
            taken = (Right(principal('user', leaver), levels[row.id], 'share'),)
            heir = successor is not None and row.owner_id != successor
            given = (Right(principal('user', successor), levels[row.id], 'share'),) if heir else ()
            changes.append(Change(entity, row.uid, {}, sight=Sight(given, taken)))
        try:
            found_tally = sight_tally(changes, store.change_sight(entity.key, changes))
        except Forbidden as error:
            found_tally = tally_of([replace(each, findings=list(error.findings)) for each in changes], [])
        tally = tally.add(found_tally)
    return tally
