"""Lists, cells, boards, selects, forms and switches as people use them, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Keys
from selenium.webdriver.common.by import By

from modules.records.changing import Change
from schema.base.ids import new_uid
from tests.web.desk import Desk

pytestmark = pytest.mark.browser
REFUSED = ('status of 409', 'status of 422')


@pytest.fixture
def desk(desks: dict[str, Desk]) -> Iterator[Desk]:
    """The manager's desk; the console says nothing but the refusals that tests ask for."""
    found = desks['manager']
    found.allowed = list(REFUSED)
    yield found
    assert found.complaints() == []


def company(desk: Desk, name: str) -> str:
    return desk.site.create('manager', 'company', name=name)


def deal(desk: Desk, title: str, **wire: object) -> str:
    return desk.site.create('manager', 'opportunity', title=title, company=company(desk, f'Công ty {title}'), **wire)


def test_a_list_is_walked_picked_and_peeked_by_keyboard(desk: Desk) -> None:
    for name in ('Phím Một', 'Phím Hai', 'Phím Ba'):
        company(desk, name)
    desk.go('/company/?q=Phím')

    desk.keys('j', 'j', 'k', 'j')
    second = desk.see('tr.is-current')
    assert desk.all('tbody tr')[1] == second

    desk.keys('x')
    desk.read('1 selected', '.t-selbar')
    desk.keys(' ')
    desk.read(second.find_element(By.CSS_SELECTOR, '.t-pin a').text, '#peek h2')
    desk.keys('k')
    desk.read(desk.all('tbody tr .t-pin a')[0].text, '#peek h2')
    desk.keys(Keys.ESCAPE)
    desk.gone('#peek')


def test_a_cell_is_edited_saved_and_left_for_the_next_one(desk: Desk) -> None:
    uid = company(desk, 'Ô trống')
    desk.go('/company/?q=Ô+trống&cols=phone,email,name')

    desk.keys('j', 'e')
    desk.see('td.is-editing #cell-phone:focus')
    desk.see('.t-tip:popover-open')
    desk.keys('02838220011', Keys.TAB)
    desk.see('td.is-editing #cell-email:focus')
    desk.keys('nonsense', Keys.ENTER)
    desk.see('td.is-editing .t-error')
    desk.see('td.is-editing:has(.t-error) #cell-email:focus')
    desk.keys('lien.he@otrong.example', Keys.ENTER)
    desk.gone('td.is-editing')

    desk.stored('company', uid, 'email', 'lien.he@otrong.example')
    assert desk.field('company', uid, 'phone') is not None


def test_cells_and_names_are_edited_by_mouse_and_escape_leaves_them_as_they_were(desk: Desk) -> None:
    uid = company(desk, 'Bút chì')
    desk.site.runtime.write(
        desk.site.actor('manager'), lambda store: store.update('company', uid, {'email': 'a@butchi.example'})
    )
    desk.go('/company/?q=Bút+chì&cols=email,name')

    desk.actions().move_to_element(desk.see('td.t-pin')).perform()
    desk.click('.t-pin .t-cell-edit')
    desk.see('#cell-name:focus')
    assert desk.faults() == []
    desk.keys('Bút chì gỗ', Keys.ENTER)
    desk.read('Bút chì gỗ', f'td.t-pin a[href^="/company/{uid}?in="]')
    desk.leave(lambda: desk.press('Undo', '#toasts'))
    desk.stored('company', uid, 'name', 'Bút chì')
    desk.actions().move_to_element(desk.see('td[data-edit-url*=email]')).perform()
    desk.click('td[data-edit-url*=email] .t-cell-edit')
    desk.see('#cell-email:focus')
    desk.keys('b@butchi.example', Keys.ESCAPE)
    desk.gone('td.is-editing')

    desk.read('a@butchi.example', 'td[data-edit-url*=email]')
    assert desk.field('company', uid, 'email') == 'a@butchi.example'


def test_what_is_wrong_with_a_name_stands_over_the_rows_below(desk: Desk) -> None:
    for number in range(3):
        company(desk, f'Tên sai {number}')
    desk.go('/company/?q=Tên+sai&cols=name,email')
    desk.actions().move_to_element(desk.see('td.t-pin')).perform()
    desk.click('.t-pin .t-cell-edit')
    desk.put('#cell-name', 'Đ' * 5000)
    desk.keys(Keys.ENTER)

    wrong = desk.see('td.is-editing .t-error')

    assert wrong.text == 'Name has 5000 letters; at most 200. Shorten it.'
    assert desk.browser.execute_script(
        'const box = arguments[0].getBoundingClientRect();'
        ' return arguments[0].contains(document.elementFromPoint(box.left + 20, box.top + box.height / 2))', wrong,
    )  # fmt: skip
    desk.keys(Keys.ESCAPE)


def test_a_card_is_dragged_to_another_stage(desk: Desk) -> None:
    uid = deal(desk, 'Kéo thẻ', stage='survey', amount={'amount': '190000000', 'currency': 'VND'})
    desk.go('/opportunity/board?pipeline=deal')

    desk.drag(uid, '.t-stack[data-stage=quote]')

    desk.read('Kéo thẻ', '#toasts')
    desk.stored('opportunity', uid, 'stage', 'quote')
    assert desk.stack_of(uid) == 'quote'


def test_a_card_is_moved_by_keyboard_and_that_is_said(desk: Desk) -> None:
    uid = deal(desk, 'Phím mũi tên', stage='survey')
    desk.go('/opportunity/board?pipeline=deal')

    desk.browser.execute_script('arguments[0].focus()', desk.card(uid))
    desk.actions().key_down(Keys.SHIFT).send_keys(Keys.ARROW_RIGHT).key_up(Keys.SHIFT).perform()

    desk.stored('opportunity', uid, 'stage', 'quote')
    desk.until(lambda: 'Phím mũi tên' in desk.said(), 'the voice')
    desk.gone('.t-card[aria-busy]')
    assert desk.browser.switch_to.active_element == desk.card(uid)

    desk.browser.execute_script("arguments[0].querySelector('button').focus()", desk.card(uid))
    desk.keys(Keys.ENTER)
    desk.see('#stage-choice[open] [aria-current=step][value=quote]')
    desk.put('#stage-choice-to', 'lead')
    desk.see('#stage-choice[open] [value=potential]:focus')
    desk.keys(Keys.ENTER)
    desk.stored('opportunity', uid, 'stage', 'potential')
    desk.gone(f'.t-card[data-uid="{uid}"]')
    assert desk.browser.execute_script('return document.activeElement !== document.body'), 'the keyboard goes on'

    desk.click('#toasts [data-undo-url$="/moved/3?place=board"]')
    desk.stored('opportunity', uid, 'stage', 'quote')
    desk.until(lambda: desk.stack_of(uid) == 'quote', 'the card where it was')


def test_of_a_long_column_the_page_holds_what_is_near_and_the_keyboard_reaches_the_rest(desk: Desk) -> None:
    firm = company(desk, 'Công ty Nghìn Thẻ')
    deals = [{'title': f'Thẻ {number}', 'company': firm, 'stage': 'quote'} for number in range(160)]
    entity, write = desk.site.runtime.catalogs.current().entity('opportunity'), desk.site.runtime.write
    made = [Change(entity, new_uid(), wire) for wire in deals]
    write(desk.site.actor('manager'), lambda store: store.create_many('opportunity', made))
    desk.go('/opportunity/board?pipeline=deal')
    run = lambda script: desk.browser.execute_script(  # noqa: E731
        f"const column = document.querySelector('.t-stack[data-stage=quote]'); {script}"
    )

    desk.until(
        lambda: run("column.scrollTop = column.scrollHeight; return !column.querySelector(':scope > button')"), 'all cards'
    )
    whole = run('return column.scrollHeight')
    desk.see('.t-stack[data-stage=quote] > .t-fold')
    folded = run("return [column.querySelectorAll('.t-card').length, column.scrollHeight]")
    run('column.scrollTop = 0')
    desk.until(lambda: run("return column.firstElementChild.matches('.t-card')"), 'the first cards')
    desk.until(
        lambda: run("return column.lastElementChild.matches('.t-fold') || column.querySelector('.t-card + .t-fold')"), 'a fold'
    )
    last = run(
        "const edge = column.querySelector('.t-fold').previousElementSibling; edge.focus({ preventScroll: true }); return edge"
    )
    desk.keys(Keys.ARROW_DOWN)

    assert folded[0] < 120 and abs(folded[1] - whole) <= 2, 'what is taken out leaves its height'
    assert desk.browser.execute_script('return document.activeElement === arguments[0].nextElementSibling', last)


def test_a_card_whose_record_was_deleted_meanwhile_leaves_the_board(desk: Desk) -> None:
    uid = deal(desk, 'Xoá dưới tay', stage='survey')
    desk.go('/opportunity/board?pipeline=deal')
    desk.site.runtime.write(desk.site.actor('admin'), lambda store: store.delete('opportunity', uid))
    desk.allowed.append('status of 404')

    desk.drag(uid, '.t-stack[data-stage=quote]')

    desk.read('This is no longer there.', '#toasts')
    desk.gone(f'.t-card[data-uid="{uid}"]')


def test_a_card_of_somebody_signed_out_goes_back_and_the_toast_leads_to_the_door(desk: Desk) -> None:
    uid = deal(desk, 'Hết phiên', stage='survey')
    desk.go('/opportunity/board?pipeline=deal&q=Hết+phiên')
    signed_in = desk.browser.get_cookie('trellis')
    desk.browser.delete_cookie('trellis')
    desk.allowed.append('status of 401')

    desk.drag(uid, '.t-stack[data-stage=quote]')

    door = desk.see('#toasts a[href^="/login/?next=%2Fopportunity%2Fboard"]')
    assert door.text == 'You are signed out. Sign in again to go on.'
    assert desk.stack_of(uid) == 'survey'
    desk.browser.add_cookie(signed_in)


def test_a_refused_card_goes_back_and_its_gate_is_asked(desk: Desk) -> None:
    uid = deal(desk, 'Cổng chặn', stage='survey')
    desk.go('/opportunity/board?pipeline=deal')

    desk.drag(uid, '.t-stack[data-stage=negotiate]')
    desk.see('#gate[open]')
    assert desk.stack_of(uid) == 'survey'
    desk.see('#gate [name="amount.amount"]').send_keys('5000000')
    desk.click('#gate footer button[type=submit]')

    desk.stored('opportunity', uid, 'stage', 'negotiate')
    desk.until(lambda: desk.stack_of(uid) == 'negotiate', 'the card in its new column')


def test_a_card_is_lost_in_the_zone_at_the_foot_once_the_reason_is_given(desk: Desk) -> None:
    uid = deal(desk, 'Vùng thua', stage='survey')
    desk.go('/opportunity/board?pipeline=deal')

    desk.drag(uid, '.t-zones > .t-bad')
    desk.see('#gate[open]')
    option = desk.browser.find_elements(By.CSS_SELECTOR, '#gate select option')[1].get_attribute('value')
    desk.put('#gate select', str(option))
    desk.click('#gate footer button[type=submit]')

    desk.stored('opportunity', uid, 'stage', 'lost')
    desk.gone(f'.t-card[data-uid="{uid}"]')


def test_a_company_made_within_a_select_is_chosen_in_it(desk: Desk) -> None:
    desk.go('/opportunity/new')

    desk.click('[data-field=company] .ts-control')
    desk.see('[data-field=company] .ts-control input').send_keys('Gỗ Mới Tinh')

    def asks_for_it() -> bool:
        for way in desk.all('[data-field=company] .create'):  # it is drawn anew when the server has looked
            way.click()
        return any(each.get_property('value') == 'Gỗ Mới Tinh' for each in desk.all('#quick #quick-name'))

    desk.until(asks_for_it, 'its name in the dialogue')
    desk.click('#quick [data-save]')
    desk.gone('#quick')

    desk.read('Gỗ Mới Tinh', '[data-field=company] .ts-control .item')
    desk.fill('#f-title', 'Bàn mới')
    desk.leave(lambda: desk.actions().key_down(Keys.CONTROL).send_keys(Keys.ENTER).key_up(Keys.CONTROL).perform())
    desk.read('Gỗ Mới Tinh', '.t-facts')


def test_two_people_who_change_one_field_choose_between_both_values(desk: Desk, desks: dict[str, Desk]) -> None:
    uid = company(desk, 'Hai người')
    other = desks['admin']
    for each in (desk, other):
        each.go(f'/company/{uid}/edit')
    other.fill('#f-name', 'Tên của quản trị')
    other.leave(lambda: other.click('[data-save]'))

    desk.fill('#f-name', 'Tên của quản lý')
    desk.leave(lambda: desk.click('.t-savebar [data-save]'))
    dialog = desk.see('#conflict[open]')
    assert 'Tên của quản trị' in dialog.text and 'Tên của quản lý' in dialog.text
    desk.click('#conflict input[value=theirs]')
    desk.leave(lambda: desk.click('#conflict footer button[type=submit]'))

    desk.read('Tên của quản trị', 'h1')
    assert desk.field('company', uid, 'name') == 'Tên của quản trị'


def test_a_double_click_on_save_makes_one_record(desk: Desk) -> None:
    before = desk.count('company')
    desk.go('/company/new')
    desk.fill('#f-name', 'Bấm hai lần')

    desk.leave(lambda: desk.actions().double_click(desk.see('.t-savebar [data-save]')).perform())

    desk.read('Bấm hai lần', 'h1')
    assert desk.count('company') == before + 1


def test_what_was_typed_before_a_refusal_is_not_left_without_a_question(desk: Desk) -> None:
    desk.go('/contact/new')
    desk.fill('[type=email]', 'nonsense')
    desk.leave(lambda: desk.click('.t-savebar [data-save]'))
    desk.see('[role=alert]')

    desk.click('.t-savebar [data-cancel]')
    desk.see('#ask[open]')
    desk.leave(lambda: desk.click('[data-ask-go]'))

    assert desk.browser.current_url.endswith('/contact/')


def test_records_are_deleted_together_and_brought_back(desk: Desk) -> None:
    uids = [company(desk, f'Thùng rác {number}') for number in (1, 2)]
    desk.go('/company/?q=Thùng+rác')

    desk.click('[data-pick-all]')
    desk.press('Delete', '.t-selbar')
    desk.read('Delete 2 companies?', '#many')
    desk.leave(lambda: desk.press('Delete them', '#many'))
    desk.read('Nothing fits')
    desk.read('2 records deleted', '#toasts')
    desk.leave(lambda: desk.press('Undo', '#toasts'))

    desk.read('2 records are as they were before', '#toasts')
    assert {row.get_attribute('data-uid') for row in desk.all('tbody tr')} == set(uids)


def test_records_picked_on_two_pages_are_saved_to_a_file_in_the_columns_and_order_of_their_list(
    desk: Desk, tmp_path: Path
) -> None:
    for number in range(3):
        desk.site.create('manager', 'company', name=f'Tệp xuất {number}', phone=f'028 3822 001{number}')
    desk.browser.execute_cdp_cmd('Browser.setDownloadBehavior', {'behavior': 'allow', 'downloadPath': str(tmp_path)})

    def saved() -> str:
        (file,) = desk.until(lambda: list(tmp_path.glob('*.csv')), 'the file')
        text = str(file.read_text(encoding='utf-8-sig'))
        file.unlink()
        return text

    desk.go('/company/?q=Tệp+xuất&cols=name,phone&sort=-name&size=2')
    desk.all('tbody [data-pick]')[0].click()
    desk.leave(lambda: desk.click('.t-pager [aria-label="Next page"]'))
    desk.all('tbody [data-pick]')[0].click()
    desk.press('Export', '.t-selbar')
    desk.press('As csv', '#export-picked')
    desk.gone('#export-picked')
    picked = saved()
    desk.press('Export', '.t-selbar')
    desk.press('All fields', '#export-picked')
    desk.press('As csv', '#export-picked')
    whole = saved()
    desk.click('[data-menu="#more"]')
    desk.press('Export', '#more')
    desk.press('As csv', '#export-list')

    assert picked.splitlines() == ['Name,Phone', 'Tệp xuất 2,028 3822 0012', 'Tệp xuất 0,028 3822 0010']
    assert [len(row) for row in (whole.splitlines(), saved().splitlines())] == [3, 4]
    assert 'Customer code' in whole and 'Tệp xuất 0' in whole


def test_theme_and_language_follow_the_switch_on_every_page(desk: Desk) -> None:
    desk.go('/')
    desk.click('[data-menu="#person-menu"]')
    desk.click('#person-menu [data-theme-set=dark]')
    desk.see('html[data-bs-theme=dark]')
    desk.leave(lambda: desk.press('Tiếng Việt', '#person-menu'))

    desk.see('html[lang=vi][data-bs-theme=dark]')
    desk.read('Hôm nay', '.t-rail')
    desk.go('/company/')
    desk.see('html[lang=vi][data-bs-theme=dark]')

    desk.click('[data-menu="#person-menu"]')
    desk.click('#person-menu [data-theme-set=light]')
    desk.leave(lambda: desk.press('English', '#person-menu'))
    desk.see('html[lang=en][data-bs-theme=light]')


def test_a_record_goes_back_to_an_earlier_revision_from_its_time_line(desk: Desk) -> None:
    uid = company(desk, 'Bản đầu')
    desk.site.runtime.write(desk.site.actor('manager'), lambda store: store.update('company', uid, {'name': 'Bản sau'}))
    desk.go(f'/company/{uid}')

    desk.click('.t-back')
    desk.leave(lambda: desk.click('#revision [data-save]'))

    desk.stored('company', uid, 'name', 'Bản đầu')


def test_a_double_press_on_the_bell_follows_and_the_next_press_ends_it(desk: Desk) -> None:
    desk.go(f'/company/{company(desk, "Theo dõi")}')

    desk.actions().double_click(desk.see('#follow[aria-pressed=false]')).perform()
    desk.see('#follow[aria-pressed=true]')
    desk.actions().move_to_element(desk.see('h1')).click().perform()
    desk.click('#follow:not(.htmx-request)')

    desk.see('#follow[aria-pressed=false]')


def test_a_note_half_written_stays_while_an_entry_is_changed(desk: Desk) -> None:
    desk.go(f'/company/{company(desk, "Nửa chừng")}')
    desk.fill('.t-composer textarea', 'Gọi lần một')
    desk.click('.t-composer [data-save]')
    desk.read('Gọi lần một', '.t-bubble')

    desk.until(lambda: not desk.see('.t-composer textarea').get_property('value'), 'the next note')
    desk.fill('.t-composer textarea', 'Khách hỏi thêm')
    pencil = desk.browser.find_element(By.CSS_SELECTOR, '[aria-label="Edit this entry"]')  # seen under the mouse alone
    desk.browser.execute_script('arguments[0].click()', pencil)
    desk.see('.t-event textarea:focus')
    desk.keys(', không nghe máy')
    desk.press('Save the entry')

    desk.read('Gọi lần một, không nghe máy', '.t-bubble')
    assert desk.see('.t-composer textarea').get_property('value') == 'Khách hỏi thêm'
    desk.fill('.t-composer textarea', '')


def test_a_note_that_was_left_before_it_was_saved_is_offered_again_until_it_is(desk: Desk) -> None:
    path = f'/company/{company(desk, "Ghi chú dở")}'
    drafts = "return Object.keys(localStorage).filter((key) => key.startsWith('draft:') && key.endsWith('/log')).length"
    desk.go(path)
    desk.fill('.t-composer textarea', 'Hẹn gọi lại sau Tết')
    desk.until(lambda: desk.browser.execute_script(drafts), 'the draft')

    desk.go('/company/')
    desk.go(path)
    desk.press('Bring it back')
    assert desk.see('.t-composer textarea').get_property('value') == 'Hẹn gọi lại sau Tết'
    signed_in = desk.browser.get_cookie('trellis')
    desk.browser.delete_cookie('trellis')
    desk.allowed += ['status of 401', 'Status Error Code 401']
    desk.click('.t-composer [data-save]')
    desk.see('#toasts a[target=_blank]')  # one signs in beside what was typed
    desk.browser.add_cookie(signed_in)
    desk.click('.t-composer [data-save]')
    desk.read('Hẹn gọi lại sau Tết', '.t-bubble')

    assert desk.browser.execute_script(drafts) == 0
    assert not desk.all('.t-notice .btn')


def test_what_is_to_be_copied_is_copied_or_stays_selected_where_the_browser_keeps_its_clipboard(desk: Desk) -> None:
    desk.go('/calendar/feeds')
    desk.see('#feed-name').send_keys('Điện thoại')
    desk.see('form[action="/calendar/feeds"] button[type=submit]').click()
    address = str(desk.see('#fresh-address').get_attribute('value'))
    press = desk.see('[data-copy]')
    let = (
        'const own = {writeText: async (text) => {window.taken = text}}, value = arguments[0] ? own : undefined;'
        'Object.defineProperty(navigator, "clipboard", {configurable: true, value})'
    )

    desk.browser.execute_script(let, True)
    press.click()
    desk.read('Copied.', '#toasts')
    taken = desk.browser.execute_script('return window.taken')
    desk.browser.execute_script(let, False)
    desk.browser.execute_script('document.execCommand = () => false')
    press.click()
    desk.read('It is selected', '#toasts')

    assert taken == address and '/calendar/feed/' in address
    assert desk.browser.execute_script('return window.getSelection().toString()') == address
