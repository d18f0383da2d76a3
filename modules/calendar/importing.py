"""Taking over a file of appointments: first what would become of each event, then all of it as one operation with undo.

The same event of the same person is always the same record, so that a file taken over twice changes nothing the second time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from zoneinfo import ZoneInfo

from modules.calendar import attending
from modules.calendar.changing import KIND, times
from modules.calendar.events import calendar_of, day_of_reader
from modules.calendar.ics_in import Incoming
from modules.operations import keeping
from modules.operations.keeping import Begun
from modules.operations.model import Operation, Reason, Tally
from modules.records.changing import Change
from modules.records.model import ListQuery, Record
from modules.records.queries import Reader
from modules.records.store import Store
from modules.runtime import Runtime
from schema.base import audit
from schema.base.actor import Actor
from schema.base.errors import Invalid, TrellisError
from schema.catalog import Catalog, Entity
from schema.fieldtypes.base import Reading, Refused

CHUNK = 200
Fate = Literal['new', 'changed', 'same']


@dataclass(frozen=True, eq=False)
class Planned:
    """What becomes of one event: the record it is or will be, and the values that it brings."""

    incoming: Incoming
    uid: str
    wire: Mapping[str, Any]
    fate: Fate


def target(catalog: Catalog, reader: Reader) -> Entity:
    """The first kind of appointment that the person may create. Raises: Invalid CAL-E010."""
    for entity in catalog.entities.values():
        calendar = entity.definition.calendar
        if calendar is not None and calendar.kind == 'appointment' and reader.policy.scope('create', entity.key) != 'none':
            return entity
    raise Invalid.of('CAL-E010')


def plan(reader: Reader, entity: Entity, events: Sequence[Incoming]) -> list[Planned]:
    """What each event would become, in the order of the file; two statements for every 200 events or addresses."""
    actor, zone = reader.actor, reader.actor.zone
    home, writable = reader.clock.zone, reader.policy.writable(entity.key)
    events = list({event.name: event for event in events}.values())  # of two with one identity the later one counts
    people = attending.known(reader, entity, events, writable)
    events = [replace(event, text=attending.in_words(event, people)) for event in events]
    wires = [wire_of(entity, event, zone, home, writable) for event in events]
    foreign = [event.uid_for(actor.user_id) for event in events]
    known = _known(reader, entity, [uid for uid in (*(event.own_uid for event in events), *foreign) if uid], wires)
    planned = []
    for event, wire, derived in zip(events, wires, foreign, strict=True):
        uid = event.own_uid if event.own_uid in known else derived
        there = known.get(uid)
        added = attending.coming(entity, event, people, there)
        fate: Fate = 'new' if there is None else 'changed' if _differs(there, wire, reader.reading, added) else 'same'
        planned.append(Planned(event, uid, {**wire, **added}, fate))
    return planned


def wire_of(
    entity: Entity, event: Incoming, zone: ZoneInfo, home: ZoneInfo, writable: frozenset[str]
) -> dict[str, Any]:  # fmt: skip
    """The values of an event, as far as the entity has fields for them that the person may set. Whole days are read as days of
    `zone`; unless they repeat they begin by the company's clock, `home`."""
    calendar = calendar_of(entity)
    wire: dict[str, Any] = {entity.title.key: event.title}
    start, end = event.start, event.end
    if event.all_day and event.repeat is None and entity.fields[calendar.start].type.key != 'date':
        start, end = day_of_reader(start, home, zone), day_of_reader(end, home, zone) if end is not None else None
    wire |= times(entity, start, end, zone, all_day=event.all_day)
    if calendar.place:
        wire[calendar.place] = event.place or None
    if calendar.repeat:
        wire[calendar.repeat] = str(event.repeat) if event.repeat is not None else None
    if calendar.status and event.cancelled and calendar.cancelled:
        wire[calendar.status] = calendar.cancelled[0]
    if calendar.remind_minutes and event.remind_minutes is not None:
        wire[calendar.remind_minutes] = event.remind_minutes
    text = entity.fields.get('description')
    if text is not None and text.type.key in {'text', 'long_text'}:
        wire['description'] = event.text or None
    return {key: value for key, value in wire.items() if key in writable}


def take_over(runtime: Runtime, actor: Actor, catalog: Catalog, entity: Entity, planned: Sequence[Planned]) -> Operation:
    """Write what is new or changed as one operation; what a record's rules refuse is told and left out."""
    changing = [each for each in planned if each.fate != 'same']
    title = {'en': f'Take over {len(changing)} appointments from a calendar file',
             'vi': f'Nhập {len(changing)} lịch hẹn từ tệp lịch'}  # fmt: skip
    begun = Begun(KIND, entity.ref, title, {}, len(changing))
    operation_id = keeping.begin(runtime, actor, begun, holder='request')

    def write(store: Store) -> None:
        tally = Tally()
        for start in range(0, len(changing), CHUNK):
            tally = tally.add(_write(store, entity, changing[start : start + CHUNK]))
        now = runtime.clock.now()
        keeping.close(store.session, operation_id, tally, now)
        told = {'format': 'ics', 'rows': tally.done, 'failed': tally.failed}
        audit.note(store.session, 'import', actor=actor, subject=entity.key, params=told, now=now)

    try:
        runtime.write(actor, write, catalog=catalog, operation_id=operation_id, silent=True)
    except TrellisError:
        with runtime.database.writing() as connection:
            keeping.close(connection, operation_id, Tally(), runtime.clock.now(), failed=True)
        raise
    return keeping.read(runtime, operation_id)


def _write(store: Store, entity: Entity, planned: Sequence[Planned]) -> Tally:
    new = [Change(entity, each.uid, each.wire) for each in planned if each.fate == 'new']
    old = [Change(entity, each.uid, each.wire) for each in planned if each.fate == 'changed']
    done = len(store.create_many(entity.key, new)) if new else 0
    done += len(store.update_many(entity.key, old)) if old else 0
    refused = [change for change in (*new, *old) if any(each.level == 'error' for each in change.findings)]
    reasons = [Reason.of('' if change in new else change.uid, entity.ref, change.findings) for change in refused]
    return Tally(done=done, failed=len(refused), reasons=reasons)


def _known(reader: Reader, entity: Entity, uids: Sequence[str], wires: Sequence[Mapping[str, Any]]) -> dict[str, Record]:
    """Those of the records that the person may read, the bin included: what was deleted here does not come back."""
    readable = reader.policy.readable(entity.key)
    people = {calendar_of(entity).participants, calendar_of(entity).guests}
    columns = tuple({key for key in people.union(*wires) if key in readable})
    found: dict[str, Record] = {}
    for start in range(0, len(uids), CHUNK):
        wanted = {'field': 'uid', 'op': 'in', 'value': list(uids[start : start + CHUNK])}
        for deleted in (False, True):
            query = ListQuery(filter=wanted, columns=columns, size=CHUNK, deleted=deleted, counted=False)
            found.update({record.uid: record for record in reader.list_page(entity.key, query).records})
    return found


def _differs(record: Record, wire: Mapping[str, Any], reading: Reading, added: Mapping[str, Any]) -> bool:
    """Whether the event says anything else than the record, or names more people; what lies in the bin stays there."""
    if record.deleted_at is not None or added:
        return record.deleted_at is None
    for key, value in wire.items():
        field = record.entity.fields[key]
        if key not in record.values:
            continue
        try:
            meant = field.type.normalise(field.definition, value, reading)
        except Refused:
            return True
        if (field.wire(meant) or None) != (field.wire(record.values[key]) or None):  # an unset switch means no
            return True
    return False
