"""A record in a real browser: a colleague is named, what follows from a fact shows at once, two people at one fact."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from tests.web.conftest import desks, served
from tests.web.desk import Desk

__all__ = ['desks', 'served']
pytestmark = pytest.mark.browser
MONEY = {'amount': '190000000', 'currency': 'VND'}


def test_a_record_is_written_about_edited_and_moved_without_leaving_its_page(desks: dict[str, Desk]) -> None:
    desk, other = desks['manager'], desks['admin']
    company = desk.site.create('manager', 'company', name='Dệt may Phú Thịnh')
    wire = {'title': 'Nội thất', 'company': company, 'stage': 'survey', 'amount': MONEY, 'next_step': 'a', 'owner': 'rep'}
    uid = desk.site.create('manager', 'opportunity', **wire)
    desk.go(f'/opportunity/{uid}')
    other.go(f'/opportunity/{uid}')

    desk.see('[data-composer] textarea').send_keys('Nhờ @lead')
    desk.see('.t-mentions li.is-on')
    desk.keys(Keys.ENTER)
    desk.keys('xem')
    desk.click('[data-composer] [data-save]')
    desk.read('xem', '.t-bubble')
    assert '@' + desk.site.actor('leader').name in desk.see('.t-bubble .t-at').text

    _edit(desk, 'amount', '100')
    desk.until(lambda: '₫30' in desk.see('[data-fact=weighted_amount]').text, 'the weighted amount')

    late = _open(other, 'next_step')
    _edit(desk, 'next_step', 'Gửi báo giá')
    desk.stored('opportunity', uid, 'next_step', 'Gửi báo giá')
    late.send_keys(' nữa', Keys.ENTER)
    other.see('#cell-conflict[open]')
    other.click('#cell-conflict [value=theirs]')
    other.click('#cell-conflict [data-save]')
    other.read('Gửi báo giá', '[data-fact=next_step]')
    assert not other.browser.find_elements(By.CSS_SELECTOR, '#cell-conflict')
    assert desk.field('opportunity', uid, 'next_step') == 'Gửi báo giá'


def _open(desk: Desk, key: str) -> WebElement:
    """The input of a fact that is edited in place."""
    pencil = desk.browser.find_element(By.CSS_SELECTOR, f'[data-fact={key}] .t-edit')  # seen under the mouse alone
    desk.browser.execute_script('arguments[0].click()', pencil)
    return desk.see(f'.is-editing [data-field={key}] input:not([type=hidden])')


def _edit(desk: Desk, key: str, text: str) -> None:
    field = _open(desk, key)
    field.send_keys(Keys.CONTROL, 'a')
    field.send_keys(text, Keys.ENTER)
