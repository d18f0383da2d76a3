"""Changes of appointments and tasks: one, one of a series, the rest of it, all of it. Knows no page; never commits.

An exception is a record of its own: the series leaves its start out. So every reader of records understands it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from modules.calendar.events import calendar_of, day_of_reader, instant, repeat_of, series_zone
from modules.calendar.recurrence import Repeat, at_zone, count_before, moved_rule
from modules.operations import keeping
from modules.operations.keeping import Begun
from modules.operations.model import Tally
from modules.records.model import Record, Saved
from modules.records.since import Seen
from modules.records.store import Store
from modules.runtime import Runtime
from schema.base.actor import Actor
from schema.base.errors import Conflict, TrellisError
from schema.base.ids import new_uid
from schema.catalog import Catalog, Entity
from schema.definitions import Texts

Scope = Literal['this', 'following', 'all']
Wire = Mapping[str, Any]
KIND = 'calendar'
UNCOPIED = frozenset({'uid', 'revision', 'created_at', 'created_by', 'changed_at', 'changed_by'})


@dataclass(frozen=True)
class Asked:
    """A change of one record. `occurrence` is the start by the rule of what was taken hold of, `base` the revision that was
    seen, `apart` the uid of the record that one occurrence or the rest becomes, so that sending twice makes one. `record` was
    read whole by the person who asks."""

    record: Record
    scope: Scope = 'all'
    occurrence: datetime | None = None
    base: int | Seen | None = None
    apart: str = ''

    @property
    def entity(self) -> Entity:
        return self.record.entity

    def whole(self, zone: ZoneInfo) -> bool:
        """Whether the record itself is meant: it does not repeat, or all of the series is, or its rest from the first on."""
        if self.occurrence is None or repeat_of(self.record) is None or self.scope == 'all':
            return True
        return self.scope == 'following' and self.occurrence <= _start(self.record, zone)


@dataclass(frozen=True)
class Changed:
    """The record that now holds the change. `operation` undoes what touched more than one."""

    saved: Saved | None
    operation: str = ''


def change(runtime: Runtime, actor: Actor, catalog: Catalog, asked: Asked, wire: Wire) -> Changed:
    """Write `wire` to what was asked. Raises as `Store.update` and `Store.create`; Conflict CAL-E001 for a lost occurrence."""
    zone = actor.zone
    if asked.whole(zone):
        values = _for_all(asked, wire, zone, runtime.clock.zone)
        key, uid = asked.entity.key, asked.record.uid
        saved = runtime.write(
            actor, lambda store: store.update(key, uid, values, base_revision=asked.base, accept='all'), catalog=catalog
        )
        return Changed(saved)
    return _together(runtime, actor, catalog, asked, lambda store: _split(store, asked, wire, zone))


def remove(runtime: Runtime, actor: Actor, catalog: Catalog, asked: Asked) -> Changed:
    """Delete what was asked: the record, or its start from the series. Raises as `Store.delete` and `Store.update`."""
    key, uid, zone = asked.entity.key, asked.record.uid, actor.zone
    if asked.whole(zone):
        return Changed(runtime.write(actor, lambda store: store.delete(key, uid), catalog=catalog))
    return Changed(runtime.write(actor, lambda store: _cut(store, asked), catalog=catalog))


def times(entity: Entity, start: datetime, end: datetime | None, zone: ZoneInfo, *, all_day: bool) -> dict[str, Any]:
    """The wire of the fields that say when; days are those of the zone, the end of a date field its last day."""
    calendar = calendar_of(entity)
    wire: dict[str, Any] = {}
    dated = entity.fields[calendar.start].type.key == 'date'
    if dated:
        wire[calendar.start] = start.astimezone(zone).date().isoformat()
        last = (end - timedelta(seconds=1) if end is not None and end > start else start).astimezone(zone).date()
        if calendar.end:
            wire[calendar.end] = last.isoformat()
        return wire
    wire[calendar.start] = _wire(start)
    if calendar.end:
        wire[calendar.end] = _wire(end) if end is not None else None
    if calendar.all_day:
        wire[calendar.all_day] = all_day
    return wire


def copied(record: Record, writable: frozenset[str]) -> dict[str, Any]:
    """The wire of a new record like this one, of what the reader saw and may set."""
    wire: dict[str, Any] = {}
    for key, value in record.wire().items():
        field = record.entity.fields.get(key)
        if field is None or key in UNCOPIED or key not in writable or value is None or not field.writable:
            continue
        if field.type.key == 'lines':
            value = [{name: part for name, part in line.items() if name != 'uid'} for line in value if 'uid' in line]
        elif isinstance(value, list):
            value = [part for part in value if not isinstance(part, Mapping) or 'uid' in part]
        elif isinstance(value, Mapping) and value.get('hidden'):
            continue
        wire[key] = value
    return wire


def _for_all(asked: Asked, wire: Wire, zone: ZoneInfo, home: ZoneInfo) -> dict[str, Any]:
    """The wire for the first of a series, from that of the occurrence which was changed; the rule follows to other days."""
    record, calendar = asked.record, calendar_of(asked.entity)
    repeat = repeat_of(record)
    values = dict(wire)
    if repeat is None or asked.occurrence is None or calendar.start not in wire:
        return values
    clock = series_zone(record, zone, home)
    start, taken = _start(record, clock), _local(asked.occurrence, clock)
    target = _read(asked.entity, calendar.start, wire, zone)
    if target is None:
        return values
    by = _local(target, clock) - taken
    begins = at_zone(_local(start, clock) + by, clock)
    end = _read(asked.entity, calendar.end, wire, zone) if calendar.end in wire else None
    length = _local(end, clock) - _local(target, clock) if end is not None else None
    ends = at_zone(_local(begins, clock) + length, clock) if length is not None else None
    values |= {
        key: each for key, each in times(asked.entity, begins, ends, zone, all_day=False).items()
        if key in wire and key != calendar.all_day
    }  # fmt: skip
    if by and calendar.repeat not in wire:
        days = (_local(begins, clock).date() - _local(start, clock).date()).days
        rule = moved_rule(repeat.rule, days, _local(begins, clock).date())
        excluded = frozenset(at_zone(_local(each, clock) + by, clock) for each in repeat.excluded)
        values[calendar.repeat] = str(Repeat(rule, excluded, repeat.zone))
    return values


def _split(store: Store, asked: Asked, wire: Wire, zone: ZoneInfo) -> Saved:
    """The series without what was asked, and a record of its own for that."""
    record, calendar, occurrence = asked.record, calendar_of(asked.entity), asked.occurrence
    repeat = repeat_of(record)
    assert repeat is not None and occurrence is not None
    home = store.clock.zone
    clock = series_zone(record, zone, home)
    rest = repeat.since(occurrence, count_before(repeat, _start(record, clock), clock, occurrence))
    alone = home if asked.scope == 'this' else clock
    values = copied(record, store.policy.writable(asked.entity.key)) | _times_at(record, occurrence, zone, clock, alone)
    values |= {calendar.repeat: None if asked.scope == 'this' else str(rest)} | _afresh(asked.entity, wire)
    if asked.scope == 'following' and calendar.repeat not in wire and calendar.start in wire:
        target = _read(asked.entity, calendar.start, wire, zone)
        if target is not None:
            local = _local(target, clock)
            rule = moved_rule(rest.rule, (local.date() - _local(occurrence, clock).date()).days, local.date())
            values[calendar.repeat] = str(Repeat(rule, frozenset(), rest.zone))
    made = store.create(asked.entity.key, values, uid=asked.apart or new_uid(), accept='all')
    if made.changed:  # else it was made when this was sent for the first time, and the series was cut then
        _cut(store, asked)
    return made


def _afresh(entity: Entity, wire: Wire) -> dict[str, Any]:
    """The wire for a new record: lines of the series are none of its own."""
    lines = {key for key in wire if key in entity.fields and entity.fields[key].type.key == 'lines'}
    fresh = {key: [{name: part for name, part in line.items() if name != 'uid'} for line in wire[key] or ()] for key in lines}
    return {**wire, **{key: value or None for key, value in fresh.items()}}


def _cut(store: Store, asked: Asked) -> Saved:
    """Take the occurrence, or all from it on, out of the series. Raises: Conflict CAL-E001."""
    repeat, calendar, occurrence = repeat_of(asked.record), calendar_of(asked.entity), asked.occurrence
    if repeat is None or occurrence is None or occurrence in repeat.excluded:
        raise Conflict.of('CAL-E001')
    left = repeat.without(occurrence) if asked.scope == 'this' else repeat.until(occurrence)
    return store.update(
        asked.entity.key, asked.record.uid, {calendar.repeat: str(left)}, base_revision=asked.record.revision, accept='all'
    )  # fmt: skip


def _together(runtime: Runtime, actor: Actor, catalog: Catalog, asked: Asked, work: Any) -> Changed:
    """Several writes as one operation, so that one undo takes all of them back."""
    begun = Begun(KIND, asked.entity.ref, _title(asked), {'uid': asked.record.uid}, 2)
    operation_id = keeping.begin(runtime, actor, begun, holder=asked.record.uid)

    def write(store: Store) -> Saved:
        saved: Saved = work(store)
        keeping.close(store.session, operation_id, Tally(done=2), runtime.clock.now())
        return saved

    try:
        saved = runtime.write(actor, write, catalog=catalog, operation_id=operation_id)
    except TrellisError:
        with runtime.database.writing() as connection:
            keeping.close(connection, operation_id, Tally(), runtime.clock.now(), failed=True)
        raise
    return Changed(saved, operation_id)


def _title(asked: Asked) -> Texts:
    """Without the record's own title, which not everybody who sees operations may read."""
    definition = asked.entity.definition
    if asked.scope == 'this':
        return {'en': f'Change one of a series: {definition.label_in("en")}',
                'vi': f'Sửa một lần trong chuỗi lặp: {definition.label_in("vi")}'}  # fmt: skip
    return {'en': f'Change a series from one day on: {definition.label_in("en")}',
            'vi': f'Sửa chuỗi lặp từ một ngày trở đi: {definition.label_in("vi")}'}  # fmt: skip


def _times_at(record: Record, occurrence: datetime, zone: ZoneInfo, clock: ZoneInfo, alone: ZoneInfo) -> dict[str, Any]:
    """When one occurrence takes place, as the wire of a record of its own; whole days by `clock` begin by `alone`."""
    calendar = calendar_of(record.entity)
    start, end = _start(record, clock), instant(record.values.get(calendar.end), clock)
    ends = at_zone(_local(occurrence, clock) + (_local(end, clock) - _local(start, clock)), clock) if end else None
    all_day = record.values.get(calendar.all_day) is True
    if all_day:
        occurrence, ends = day_of_reader(occurrence, alone, clock), day_of_reader(ends, alone, clock) if ends else None
    wire = times(record.entity, occurrence, ends, zone, all_day=all_day)
    return {key: value for key, value in wire.items() if key in record.values}


def _start(record: Record, zone: ZoneInfo) -> datetime:
    found = instant(record.values.get(calendar_of(record.entity).start), zone)
    if found is None:
        raise Conflict.of('CAL-E001')
    return found


def _read(entity: Entity, key: str, wire: Wire, zone: ZoneInfo) -> datetime | None:
    """A moment out of the wire that `times` made; None for what people typed wrong, which the store refuses."""
    try:
        if entity.fields[key].type.key == 'date':
            return instant(date.fromisoformat(wire[key]), zone)
        found = datetime.fromisoformat(wire[key])
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def _wire(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + 'Z'
