"""Stands in for the store when a file is checked: the same preparation and duplicate rules, nothing written."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.orm import Session

from modules.duplicates.rules import rules_of
from modules.records.model import Saved
from modules.records.preparing import Change, Preparing
from modules.records.store import Accept, DuplicateCheck
from permissions.policy import Policy
from schema.base.clock import Clock
from schema.base.findings import Finding
from schema.catalog import Catalog


class Seen:
    """Row numbers by what they hold, over a whole file: digests in a private temporary database, so memory stays flat."""

    def __init__(self) -> None:
        self._database = sqlite3.connect('')  # a blank name is a temporary file that goes away with the connection
        self._database.execute('CREATE TABLE seen (digest INTEGER PRIMARY KEY, number INTEGER) WITHOUT ROWID')

    def earlier(self, tag: object, number: int) -> int | None:
        """The first row that held this, when it is another one; else remember this row."""
        digest = int.from_bytes(hashlib.blake2b(repr(tag).encode(), digest_size=8).digest(), 'big', signed=True)
        self._database.execute('INSERT OR IGNORE INTO seen VALUES (?, ?)', (digest, number))
        first = self._database.execute('SELECT number FROM seen WHERE digest = ?', (digest,)).fetchone()[0]
        return None if first == number else int(first)

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

    def touched(self, uids: Sequence[str], number_of: Callable[[str], int]) -> set[str]:
        """Those of the records that an earlier row of the file updates."""
        return {uid for uid in uids if self._seen.earlier(('record', uid), number_of(uid)) is not None}

    def _prepare(self, changes: Sequence[Change], accept: Accept) -> None:
        if not changes:
            return
        self._preparing.prepare(changes[0].entity, changes)
        if self._check is not None:
            self._check(self.session, self._catalog, self._policy, [each for each in changes if not has_errors(each)])
        for change in changes:
            change.findings = [_judged(each, accept) for each in change.findings]

    def _compare_with_earlier(self, changes: Sequence[Change], accept: Accept) -> None:
        for change in changes:
            if has_errors(change):
                continue
            number, found = int(change.pointer.lstrip('/')), []
            for rule in rules_of(change.entity):
                key = rule.key_of(change.value)
                earlier = self._seen.earlier((rule.ref, key), number) if key is not None else None
                if earlier is not None:
                    params: dict[str, Any] = {
                        'rule': rule.ref, 'rule_label': rule.definition.label, 'earlier': earlier,
                        'fields': [field.definition.label for field in rule.fields],
                    }  # fmt: skip
                    found.append(Finding('DUP-E003', change.pointer, params, 'error' if rule.blocks else 'warning'))
            change.findings += [_judged(each, accept) for each in found]


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
