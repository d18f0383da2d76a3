"""Events of a span of time: appointments and tasks as one person may see them, series laid out. Knows no page.

Every entity with `x-calendar` costs one bounded statement, and one more where it may repeat; all through the reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from modules.calendar.recurrence import Repeat, occurrences, read_repeat, shifted
from modules.records.model import ListQuery, Record, Sort
from modules.records.queries import Reader
from schema.catalog import Catalog, Entity
from schema.definitions import CalendarDef
from schema.layouts import layouts_for
from schema.values import Lines, Link

MOST = 1000
"""Records of one entity within one span."""
LONGEST = timedelta(days=31)
"""An event that began earlier than this before the span is not sought."""
TASK_LENGTH = timedelta(minutes=30)


@dataclass(frozen=True)
class Span:
    """`[start, end)` in UTC, and the zone in which the person reads days."""

    start: datetime
    end: datetime
    zone: ZoneInfo

    @classmethod
    def of_days(cls, first: date, count: int, zone: ZoneInfo) -> Span:
        start, end = (datetime.combine(day, time(), zone) for day in (first, first + timedelta(days=count)))
        return cls(start.astimezone(UTC), end.astimezone(UTC), zone)

    @property
    def pair(self) -> tuple[datetime, datetime]:
        return self.start, self.end


@dataclass(frozen=True)
class Chosen:
    """Whose events, and which kinds: `people` are user names, none means everybody's; `filters` by entity key."""

    people: tuple[str, ...] = ()
    entities: frozenset[str] | None = None
    filters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Event:
    """One appointment or task at one time. `occurrence` is the start that the rule of its series gives it."""

    record: Record
    start: datetime
    end: datetime | None
    all_day: bool
    occurrence: datetime | None = None
    clash: str = ''

    @property
    def entity(self) -> Entity:
        return self.record.entity

    @property
    def calendar(self) -> CalendarDef:
        return calendar_of(self.record.entity)

    @property
    def until(self) -> datetime:
        """Its end, or as long as it is drawn."""
        return self.end or self.start + (timedelta(days=1) if self.all_day else TASK_LENGTH)

    @property
    def state(self) -> str:
        return state_of(self.record)

    @property
    def place(self) -> str:
        key = self.calendar.place
        value = self.record.values.get(key) if key else None
        return str(getattr(value, 'street', value) or '')

    @property
    def owner(self) -> Link | None:
        value = self.record.values.get('owner')
        return value if isinstance(value, Link) and not value.hidden else None

    @property
    def about(self) -> str:
        """The first record that it names, as far as it is open to the reader."""
        links = (value for value in self.record.values.values() if isinstance(value, Link) and not value.entity.startswith('@'))
        return next((link.label for link in links if link.label and not link.hidden), '')


def calendar_of(entity: Entity) -> CalendarDef:
    """Raises: AssertionError for an entity that has no place in the calendar."""
    assert entity.definition.calendar is not None
    return entity.definition.calendar


def entities_in(catalog: Catalog, reader: Reader) -> list[Entity]:
    """Entities of the calendar whose start the person may read, appointments first."""
    found = [entity for entity in catalog.entities.values() if entity.definition.calendar is not None]
    open_to = [
        entity for entity in found
        if reader.policy.scope('read', entity.key) != 'none'
        and calendar_of(entity).start in reader.policy.readable(entity.key)
    ]  # fmt: skip
    return sorted(open_to, key=lambda entity: (calendar_of(entity).kind, entity.definition.order))


def events(reader: Reader, span: Span, chosen: Chosen) -> tuple[list[Event], bool]:
    """What takes place within the span, in order of time, and whether there is more than can be shown."""
    found: list[Event] = []
    more = False
    for entity in entities_in(reader.catalog, reader):
        if chosen.entities is None or entity.key in chosen.entities:
            for query in _queries(reader, entity, span, chosen):
                records = next(reader.stream(entity.key, query, MOST), [])
                more = more or len(records) == MOST
                found += [event for record in records for event in laid_out(record, span, reader.clock.zone)]
    return marked(sorted(found, key=lambda event: (not event.all_day, event.start, event.record.id))), more


def records(reader: Reader, span: Span, chosen: Chosen) -> list[Record]:
    """The records behind the events of a span, each once, with what a file of a calendar tells of them."""
    found: dict[str, Record] = {}
    for entity in entities_in(reader.catalog, reader):
        calendar, readable = calendar_of(entity), reader.policy.readable(entity.key)
        more = [
            key for key in (calendar.remind_minutes, 'description', 'changed_at') if key in entity.fields and key in readable
        ]
        for query in _queries(reader, entity, span, chosen):
            wider = replace(query, columns=(*(query.columns or ()), *more))
            for record in next(reader.stream(entity.key, wider, MOST), []):
                if next(laid_out(record, span, reader.clock.zone), None) is not None:
                    found.setdefault(record.uid, record)
    return list(found.values())


def laid_out(record: Record, span: Span, home: ZoneInfo) -> Iterator[Event]:
    """The times of one record within the span: its own, or those of its series. `home` is the company's zone."""
    calendar = calendar_of(record.entity)
    start, end = instant(record.values.get(calendar.start), span.zone), instant(record.values.get(calendar.end), span.zone)
    if start is None:
        return
    plain = isinstance(record.values[calendar.start], date) and not isinstance(record.values[calendar.start], datetime)
    all_day = plain or record.values.get(calendar.all_day) is True
    if end is not None and plain:
        end += timedelta(days=1)
    end = end if end is not None and end > start else None
    single = Event(record, start, end, all_day)
    repeat, clock = repeat_of(record), clock_of(record, home)
    if repeat is None:
        single = _of_reader(single, span.zone, clock)
        if single.start < span.end and (single.until > span.start or single.start >= span.start):
            yield single
        return
    zone = series_zone(record, span.zone, home)
    reach = (span.start - min(single.until - start, LONGEST), span.end)
    for moment in occurrences(repeat, start, zone, reach):
        event = Event(record, moment, shifted(start, end, moment, zone), all_day, occurrence=moment)
        event = _of_reader(event, span.zone, clock)
        if event.start < span.end and event.until > span.start:
            yield event


def _of_reader(event: Event, zone: ZoneInfo, clock: ZoneInfo) -> Event:
    if not event.all_day:
        return event
    end = day_of_reader(event.end, zone, clock) if event.end is not None else None
    return replace(event, start=day_of_reader(event.start, zone, clock), end=end)


def day_of_reader(moment: datetime, zone: ZoneInfo, clock: ZoneInfo) -> datetime:
    """A day that begins by `clock` is the same day for whoever reads it in `zone`; any other moment stays as it is."""
    there, here = moment.astimezone(clock), moment.astimezone(zone)
    if there.time() != time() or here.time() == time():
        return moment
    return datetime.combine(there.date(), time(), zone).astimezone(UTC)


def repeat_of(record: Record) -> Repeat | None:
    """The rule that a record repeats by, when it may be read and is one."""
    key = calendar_of(record.entity).repeat
    return read_repeat(record.values.get(key)) if key else None


def clock_of(record: Record, home: ZoneInfo) -> ZoneInfo:
    """The zone in which a record was written down: that of its series, else the company's. The same for every reader."""
    repeat = repeat_of(record)
    return ZoneInfo(repeat.zone) if repeat is not None and repeat.zone else home


def series_zone(record: Record, zone: ZoneInfo, home: ZoneInfo) -> ZoneInfo:
    """The zone on whose wall clock a series is counted; days without a time are days of the reader's `zone`."""
    value = record.values.get(calendar_of(record.entity).start)
    return clock_of(record, home if isinstance(value, datetime) else zone)


def instant(value: Any, zone: ZoneInfo) -> datetime | None:
    """A date is the beginning of its day."""
    if isinstance(value, datetime):
        return value
    return datetime.combine(value, time(), zone).astimezone(UTC) if isinstance(value, date) else None


def state_of(record: Record) -> str:
    """`open`, `done` or `cancelled`."""
    calendar = calendar_of(record.entity)
    held = record.values.get(calendar.status) if calendar.status else None
    key = record.entity.fields[calendar.status].wire(held) if held is not None else ''
    if key in calendar.done:
        return 'done'
    return 'cancelled' if key in calendar.cancelled else 'open'


def marked(found: Sequence[Event]) -> list[Event]:
    """The same events; appointments of one person at one time name the other one."""
    busy: dict[int | None, list[int]] = {}
    answer = list(found)
    timed = sorted((event.start, number) for number, event in enumerate(found) if _takes_time(event))
    for start, number in timed:
        owner = answer[number].owner
        going = [other for other in busy.get(owner.id if owner else None, []) if answer[other].until > start]
        if going and owner is not None:
            answer[number] = replace(answer[number], clash=answer[going[0]].record.title)
            answer[going[0]] = replace(answer[going[0]], clash=answer[going[0]].clash or answer[number].record.title)
        busy[owner.id if owner else None] = [*going, number]
    return answer


def participants(record: Record) -> list[Link]:
    """People who take part: users of the lines, or the records that are linked."""
    key = calendar_of(record.entity).participants
    value = record.values.get(key) if key else None
    if isinstance(value, Lines):
        each = (part for line in value.lines for part in line.values.values())
        return [part for part in each if isinstance(part, Link) and not part.hidden]
    return [link for link in getattr(value, 'links', ()) if not link.hidden]


def columns_of(reader: Reader, entity: Entity) -> tuple[str, ...]:
    """What an event is drawn from, as far as it may be read."""
    calendar, readable = calendar_of(entity), reader.policy.readable(entity.key)
    linked = (
        key for key in layouts_for(entity.definition, reader.catalog.roles, reader.actor.roles).card
        if key in entity.fields and entity.fields[key].is_link and entity.fields[key].definition.targets
    )  # fmt: skip
    about = next((key for key in linked if key in readable), '')
    person = next((field.key for field in entity.own_fields if field.type.key == 'link'), '')
    wanted = (
        calendar.start, calendar.end, calendar.all_day, calendar.status, calendar.place, calendar.repeat,
        'owner', 'team', about, person,
    )  # fmt: skip
    return tuple(dict.fromkeys(key for key in wanted if key and key in readable))


def owned_by(reader: Reader, entity: Entity, people: Iterable[str]) -> dict[str, Any] | None:
    """The condition that one of the people is in charge or takes part; None where neither may be read."""
    names, readable, calendar = list(people), reader.policy.readable(entity.key), calendar_of(entity)
    parts: list[dict[str, Any]] = []
    if 'owner' in readable:
        parts.append({'field': 'owner', 'op': 'in', 'value': names})
    held = entity.fields.get(calendar.participants)
    if held is not None and held.lines is not None and held.key in readable:
        person = next(each.key for each in held.lines.fields.values() if each.type.key == 'user' and not each.system)
        where = {'all': [{'field': person, 'op': 'in', 'value': names}]}
        parts.append({'any_related': {'lines': held.key}, 'where': where})
    return {'any': parts} if parts else None


def _queries(reader: Reader, entity: Entity, span: Span, chosen: Chosen) -> Iterator[ListQuery]:
    """What does not repeat, within the span; and all series that began before its end."""
    calendar, readable = calendar_of(entity), reader.policy.readable(entity.key)
    day = entity.fields[calendar.start].type.key == 'date'
    low, high, early = (_operand(moment, span.zone, day=day) for moment in (*span.pair, span.start - LONGEST))
    common: list[Any] = [{'field': calendar.start, 'op': 'lt', 'value': high}]
    if chosen.people and (whose := owned_by(reader, entity, chosen.people)):
        common.append(whose)
    if entity.key in chosen.filters:
        common.append(chosen.filters[entity.key])
    query = ListQuery(sort=(Sort(calendar.start),), columns=columns_of(reader, entity), counted=False)
    # A whole day without an end may have begun before the reader's, by another clock.
    eve = span.start - timedelta(days=1) if span.zone != reader.clock.zone else span.start
    inside: list[Any] = [{'field': calendar.start, 'op': 'gte', 'value': _operand(eve, span.zone, day=day)}]
    if calendar.end and calendar.end in readable:
        inside.append({'field': calendar.end, 'op': 'gte' if day else 'gt', 'value': low})
    within: list[Any] = [{'field': calendar.start, 'op': 'gte', 'value': early}, {'any': inside}]
    repeats = calendar.repeat in readable if calendar.repeat else False
    single = [{'field': calendar.repeat, 'op': 'is_empty'}] if repeats else []
    yield replace(query, filter={'all': [*within, *common, *single]})
    if repeats:
        yield replace(query, filter={'all': [{'field': calendar.repeat, 'op': 'is_not_empty'}, *common]})


def _operand(moment: datetime, zone: ZoneInfo, *, day: bool) -> str:
    if day:
        return moment.astimezone(zone).date().isoformat()
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + 'Z'


def _takes_time(event: Event) -> bool:
    return event.calendar.kind == 'appointment' and not event.all_day and event.state == 'open'
