"""The appointment reminder of the sales pack: to the person in charge, as many minutes before as the appointment says."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.workflows.conftest import Plant

HALF_PAST_NINE = datetime.fromisoformat('2026-05-04T09:30:00+07:00')


def owner(plant: Plant) -> str:
    return plant.site.actor('rep').email


def test_owner_is_reminded_half_an_hour_before_and_not_earlier(plant: Plant) -> None:
    plant.appointment()

    plant.at(HALF_PAST_NINE - timedelta(seconds=1)).tick()
    early = list(plant.sent)
    plant.at(HALF_PAST_NINE).tick()
    plant.later(minutes=10).tick()

    assert (early, plant.sent) == ([], [(owner(plant), 'Nhắc hẹn: Khảo sát, 04/05/2026 10:00')])


def test_moved_appointment_is_reminded_of_at_its_new_time(plant: Plant) -> None:
    uid = plant.appointment()
    plant.at(HALF_PAST_NINE - timedelta(hours=1))
    plant.edit('appointment', uid, starts_at='2026-05-04T05:00:00Z')

    plant.at(HALF_PAST_NINE).tick()
    at_the_old_time = list(plant.sent)
    plant.at(HALF_PAST_NINE + timedelta(hours=2)).tick()

    assert at_the_old_time == []
    assert plant.sent == [(owner(plant), 'Nhắc hẹn: Khảo sát, 04/05/2026 12:00')]


def test_appointment_moved_after_its_reminder_is_reminded_of_again(plant: Plant) -> None:
    uid = plant.appointment()
    plant.at(HALF_PAST_NINE).tick()

    plant.edit('appointment', uid, starts_at='2026-05-05T03:00:00Z')
    plant.at(HALF_PAST_NINE + timedelta(days=1)).tick()

    assert [state for _, state in plant.ledger] == ['started', 'started']
    assert len(plant.sent) == 2


def test_appointment_moved_while_the_worker_was_away_sends_no_stale_reminder(plant: Plant) -> None:
    uid = plant.appointment()
    plant.at(HALF_PAST_NINE).scheduler().tick()

    plant.edit('appointment', uid, starts_at='2026-05-04T08:00:00Z')
    plant.runner().drain(20)

    assert plant.sent == []
    assert [(run.state, run.error['code']) for run in plant.runs] == [('skipped', 'WFL-W003')]


def test_reminder_of_an_appointment_that_began_during_the_outage_is_dropped(plant: Plant) -> None:
    plant.appointment()
    plant.appointment(title='Sau', starts_at='2026-05-04T03:45:00Z')

    plant.at(HALF_PAST_NINE + timedelta(minutes=50)).tick()

    assert plant.sent == [(owner(plant), 'Nhắc hẹn: Sau, 04/05/2026 10:45')]


def test_cancelled_popup_only_and_unreminded_appointments_send_nothing(plant: Plant) -> None:
    plant.appointment(status='cancelled')
    plant.appointment(remind_by=['popup'])
    plant.appointment(remind_minutes=None)
    plant.appointment(title='Gặp', remind_by=['popup', 'email'])

    plant.at(HALF_PAST_NINE).tick()

    assert plant.sent == [(owner(plant), 'Nhắc hẹn: Gặp, 04/05/2026 10:00')]
