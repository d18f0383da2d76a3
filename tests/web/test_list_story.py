"""A list made one's own in a browser: filtered, sorted, columns moved and widened, saved as a view, found by the palette."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from selenium.webdriver import ActionChains, Keys

from modules.records.model import ListQuery
from modules.saved_views import choices, service
from modules.saved_views.model import Wish
from schema.base.record_log import operation
from tests.web.desk import Desk

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(desks: dict[str, Desk]) -> Iterator[Desk]:
    found = desks['manager']
    found.allowed = ['status of 409', 'status of 422']
    yield found
    assert found.complaints() == []


def heads(desk: Desk) -> list[str]:
    return [str(head.get_attribute('data-col')) for head in desk.all('th[data-col]')]


def test_a_list_is_made_ones_own_and_found_again(desk: Desk) -> None:
    for name, status in (('Danh Sách An', 'new'), ('Danh Sách Bình', 'new'), ('Danh Sách Chi', 'buying')):
        desk.site.create('manager', 'contact', full_name=name, status=status, job_title=f'Trưởng {name[-2:]}')
    desk.go('/contact/?q=Danh+Sách&cols=full_name,job_title,status,email')

    desk.see('th[data-col=status] .t-th-menu').click()
    desk.leave(lambda: desk.press('New'))
    assert [row.text for row in desk.all('tbody .t-pin a')] == ['Danh Sách Bình', 'Danh Sách An']
    desk.see('th[data-col=full_name] a').click()
    desk.read('Full name', 'th[aria-sort=ascending]')
    link = desk.see('th[data-col=job_title] a')
    desk.leave(lambda: ActionChains(desk.browser).key_down(Keys.SHIFT).click(link).key_up(Keys.SHIFT).perform())
    assert [head.get_attribute('data-col') for head in desk.all('th[aria-sort]')] == ['full_name', 'job_title']

    desk.see('th[data-col=job_title] .t-th-menu').send_keys(Keys.ALT, '+')
    desk.see('th[data-col=job_title][data-width]')
    desk.press('Save as a new view')
    desk.fill('#view-name', 'Danh sách của tôi')
    assert desk.faults() == []
    desk.leave(lambda: desk.press('Save the view'))
    desk.read('Danh sách của tôi', '.t-tabs [aria-current]')
    assert heads(desk)[:3] == ['full_name', 'job_title', 'status']

    opener = desk.see('th[data-col=status] .t-th-menu')
    desk.leave(lambda: opener.send_keys(Keys.ALT, Keys.ARROW_LEFT))
    assert heads(desk)[:3] == ['full_name', 'status', 'job_title']
    desk.leave(lambda: desk.press('Save changes'))
    assert heads(desk)[:3] == ['full_name', 'status', 'job_title']

    desk.press('All conditions')
    desk.read('2 contacts', '#conditions-foreseen')
    assert desk.faults() == []
    desk.keys(Keys.ESCAPE)
    desk.keys('/')
    desk.see('#palette-results a')
    desk.keys('chi danh')
    desk.read('Danh Sách Chi', '#palette-results a b, #palette-results a')
    assert desk.faults() == []

    desk.keys(Keys.ESCAPE)
    desk.go('/contact/?q=Danh+Sách&size=2&cols=full_name,job_title,status')
    held, before = desk.see('th[data-col=status] a'), desk.see('th[data-col=job_title]')
    hand = ActionChains(desk.browser).click_and_hold(held).move_by_offset(-12, 0).move_to_element(before)
    desk.leave(lambda: hand.release().perform())
    assert heads(desk)[:3] == ['full_name', 'status', 'job_title']
    desk.see('tbody input[data-pick]').click()
    desk.leave(lambda: desk.see('.t-pager [aria-label="Next page"]').click())
    desk.see('tbody input[data-pick]').click()
    desk.read('2 selected', '[data-selection-count]')
    desk.press('Bulk edit')
    desk.see('#many-form')
    assert len(str(desk.browser.find_element('css selector', '#many-form [name=uids]').get_attribute('value')).split(',')) == 2


def test_what_is_picked_outlives_pages_of_a_view_that_opens_by_itself_and_a_refused_dialogue(desk: Desk) -> None:
    company = {'name': 'Gỗ nhiều trang'}
    many = [desk.site.create('manager', 'company', **company, phone=f'028 3822 10{number:02}') for number in range(52)]
    runtime, manager = desk.site.runtime, desk.site.actor('manager')
    entity, now = runtime.catalogs.current().entity('company'), runtime.clock.now()
    wish = Wish('Nhiều trang', document={'filter': {'field': 'name', 'op': 'eq', 'value': company['name']}})
    with runtime.database.session() as session:
        view = service.create(session, runtime.policy(manager), entity, wish, now=now)
        choices.choose(session, manager, entity, {'default': view.uid}, now=now)

    desk.go('/company/')
    desk.click('tbody input[data-pick]')
    desk.leave(lambda: desk.click('.t-pager [aria-label="Next page"]'))
    desk.read('1 selected', '[data-selection-count]')
    for box in desk.all('tbody input[data-pick]'):
        box.click()
    desk.press('Give to', '.t-selbar')
    desk.click('#many-form [data-save]')
    desk.see('#many-form .t-error')
    desk.press('Leave it as it is')
    desk.press('Leave', 'dialog:not(#many)[open]')
    desk.gone('dialog[open]')
    desk.leave(lambda: desk.click('.t-pager [aria-label="Previous page"]'))
    desk.read('3 selected', '[data-selection-count]')

    desk.press('Delete', '.t-selbar')
    twice = desk.actions().double_click(desk.see('#many-form [data-save]'))
    desk.leave(twice.perform)
    desk.until(lambda: not desk.all('[data-selection-count]'), 'nothing to be picked')
    with runtime.database.reading() as connection:
        assert connection.execute(sa.select(operation.c.kind).where(operation.c.kind == 'delete')).scalars().all() == ['delete']
    with runtime.reader(manager) as reader:
        assert reader.count('company', ListQuery(filter=wish.document['filter'])).value == len(many) - 3


def test_a_filter_by_sums_of_related_records_can_be_read_on_a_phone(desk: Desk) -> None:
    deals = {'entity': 'opportunity', 'field': 'company'}
    period = {'all': [{'field': 'expected_close_on', 'op': 'within', 'value': {'this': 'quarter'}}]}
    filtered = json.dumps({'all': [{'sum_related': deals, 'of': 'amount', 'op': 'gt', 'value': 5, 'where': period}]})
    metrics = {'width': 390, 'height': 844, 'deviceScaleFactor': 1, 'mobile': True}
    desk.browser.execute_cdp_cmd('Emulation.setDeviceMetricsOverride', metrics)
    desk.go(f'/company/?filter={quote(filtered)}')
    desk.press('Filter', '.t-filter')
    desk.see('#conditions .t-cond-values input')

    wide = desk.browser.execute_script("const d = document.querySelector('dialog[open]'); return d.scrollWidth - d.clientWidth")
    boxes = [each.size['width'] for each in desk.all('#conditions select')]
    desk.browser.execute_cdp_cmd('Emulation.clearDeviceMetricsOverride', {})

    assert wide == 0
    assert min(boxes) > 150
