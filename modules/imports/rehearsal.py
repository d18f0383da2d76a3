"""Stands in for the store when a file is checked: the same preparation and duplicate rules, nothing written."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from modules.duplicates.rules import Rule, rules_of
from modules.records.model import Saved
from modules.records.preparing import Change, Preparing
from modules.records.ruling import parts_of, refuse_key
from modules.records.store import Accept, DuplicateCheck
from permissions.policy import Policy
from schema.base.clock import Clock
from schema.base.findings import Finding
from schema.catalog import Catalog
from schema.entity_rules import rules_of as rules_of_entity


class Seen:
    """Row numbers by what they hold, over a whole file: digests in a private temporary database, so memory stays flat."""

    def __init__(self) -> None:
        self._database = sqlite3.connect('')  # a blank name is a temporary file that goes away with the connection
        self._database.execute('CREATE TABLE seen (digest INTEGER PRIMARY KEY, number INTEGER) WITHOUT ROWID')

    def first(self, tag: object) -> int | None:
        """The first row remembered for this."""
        found = self._database.execute('SELECT number FROM seen WHERE digest = ?', (_digest(tag),)).fetchone()
        return int(found[0]) if found else None

    def remember(self, tag: object, number: int) -> None:
        self._database.execute('INSERT OR IGNORE INTO seen VALUES (?, ?)', (_digest(tag), number))

    def close(self) -> None:
        self._database.close()


class Rehearsal:
    """Answers like `Store.create_many` and `update_many`; findings land on the changes."""

    def __init__(
        self, session: Session, catalog: Catalog, policy: Policy, clock: Clock, check: DuplicateCheck | None, seen: Seen
    ) -> None:
        self.session, self._catalog, self._policy, self._check, self._seen = session, catalog, policy, check, seen
        self._preparing = Preparing(session, catalog, policy, clock)

    def create_many(self, entity_key: str, changes: Sequence[Change], *, accept: Accept = 'all') -> list[Saved]:
        self._policy.require('create', entity_key)
        self._prepare(changes, accept)
        self._compare_with_earlier(changes, accept)
        return [Saved(entity_key, 0, change.uid, 1, tuple(change.values)) for change in changes if not has_errors(change)]

    def update_many(self, entity_key: str, changes: Sequence[Change], *, accept: Accept = 'all') -> list[Saved]:
        self._policy.require('update', entity_key)
        self._prepare(changes, accept)
        return [Saved(entity_key, 0, change.uid, 1, tuple(_changed(change))) for change in changes if not has_errors(change)]

    def touched(self, uids: Sequence[str]) -> set[str]:
        """Those of the records that an earlier chunk of the file updates; remembers them all."""
        found = {uid for uid in uids if self._seen.first(('record', uid)) is not None}
        for uid in uids:
            self._seen.remember(('record', uid), 0)
        return found

    def repeats(self, keys: Mapping[int, Any]) -> dict[int, int]:
        """`{row: earlier row}` of keys that an earlier chunk holds; remembers them all."""
        found = {number: first for number, key in keys.items() if (first := self._seen.first(('key', key))) is not None}
        for number, key in keys.items():
            self._seen.remember(('key', key), number)
        return found

    def _prepare(self, changes: Sequence[Change], accept: Accept) -> None:
        if not changes:
            return
        self._preparing.prepare(changes[0].entity, changes)
        if self._check is not None:
            self._check(self.session, self._catalog, self._policy, [each for each in changes if not has_errors(each)])
        for change in changes:
            change.findings = [_judged(each, accept) for each in change.findings]
        self._hold_unique(changes)

    def _hold_unique(self, changes: Sequence[Change]) -> None:
        """What must be unique, against the earlier chunks of the file; within one the rules themselves have looked."""
        entity = changes[0].entity
        fields = [each for each in entity.own_fields if each.definition.unique]
        keys = rules_of_entity(entity, self._catalog).unique_keys
        taken: list[object] = []
        for change in changes:
            for each in fields:
                value = change.value(each.key)
                tag = (each.ref, None if value is None else each.type.comparable(each.definition, value))
                if value is not None and self._is_held(tag, change, taken):
                    change.refuse('REC-E020', each.key)
            for key in keys:
                parts = parts_of(key, change)
                if None not in parts and self._is_held((key.definition.ref, parts), change, taken):
                    refuse_key(change, key, 'REC-E146')
        for held in taken:
            self._seen.remember(held, 0)

    def _is_held(self, tag: tuple[str, Any], change: Change, taken: list[object]) -> bool:
        """Whether another record of an earlier chunk holds it; else this one does from now on."""
        if self._seen.first(('unique', *tag)) is not None and self._seen.first(('unique', *tag, change.uid)) is None:
            return True
        if not has_errors(change):
            taken += [('unique', *tag), ('unique', *tag, change.uid)]
        return False

    def _compare_with_earlier(self, changes: Sequence[Change], accept: Accept) -> None:
        """What the store would find in the database, had the earlier chunks been written."""
        kept = []
        for change in changes:
            if has_errors(change):
                continue
            keys = [(rule, key) for rule in rules_of(change.entity) if (key := rule.key_of(change.value)) is not None]
            for rule, key in keys:
                if (earlier := self._seen.first((rule.ref, key))) is not None:
                    change.findings.append(_judged(_repeats(rule, change, earlier), accept))
            if not has_errors(change):
                kept += [((rule.ref, key), int(change.pointer.lstrip('/'))) for rule, key in keys]
        for tag, number in kept:
            self._seen.remember(tag, number)


def _repeats(rule: Rule, change: Change, earlier: int) -> Finding:
    params: dict[str, Any] = {
        'rule': rule.ref,
        'rule_label': rule.definition.label,
        'earlier': earlier,
        'fields': [field.definition.label for field in rule.fields],
    }
    return Finding('DUP-E003', f'{change.pointer}/{rule.fields[0].key}', params, 'error' if rule.blocks else 'warning')


def _digest(tag: object) -> int:
    return int.from_bytes(hashlib.blake2b(repr(tag).encode(), digest_size=8).digest(), 'big', signed=True)


def has_errors(change: Change) -> bool:
    return any(each.level == 'error' for each in change.findings)


def _judged(found: Finding, accept: Accept) -> Finding:
    """As in the store: a duplicate warning that nobody accepted stops the row."""
    if found.level == 'warning' and accept != 'all' and found.params.get('rule') not in accept:
        return Finding(found.code, found.pointer, found.params, 'error')
    return found


def _changed(change: Change) -> list[str]:
    current = change.current or {}
    return [
        key
        for key, value in change.values.items()
        if any(current[name] != stored for name, stored in change.entity.fields[key].to_columns(value).items())
    ]
