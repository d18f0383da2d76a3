"""The table of lines and the choice of links as people use them in a real browser, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from tests.collections.conftest import deal, person, read
from tests.support.browser import start_chromium
from tests.support.serving import serving
from tests.support.site import PASSWORD, Site
from tests.web.desk import Desk

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(light: Site, tmp_path: Path) -> Iterator[Desk]:
    """The administrator's browser; its console says nothing."""
    with serving(light.app) as address:
        browser = start_chromium(tmp_path / 'chromium', width=1440)
        found = Desk(browser, address, light)
        found.sign_in('admin', PASSWORD)
        yield found
        assert found.complaints() == []
        browser.quit()


def titles(desk: Desk) -> list[str]:
    return [str(each.get_property('value')) for each in desk.all('[data-lines-row] input[name$=".title"]')]


def test_lines_are_added_moved_and_removed_by_keyboard_and_links_chosen_by_name(desk: Desk, light: Site) -> None:
    an, binh = person(light, 'Nguyễn Văn An'), person(light, 'Trần Bình')
    uid = deal(light, people=[an], items=[{'title': 'Bàn'}, {'title': 'Ghế', 'quantity': 4}])
    desk.go(f'/opportunity/{uid}/edit')
    desk.see('[data-lines][data-ready]')

    desk.all('[data-lines-row] input[name$=".title"]')[1].send_keys(Keys.ENTER)
    desk.until(lambda: len(titles(desk)) == 3, 'a third row')
    desk.until(lambda: str(desk.browser.switch_to.active_element.get_attribute('name')).endswith('n1.title'), 'the new row')
    desk.keys('Tủ')
    handle = desk.all('[data-lines-move]')[2]
    handle.send_keys(Keys.ARROW_UP)
    desk.until(lambda: titles(desk) == ['Bàn', 'Tủ', 'Ghế'], 'the row moved up')
    assert desk.said() == 'Moved to place 2 of 3.'
    desk.all('[data-lines-remove]')[0].send_keys(Keys.ENTER)
    desk.until(lambda: titles(desk) == ['Tủ', 'Ghế'], 'the first row gone')
    desk.see('#f-people-ts-control').send_keys('Bình')
    desk.until(lambda: desk.all('.ts-dropdown .option'), 'the choices')
    desk.see('#f-people-ts-control').send_keys(Keys.ENTER, Keys.TAB)
    desk.gone('.ts-dropdown')
    assert desk.faults() == []
    desk.leave(lambda: desk.click('[data-save]'))

    found = read(light, 'admin', uid)
    assert [(line['title'], line['quantity']) for line in found['items']] == [('Tủ', 1), ('Ghế', 4)]
    assert [each['uid'] for each in found['people']] == [an, binh]
    assert desk.faults() == []

    desk.go('/opportunity/')
    desk.press('All conditions')
    desk.press('Add related records', '#conditions')
    desk.until(lambda: chosen(desk, 'People') and chosen(desk, 'People')[0], 'the links').select_by_visible_text('Items')
    desk.until(lambda: [each for each in chosen(desk, 'Items') if each.first_selected_option.text == 'Items'], 'the lines')
    desk.leave(lambda: desk.press('Use it', '#conditions'))
    desk.read('Deal', 'tbody .t-pin a')
    desk.press('All conditions')
    desk.until(lambda: chosen(desk, 'Items'), 'the lines again')
    assert desk.all('.t-cond-raw') == [] and desk.faults() == []


def chosen(desk: Desk, text: str) -> list[Select]:
    """The selects of the filter that offer it."""
    found = [Select(each) for each in desk.browser.find_elements(By.CSS_SELECTOR, '#conditions select')]
    return [each for each in found if text in [option.text for option in each.options]]


def test_lines_are_dragged_and_fit_a_phone(desk: Desk, light: Site) -> None:
    uid = deal(light, items=[{'title': 'Bàn'}, {'title': 'Ghế'}, {'title': 'Tủ'}])
    desk.go(f'/opportunity/{uid}/edit')
    desk.see('[data-lines][data-ready]')
    first, last = desk.all('[data-lines-move]')[0], desk.all('[data-lines-row]')[2]

    desk.browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", last)
    desk.actions().click_and_hold(first).move_by_offset(0, 12).move_by_offset(0, 12).perform()
    desk.see('.sortable-drag')
    desk.actions().move_to_element(last).move_by_offset(0, 8).perform()
    desk.until(lambda: titles(desk)[-1] == 'Bàn', 'the row carried to the end')
    desk.actions().release().perform()
    desk.gone('.sortable-drag')
    assert titles(desk) == ['Ghế', 'Tủ', 'Bàn']

    desk.browser.set_window_size(390, 844)
    for path in (f'/opportunity/{uid}/edit', f'/opportunity/{uid}'):
        desk.browser.execute_script('window.onbeforeunload = null')
        desk.browser.execute_cdp_cmd('Emulation.setDeviceMetricsOverride', {
            'width': 390, 'height': 844, 'deviceScaleFactor': 2, 'mobile': True
        })  # fmt: skip
        desk.browser.get('about:blank')
        desk.go(path)
        assert desk.browser.execute_script('return document.documentElement.scrollWidth') == 390, path
        assert desk.browser.find_elements(By.CSS_SELECTOR, '.t-rows-table tr, .t-rows-shown tr'), path
    assert desk.faults() == []
