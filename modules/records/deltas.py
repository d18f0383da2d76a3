"""What changed in links and lines, as history keeps it: read back, taken back, and compared with what others did since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.records.changing import Change
from modules.records.since import Written, touched
from permissions.tables import ab_user, team
from schema.base.findings import escape_pointer, finding
from schema.catalog import Entity, Field
from schema.fieldtypes.links import linked
from schema.values import TEAM, USER, Line, Lines, Link, Links

Frozen = Mapping[str, Any] | None


def freeze(field: Field, before: Any, after: Any) -> tuple[Frozen, Frozen]:
    """`(old, new)`: links removed and added; lines removed, added, and of changed ones what they held and hold. `order` lists
    all uids where the order of what stayed is another one."""
    old, new = _parts(field, before), _parts(field, after)
    if field.lines is None:
        gone = [each for uid, each in old.items() if uid not in new]
        come = [each for uid, each in new.items() if uid not in old]
        pair = _frozen(field, Links(tuple(gone), len(gone))), _frozen(field, Links(tuple(come), len(come)))
    else:
        kept = {uid: _changed(field, old[uid], new[uid]) for uid in old if uid in new}
        gone = [kept[uid][0] if uid in kept else each for uid, each in old.items()]
        come = [kept[uid][1] if uid in kept else each for uid, each in new.items()]
        gone, come = ([line for line in lines if line is not None] for lines in (gone, come))
        pair = _frozen(field, Lines(tuple(gone), len(gone))), _frozen(field, Lines(tuple(come), len(come)))
    if [uid for uid in old if uid in new] == [uid for uid in new if uid in old]:
        return pair[0] or None, pair[1] or None
    return {**pair[0], 'order': list(old)}, {**pair[1], 'order': list(new)}


def inverse(field: Field, old: Frozen, new: Frozen) -> dict[str, Any]:
    """The wire delta that takes a history pair back; people and teams in lines stay links by id, see `name_people`.

    Raises: Refused where a value no longer fits its field.
    """
    old, new = old or {}, new or {}
    order = {'order': old['order']} if 'order' in old else {}
    if field.lines is None:
        return {
            'add': [each['uid'] for each in linked(old)], 'remove': [each['uid'] for each in linked(new)], **order,
        }  # fmt: skip
    before, after = ({line['uid']: line for line in side.get('lines', ())} for side in (old, new))
    return {
        'add': [_line_wire(field, line) for uid, line in before.items() if uid not in after],
        'change': [_line_wire(field, line) for uid, line in before.items() if uid in after],
        'remove': [uid for uid in after if uid not in before],
        **order,
    }


def name_people(session: Session, wires: Iterable[dict[str, Any]]) -> None:
    """History keeps people and teams by id; what is written names them. Who is gone is left as nobody. Two statements at most,
    none where nobody is named."""
    places = [place for wire in wires for place in _people_in(wire)]
    known: dict[str, dict[int, str]] = {USER: {}, TEAM: {}}
    for kind, table, name in ((USER, ab_user, ab_user.c.username), (TEAM, team, team.c.uid)):
        ids = {wire[key].id for wire, key in places if wire[key].entity == kind}
        if ids:
            named = sa.select(table.c.id, name).where(table.c.id.in_(sorted(ids)))
            known[kind] = {row[0]: row[1] for row in session.execute(named)}
    for wire, key in places:
        wire[key] = known[wire[key].entity].get(wire[key].id)


def _people_in(wire: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    for key, value in wire.items():
        if isinstance(value, Link):
            yield wire, key
        elif isinstance(value, dict):
            lines = (line for name in ('add', 'change') for line in value.get(name, ()) if isinstance(line, dict))
            yield from (place for line in lines for place in _people_in(line))


def check_conflicts(change: Change, fresh: Iterable[str]) -> None:
    """Refuse those of the changed fields that somebody else changed since the revision that was seen: a list of all links when
    any changed, a line's field when that one did, a line that would go although it was changed. REC-E019."""
    for key in fresh if change.since is not None else ():
        field = change.entity.fields[key]
        written = change.since.open_to(field) if change.since is not None else ()
        if written and field.lines is not None:
            _check_lines(change, field, field.lines, written)
        elif written and (not field.is_collection or _is_whole(change, field)):
            plain = not field.is_link and not field.is_collection and change.current is not None
            theirs = field.wire(field.from_row(change.current or {})) if plain else None
            change.refuse('REC-E019', key, who=written[-1].who, theirs=theirs)


def _is_whole(change: Change, field: Field) -> bool:
    delta = change.collected[field.key].delta
    return delta is not None and delta.whole


def _check_lines(change: Change, field: Field, lines: Entity, written: Sequence[Written]) -> None:
    collected, who = change.collected[field.key], written[-1].who
    theirs = touched(lines, written)
    before, after = _parts(field, collected.before), _parts(field, change.values[field.key])
    places = {uid: part.pointer for uid, part in collected.sent.items()}
    for uid, line in before.items():
        if uid not in after:
            if uid in theirs:
                change.refuse('REC-E019', field.key, who=who, theirs=None)
            continue
        old, new = _changed(field, line, after[uid])
        for key in new.values if new is not None and old is not None else ():
            each = lines.fields[key]
            if each.ref in theirs.get(uid, ()):
                pointer = f'{change.pointer}/{escape_pointer(field.key)}{places.get(uid, "")}/{escape_pointer(key)}'
                wire = None if each.is_link else each.wire(line.values.get(key))
                change.findings.append(finding('REC-E019', pointer, label=each.definition.label, who=who, theirs=wire))


def _parts(field: Field, value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    return {each.uid: each for each in (value.links if field.lines is None else value.lines)}


def _changed(field: Field, old: Line, new: Line) -> tuple[Line | None, Line | None]:
    """The line before and after with the differing fields alone; None when there are none."""
    assert field.lines is not None
    keys = [
        each.key
        for each in field.lines.own_fields
        if each.to_columns(old.values.get(each.key)) != each.to_columns(new.values.get(each.key))
    ]
    if not keys:
        return None, None
    return tuple(Line(line.uid, {key: line.values.get(key) for key in keys}) for line in (old, new))  # type: ignore[return-value]


def _frozen(field: Field, value: Links | Lines) -> dict[str, Any]:
    return dict(field.type.freeze(field.definition, value)) if value.total else {}


def _line_wire(field: Field, line: Mapping[str, Any]) -> dict[str, Any]:
    return {'uid': line['uid'], **dict(_values_wire(field, line['values']))}


def _values_wire(field: Field, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    assert field.lines is not None
    for ref, frozen in values.items():
        each = field.lines.by_ref.get(ref)
        if each is not None and each.writable:
            value = None if frozen is None else each.type.thaw(each.definition, frozen)
            by_id = isinstance(value, Link) and not value.uid
            yield each.key, value if by_id else value.uid if isinstance(value, Link) else each.wire(value)
