"""Work by keyboard alone: the sheet names every key there is, and what has the focus keeps it when the page is drawn anew."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Keys

from tests.support.browser import OpenBrowser
from tests.support.site import PASSWORD, Site
from tests.web.desk import Desk

MODULES = Path(__file__).resolve().parents[2] / 'modules'
SHEET = re.compile(r'<dialog class="t-dialog t-key-sheet".*?</dialog>', re.DOTALL)
DECLARED = re.compile(r"""data-key['"]?[=:] ?['"](\w)['"]""")
ON_LETTERS = re.compile(r"""[{,]\s*'?([a-z/?])'?: """)
PAGER_KEYS = re.compile(r"_page_step\([^)]*\), [\w.]+, '(\w)'\)")


@pytest.fixture
def desk(desks: dict[str, Desk]) -> Iterator[Desk]:
    found = desks['manager']
    found.allowed = []
    yield found
    assert found.complaints() == []


def focused(desk: Desk) -> str:
    """What assistive software calls the element that has the focus."""
    script = "const here = document.activeElement; return here.getAttribute('aria-label') || here.textContent.trim()"
    return ' '.join(str(desk.browser.execute_script(script)).split())


def test_the_sheet_names_every_key_that_does_something(sqlite_site: Site) -> None:
    pages = ''.join(path.read_text(encoding='utf-8') for path in MODULES.glob('*/templates/**/*.html'))
    script = (MODULES / 'web/static/web/keys.js').read_text(encoding='utf-8')
    singles = script.partition('const singles = {')[2].partition('};')[0]
    known = {*DECLARED.findall(pages), *PAGER_KEYS.findall(pages), *ON_LETTERS.findall('{' + singles)}

    sheet = SHEET.findall(sqlite_site.client('admin').get('/').text)[0]
    told = {key.lower() for key in re.findall(r'<kbd[^>]*>([^<])</kbd>', sheet)}

    assert {'c', 'j', 'n', 'b', '/'} <= known
    assert known <= told
    assert told - known - {'g', 'h', 'd'} == set('↑↓←→+−')


def test_rows_are_acted_on_and_pages_turned_without_a_mouse(desk: Desk) -> None:
    for number in range(52):
        desk.site.create('manager', 'company', name=f'Trang {number:02}')
    desk.go('/company/?q=Trang&sort=name')

    desk.keys('j', 'x', 'j', 'x', 'b')
    assert focused(desk) == 'Bulk edit'
    desk.keys(Keys.ENTER)
    desk.see('#layer dialog')
    desk.keys(Keys.ESCAPE)
    desk.gone('#layer dialog')
    assert focused(desk) == 'Bulk edit'
    desk.keys('f')
    desk.see('#layer dialog[open]')
    desk.keys(Keys.ESCAPE)
    desk.gone('#layer dialog')
    assert focused(desk) == 'Add condition'
    desk.leave(lambda: desk.keys('n'))
    desk.read('2 selected', '.t-selbar')
    desk.read('Trang 51', 'tbody')
    desk.leave(lambda: desk.keys('p'))

    desk.keys('j')
    assert focused(desk) == desk.all('tbody tr .t-pin a')[0].text
    desk.leave(lambda: desk.keys(Keys.ENTER))
    desk.leave(lambda: desk.browser.back())
    desk.see('tr.is-current a:focus')


def test_the_cell_that_was_edited_is_where_the_keyboard_goes_on(desk: Desk) -> None:
    uid = desk.site.create('manager', 'company', name='Ô giữ chỗ')
    desk.go('/company/?q=Ô+giữ+chỗ&cols=phone,email,name')

    desk.keys('j', 'e')
    desk.see('td.is-editing #cell-phone:focus')
    desk.keys('02838220012', Keys.ENTER)
    desk.stored('company', uid, 'phone', '+842838220012')
    desk.see('td.is-at')
    desk.keys(Keys.ARROW_RIGHT, 'e')
    desk.see('td.is-editing #cell-email:focus')
    desk.keys(Keys.ESCAPE)
    desk.gone('td.is-editing')
    assert focused(desk) == 'Ô giữ chỗ'

    desk.browser.execute_script("document.querySelector('[data-column-menu]').focus()")
    desk.keys(Keys.ENTER)
    desk.see('#column-menu:popover-open a:focus')
    desk.keys(Keys.ESCAPE)
    desk.see('[data-column-menu]:focus')


def test_a_fact_gives_the_focus_back_to_its_pencil(desk: Desk) -> None:
    uid = desk.site.create('manager', 'company', name='Bút chì', phone='028 3822 0013')
    desk.go(f'/company/{uid}')

    desk.browser.execute_script("document.querySelector('[data-fact=phone] [data-edit-open]').focus()")
    desk.keys(Keys.ENTER)
    desk.see('#cell-phone:focus')
    desk.keys(Keys.BACKSPACE, '02838220014', Keys.ENTER)
    desk.stored('company', uid, 'phone', '+842838220014')
    desk.gone('.is-editing')
    desk.until(lambda: focused(desk) == 'Edit phone' or None, 'the pencil')
    desk.keys('n')
    desk.see('[data-composer] textarea:focus')


def test_new_forms_and_dialogues_begin_in_their_first_field_or_the_box_in_its_place(
    served: tuple[Site, str], open_browser: OpenBrowser
) -> None:
    site, address = served
    desk = Desk(open_browser(mouse=True), address, site)
    desk.sign_in('manager', PASSWORD)
    desk.go('/company/')

    desk.leave(lambda: desk.keys('c'))
    desk.see('#f-name:focus')
    desk.keys('Gõ ngay')
    desk.leave(lambda: desk.actions().key_down(Keys.CONTROL).send_keys('s').key_up(Keys.CONTROL).perform())
    desk.read('Gõ ngay', 'h1')

    uid = desk.browser.current_url.rsplit('/', 1)[1]
    desk.go('/company/?q=Gõ+ngay')
    desk.keys('j', 'x', 'b', Keys.TAB)
    assert focused(desk) == 'Tags'
    desk.keys(Keys.ENTER)
    desk.see('.t-dialog .ts-wrapper.focus input:focus')
    assert desk.all('.t-dialog .ts-wrapper.dropdown-active') == []
    desk.keys('vip')
    desk.see('.t-dialog .ts-wrapper.dropdown-active')
    desk.keys(Keys.ENTER)
    desk.read('vip', '.t-dialog .ts-control .item')
    desk.gone('.t-dialog .ts-wrapper.loading')
    desk.gone('.t-dialog .ts-wrapper.dropdown-active')
    desk.click('.t-dialog [type=submit]')
    desk.stored('company', uid, 'tags', ['vip'])


def test_keys_that_were_switched_off_do_nothing_and_are_not_told(desk: Desk) -> None:
    desk.site.create('manager', 'company', name='Phím tắt')
    desk.go('/settings')
    switch = desk.see('#f-shortcuts')
    switch.send_keys(' ')
    desk.leave(lambda: desk.actions().key_down(Keys.CONTROL).send_keys('s').key_up(Keys.CONTROL).perform())
    desk.go('/company/')

    desk.keys('j', 'x', 'c', '?', '/')
    assert desk.all('tr.is-current, .t-selbar, dialog, .t-search kbd') == []
    desk.actions().key_down(Keys.CONTROL).send_keys('k').key_up(Keys.CONTROL).perform()
    desk.see('#palette[open]')
    desk.keys(Keys.ESCAPE)
    desk.browser.execute_script("document.getElementById('keys').showModal()")
    assert {each.text for each in desk.all('#keys kbd')} & {'C', 'J', 'X', '/', '?'} == set()
    desk.read('are switched off', '#keys footer')
    assert desk.faults() == []

    desk.go('/settings')
    desk.see('#f-shortcuts').send_keys(' ')
    desk.leave(lambda: desk.actions().key_down(Keys.CONTROL).send_keys('s').key_up(Keys.CONTROL).perform())
    desk.go('/company/')
    desk.keys('j')
    desk.see('tr.is-current')
