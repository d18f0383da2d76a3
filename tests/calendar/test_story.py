"""The calendar in a browser with a mouse: an event is dragged and pulled longer, one made by a click; a phone gets the list."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from selenium.webdriver import Keys

from tests.support.browser import start_chromium
from tests.support.site import PASSWORD, Site
from tests.support.targets import small_targets
from tests.web.conftest import served
from tests.web.desk import Desk

__all__ = ['served']
pytestmark = pytest.mark.browser
SAIGON = ZoneInfo('Asia/Ho_Chi_Minh')
PHONE = {'width': 390, 'height': 844, 'deviceScaleFactor': 1, 'mobile': True}


@pytest.fixture
def desk(served: tuple[Site, str], tmp_path: Path) -> Iterator[Desk]:
    """The manager's desk, with a mouse."""
    site, address = served
    found = Desk(start_chromium(tmp_path / 'chromium', width=1440, mouse=True), address, site)
    found.sign_in('manager', PASSWORD)
    yield found
    found.browser.quit()


def test_a_week_is_planned_by_hand_and_read_on_a_phone(desk: Desk) -> None:
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
    desk.click('[data-undo-url]')
    desk.stored('appointment', uid, 'starts_at', _wire(nine))
    assert desk.faults() == []

    desk.go(f'/calendar/?show=week&day={monday}')
    event = desk.see('.t-slotted')
    foot = desk.actions().move_to_element(event).move_by_offset(0, event.size['height'] // 2 - 1)
    foot.click_and_hold().move_by_offset(0, 30).move_by_offset(0, 20).release().perform()
    desk.until(lambda: desk.field('appointment', uid, 'ends_at') > _wire(nine + timedelta(hours=1)), 'a later end')
    assert desk.field('appointment', uid, 'starts_at') == _wire(nine)
    night = datetime.combine(monday, time(23), SAIGON)
    desk.site.create('manager', 'appointment', title='Chuyến bay đêm', starts_at=night.isoformat())
    desk.go(f'/calendar/?show=week&day={monday}')
    desk.until(lambda: any('Chuyến bay đêm' in each.text for each in desk.all('.t-slotted')), 'what is late in the night')
    event = desk.see('.t-slotted')
    desk.actions().move_to_element(event).move_by_offset(3 * column, 0).click().perform()
    desk.fill('#event [name=title]', 'Họp đội')
    begins, ends = (time.fromisoformat(str(desk.see(f'#event-{each}').get_attribute('value'))) for each in ('from', 'to'))
    assert (begins.minute % 30, ends) == (0, begins.replace(hour=begins.hour + 1))
    assert desk.faults() == []
    desk.keys(Keys.ESCAPE)
    desk.see('#ask[open]')  # what was typed is not lost unasked
    desk.click('#ask [value=stay]')
    desk.put('#event [data-event-kind]', 'task')
    desk.gone('#event #event-to')  # a task has no end
    desk.until(lambda: desk.see('#event [name=title]').get_property('value') == 'Họp đội', 'the title in the other kind')
    desk.put('#event [data-event-kind]', 'appointment')
    desk.see('#event #event-to')
    desk.click('#event [data-save]')
    desk.until(lambda: desk.count('appointment') == 3, 'the new appointment')
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


def test_the_first_day_that_is_shown_begins_at_midnight_of_its_reader(desk: Desk) -> None:
    today = datetime.now(SAIGON).date()
    midnight = datetime.combine(today - timedelta(days=today.weekday()), time(), SAIGON)
    for title, begins, whole in (('Kiểm kê', midnight, True), ('Ra sân bay', midnight + timedelta(hours=5), False)):
        desk.site.create('manager', 'appointment', title=title, starts_at=_wire(begins), all_day=whole)

    for show in ('week', 'day', 'month'):
        desk.go(f'/calendar/?show={show}&day={midnight.date()}')
        desk.read('Kiểm kê', '.t-slotted')
        desk.read('Ra sân bay', '.t-slotted')
    assert desk.complaints() == []


def _wire(moment: datetime) -> str:
    return moment.astimezone(ZoneInfo('UTC')).strftime('%Y-%m-%dT%H:%M:%SZ')
