"""The only writer of entity tables. One order: fence, rights, reading, gates, duplicates, write, history, outbox.

Uses a system session and asks the policy explicitly. Never commits; `Runtime.write` does, and replays a stale unit once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, Protocol

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from modules.files import attaching
from modules.records import (
    authorising,
    collections,
    deltas,
    deriving,
    following,
    freezing,
    history,
    needing,
    resolving,
    stagelog,
)
from modules.records.changing import Change
from modules.records.following import Follower, Unit
from modules.records.model import Saved
from modules.records.preparing import Preparing
from modules.records.ruling import taken_key
from modules.records.sights import Sight, sight_json
from modules.records.since import Seen, since
from modules.records.transferring import OldOwner, change_sights, transfer
from modules.records.writing import collides, whole_row, write_rows
from permissions.policy import Policy
from schema.base import outbox
from schema.base.clock import Clock
from schema.base.database import share_fence
from schema.base.errors import Conflict, Forbidden, Invalid, NotFound, Stale, require_clean
from schema.base.events import Event
from schema.base.findings import Finding, escape_pointer, finding
from schema.base.ids import is_uid, new_uid
from schema.catalog import Catalog, Entity
from schema.deriving.carrying import Touched
from schema.fieldtypes.stage import SINCE
from schema.values import Link
from schema.versions import read_state

Right = Literal['', 'merge']
Accept = Collection[str] | Literal['all']
"""Refs of duplicate rules a person chose to pass; 'all' lets every warning pass and reports it."""


class DuplicateCheck(Protocol):
    """Filled by modules/duplicates: adds findings to changes, warnings as `level='warning'`."""

    def __call__(self, session: Session, catalog: Catalog, policy: Policy, changes: Sequence[Change]) -> None: ...


class Store:
    """Writes for one actor on one catalog, in one transaction. A silent store writes no events, so that no workflow runs."""

    def __init__(
        self, session: Session, catalog: Catalog, policy: Policy, clock: Clock, duplicate_check: DuplicateCheck | None,
        *, operation_id: str | None = None, cause: tuple[str, ...] = (), old_owner: OldOwner | None = None,
        silent: bool = False, followers: Sequence[Follower] = (),
    ) -> None:  # fmt: skip
        self.session, self.catalog, self.policy, self.clock = session, catalog, policy, clock
        self._duplicate_check = duplicate_check
        self._operation_id, self._cause, self._silent = operation_id, cause, silent
        self.old_owner = old_owner  # whether who loses a record keeps seeing it; None asks the installation's setting
        self._preparing = Preparing(session, catalog, policy, clock, gives_numbers=True)
        self._fenced, self._followers, self._epoch, self._manner = False, followers, 0, (operation_id, silent)

    @cached_property
    def _connection(self) -> sa.Connection:
        """The session's own connection: statements over tables need nothing of what a session adds to them."""
        return self.session.connection()

    # --- single records --------------------------------------------------------------------------------------------

    def create(self, entity_key: str, wire: Mapping[str, Any], *, uid: str | None = None, accept: Accept = 'all') -> Saved:
        """Raises: Invalid with all findings; Conflict DUP-*, REC-E020, REC-E032; Forbidden PRM-*. The same uid sent twice by
        the same person answers what the first call made."""
        entity = self._entity('create', entity_key)
        if uid is not None:
            if not is_uid(uid):
                raise Invalid.of('REC-E025', '/uid', label={'en': 'uid'}, value=str(uid)[:60])
            if repeated := self._already_created(entity, uid):
                return repeated
        change = Change(entity, uid or new_uid(), wire)
        return self._write_created(entity, [change], accept)[0]

    def create_many(self, entity_key: str, changes: Sequence[Change], *, accept: Accept = 'all') -> list[Saved]:
        """Insert every change without an error finding, in the given order; the others keep their findings and are skipped."""
        entity = self._entity('create', entity_key)
        self._prepare(entity, changes, accept)
        return self._insert(entity, [change for change in changes if not _has_errors(change)])

    def update(
        self, entity_key: str, uid: str, wire: Mapping[str, Any], *, base_revision: int | Seen | None = None,
        accept: Accept = 'all', right: Right = '',
    ) -> Saved:  # fmt: skip
        """Touch only the submitted fields. `base_revision` is the revision the person saw: a field that somebody else changed
        since conflicts (REC-E019), others merge; of a whole form (`Seen`) fields that are sent as they were seen are not meant.
        `right` is the action to ask instead of changing.
        Raises: NotFound REC-E028; Invalid; Conflict; Forbidden PRM-*."""
        entity = self.catalog.entity(entity_key)
        change = Change(entity, uid, wire)
        change.current = self._current(entity, uid, right or authorising.action_of(change))
        change.since = since(self.session, self.policy.actor.user_id, change.current, base_revision)
        self._prepare(entity, [change], accept)
        require_clean(change.findings, _error_for(change.findings))
        fresh = self._changed(change)
        deltas.check_conflicts(change, fresh)
        require_clean(change.findings, Conflict)
        return self._update(entity, [(change, fresh)])[0]

    def rehearse(self, entity_key: str, uid: str, wire: Mapping[str, Any]) -> Change:
        """What `update` would write and what speaks against it, all findings in the change; writes nothing."""
        entity = self.catalog.entity(entity_key)
        change = Change(entity, uid, wire)
        change.current = self._current(entity, uid, authorising.action_of(change))
        self._prepare(entity, [change], 'all')
        return change

    def update_many(self, entity_key: str, changes: Sequence[Change], *, accept: Accept = 'all') -> list[Saved]:
        """Update every change that has a `uid` of a reachable live record, in the given order; the others get findings. As
        many statements for a thousand changes as for one; no record may come twice."""
        asked = {authorising.action_of(change) for change in changes} or {'update'}
        entity = self._entity('update' if 'update' in asked else 'assign', entity_key)
        self._load(entity, changes, 'update')
        found = [change for change in changes if not _has_errors(change)]
        self._prepare(entity, found, accept)
        return self._update_all(entity, [change for change in found if not _has_errors(change)])

    def delete(self, entity_key: str, uid: str) -> Saved:
        """Move to the recycle bin. Raises: NotFound REC-E028, Invalid REC-E034 while others need it, Forbidden PRM-*."""
        entity = self.catalog.entity(entity_key)
        change = Change(entity, uid, {}, self._current(entity, uid, 'delete'))
        needing.check_restricted(self.session, self.catalog, self.policy, entity, [change])
        require_clean(change.findings)
        return self._mark(entity, [change], 'deleted')[0]

    def restore(self, entity_key: str, uid: str) -> Saved:
        """Bring back from the recycle bin. Raises: NotFound REC-E028, Conflict REC-E020 when its place is taken."""
        entity = self.catalog.entity(entity_key)
        change = Change(entity, uid, {}, self._current(entity, uid, 'delete', deleted=True))
        return self._mark(entity, [change], 'restored')[0]

    def delete_many(self, entity_key: str, changes: Sequence[Change], *, right: Right = '') -> list[Saved]:
        """Bin every change whose `uid` is a reachable live record that no other needs; the others get findings. `right` is the
        action to ask instead of deleting."""
        entity = self._entity(right or 'delete', entity_key)
        self._load(entity, changes, right or 'delete')
        found = [change for change in changes if not _has_errors(change)]
        needing.check_restricted(self.session, self.catalog, self.policy, entity, found)
        return self._mark(entity, [change for change in found if not _has_errors(change)], 'deleted')

    def restore_many(self, entity_key: str, changes: Sequence[Change]) -> list[Saved]:
        """Bring every change whose `uid` is a reachable binned record back; the others get findings."""
        entity = self._entity('delete', entity_key)
        self._load(entity, changes, 'delete', deleted=True)
        return self._each(entity, [change for change in changes if not _has_errors(change)], self._restore)

    def change_sight(self, entity_key: str, changes: Sequence[Change], *, right: Right = '') -> dict[str, Sight]:
        """Let people and teams see or change records, or no longer: each change's `sight` says whom. `{uid: what changed in
        truth}`, kept in history; asks the right to change the record, and the others get findings. Raises no revision."""
        entity = self._entity(right or 'update', entity_key)
        self._load(entity, changes, right or 'update')
        now, found = self.clock.now(), [each for each in changes if not _has_errors(each)]
        effects = change_sights(self.session, found, by=self.policy.actor.user_id, now=now)
        self._record(entity, 'shared', [(change, {}) for change in found if change.uid in effects], now, effects)
        return effects

    # --- steps -----------------------------------------------------------------------------------------------------

    def _entity(self, action: str, key: str) -> Entity:
        entity = self.catalog.entity(key)
        self.policy.require(action, entity.key)
        return entity

    def fence(self) -> None:
        """Join the writers a publish waits for and prove the catalog may still write. Raises: Stale MIG-E012."""
        if self._fenced:
            return
        share_fence(self.session)
        state = read_state(self._connection)
        if state is None or self.catalog.number < state.min_writer:
            raise Stale.of('MIG-E012', value=self.catalog.number)
        self._fenced, self._epoch = True, state.rights_epoch

    def _prepare(self, entity: Entity, changes: Sequence[Change], accept: Accept) -> None:
        self.fence()
        self._preparing.prepare(entity, changes)
        if self._duplicate_check is not None:
            self._duplicate_check(self.session, self.catalog, self.policy, [each for each in changes if not _has_errors(each)])
        for change in changes:
            change.findings = [_judged(each, accept) for each in change.findings]
        following.let_choose(self._followers, self._unit(self.clock.now()), [each for each in changes if not _has_errors(each)])
        self._fill_teams(changes)

    def _write_created(self, entity: Entity, changes: Sequence[Change], accept: Accept) -> list[Saved]:
        self._prepare(entity, changes, accept)
        for change in changes:
            require_clean(change.findings, _error_for(change.findings))
        return self._insert(entity, changes)

    def _insert(self, entity: Entity, changes: Sequence[Change]) -> list[Saved]:
        if not changes:
            return []
        now = self.clock.now()
        rows = [self._new_row(change, now) for change in changes]
        try:
            ids = self._insert_rows(entity, rows)
        except IntegrityError as error:
            raise self._taken(entity, changes, error) from error
        following.tell_created(self._followers, self._unit(now), ids, changes, rows)
        written = [(row_id, change, change.values.keys()) for row_id, change in zip(ids, changes, strict=True)]
        collections.write(self.session, entity, written, now)
        frozen = [
            {
                entity.fields[key].ref: (None, freezing.frozen(entity, key, value))
                for key, value in change.values.items()
                if value is not None
            }
            for change in changes
        ]
        attaching.note_files(self.session, entity, changes, now)
        stagelog.write(self.session, [change for change in changes if _moves(entity, change.values)], self.policy.actor, now)
        self._record(entity, 'created', list(zip(changes, frozen, strict=True)), now)
        self._carry(entity, [deriving.created(row_id, row) for row_id, row in zip(ids, rows, strict=True)])
        return [
            Saved(entity.key, row_id, change.uid, 1, tuple(change.values), _warnings(change))
            for row_id, change in zip(ids, changes, strict=True)
        ]

    def _insert_rows(self, entity: Entity, rows: list[dict[str, Any]]) -> list[int]:
        if len(rows) == 1:
            return [self._connection.execute(entity.table.insert().values(rows[0]).returning(entity.table.c.id)).scalar_one()]
        names = {name for row in rows for name in row}
        adding = entity.table.insert().returning(entity.table.c.uid, entity.table.c.id)
        found: dict[str, int] = dict(
            self.session.execute(adding, [{name: row.get(name) for name in names} for row in rows]).all()
        )
        return [found[row['uid']] for row in rows]

    def _new_row(self, change: Change, now: datetime) -> dict[str, Any]:
        actor_id = self.policy.actor.user_id
        row = {
            'uid': change.uid, 'revision': 1, 'created_at': now, 'changed_at': now, 'created_by_id': actor_id,
            'changed_by_id': actor_id,
        }  # fmt: skip
        row.update(_columns(change, change.values, now))
        row.update(deriving.derived_columns(change))
        return row

    def _update_all(self, entity: Entity, changes: Sequence[Change]) -> list[Saved]:
        fresh = {change.uid: self._changed(change) for change in changes}
        return self._each(entity, changes, lambda part: self._update(entity, [(each, fresh[each.uid]) for each in part]))

    def _each(self, entity: Entity, changes: Sequence[Change], write: Callable[[Sequence[Change]], list[Saved]]) -> list[Saved]:
        """Write a batch at once; when the database refuses it, one by one, so that only the guilty ones are left out."""
        if not collides(entity):
            return write(changes)
        try:
            with self.session.begin_nested():
                return write(changes)
        except Conflict:
            saved = []
            for change in changes:
                try:
                    with self.session.begin_nested():
                        saved += write([change])
                except Conflict as error:
                    change.findings += error.findings
            return saved

    def _update(self, entity: Entity, pairs: Sequence[tuple[Change, Mapping[str, Any]]]) -> list[Saved]:
        """Write changed fields, their history and events. A refusal of the database ends the transaction or its savepoint."""
        now, written = self.clock.now(), [(change, fresh) for change, fresh in pairs if fresh]
        if not written:
            return [
                Saved(entity.key, _row_id(change), change.uid, _revision(change), (), _warnings(change)) for change, _ in pairs
            ]
        moved = [change for change, fresh in written if _moves(entity, fresh)]
        since = stagelog.reopen(self.session, [change for change in moved if change.reverts])
        rows = []
        for change, fresh in written:
            row = {'revision': _revision(change) + 1, 'changed_at': now, 'changed_by_id': self.policy.actor.user_id}
            row |= _columns(change, fresh, since.get(change.uid, now)) | deriving.derived_columns(change)
            rows.append({'id': _row_id(change), **row})
        changes = [change for change, _ in written]
        self._write_rows(entity, changes, rows)
        following.tell_updated(self._followers, self._unit(now), written, rows)
        collections.write(self.session, entity, [(_row_id(change), change, fresh.keys()) for change, fresh in written], now)
        uids = freezing.target_uids(self.session, self.catalog, written)
        frozen = [
            {entity.fields[key].ref: freezing.frozen_pair(change, key, value, uids) for key, value in fresh.items()}
            for change, fresh in written
        ]
        attaching.note_files(self.session, entity, changes, now)
        stagelog.write(self.session, [change for change in moved if change.uid not in since], self.policy.actor, now)
        sights = transfer(self.session, written, self.old_owner, by=self.policy.actor.user_id, now=now)
        self._record(entity, 'updated', list(zip(changes, frozen, strict=True)), now, sights)
        pairs_written = zip(written, rows, strict=True)
        self._carry(entity, [deriving.updated(change, fresh, row) for (change, fresh), row in pairs_written])
        return [
            Saved(entity.key, _row_id(change), change.uid, _revision(change) + bool(fresh), tuple(fresh), _warnings(change))
            for change, fresh in pairs
        ]

    def _mark(self, entity: Entity, changes: Sequence[Change], kind: Literal['deleted', 'restored']) -> list[Saved]:
        now = self.clock.now()
        rows = [
            {'id': _row_id(change), 'deleted_at': now if kind == 'deleted' else None, 'revision': _revision(change) + 1,
             'changed_at': now, 'changed_by_id': self.policy.actor.user_id}
            for change in changes
        ]  # fmt: skip
        self._write_rows(entity, changes, rows)
        self._record(entity, kind, [(change, {}) for change in changes], now)
        self._carry(entity, [deriving.marked(change, kind) for change in changes])
        return [Saved(entity.key, _row_id(change), change.uid, _revision(change) + 1) for change in changes]

    def _restore(self, changes: Sequence[Change]) -> list[Saved]:
        return self._mark(changes[0].entity, changes, 'restored') if changes else []

    def _write_rows(self, entity: Entity, changes: Sequence[Change], rows: Sequence[Mapping[str, Any]]) -> None:
        try:
            write_rows(self._connection, entity.table, rows)
        except IntegrityError as error:
            raise self._taken(entity, changes, error) from error

    def _record(
        self, entity: Entity, kind: str, entries: Sequence[tuple[Change, history.Changes]], now: datetime,
        sights: Mapping[str, Sight] | None = None,
    ) -> None:  # fmt: skip
        """History and events of written changes; a created record is at its first revision. Sharing raises none and has no
        event: the record is what it was."""
        raised, seen = kind != 'shared', sights or {}
        rows = [
            self._history_row(entity, each.uid, _revision(each) + raised, kind, pairs, now)
            | {'sight': sight_json(seen.get(each.uid))}
            for each, pairs in entries
        ]
        history.add(self._connection, rows)
        if raised:
            self._announce([self._event(f'record.{kind}', entity, change.uid, pairs) for change, pairs in entries], now)

    def _unit(self, now: datetime) -> Unit:
        return Unit(self.session, self.catalog, self.policy.actor, self.clock, now, self._epoch, *self._manner)

    def _carry(self, entity: Entity, touched: Sequence[Touched]) -> None:
        """Keep right what is derived from these records elsewhere."""
        deriving.carry(self.session, self.catalog, self.clock, entity, touched)

    def _announce(self, events: list[Event], now: datetime) -> None:
        if not self._silent:
            outbox.add(self._connection, events, now)

    def _history_row(
        self, entity: Entity, uid: str, revision: int, kind: str, pairs: history.Changes, now: datetime
    ) -> dict[str, Any]:
        return history.row(entity, uid, revision, kind, pairs, actor=self.policy.actor, at=now, operation_id=self._operation_id)

    def _event(self, name: str, entity: Entity, uid: str, pairs: history.Changes) -> Event:
        changed = {ref: list(pair) for ref, pair in pairs.items()}
        return Event(name, entity.ref, uid, entity.version, self.policy.actor.user_id, changed, self._cause)

    # --- reading what is there ---------------------------------------------------------------------------------------

    def _current(self, entity: Entity, uid: str, action: str, *, deleted: bool = False) -> Mapping[str, Any]:
        self.fence()
        row = self._connection.execute(whole_row(entity, deleted=deleted), {'uid': uid[:80]}).mappings().first()
        if row is None:
            raise NotFound.of('REC-E028', label=entity.definition.label)
        authorising.require(self.session, self.policy, action, entity, found := dict(row))
        return found

    def _load(self, entity: Entity, changes: Sequence[Change], action: str, *, deleted: bool = False) -> None:
        """Fill `current` of every change whose record is in reach, in one statement; the others get findings."""
        self.fence()
        table = entity.table
        state = table.c.deleted_at.is_not(None) if deleted else table.c.deleted_at.is_(None)
        wanted = table.c.uid.in_([change.uid[:80] for change in changes])
        rows = self.session.execute(sa.select(table).where(wanted, state).order_by(table.c.id).with_for_update())
        found = {row['uid']: dict(row) for row in rows.mappings()}
        for change in changes:
            change.current = found.get(change.uid)
        asked = [(change, authorising.action_of(change) if action == 'update' else action) for change in changes]
        authorising.refuse_unreachable(self.session, self.policy, entity, asked)

    def _already_created(self, entity: Entity, uid: str) -> Saved | None:
        self.fence()
        table = entity.table
        row = self.session.execute(
            sa.select(table.c.id, table.c.revision, table.c.created_by_id).where(table.c.uid == uid)
        ).first()
        if row is None:
            return None
        if row.created_by_id != self.policy.actor.user_id:
            raise Conflict.of('REC-E032', '/uid', value=uid)
        return Saved(entity.key, row.id, uid, row.revision)

    def _changed(self, change: Change) -> dict[str, Any]:
        """Touched fields whose stored columns would differ."""
        current = change.current or {}
        fresh = {}
        for key, value in change.values.items():
            field = change.entity.fields[key]
            if field.is_collection and collections.differs(field, change):
                fresh[key] = value
            columns = field.to_columns(value)
            if any(current[name] != stored for name, stored in columns.items()):
                fresh[key] = value
        return fresh

    def _fill_teams(self, changes: Sequence[Change]) -> None:
        """A record follows a new owner's team unless a team was chosen. One lookup for each owner."""
        teams: dict[int, Link | None] = {}
        for change in changes:
            owner = change.values.get('owner')
            if isinstance(owner, Link) and 'team' not in change.values and owner.id is not None and not change.reverts:
                if change.current is not None and change.current['owner_id'] == owner.id:
                    continue
                if owner.id not in teams:
                    teams[owner.id] = resolving.main_team(self.session, owner.id)
                change.values['team'] = teams[owner.id]

    def _taken(self, entity: Entity, changes: Sequence[Change], error: IntegrityError) -> Conflict:
        """Which unique field or key collides; names no record, for the other may be out of reach."""
        if (key := taken_key(entity, str(error.orig))) is not None:
            place = escape_pointer(key['key'])
            return Conflict(*(finding('REC-E145', f'{change.pointer}/{place}', fields=key['fields']) for change in changes))
        findings = [
            finding('REC-E020', f'{change.pointer}/{escape_pointer(field.key)}', label=field.definition.label)
            for change in changes
            for field in entity.own_fields
            if field.definition.unique and any(name in str(error.orig) for name in field.columns)
        ]
        return Conflict(*(findings or [finding('REC-E020', '', label=entity.definition.label)]))


def _columns(change: Change, values: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for key, value in values.items():
        field = change.entity.fields[key]
        row.update(field.to_columns(value))
        if field.type.key == 'stage':
            row[field.definition.column + SINCE] = now if value is not None else None
    return row


def _moves(entity: Entity, values: Mapping[str, Any]) -> bool:
    return entity.stage is not None and entity.stage.key in values


def _row_id(change: Change) -> int:
    return int((change.current or {})['id'])


def _revision(change: Change) -> int:
    return int((change.current or {}).get('revision', 0))


def _judged(found: Finding, accept: Accept) -> Finding:
    """A duplicate warning that nobody accepted stops the write."""
    if deriving.is_computed(found):
        return found
    if found.level == 'warning' and accept != 'all' and found.params.get('rule') not in accept:
        return Finding(found.code, found.pointer, found.params, 'error')
    return found


def _has_errors(change: Change) -> bool:
    return any(each.level == 'error' for each in change.findings)


def _warnings(change: Change) -> tuple[Finding, ...]:
    return tuple(each for each in change.findings if each.level == 'warning')


def _error_for(findings: Sequence[Finding]) -> type[Invalid] | type[Conflict] | type[Forbidden]:
    """Duplicates are a conflict with what exists, what rights alone refuse is forbidden; all else is the input's own fault."""
    kinds = {each.code[:4] for each in findings if each.level == 'error'}
    return Conflict if kinds == {'DUP-'} else Forbidden if kinds == {'PRM-'} else Invalid
