"""Stars, tags, addresses and formatted text as people enter them in a real browser, under the page's own security policy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver import Keys

from tests.web.desk import Desk

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(desks: dict[str, Desk]) -> Iterator[Desk]:
    """The manager's desk without the door that other tests need for scripts of their own."""
    found = desks['manager']
    found.allowed = []
    found.browser.execute_cdp_cmd('Page.setBypassCSP', {'enabled': False})
    yield found
    assert found.complaints() == []


@pytest.fixture(scope='module', autouse=True)
def profile(desks: dict[str, Desk]) -> None:
    """Companies get a formatted text."""
    site = desks['manager'].site
    actor, publisher = site.actor('admin'), site.runtime.publisher
    part = {'x-type': 'rich_text', 'x-label': {'en': 'Profile', 'vi': 'Hồ sơ'}}
    plan = publisher.plan({'entities': {'company': {'properties': {'profile': part}}}}, actor)
    publisher.apply(plan.plan_id, actor)


def saved(desk: Desk) -> str:
    """Save the form; the uid of the record whose page then opens."""
    desk.click('[data-save]')
    desk.gone('#record-form')
    return desk.browser.current_url.rsplit('/', 1)[1]


def test_stars_are_chosen_by_keyboard_and_tags_by_typing(desk: Desk) -> None:
    desk.site.create('manager', 'company', name='Có nhãn', tags=['Khách quen'])
    desk.go('/company/new')
    desk.see('#f-name').send_keys('Sao và nhãn')

    desk.browser.execute_script("document.getElementById('f-rating').focus()")
    desk.keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    desk.see('#f-rating-3:checked')
    desk.click('#f-tags-ts-control')
    desk.keys('khach')
    desk.read('Khách quen', '.ts-dropdown .option')
    desk.gone('.ts-wrapper.loading')
    desk.keys(Keys.ARROW_DOWN if not desk.all('.ts-dropdown .option.active') else '', Keys.ENTER)
    desk.read('Khách quen', '.ts-control .item')
    desk.keys('Hội thảo,')
    desk.keys('HOI THAO,')
    uid = saved(desk)

    assert (desk.field('company', uid, 'rating'), desk.field('company', uid, 'tags')) == (3, ['Khách quen', 'Hội thảo'])


def test_formatted_text_is_written_with_the_toolbar_and_comes_back_into_the_editor(desk: Desk) -> None:
    desk.go('/company/new')
    desk.see('#f-name').send_keys('Hồ sơ đẹp')

    desk.click('.t-rich-text')
    desk.click('[data-rich-act=bold]')
    desk.see('[data-rich-act=bold][aria-pressed=true]')
    desk.keys('Quan trọng')
    desk.click('[data-rich-act=bold]')
    desk.keys(' gọi sáng', Keys.ENTER)
    desk.click('[data-rich-act=bullets]')
    desk.keys('Cửa gỗ <b>')
    uid = saved(desk)

    held = desk.field('company', uid, 'profile')
    assert '<b>Quan trọng</b> gọi sáng' in held.replace('\xa0', ' ')
    assert 'Cửa gỗ &lt;b&gt;' in held and '<li>' in held
    desk.see('.t-richly li')
    desk.go(f'/company/{uid}/edit')
    desk.read('Quan trọng', '.t-rich-text b')
    assert desk.browser.execute_script('return document.querySelector("textarea[name=profile]").value') == held


def test_an_address_is_entered_part_by_part_and_shown_as_one_line(desk: Desk) -> None:
    desk.go('/company/new')
    desk.see('#f-name').send_keys('Có địa chỉ')
    for part, text in (('', '12 Lý Thường Kiệt'), ('-ward', 'Phường Cửa Nam'), ('-province', 'Hà Nội')):
        desk.see(f'#f-address{part}').send_keys(text)
    uid = saved(desk)

    desk.read('12 Lý Thường Kiệt, Phường Cửa Nam, Hà Nội', 'dd .t-prose')
    assert desk.field('company', uid, 'address') == {
        'street': '12 Lý Thường Kiệt', 'ward': 'Phường Cửa Nam', 'province': 'Hà Nội'
    }  # fmt: skip


COVER = """
Object.defineProperty(visualViewport, 'height', {configurable: true, get: () => innerHeight - 330});
visualViewport.dispatchEvent(new Event('resize'));
"""


def test_what_saves_stands_above_the_keyboard_of_a_phone(desk: Desk) -> None:
    """Browsers are asked to make the page lower; where they lay the keyboard over it, as Safari does, it ends above."""
    phone = {'width': 390, 'height': 844, 'deviceScaleFactor': 1, 'mobile': True}
    desk.browser.execute_cdp_cmd('Emulation.setDeviceMetricsOverride', phone)
    desk.go('/company/new')
    asked = desk.browser.execute_script('return document.querySelector("meta[name=viewport]").content')

    desk.browser.execute_script(COVER)
    in_form = desk.see('[data-save]').rect
    desk.go('/company/')
    desk.click('[hx-get*="/filter/edit"]')
    desk.see('#conditions[open]')
    desk.browser.execute_script(COVER)
    in_dialogue = desk.see('#conditions footer .btn-primary').rect

    assert 'interactive-widget=resizes-content' in asked
    assert [each['y'] + each['height'] <= 844 - 330 for each in (in_form, in_dialogue)] == [True, True]
    desk.browser.execute_cdp_cmd('Emulation.clearDeviceMetricsOverride', {})
