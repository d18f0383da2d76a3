"""One chunk of rows: matched, created, updated, and what became of each. The same code checks and writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from sqlalchemy.orm import Session

from modules.assignment.model import Giving, Strategy
from modules.imports import queries
from modules.imports.cells import RowIn
from modules.imports.mapping import identifies
from modules.imports.matching import Matcher
from modules.imports.model import Outcome, Plan, RowOut
from modules.imports.rehearsal import has_errors
from modules.records.model import Saved
from modules.records.preparing import Change
from modules.records.store import Accept, Store
from schema.base.findings import Finding
from schema.base.ids import new_uid
from schema.catalog import Entity


class Writer(Protocol):
    """The store in an import, the rehearsal in a check."""

    @property
    def session(self) -> Session: ...

    def create_many(self, entity_key: str, changes: Sequence[Change], *, accept: Accept = 'all') -> list[Saved]: ...

    def update_many(self, entity_key: str, changes: Sequence[Change], *, accept: Accept = 'all') -> list[Saved]: ...

    def touched(self, uids: Sequence[str]) -> set[str]: ...

    def repeats(self, keys: Mapping[int, Any]) -> dict[int, int]: ...


class StoreWriter:
    """The store, with what this import wrote before."""

    def __init__(self, store: Store, operation_id: str) -> None:
        self.session, self._operation_id = store.session, operation_id
        self.create_many, self.update_many = store.create_many, store.update_many

    def touched(self, uids: Sequence[str]) -> set[str]:
        return queries.written_by(self.session, self._operation_id, uids) if uids else set()

    def repeats(self, keys: Mapping[int, Any]) -> dict[int, int]:
        """Earlier rows are in the database by now, where `touched` finds them."""
        return {}


@dataclass(frozen=True)
class Chunk:
    """How to write rows of one file. A row that is refused stops no other."""

    entity: Entity
    plan: Plan
    matcher: Matcher

    def write(self, writer: Writer, rows: Sequence[RowIn]) -> list[RowOut]:
        """What became of each row, in order."""
        outs: dict[int, RowOut] = {}
        self._leave_out_repeats(writer, rows, outs)
        matched = self._match(writer, self._open(rows, outs), outs)
        fresh = [row for row in rows if row.number not in outs and row.number not in matched]
        self.matcher.refuse_taken(writer.session, self._open(rows, outs), {n: each['uid'] for n, each in matched.items()})
        updates = [(row, str(matched[row.number]['uid'])) for row in self._open(rows, outs) if row.number in matched]
        updates += self._create(writer, fresh, outs)
        current = {str(each['uid']): each for each in matched.values()}
        self._update(writer, updates, current, outs)
        for row in rows:
            if row.number not in outs:
                outs[row.number] = _out(row, 'error', row.findings)
        return [outs[row.number] for row in rows]

    def _open(self, rows: Sequence[RowIn], outs: Mapping[int, RowOut]) -> list[RowIn]:
        return [row for row in rows if not row.findings and row.number not in outs]

    def _leave_out_repeats(self, writer: Writer, rows: Sequence[RowIn], outs: dict[int, RowOut]) -> None:
        """A key that an earlier row of the file has: the first one counts."""
        if not self.matcher.active:
            return
        keys = {row.number: key for row in self._open(rows, outs) if (key := self.matcher.key_of(row)) is not None}
        earlier = writer.repeats(keys)
        first: dict[Any, int] = {}
        for row in self._open(rows, outs):
            if (key := keys.get(row.number)) is None:
                continue
            number = earlier.get(row.number) or first.setdefault(key, row.number)
            if number != row.number:
                outs[row.number] = _skipped(row, 'IMP-W002', earlier=number)

    def _match(self, writer: Writer, rows: Sequence[RowIn], outs: dict[int, RowOut]) -> dict[int, Mapping[str, Any]]:
        if not self.matcher.active:
            return {}
        matched = self.matcher.match(writer.session, rows)
        if self.plan.duplicates == 'skip':
            for row in rows:
                if row.number in matched:
                    outs[row.number] = _skipped(row, 'IMP-W001')
        return matched

    def _new(self, row: RowIn) -> Mapping[str, Any]:
        """What a new record is made of; a code that no record has is told once, as that."""
        told = {key for key in self.matcher.keys if identifies(self.entity.fields[key])}
        return {key: wire for key, wire in row.wire.items() if key not in told} if told else row.wire

    def _create(self, writer: Writer, rows: Sequence[RowIn], outs: dict[int, RowOut]) -> list[tuple[RowIn, str]]:
        """Create rows; answer those that turned out to be records already and are to be updated, with the record's uid.

        Rows that are refused already go along, so that every problem of theirs is told at once.
        """
        if not rows:
            return []
        accept: Accept = 'all' if self.plan.duplicates == 'create' else ()
        changes = [
            Change(self.entity, new_uid(), self._new(row), None, row.pointer, findings=list(row.findings)) for row in rows
        ]
        unowned = {change.uid for change in changes if change.wire.get('owner') is None}
        self._say_who_gets(change for change in changes if change.uid in unowned)
        writer.create_many(self.entity.key, changes, accept=accept)
        updates = []
        for row, change in zip(rows, changes, strict=True):
            if not has_errors(change):
                outs[row.number] = replace(_out(row, 'create', change.findings, change.uid), unowned=change.uid in unowned)
            elif not _only_duplicates(change) or self.plan.duplicates == 'create':
                outs[row.number] = _out(row, 'error', change.findings)
            elif self.plan.duplicates == 'skip' or any(each.code == 'DUP-E003' for each in change.findings):
                outs[row.number] = _out(row, 'skip', _as_warnings(change.findings))
            else:
                updates += self._redirect(row, change, outs)
        return updates

    def _say_who_gets(self, changes: Iterable[Change]) -> None:
        """What was chosen for rows without an owner; nothing chosen leaves them to rules, else to who imports."""
        giving = self.plan.giving
        for change in changes if giving else ():
            if giving and 'strategy' in giving:
                change.giving = Giving(Strategy.from_json(giving['strategy']), giving.get('total'))
            else:
                change.wire = {**change.wire, 'owner': None}

    def _redirect(self, row: RowIn, change: Change, outs: dict[int, RowOut]) -> list[tuple[RowIn, str]]:
        """The one visible record a row repeats; an error when there are several or it is out of reach."""
        uids = {str(each.params['uid']) for each in change.findings if each.code == 'DUP-E001'}
        if len(uids) == 1 and not any(each.code == 'DUP-E002' for each in change.findings):
            return [(row, uids.pop())]
        outs[row.number] = _out(row, 'error', change.findings)
        return []

    def _update(
        self, writer: Writer, updates: Sequence[tuple[RowIn, str]], current: Mapping[str, Any], outs: dict[int, RowOut]
    ) -> None:
        """Update records, each at most once in a file: a second row for the same record is left out."""
        touched = writer.touched([uid for _, uid in updates])
        chosen: dict[str, tuple[RowIn, Change]] = {}
        found = {**current, **self._currents(writer, [uid for _, uid in updates if uid not in current])}
        for row, uid in updates:
            if uid in touched or uid in chosen:
                outs[row.number] = _skipped(row, 'IMP-W003')
            elif uid not in found:
                outs[row.number] = _out(row, 'error', [Finding('IMP-E015', row.pointer, {})])
            else:
                # A key in another spelling is the same key: it finds the record and does not change it.
                keys = self.matcher.keys if uid in current else ('uid',)
                kept = (key for key in row.wire if key not in keys and not identifies(self.entity.fields[key]))
                wire = {key: row.wire[key] for key in kept}
                chosen[uid] = (row, Change(self.entity, uid, wire, found[uid], row.pointer))
        if not chosen:
            return
        saved = writer.update_many(self.entity.key, [change for _, change in chosen.values()])
        changed = {each.uid: bool(each.changed) for each in saved}
        for uid, (row, change) in chosen.items():
            outcome: Outcome = 'error' if uid not in changed else 'update' if changed[uid] else 'unchanged'
            outs[row.number] = _out(row, outcome, change.findings, uid)

    def _currents(self, writer: Writer, uids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """Those of the records that the person may change."""
        if not uids:
            return {}
        rows = queries.holding(writer.session, self.matcher.policy, self.entity, self.entity.fields['uid'], uids)
        return {str(row['uid']): row for row, mine in rows if mine}


def _only_duplicates(change: Change) -> bool:
    return all(each.code.startswith('DUP-') for each in change.findings if each.level == 'error')


def _as_warnings(findings: Sequence[Finding]) -> list[Finding]:
    return [Finding(each.code, each.pointer, each.params, 'warning') for each in findings]


def _out(row: RowIn, outcome: Outcome, findings: Sequence[Finding], uid: str = '') -> RowOut:
    return RowOut(row.number, row.cells, outcome, tuple(findings), uid)


def _skipped(row: RowIn, code: str, **params: Any) -> RowOut:
    return _out(row, 'skip', [Finding(code, row.pointer, params, 'warning')])
