"""The calendar in a real browser: one event is dragged, one drawn into the hours, a phone gets the list; axe finds nothing."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.support.targets import small_targets
from tests.web.conftest import desks, served
from tests.web.desk import Desk

__all__ = ['desks', 'served']
pytestmark = pytest.mark.browser
SAIGON = ZoneInfo('Asia/Ho_Chi_Minh')
PHONE = {'width': 390, 'height': 844, 'deviceScaleFactor': 1, 'mobile': True}


def test_a_week_is_planned_by_hand_and_read_on_a_phone(desks: dict[str, Desk]) -> None:
    desk = desks['manager']
    today = datetime.now(SAIGON).date()
    monday = today - timedelta(days=today.weekday())
    nine = datetime.combine(monday, time(9), SAIGON)
    uid = desk.site.create(
        'manager', 'appointment', title='Khảo sát', starts_at=nine.isoformat(), ends_at=(nine + timedelta(hours=1)).isoformat()
    )

    desk.go(f'/calendar/?show=week&day={monday}')
    desk.until(lambda: 'Khảo sát' in desk.see('.t-slotted').text, 'the event')
    column = desk.all('.t-dayhead')[1].location['x'] - desk.all('.t-dayhead')[0].location['x']
    event = desk.see('.t-slotted')
    desk.actions().click_and_hold(event).move_by_offset(column, 0).move_by_offset(1, 0).release().perform()
    desk.stored('appointment', uid, 'starts_at', _wire(nine + timedelta(days=1)))
    assert desk.faults() == []
    desk.click('[data-undo-url]')
    desk.stored('appointment', uid, 'starts_at', _wire(nine))

    desk.go(f'/calendar/?show=week&day={monday}')
    event = desk.see('.t-slotted')
    drawn = desk.actions().move_to_element(event).move_by_offset(3 * column, 0).click_and_hold().move_by_offset(0, 40)
    drawn.release().perform()
    desk.fill('#event [name=title]', 'Họp đội')
    assert desk.faults() == []
    desk.click('#event [data-save]')
    desk.until(lambda: desk.count('appointment') == 2, 'the new appointment')
    desk.until(lambda: any('Họp đội' in each.text for each in desk.all('.t-slotted')), 'it on the calendar')

    desk.browser.execute_cdp_cmd('Emulation.setDeviceMetricsOverride', PHONE)
    desk.theme('dark')
    desk.go(f'/calendar/?day={monday}')
    desk.read('Khảo sát', '.t-days')
    assert desk.faults() == []
    assert small_targets(desk.browser) == []
    desk.click('.t-slotrow')
    desk.click('#event [hx-post$="/done"]')
    desk.see('.t-slotrow.is-done')
    desk.browser.execute_cdp_cmd('Emulation.clearDeviceMetricsOverride', {})
    desk.go('/')
    desk.see('[data-chart], .t-home')
    assert desk.faults() == []


def _wire(moment: datetime) -> str:
    return moment.astimezone(ZoneInfo('UTC')).strftime('%Y-%m-%dT%H:%M:%SZ')
