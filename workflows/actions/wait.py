"""The action `wait`: for a duration, until a date of the record, until a condition is true. Nothing sleeps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from modules.records.model import Record
from modules.workdays.service import read_calendar
from schema.base.findings import Finding, finding, nearest
from schema.catalog import Catalog, Entity, Field
from schema.definitions import Document
from workflows.actions.base import Call, Onward, Park, present_record
from workflows.actions.steering import Steer, Steering, holds

WORKING = frozenset({'working_hours', 'working_days'})
LOOK_AGAIN = timedelta(hours=1)  # a condition may come true by the clock alone, so that no change tells of it


class Wait(Steering):
    """`{"for": {"days": 2}}` (`working_hours`, `working_days`), `{"until": {"field": "starts_at", "offset_minutes": -60}}`, or
    `{"condition": …, "for": …, "on_timeout": […]}`. Nothing sleeps: the step is parked in the database."""

    def check(self, step: Document, entity: Entity, catalog: Catalog) -> list[Finding]:
        if not any(each in step for each in ('for', 'until', 'condition')):
            return [finding('WFL-E020', '')]
        until = step.get('until') or {}
        named = entity.find_field(str(until.get('field'))) if until else None
        if until and (named is None or named.type.key not in {'date', 'datetime'}):
            hint = nearest(str(until.get('field')), [key for key, each in entity.fields.items() if _is_time(each)])
            return [finding('WFL-E002', '/until/field', value=str(until.get('field'))[:60], hint=hint)]
        return []

    def preview(self, call: Call) -> Steer:
        now = call.runtime.clock.now()
        if 'until' in call.step.document:
            until = _moment(call, present_record(call))
            over = until is None or until <= now
            return Steer(Onward()) if over else Steer(Park(until or now, wakes=True), {'until': _iso(until)})
        began = datetime.fromisoformat(call.kept['since']) if call.kept else now
        ends_at = _end(call, began)
        if 'condition' not in call.step.document:
            return Steer(Onward()) if ends_at <= now else Steer(Park(ends_at), {'since': _iso(began), 'until': _iso(ends_at)})
        return self._for_condition(call, began, ends_at if 'for' in call.step.document else None)

    def _for_condition(self, call: Call, began: datetime, ends_at: datetime | None) -> Steer:
        now = call.runtime.clock.now()
        if holds(call, present_record(call), call.step.conditions['condition']):
            return Steer(Onward(), {'met': True})
        if ends_at is not None and ends_at <= now:
            return Steer(Onward('on_timeout'), {'met': False})
        again = now + LOOK_AGAIN if ends_at is None else min(ends_at, now + LOOK_AGAIN)
        return Steer(Park(again, wakes=True), {'since': _iso(began), 'until': _iso(ends_at)})


def _moment(call: Call, record: Record) -> datetime | None:
    """The instant that a date or datetime field stands for, moved by minutes; None when it is blank."""
    until = call.step.document['until']
    value = record.values.get(call.entity.field(until['field']).key)
    if value is None:
        return None
    if not isinstance(value, datetime):
        assert isinstance(value, date)
        value = datetime(value.year, value.month, value.day, tzinfo=call.runtime.settings.timezone).astimezone(UTC)
    return value + timedelta(minutes=int(until.get('offset_minutes', 0)))


def _end(call: Call, began: datetime) -> datetime:
    """When a wait that began then is over. Working days and hours go by the calendar as it is now, in the company's zone."""
    asked: Mapping[str, int] = call.step.document.get('for') or {}
    ends_at = began + timedelta(**{unit: count for unit, count in asked.items() if unit not in WORKING})
    if not WORKING & set(asked):
        return ends_at
    zone = call.runtime.settings.timezone
    with call.runtime.database.reading() as connection:
        calendar = read_calendar(connection)
    ends_at = calendar.add_days(ends_at, int(asked.get('working_days', 0)), zone)
    hours = int(asked.get('working_hours', 0))
    return calendar.add_hours(ends_at, hours, zone) if hours else ends_at


def _is_time(each: Field) -> bool:
    return each.type.key in {'date', 'datetime'}


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
