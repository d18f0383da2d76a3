"""What an operation is and how far it came. Plain values, no session inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from schema.base.findings import Finding
from schema.definitions import Texts

LANGUAGES = ('en', 'vi')
SHOWN_REASONS = 50
State = str  # waiting → running → done | failed; then undoing → undone | partly (undone)
OVER = frozenset({'done', 'failed', 'undone', 'partly'})
UNDOABLE = frozenset({'done', 'failed', 'partly'})
FOR_GOOD = frozenset({'workflow', 'conversion', 'computation', 'numbering'})
"""Kinds that are not undone by themselves: what a workflow set going has operations of its own, what a publish made of many
records goes back with its version."""


@dataclass(frozen=True)
class Reason:
    """Why a record was left out or a cell was kept: the record and the reason in both languages."""

    uid: str
    entity_ref: str
    texts: Texts

    @classmethod
    def of(cls, uid: str, entity_ref: str, findings: Sequence[Finding]) -> Reason:
        texts = {
            tongue: ' '.join(filter(None, (part for each in findings for part in (each.text(tongue), each.hint_text(tongue)))))
            for tongue in LANGUAGES
        }
        return cls(uid, entity_ref, texts)

    def as_json(self) -> dict[str, Any]:
        return {'uid': self.uid, 'entity': self.entity_ref, 'texts': dict(self.texts)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Reason:
        return cls(stored['uid'], stored['entity'], stored['texts'])


@dataclass
class Tally:
    """How many records were changed, left as they were, refused; and cells kept because somebody changed them since."""

    done: int = 0
    skipped: int = 0
    failed: int = 0
    kept: int = 0
    reasons: list[Reason] = field(default_factory=list)

    def add(self, other: Tally) -> Tally:
        reasons = [*self.reasons, *other.reasons][:SHOWN_REASONS]
        return Tally(
            self.done + other.done, self.skipped + other.skipped, self.failed + other.failed, self.kept + other.kept, reasons
        )

    def counts(self) -> dict[str, int]:
        return {'done': self.done, 'skipped': self.skipped, 'failed': self.failed, 'kept': self.kept}


@dataclass(frozen=True)
class Operation:
    """One operation as it stands. `title` is `{locale: text}`; `total` None when nobody counted; `position` says how far it
    came, in its own units."""

    id: str
    kind: str
    entity_ref: str
    title: Texts
    state: State
    actor_id: int | None
    actor_name: str
    params: Mapping[str, Any]
    counts: Mapping[str, int]
    reasons: Sequence[Reason]
    total: int | None
    position: int
    undo_of: str | None
    undone_by: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def over(self) -> bool:
        return self.state in OVER

    @property
    def undoable(self) -> bool:
        """Whether undoing may be asked for; what it would do is told by the forecast."""
        began = bool(self.counts.get('done') or (self.params.get('account') and self.position))
        return self.kind not in FOR_GOOD and self.state in UNDOABLE and began

    @property
    def seen(self) -> int:
        """How many records were gone through."""
        return sum(self.counts.get(name, 0) for name in ('done', 'skipped', 'failed'))

    def tally(self) -> Tally:
        counts = {name: self.counts.get(name, 0) for name in ('done', 'skipped', 'failed', 'kept')}
        return Tally(**counts, reasons=list(self.reasons))

    def as_wire(self, locale: str) -> dict[str, Any]:
        return {
            'id': self.id, 'kind': self.kind, 'title': self.title.get(locale) or next(iter(self.title.values()), ''),
            'state': self.state, 'by': self.actor_name, 'counts': dict(self.counts), 'total': self.total,
            'undo_of': self.undo_of, 'undone_by': self.undone_by, 'undoable': self.undoable,
            'created_at': _instant(self.created_at), 'finished_at': _instant(self.finished_at),
            'reasons': [{'uid': each.uid, 'text': each.texts.get(locale, '')} for each in self.reasons],
        }  # fmt: skip


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.replace(tzinfo=None, microsecond=0).isoformat() + 'Z'
