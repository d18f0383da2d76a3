"""A leap cycle by the clock: every birthday in two zones, three outages, and exact counts. Reads nobody's mail.

What should happen is told here a second time, a record at a time and in plain Python, and compared with the ledger.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from modules.records.changing import Change
from permissions.tables import user_preference
from schema.base.ids import new_uid
from tests.workflows.conftest import Plant
from tests.workflows.test_events import publish
from workflows.definitions import rules_of
from workflows.due import write_due
from workflows.runs import rule_policy
from workflows.tables import workflow_occurrence

HOME, AWAY = ZoneInfo('Asia/Ho_Chi_Minh'), ZoneInfo('America/New_York')
LOOK_BACK = 2
DAY = timedelta(days=1)
YEARS = range(2027, 2031)  # 2028 is the leap year


@dataclass(frozen=True)
class Outage:
    """Nobody looks from the first instant up to the second."""

    begins: datetime
    ends: datetime


def moment(text: str) -> datetime:
    return datetime.fromisoformat(f'{text}+07:00')


OUTAGES = (
    Outage(moment('2027-12-30T00:30'), moment('2028-01-01T00:30')),  # within the look-back, over New Year
    Outage(moment('2028-02-27T00:30'), moment('2028-03-04T00:30')),  # longer than it, over 29 February
    Outage(moment('2029-02-28T00:30'), moment('2029-03-01T00:30')),  # a day in a common year
)


def looks(days: set[tuple[int, int]] | None) -> Iterator[datetime]:
    """Noon and midnight of each day, of the days around those named, outside the outages."""
    day = date(2027, 1, 1)
    while day.year <= YEARS[-1]:
        near = days is None or any((day + DAY * step).timetuple()[1:3] in days for step in range(-1, LOOK_BACK + 2))
        for hour in (0, 12) if near else ():
            at = datetime.combine(day, time(hour, 30), HOME)
            if not any(each.begins <= at < each.ends for each in OUTAGES):
                yield at
        day += DAY


def celebrated(born: date, year: int) -> date:
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def expected(born: date, zone: ZoneInfo, seen: list[datetime]) -> set[int]:
    """Years in which somebody is greeted: at the first look after eight o'clock there, no more than the look-back later."""
    found = set()
    for year in (YEARS[0] - 1, *YEARS, YEARS[-1] + 1):
        due = datetime.combine(celebrated(born, year), time(8), zone)
        for at in seen:
            if at >= due and (at.astimezone(zone).date() - due.date()).days <= LOOK_BACK:
                found.add(year)
                break
    return found


def simulate(plant: Plant, births: list[date], days: set[tuple[int, int]] | None) -> None:
    """Everybody is born twice: at home and in New York."""
    step = {'key': 'set', 'type': 'update_record', 'values': {'job_title': 'x'}}
    trigger = {'type': 'date', 'field': 'birthday', 'yearly': True, 'at': '08:00', 'look_back_days': LOOK_BACK, 'zone': 'owner'}
    publish(plant, {'x-key': 'yearly', 'trigger': trigger, 'steps': [step]})
    plant.at(moment('2026-12-01T00:00'))
    people: dict[str, tuple[date, ZoneInfo]] = {}
    entity = plant.runtime.catalogs.current().entities['contact']
    for username, zone in (('rep', HOME), ('rep2', AWAY)):
        actor = plant.site.actor(username)
        with plant.runtime.database.writing() as connection:
            connection.execute(sa.delete(user_preference).where(user_preference.c.user_id == actor.user_id))
            own = {'user_id': actor.user_id, 'timezone': zone.key, 'shortcuts': True}
            connection.execute(sa.insert(user_preference).values(own))
        made = [Change(entity, new_uid(), {'full_name': f'{username} {day}', 'birthday': day.isoformat()}) for day in births]
        saved = plant.runtime.write(actor, lambda store, made=made: store.create_many('contact', made))
        people |= {each.uid: (day, zone) for each, day in zip(saved, births, strict=True)}
    catalog = plant.runtime.catalogs.current()
    rule = rules_of(catalog).usable['yearly']
    policy, seen = rule_policy(plant.runtime, rule, catalog), list(looks(days))
    for at in seen:
        plant.at(at)
        write_due(plant.runtime, rule, policy, at)

    ledger = workflow_occurrence
    with plant.runtime.database.reading() as connection:
        rows = connection.execute(
            sa.select(ledger.c.record_uid, ledger.c.occurrence).where(ledger.c.rule_ref == rule.ref)
        ).all()
    found = sorted((row.record_uid, int(row.occurrence)) for row in rows)
    wanted = sorted((uid, year) for uid, (born, zone) in people.items() for year in expected(born, zone, seen))
    assert found == wanted
    assert len(wanted) > len(people) * 3


def test_birthdays_about_new_year_and_the_leap_day_are_kept_exactly(plant: Plant) -> None:
    births = [date(1991, 12, 31), date(1992, 1, 1), date(1992, 2, 28), date(1992, 2, 29),
              date(1993, 2, 28), date(1993, 3, 1), date(1993, 3, 3)]  # fmt: skip

    simulate(plant, births, {(each.month, each.day) for each in births})


@pytest.mark.soak
def test_every_birthday_of_a_leap_cycle_is_kept_exactly(plant: Plant) -> None:
    simulate(plant, [date(1992, 1, 1) + DAY * number for number in range(366)], None)
