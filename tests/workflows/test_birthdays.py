"""The birthday mail of the sales pack: once per contact and year, on the right day, to whom it may go."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.workflows.conftest import EIGHT, Plant

GREETING = ('tam@congty.vn', 'Chúc mừng sinh nhật Lê Văn Tám')


def test_greeting_goes_out_at_eight_and_not_before(plant: Plant) -> None:
    plant.person()

    plant.at(EIGHT - timedelta(minutes=1)).tick()
    early = list(plant.sent)
    plant.at(EIGHT).tick()

    assert (early, plant.sent) == ([], [GREETING])


def test_greeting_goes_out_once_a_year_however_often_the_scheduler_looks(plant: Plant) -> None:
    plant.person()

    for hours in (0, 1, 30, 80):
        plant.at(EIGHT + timedelta(hours=hours)).tick()
    this_year = list(plant.sent)
    plant.at(EIGHT.replace(year=2027)).tick()
    plant.later(hours=5).tick()

    assert this_year == [GREETING]
    assert plant.sent == [GREETING, GREETING]
    assert plant.ledger == [('2026', 'started'), ('2027', 'started')]


def test_mail_carries_both_parts_and_encoded_vietnamese_headers(plant: Plant) -> None:
    plant.person()

    plant.at(EIGHT).tick()

    message = plant.smtp.messages[0].message
    html, text = message.get_body(('html',)), message.get_body(('plain',))
    assert html is not None and text is not None
    assert 'style=' in html.get_content() and '<style' not in html.get_content()
    assert text.get_content().startswith('Kính gửi Anh/Chị Lê Văn Tám,')
    assert message['From'] == 'Trellis <crm@congty.vn>'
    assert message['Message-ID'] == plant.mails[0].message_id
    assert message['Date'].datetime == EIGHT


def test_two_schedulers_and_two_workers_greet_once(plant: Plant) -> None:
    plant.person()
    plant.at(EIGHT)
    first, second = plant.scheduler('one'), plant.scheduler('two')

    first.tick()
    second.tick()
    plant.runner('one').drain(20)
    plant.runner('two').drain(20)

    assert plant.sent == [GREETING]


@pytest.mark.parametrize(
    ('year', 'day', 'greeted'),
    [(2026, '02-28', 1), (2026, '03-01', 0), (2028, '02-28', 0), (2028, '02-29', 1)],
    ids=['common year, the 28th', 'common year, not on 1 March', 'leap year, not on the 28th', 'leap year, the day itself'],
)
def test_leap_day_child_is_greeted_on_the_28th_in_common_years(plant: Plant, year: int, day: str, greeted: int) -> None:
    plant.at(datetime.fromisoformat('2025-06-01T00:00:00+07:00'))
    plant.person(birthday='1992-02-29')
    eight = datetime.fromisoformat(f'{year}-{day}T08:00:00+07:00')

    plant.at(eight - timedelta(minutes=5)).tick()
    before = len(plant.sent)
    plant.at(eight).tick()

    assert len(plant.sent) - before == (greeted if day != '03-01' else 0)


def test_outage_of_three_days_is_made_good_and_of_four_is_not(plant: Plant) -> None:
    plant.person()
    plant.person('Trần An', email='an@congty.vn', birthday='1990-05-03')
    plant.at(EIGHT + timedelta(days=3)).tick()

    assert plant.sent == [GREETING]


def test_whoever_is_entered_after_the_day_missed_nothing(plant: Plant) -> None:
    plant.at(EIGHT + timedelta(days=1))
    plant.person()
    plant.person('Trần An', email='an@congty.vn', birthday='1990-05-05')

    plant.tick()

    assert plant.sent == [('an@congty.vn', 'Chúc mừng sinh nhật Trần An')]


@pytest.mark.parametrize('wire', [{'email': None}, {'do_not_contact': True}], ids=['no address', 'asked for quiet'])
def test_condition_that_does_not_hold_is_kept_as_skipped(plant: Plant, wire: dict[str, object]) -> None:
    plant.person(**wire)
    plant.person('Trần An', email='an@congty.vn')

    plant.at(EIGHT).tick()

    assert plant.sent == [('an@congty.vn', 'Chúc mừng sinh nhật Trần An')]
    assert sorted(plant.ledger) == [('2026', 'skipped'), ('2026', 'started')]


def test_address_filled_in_later_that_day_is_still_greeted_but_not_on_the_next(plant: Plant) -> None:
    late, later = plant.person(email=None), plant.person('Trần An', email=None)
    plant.at(EIGHT).tick()

    plant.later(hours=2)
    plant.edit('contact', late, email='tam@congty.vn')
    plant.tick()
    plant.later(days=1)
    plant.edit('contact', later, email='an@congty.vn')
    plant.tick()

    assert plant.sent == [GREETING]


def test_deleted_contact_is_not_greeted(plant: Plant) -> None:
    uid = plant.person()
    plant.runtime.write(plant.site.actor('admin'), lambda store: store.delete('contact', uid))

    plant.at(EIGHT).tick()

    assert (plant.sent, plant.ledger) == ([], [])


def test_do_not_contact_ticked_while_the_worker_was_away_is_honoured(plant: Plant) -> None:
    uid = plant.person()
    plant.at(EIGHT).scheduler().tick()

    plant.edit('contact', uid, do_not_contact=True)
    plant.runner().drain(20)

    assert plant.sent == []
    assert [(run.state, run.error['code']) for run in plant.runs] == [('skipped', 'WFL-W002')]
