"""What an API token leaves of its owner's rights. Knows no person, no catalog and no right by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

LimitKind = Literal['read', 'write', 'chosen']
READING = frozenset({'read', 'export'})


@dataclass(frozen=True)
class Limit:
    """`read` leaves seeing and exporting, `write` everything with records, `chosen` the named actions of the named entities.

    None of them leaves Studio, people or settings. `chosen` pairs an entity's ref with actions, in order of refs. Whoever has
    no limit has all of their rights.
    """

    kind: LimitKind
    chosen: tuple[tuple[str, frozenset[str]], ...] = ()

    @property
    def only_reads(self) -> bool:
        return self.kind == 'read' or (self.kind == 'chosen' and all(actions <= READING for _ref, actions in self.chosen))

    def allows(self, action: str, entity_ref: str) -> bool:
        """Whether the limit leaves an action on an entity, if the owner has it."""
        if self.kind == 'chosen':
            return any(action in actions for ref, actions in self.chosen if ref == entity_ref)
        return self.kind == 'write' or action in READING

    def as_json(self) -> dict[str, Any]:
        """As it is stored: `{"kind", "chosen": {entity ref: [action]}}`."""
        return {'kind': self.kind, 'chosen': {ref: sorted(actions) for ref, actions in self.chosen}}

    @classmethod
    def of(cls, kind: LimitKind, chosen: Mapping[str, Iterable[str]] | None = None) -> Limit:
        """`chosen` is `{entity ref: actions}`; whoever may do anything with an entity's records may see them."""
        pairs = {ref: frozenset(actions) for ref, actions in (chosen or {}).items()}
        return cls(kind, tuple((ref, pairs[ref] | {'read'}) for ref in sorted(pairs) if pairs[ref]))

    @classmethod
    def from_json(cls, stored: Mapping[str, Any] | None) -> Limit | None:
        """The limit as it was stored; what a newer Trellis wrote and this one cannot read leaves nothing at all."""
        if stored is None:
            return None
        kind = stored.get('kind')
        if kind not in {'read', 'write', 'chosen'}:
            return cls('chosen')
        return cls.of(cast(LimitKind, kind), stored.get('chosen'))
