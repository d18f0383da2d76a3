"""Reminders reach whoever is in charge and who takes part, each time of a series once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from modules.calendar.reminding import remind
from modules.notices.tables import notice
from schema.base.clock import FrozenClock
from tests.support.site import Site


def told(site: Site) -> list[tuple[str, str, bool, bool]]:
    """`(user name, first text, popup, mail)` of reminders, in order."""
    names = {site.actor(name).user_id: name for name in ('rep', 'rep2', 'leader')}
    columns = notice.c['user_id', 'texts', 'popup', 'mail_due', 'kind']
    with site.runtime.database.reading() as connection:
        rows = connection.execute(sa.select(*columns).where(notice.c.kind == 'reminder').order_by(notice.c.id)).all()
    return [(names[row.user_id], row.texts['en'], row.popup, row.mail_due) for row in rows]


def test_everybody_is_reminded_once_and_each_time_of_a_series(site: Site) -> None:
    clock = FrozenClock(datetime(2026, 11, 20, 1, 0, tzinfo=UTC))
    site.runtime.clock = clock
    site.create('rep', 'appointment', title='Visit', starts_at='2026-11-20T02:00:00Z', remind_minutes=30,
                remind_by=['popup', 'email'], participants=[{'person': 'rep2'}])  # fmt: skip
    site.create('rep', 'appointment', title='Off', starts_at='2026-11-20T02:00:00Z', remind_minutes=30, status='cancelled')
    site.create(
        'leader', 'appointment', title='Daily', starts_at='2026-11-18T02:00:00Z', remind_minutes=60, repeat='FREQ=DAILY'
    )

    assert remind(site.runtime) == 1
    clock.move(timedelta(minutes=30))
    assert remind(site.runtime) == 2
    assert remind(site.runtime) == 0
    clock.move(timedelta(hours=23, minutes=35))
    assert remind(site.runtime) == 1

    hour, half = '{title} begins in 1 hour', '{title} begins in 30 minutes'
    assert told(site) == [
        ('leader', hour, True, False), ('rep', half, True, False), ('rep2', half, True, True), ('leader', hour, True, False)
    ]  # fmt: skip
