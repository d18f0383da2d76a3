"""What others changed in a record since the revision that a person saw: what stayed as it was seen is no change of that person.

Reads history as it is kept. Writes nothing and decides no right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.records.tables import record_history
from schema.catalog import Entity, Field
from schema.fieldtypes.base import Refused
from schema.values import Link

Frozen = Mapping[str, Any]


@dataclass(frozen=True)
class Seen:
    """What a person saw who sends a whole form, of which they changed a part: the revision, and in `later`, by field key, that
    of a value of others which they were shown and chose to replace."""

    revision: int
    later: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Written:
    """One change of one field after what was seen: `old` and `new` as history keeps them."""

    revision: int
    actor_id: int | None
    who: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Since:
    """`written` by field ref, oldest first; `sender_id` is who sends the change now. Without `form` every field that was sent
    is meant."""

    sender_id: int | None
    written: Mapping[str, Sequence[Written]]
    form: Seen | None = None

    def open_to(self, of: Field) -> list[Written]:
        """Changes of a field that the person was not shown."""
        after = self.form.later.get(of.key, 0) if self.form is not None else 0
        return [each for each in self.written.get(of.ref, ()) if each.revision > after]

    def left_alone(self, of: Field, value: Any) -> bool:
        """Whether the value of a form is the one that was seen, although it is another one by now."""
        written = self.written.get(of.ref, ()) if self.form is not None else ()
        return len(written) > 0 and not of.is_collection and is_same(of, written[0].old, value)

    def added_by_sender(self, of: Field) -> set[str]:
        """Uids of lines that the sender added since: the same may have been sent before."""
        own = [each for each in self.written.get(of.ref, ()) if each.actor_id == self.sender_id]
        return {uid for each in own for uid in _lines(each.new).keys() - _lines(each.old).keys()}

    def lines_then(self, of: Field, now: Sequence[str]) -> dict[str, Frozen] | None:
        """Of a form's lines by uid what those that others changed held when they were seen; `now` are the uids of today. None
        when nobody changed any."""
        if of.ref not in self.written or self.form is None:
            return None
        then: dict[str, Frozen] = {uid: {} for uid in now}
        for each in reversed(self.written[of.ref]):
            old, new = (_lines(side) for side in (each.old, each.new))
            for uid in new.keys() - old.keys():
                then.pop(uid, None)
            for uid, values in old.items():
                then[uid] = {**then.get(uid, {}), **values}
        return then


def since(session: Session, sender_id: int | None, current: Mapping[str, Any], seen: int | Seen | None) -> Since | None:
    """None when the row is at the revision that was seen, or none was named. One statement else."""
    revision = seen.revision if isinstance(seen, Seen) else seen
    if revision is None or revision >= current['revision']:
        return None
    history = record_history
    rows = session.execute(
        sa.select(history.c.revision, history.c.changes, history.c.actor_id, history.c.actor_name)
        .where(history.c.record_uid == current['uid'], history.c.revision > revision)
        .order_by(history.c.id)
    )
    written: dict[str, list[Written]] = {}
    for row in rows:
        for ref, (old, new) in row.changes.items():
            written.setdefault(ref, []).append(Written(row.revision, row.actor_id, row.actor_name, old, new))
    return Since(sender_id, written, seen if isinstance(seen, Seen) else None)


def is_same(of: Field, frozen: Any, value: Any) -> bool:
    """Whether a value, links found, is the one that history keeps."""
    if frozen is None or value is None:
        return frozen is value
    try:
        then = of.type.thaw(of.definition, frozen)
    except Refused:  # it fits its field no longer
        return False
    if isinstance(then, Link):
        return isinstance(value, Link) and (then.entity, then.id) == (value.entity, value.id)
    return bool(of.to_columns(then) == of.to_columns(value))


def touched(entity: Entity, written: Sequence[Written]) -> dict[str, set[str]]:
    """`{line uid: refs of fields}` that others changed in lines; `entity` is that of the lines."""
    found: dict[str, set[str]] = {}
    for each in written:
        for side in (each.old, each.new):
            for uid, values in _lines(side).items():
                found.setdefault(uid, set()).update(ref for ref in values if ref in entity.by_ref)
    return found


def _lines(side: Any) -> dict[str, Frozen]:
    return {line['uid']: line['values'] for line in (side or {}).get('lines', ())}
