"""What starts a workflow: dates of a record, or its being created, updated, deleted, restored. Reads no table and no clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from schema.base.findings import Finding, finding, nearest
from schema.catalog import Entity, Field
from schema.definitions import Document
from schema.fieldtypes.date import yearly

EVENTS = ('created', 'updated', 'deleted', 'restored')
DEFAULT_LOOK_BACK_DAYS = 1
LEAP_DAY = 229
SHORTEST_LOOK_BACK = timedelta(hours=1)  # `look_back_days` 0 must outlive a restart
FURTHEST_MINUTES = 527_040


@dataclass(frozen=True, eq=False)
class MinutesField:
    """Minutes that stand in a field of the record; `sign` is -1 when they lie before the instant."""

    field: Field
    sign: int

    @property
    def reach(self) -> tuple[int, int]:
        """The smallest and the greatest offset in minutes, by the field's own bounds."""
        document = self.field.definition.document
        bounds = (document.get('minimum', -FURTHEST_MINUTES), document.get('maximum', FURTHEST_MINUTES))
        low, high = sorted(int(bound) * self.sign for bound in bounds)
        return low, high


@dataclass(frozen=True, eq=False)
class DayTrigger:
    """Due at one local time on a calendar day, `offset_days` after the date in `field` (a date, or the day of an instant).

    `yearly` lets the day return each year. `minutes` are added to the local time.
    """

    field: Field
    yearly: bool
    offset_days: int
    at: time
    minutes: int
    feb29: str
    look_back_days: int

    def days(self, now: datetime, zone: ZoneInfo) -> Iterator[DueDay]:
        """The days, newest first, whose instant has come and lies no further back than the look-back."""
        today = now.astimezone(zone).date()
        spill = abs(self.minutes) // 1440 + 1
        for back in range(-spill, self.look_back_days + spill + 1):
            day = today - timedelta(days=back)
            due_at = self._instant(day, zone)
            due_day = due_at.astimezone(zone).date()
            if due_at <= now and (today - due_day).days <= self.look_back_days:
                yield DueDay(day - timedelta(days=self.offset_days), due_at, due_day == today)

    def target_of(self, due_at: datetime, zone: ZoneInfo) -> date:
        """The inverse of `days`: which date was due at that instant."""
        return (due_at - timedelta(minutes=self.minutes)).astimezone(zone).date() - timedelta(days=self.offset_days)

    def _instant(self, day: date, zone: ZoneInfo) -> datetime:
        """The local time on that day; a time skipped by daylight saving counts as the same instant an hour on."""
        return datetime.combine(day, self.at, zone).astimezone(UTC) + timedelta(minutes=self.minutes)

    def month_days(self, target: date) -> tuple[int, ...]:
        """Which `month * 100 + day` are celebrated on this day: in common years 29 February moves by choice."""
        found = (yearly(target),)
        moved = date(target.year, 2, 28) if self.feb29 == 'feb28' else date(target.year, 3, 1)
        return (*found, LEAP_DAY) if target == moved and not _is_leap(target.year) else found


@dataclass(frozen=True)
class DueDay:
    """`target` is the date that must stand in the field; `is_today`: the instant lies on the present local day."""

    target: date
    due_at: datetime
    is_today: bool


@dataclass(frozen=True, eq=False)
class InstantTrigger:
    """Due some minutes before or after the instant in `field`. Reminders before it are dropped once it has passed."""

    field: Field
    minutes: int | MinutesField
    look_back: timedelta
    until_instant: bool

    @property
    def reach(self) -> tuple[timedelta, timedelta]:
        """The smallest and the greatest distance of the due moment from the field's instant."""
        low, high = self.minutes.reach if isinstance(self.minutes, MinutesField) else (self.minutes, self.minutes)
        return timedelta(minutes=low), timedelta(minutes=high)


@dataclass(frozen=True)
class EventTrigger:
    """A change of a record. `fields` are refs of which one must have changed; empty for any change."""

    event: str
    fields: frozenset[str] = frozenset()

    def matches(self, name: str, changed: Mapping[str, Any]) -> bool:
        """`name` as in the outbox, `record.updated`; `changed` by field ref."""
        if name != f'record.{self.event}':
            return False
        return not self.fields or not self.fields.isdisjoint(changed)


Trigger = DayTrigger | InstantTrigger | EventTrigger


def read_trigger(document: Document, entity: Entity) -> tuple[Trigger | None, list[Finding]]:
    """The trigger with its fields looked up, or the findings WFL-E001…E005 below `/trigger`."""
    kind = document.get('type')
    if kind in EVENTS:
        return _read_event(document, entity, str(kind))
    if kind != 'date':
        return None, [finding('WFL-E001', '/type', value=str(kind)[:40], choices=['date', *EVENTS])]
    name = str(document.get('field', ''))
    field = entity.find_field(name)
    if field is None or field.type.key not in {'date', 'datetime'}:
        hint = nearest(name, [key for key, each in entity.fields.items() if each.type.key in {'date', 'datetime'}])
        return None, [finding('WFL-E002', '/field', value=name[:60], hint=hint)]
    return _read_date(document, entity, field)


def _read_event(document: Document, entity: Entity, kind: str) -> tuple[Trigger | None, list[Finding]]:
    refs, findings = set(), []
    for number, name in enumerate(document.get('fields', ())):
        if field := entity.find_field(str(name)):
            refs.add(field.ref)
        else:
            hint = nearest(str(name), entity.fields)
            findings.append(finding('WFL-E003', f'/fields/{number}', value=str(name)[:60], hint=hint))
    return (None, findings) if findings else (EventTrigger(kind, frozenset(refs)), [])


def _read_date(document: Document, entity: Entity, field: Field) -> tuple[Trigger | None, list[Finding]]:
    minutes, findings = _read_minutes(document.get('offset_minutes', 0), entity)
    if findings:
        return None, findings
    look_back = document.get('look_back_days')
    days = int(document.get('offset_days', 0))
    is_day = field.type.key == 'date' or 'at' in document
    if document.get('yearly') and field.type.key != 'date':
        return None, [finding('WFL-E004', '/yearly', value=field.key)]
    if not is_day:
        return _instant_trigger(field, minutes, days, look_back), []
    if isinstance(minutes, MinutesField):
        return None, [finding('WFL-E005', '/offset_minutes/field', value=field.key)]
    return DayTrigger(
        field=field,
        yearly=bool(document.get('yearly')),
        offset_days=days,
        at=time.fromisoformat(document.get('at', '00:00')),
        minutes=minutes,
        feb29=document.get('feb29', 'feb28'),
        look_back_days=DEFAULT_LOOK_BACK_DAYS if look_back is None else int(look_back),
    ), []


def _instant_trigger(field: Field, minutes: int | MinutesField, days: int, look_back: int | None) -> InstantTrigger:
    if isinstance(minutes, int):
        minutes += days * 1440
        before = minutes < 0
    else:
        before = minutes.reach[0] < 0
    return InstantTrigger(
        field=field,
        minutes=minutes,
        look_back=timedelta(days=DEFAULT_LOOK_BACK_DAYS if look_back is None else int(look_back)) or SHORTEST_LOOK_BACK,
        until_instant=before and look_back is None,
    )


def _read_minutes(given: Any, entity: Entity) -> tuple[int | MinutesField, list[Finding]]:
    if not isinstance(given, Mapping):
        return int(given), []
    name = str(given.get('field', ''))
    field = entity.find_field(name)
    if field is None or field.type.key != 'integer':
        hint = nearest(name, [key for key, each in entity.fields.items() if each.type.key == 'integer'])
        return 0, [finding('WFL-E003', '/offset_minutes/field', value=name[:60], hint=hint)]
    return MinutesField(field, -1 if given.get('before') else 1), []


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
