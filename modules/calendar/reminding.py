"""Reminders: whoever is in charge and who takes part are told before it begins, each time of a series once.

The mail of a single appointment to the person in charge is a workflow's where one does that; everything else is a notice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from modules.calendar.events import MOST, Event, Span, calendar_of, laid_out, participants
from modules.notices.service import Notice, tell
from modules.records.model import ListQuery, Record, Sort
from modules.records.queries import Reader
from modules.runtime import Runtime
from schema.base.actor import system_actor
from schema.catalog import Catalog, Entity
from schema.definitions import CalendarDef, Texts
from schema.values import Link

LATE = timedelta(minutes=30)
"""A reminder that could not be given in time is still worth giving for so long."""
LONGEST = timedelta(days=8)
STAMP = '%Y%m%dT%H%M%SZ'


def remind(runtime: Runtime) -> int:
    """Tell everybody whose reminder has come; how many were told. Safe in two processes at once: each is told once."""
    catalog, now = runtime.catalogs.current(), runtime.clock.now()
    due: list[tuple[Event, CalendarDef]] = []
    with runtime.reader(system_actor('reminders'), catalog) as reader:
        for entity in catalog.entities.values():
            calendar = entity.definition.calendar
            if calendar is not None and calendar.remind_minutes:
                due += [(event, calendar) for event in _due(reader, entity, now)]
    if not due:
        return 0
    with runtime.database.session() as session:
        return sum(
            tell(session, people, told, key=_key(event), now=now)
            for event, calendar in due
            for people, told in _told(catalog, event, calendar)
        )


def _due(reader: Reader, entity: Entity, now: datetime) -> Iterator[Event]:
    """Events whose time to remind lies within the last half hour, still to come."""
    calendar = calendar_of(entity)
    coming = {'field': calendar.start, 'op': 'lt', 'value': _wire(now + LONGEST)}
    for minutes in _lengths(reader, entity, calendar, now):
        span = Span(max(now, now + timedelta(minutes=minutes) - LATE), now + timedelta(minutes=minutes), reader.actor.zone)
        same = {'field': calendar.remind_minutes, 'op': 'eq', 'value': minutes}
        within = [{'field': calendar.start, 'op': 'gt', 'value': _wire(span.start)},
                  {'field': calendar.start, 'op': 'lte', 'value': _wire(span.end)}]  # fmt: skip
        records = _records(reader, entity, [same, *within])
        if calendar.repeat:
            repeating = {'field': calendar.repeat, 'op': 'is_not_empty'}
            records = [*records, *_records(reader, entity, [same, repeating, coming])]
        later = replace(span, end=span.end + timedelta(seconds=1))
        seen: set[str] = set()
        for record in records:
            for event in laid_out(record, later, reader.clock.zone):
                if event.state == 'open' and span.start < event.start <= span.end and _key(event) not in seen:
                    seen.add(_key(event))
                    yield event


def _lengths(reader: Reader, entity: Entity, calendar: CalendarDef, now: datetime) -> list[int]:
    """The numbers of minutes that are in use, of what is to come and of series."""
    parts: list[dict[str, Any]] = [{'field': calendar.start, 'op': 'gte', 'value': _wire(now)}]
    if calendar.repeat:
        parts.append({'field': calendar.repeat, 'op': 'is_not_empty'})
    coming = {'field': calendar.start, 'op': 'lt', 'value': _wire(now + LONGEST)}
    found = reader.groups(entity.key, calendar.remind_minutes, ListQuery(filter={'all': [coming, {'any': parts}]}))
    return sorted(group.value for group in found if group.value is not None)


def _records(reader: Reader, entity: Entity, conditions: Sequence[dict[str, Any]]) -> list[Record]:
    calendar = calendar_of(entity)
    wanted = (
        calendar.start, calendar.end, calendar.all_day, calendar.status, calendar.repeat, calendar.participants,
        calendar.remind_minutes, calendar.remind_by, 'owner',
    )  # fmt: skip
    columns = tuple(dict.fromkeys(key for key in wanted if key))
    query = ListQuery(filter={'all': list(conditions)}, sort=(Sort(calendar.start),), columns=columns, counted=False)
    return [record for chunk in reader.stream(entity.key, query, MOST) for record in chunk]


def _told(catalog: Catalog, event: Event, calendar: CalendarDef) -> Iterator[tuple[list[int], Notice]]:
    """Who is told what: the person in charge, whose mail may be a workflow's, and everybody else."""
    record = event.record
    ways = {'popup'}
    if calendar.remind_by:
        field, held = record.entity.fields[calendar.remind_by], record.values.get(calendar.remind_by)
        ways = set(field.wire(held) or ()) if held is not None else set()
    if not ways & {'popup', 'email'}:
        return
    minutes = int(record.values[calendar.remind_minutes])
    owner = record.values.get('owner')
    owner_id = owner.id if isinstance(owner, Link) else None
    others = {link.id for link in participants(record) if link.entity == '@user' and link.id is not None} - {owner_id}
    told = Notice(
        'reminder', words_for(minutes), entity_ref=record.entity.ref, record_uid=record.uid, popup='popup' in ways,
        mail='email' in ways,
    )  # fmt: skip
    if owner_id is not None:
        mailed = event.occurrence in (None, record.values[calendar.start]) and _mailed_by_workflow(catalog, record.entity)
        yield [owner_id], replace(told, mail=told.mail and not mailed)
    if others:
        yield sorted(others), told


def words_for(minutes: int) -> Texts:
    """`{title} begins in 30 minutes`, without clock times, which differ between the readers' zones."""
    if minutes == 0:
        return {'en': '{title} begins now', 'vi': '{title} bắt đầu bây giờ'}
    if minutes % 1440 == 0:
        days = minutes // 1440
        return {'en': f'{{title}} begins in {days} day{"s" if days > 1 else ""}', 'vi': f'{{title}} bắt đầu sau {days} ngày'}
    if minutes % 60 == 0:
        hours = minutes // 60
        return {'en': f'{{title}} begins in {hours} hour{"s" if hours > 1 else ""}', 'vi': f'{{title}} bắt đầu sau {hours} giờ'}
    return {'en': f'{{title}} begins in {minutes} minutes', 'vi': f'{{title}} bắt đầu sau {minutes} phút'}


def _mailed_by_workflow(catalog: Catalog, entity: Entity) -> bool:
    """Whether an enabled workflow already counts from the start of such records to remind."""
    start = calendar_of(entity).start
    return any(
        rule.enabled and rule.entity == entity.key and rule.trigger.get('type') == 'date' and rule.trigger.get('field') == start
        and any(step.get('type') == 'send_mail' for step in rule.steps)
        for rule in catalog.workflows.values()
    )  # fmt: skip


def _key(event: Event) -> str:
    return f'reminder:{event.record.uid}:{event.start.astimezone(UTC).strftime(STAMP)}'


def _wire(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat() + 'Z'
