"""Forms with rules, tabs and narrowed selects as people use them, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver import Keys
from selenium.webdriver.support.select import Select

from tests.rules.conftest import publish
from tests.rules.documents import REQUEST
from tests.support.browser import start_chromium
from tests.support.databases import Databases
from tests.support.serving import served_site
from tests.support.site import PASSWORD
from tests.web.desk import Desk

pytestmark = pytest.mark.browser


@pytest.fixture(scope='module')
def desk(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A rep, who has layouts of its own, at a browser."""
    with served_site(databases, 'sqlite', tmp_path_factory.mktemp('ruled') / 'home') as (site, address):
        publish(site, REQUEST)
        browser = start_chromium(tmp_path_factory.mktemp('chromium'), width=1280)
        made = Desk(browser, address, site)
        made.allowed = ['status of 422']
        made.sign_in('manager', PASSWORD)
        yield made
        browser.quit()


def choose(desk: Desk, key: str, value: str) -> None:
    Select(desk.see(f'#f-{key}')).select_by_value(value)


def standing(desk: Desk, key: str) -> tuple[bool, bool]:
    """Whether a ruled field is shown, and whether it can be used."""
    fieldset = f'fieldset[data-ruled="{key}"]'
    shown, used = desk.browser.execute_script(
        f"const f = document.querySelector('{fieldset}'); return [!f.hidden, !f.disabled]"
    )
    return bool(shown), bool(used)


def test_fields_show_and_are_asked_for_as_soon_as_another_changes(desk: Desk) -> None:
    desk.go('/pact/new')
    assert standing(desk, 'reason') == (False, False)

    choose(desk, 'stage', 'lost')
    desk.until(lambda: standing(desk, 'reason') == (True, True), 'the reason')
    assert desk.see('#f-reason').get_attribute('aria-required') == 'true'
    choose(desk, 'stage', 'open')
    desk.until(lambda: standing(desk, 'reason') == (False, False), 'the reason to go')

    mark = 'fieldset[data-ruled="excuse"] [data-required-mark]'
    assert not desk.browser.find_element('css selector', mark).is_displayed()
    desk.see('#f-amount').send_keys('1001')
    desk.until(lambda: desk.browser.find_element('css selector', mark).is_displayed(), 'the mark')
    big = desk.browser.find_element('css selector', '#f-size option[value="big"]')
    assert big.is_enabled()
    desk.see('#f-amount').send_keys(Keys.BACKSPACE * 9)
    desk.until(lambda: not big.is_enabled(), 'the option to go')
    assert standing(desk, 'praise') == (False, False)
    for stars, shown in (('4', True), ('3', False)):
        desk.browser.execute_script(f'document.querySelector(\'[name=stars][value="{stars}"]\').click()')
        desk.until(lambda so=shown: standing(desk, 'praise') == (so, so), 'the praise that the stars ask for')
    assert desk.faults() == []


def test_a_locked_field_opens_when_what_locks_it_changes(desk: Desk) -> None:
    uid = desk.site.create('manager', 'pact', title='Khóa', stage='won', discount='5')
    desk.go(f'/pact/{uid}/edit')
    assert standing(desk, 'discount') == (True, False)

    choose(desk, 'stage', 'open')
    desk.until(lambda: standing(desk, 'discount') == (True, True), 'the lock to open')
    desk.fill('#f-discount', '7')
    desk.see('#f-discount').send_keys(Keys.CONTROL, Keys.ENTER)
    desk.stored('pact', uid, 'discount', '7.00')


def test_a_select_offers_what_goes_with_the_other_fields(desk: Desk) -> None:
    here, there = (desk.site.create('manager', 'firm', name=name) for name in ('Hãng Đây', 'Hãng Kia'))
    desk.site.create('manager', 'agent', name='Người Đây', firm=here)
    desk.site.create('manager', 'agent', name='Người Kia', firm=there)
    desk.go('/pact/new')

    desk.pick('firm', 'Hãng Đây')
    desk.click('[data-field="agent"] .ts-control')
    desk.read('Người Đây', 'fieldset[data-ruled="agent"] .ts-dropdown')
    assert 'Người Kia' not in desk.see('fieldset[data-ruled="agent"] .ts-dropdown').text


def test_tabs_are_walked_by_keyboard_and_lead_to_their_errors(desk: Desk) -> None:
    desk.browser.delete_all_cookies()
    desk.sign_in('rep', PASSWORD)
    for theme in ('light', 'dark'):
        desk.theme(theme)
        desk.go('/pact/new')
        desk.see('#f-tab-main.is-on')
        assert desk.faults() == []

    desk.see('#f-tab-main').send_keys(Keys.ARROW_RIGHT)
    desk.see('#f-panel-money.is-on')
    desk.see('#f-amount').send_keys('-5')
    desk.see('#f-tab-money').click()
    desk.see('#f-tab-money').send_keys(Keys.HOME)
    desk.see('#f-title').send_keys('Âm', Keys.CONTROL, Keys.ENTER)
    desk.see('#f-panel-money.is-on #f-amount-error, #f-tab-money small.t-bad')
    desk.see('#f-tab-main').click()
    desk.see('[data-error-for="f-amount"]').click()
    desk.see('#f-panel-money.is-on #f-amount')


def test_cells_of_a_row_follow_the_rules_of_their_own_row(desk: Desk) -> None:
    desk.browser.delete_all_cookies()
    desk.sign_in('manager', PASSWORD)
    desk.go('/pact/new')
    desk.see('[data-lines="parts"][data-ready]')
    for number in (1, 2):
        desk.click('[data-lines="parts"] [data-lines-add]')
        desk.until(lambda n=number: len(desk.all('[data-lines="parts"] [data-lines-row]')) == n, 'the row')
    first = '[data-lines="parts"] [data-lines-row]:first-child'

    def shown(row: str) -> list[bool]:
        cells = f'{row} fieldset[data-ruled="note"], {row} fieldset[data-ruled="reason"] [data-required-mark]'
        return [each.is_displayed() for each in desk.browser.find_elements('css selector', cells)]

    assert shown(first) == [False, False]
    Select(desk.see(f'{first} select[name$=".kind"]')).select_by_value('goods')
    desk.see(f'{first} input[name$=".amount"]').send_keys('101')
    desk.until(lambda: shown(first) == [True, True], 'the note and the mark')

    assert desk.see(f'{first} option[value="bulk"]').is_enabled()
    assert shown('[data-lines="parts"] [data-lines-row]:last-child') == [False, False]
    proof = desk.browser.find_element('css selector', f'{first} fieldset[data-ruled="proof"] [data-required-mark]')
    assert not proof.is_displayed()
    choose(desk, 'stage', 'lost')
    desk.until(proof.is_displayed, 'the mark that the stage of the record asks for')
    assert desk.faults() == []
