"""The jobs of a day, as one person does each at a screen of any size, in either language, on either database.

Each takes a person and a mark that is theirs alone, so that they may be done one after the other at one installation.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from selenium.webdriver import Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select

from modules.operations import running
from modules.records.changing import Change
from modules.records.model import ListQuery
from schema.base.ids import new_uid
from tests.story.looking import DESK
from tests.story.person import Person
from tests.support.serving import serving

Job = Callable[[Person, str], None]
MONEY = {'amount': '190000000', 'currency': 'VND'}
MANY = 320  # more than are changed while the person waits
KEPT = """
const path = arguments[0];
return caches.open('pages').then((all) => all.keys()).then((all) => all.some((each) => new URL(each.url).pathname === path));
"""
INTO_VIEW = "arguments[0].scrollIntoView({block: 'nearest', inline: 'center', behavior: 'instant'})"


def look_at_the_day(person: Person, mark: str) -> None:
    """What is late is told on the first page, and something new begins there."""
    say, title = person.say, f'Gửi mẫu vải {mark}'
    yesterday = f'{datetime.now(UTC) - timedelta(days=1):%Y-%m-%dT09:00:00Z}'
    person.site.create('manager', 'task', title=title, due_at=yesterday)
    person.go('/')
    person.find('heading', say('Overdue'))
    person.follow('link', re.compile(title))
    person.find('heading', re.compile(title))

    person.go('/')
    person.tap('link' if person.phone else 'button', say('Add'))
    menu = '#add' if person.phone else '#add-menu'  # one person and many are called the same in Vietnamese, as in the rail
    person.leave(lambda: person.press(person.label('contact'), menu))
    person.find('heading', say('Add %(entity)s', entity=person.label('contact').lower()))


def find_somebody(person: Person, mark: str) -> None:
    """By parts of a name in any order and without accents, then by the phone in another spelling."""
    name = re.compile(f'Đặng Thùy {mark}')
    person.site.create('manager', 'contact', full_name=f'Đặng Thùy {mark}', mobile='0912 730 641')
    person.go('/')
    if person.phone:
        person.tap('link', person.say('Find'))
        person.tap('combobox', person.say('Search'))
    else:
        person.keys('/')
        person.find('combobox', person.say('Search'))
    person.keys(f'{mark.lower()} dang')
    person.find('option', name)
    person.leave(lambda: person.keys(Keys.ENTER))
    person.find('heading', name)

    person.go('/search/?q=%2B84912730641')
    person.find('link', name)


def make_a_list_ones_own(person: Person, mark: str) -> None:
    """Conditions by the builder, over related records; kept as a view that opens again."""
    say = person.say
    makes = {name: person.site.create('manager', 'company', name=f'{name} {mark}') for name in ('Mộc Gỗ', 'Mộc Đá')}
    wire = {'title': f'Bàn {mark}', 'company': makes['Mộc Đá'], 'stage': 'survey'}
    person.site.create('manager', 'opportunity', **wire)
    person.go(f'/company/?q={mark}&cols=name,email')
    person.read(f'Mộc Gỗ {mark}')

    if person.phone:
        person.tap('button', say('More actions'))
    person.tap('button', say('Columns'))
    person.tap('checkbox', person.label('company', 'phone'))
    person.follow('button', say('Show these columns'))
    person.until(lambda: person.browser.find_elements(By.CSS_SELECTOR, 'th[data-col=phone]'), 'the column')

    person.tap('button', say('Filter' if person.phone else 'All conditions'))
    person.tap('button', say('Add related records'))
    kinds = person.find('combobox', say('Related records'))
    opportunities = person.site.runtime.catalogs.current().entity('opportunity').definition.plural_in(person.way.locale)
    person.until(lambda: _choose(person, opportunities), 'the opportunities')
    assert kinds
    person.follow('button', say('Use it'))
    assert [each.text for each in person.all('tbody .t-pin a')] == [f'Mộc Đá {mark}']

    if person.phone:
        person.tap('button', say('More actions'))
    person.tap('button', say('Save as a new view'))
    person.find('textbox', say('Name')).send_keys(f'Riêng {mark}')
    person.follow('button', say('Save the view'))
    person.go('/company/')
    person.follow('link', re.compile(f'^Riêng {mark}'))  # how many it holds follows
    person.read(f'Mộc Đá {mark}')
    assert not [each for each in person.all('tbody .t-pin a') if 'Mộc Gỗ' in each.text]

    label = person.label('company', 'phone')
    if person.phone:
        person.tap('button', say('More actions'))
        person.tap('button', say('Edit in the list'))
        person.tap('link', f'Mộc Đá {mark}')
        person.tap('button', say('Edit {record}: {field}').format(record=f'Mộc Đá {mark}', field=label))
    else:
        person.keys('j', 'e')
        person.find('textbox', person.label('company', 'email'))
        person.keys(Keys.TAB)
    person.enter('textbox', label, '0912 730 655')
    if person.phone:
        person.tap('button', say('Save'))
    else:
        person.keys(Keys.ENTER)
    person.stored('company', makes['Mộc Đá'], 'phone', '+84912730655')


def _choose(person: Person, text: str) -> bool:
    for each in person.all('#conditions select'):
        options = [option.text for option in Select(each).options]
        for option in options:
            if option.startswith(text):
                Select(each).select_by_visible_text(option)
                return True
    return False


def change_many(person: Person, mark: str) -> None:
    """More than a page, told of while it goes on, and taken back."""
    say, label = person.say, person.label('lead', 'job_title')
    entity = person.site.runtime.catalogs.current().entity('lead')
    new = [Change(entity, new_uid(), {'full_name': f'Hàng loạt {mark} {number}'}) for number in range(MANY)]
    person.site.runtime.write(person.site.actor('manager'), lambda store: store.create_many('lead', new))
    person.go(f'/lead/?q={mark}')
    if person.phone:
        person.tap('button', say('Pick records'))
        person.all('tbody tr')[0].click()
    else:
        person.tap('checkbox', say('Pick all'))
    whole = (say('Take all that fit'), say('Take all %(count)s', count=MANY))
    person.tap('button', re.compile('|'.join(map(re.escape, whole))))
    person.press(say('Bulk edit'), '.t-selbar')
    Select(person.find('combobox', say('Field to change'))).select_by_visible_text(label)
    person.find('textbox', label).send_keys('Kế toán')
    person.tap('button', say('Change them'))

    person.find('progressbar', re.compile('.'))
    worker(person)
    assert held(person, mark) == {'Kế toán'}
    person.tap('button', say('Undo'))
    person.until(lambda: person.all('#toasts [data-job]') or person.all('#undo[open]'), 'the way back')
    if person.all('#undo[open]'):
        person.click('#undo [data-save]')
        person.see('#toasts [data-job]')
    worker(person)
    assert held(person, mark) == {None}
    person.gone('#toasts [data-job]')


def worker(person: Person) -> None:
    """What waits is carried out behind the page."""
    behind = threading.Thread(target=running.drain, args=(person.site.runtime,))
    behind.start()
    behind.join()


def held(person: Person, mark: str) -> set[Any]:
    with person.site.runtime.reader(person.site.actor('manager')) as reader:
        rows = [row for part in reader.stream('lead', ListQuery(search=mark), 500) for row in part]
    return {row.values['job_title'] for row in rows}


def write_about_a_record(person: Person, mark: str) -> None:
    """A fact is changed in place beside a note half written, which names a colleague; the record goes back to what it was."""
    say = person.say
    uid = _deal(person, mark, next_step='Gọi điện', amount=MONEY)
    person.go(f'/opportunity/{uid}')
    if not person.phone:
        person.enter('textbox', say('What happened'), 'Nhờ ')
    pencil = person.browser.find_element(By.CSS_SELECTOR, '[data-fact=next_step] .t-edit')  # seen under the mouse alone
    person.browser.execute_script('arguments[0].click()', pencil)
    box = person.see('.is-editing [data-field=next_step] input:not([type=hidden])')
    box.send_keys(Keys.CONTROL, 'a')
    box.send_keys('Gửi báo giá', Keys.ENTER)
    person.stored('opportunity', uid, 'next_step', 'Gửi báo giá')

    if person.phone:
        person.tap('button', re.compile(f'^{say("Time line")}'))
    person.read('Gửi báo giá', '#timeline-entries')
    person.enter('textbox', say('What happened'), 'Nhờ @lead' if person.phone else '@lead')
    person.see('.t-mentions li.is-on')
    person.keys(Keys.ENTER)
    person.keys('xem giúp')
    person.tap('button', say('Save to the time line'))
    person.read('xem giúp', '.t-bubble')
    assert person.see('.t-bubble').text.startswith(f'Nhờ @{person.site.actor("leader").name}')

    person.tap('button', say('Back to this'))
    person.find('dialog', say('Back to revision %(number)s', number=1))
    person.follow('button', say('Go back to it'))
    person.stored('opportunity', uid, 'next_step', 'Gọi điện')


def move_cards(person: Person, mark: str) -> None:
    """By mouse and by keyboard, or by finger; a stage asks for what it needs, a lost one for its reason."""
    say, asked = person.say, person.say('Move “%(title)s”', title=f'Bàn họp {mark}')
    uid = _deal(person, mark, stage='survey')
    person.go(f'/opportunity/board?pipeline=deal&q={mark}')
    carry = _carry_by_finger if person.phone else _carry_by_mouse
    carry(person, uid, '.t-stack[data-stage=quote]')
    person.stored('opportunity', uid, 'stage', 'quote')

    if person.phone:
        carry(person, uid, '.t-stack[data-stage=negotiate]')
    else:
        person.gone('.t-card[aria-busy]')
        person.browser.execute_script('arguments[0].focus()', person.card(uid))
        person.actions().key_down(Keys.SHIFT).send_keys(Keys.ARROW_RIGHT).key_up(Keys.SHIFT).perform()
    person.find('dialog', asked)
    person.write('opportunity', 'amount', '5000000')
    person.tap('button', say('Save and move'))
    person.stored('opportunity', uid, 'stage', 'negotiate')
    person.until(lambda: person.stack_of(uid) == 'negotiate', 'the card in its column')

    carry(person, uid, '.t-zones > .t-bad')
    person.find('dialog', asked)
    Select(person.box('opportunity', 'lost_reason', 'combobox')).select_by_index(1)
    person.tap('button', say('Save and move'))
    person.stored('opportunity', uid, 'stage', 'lost')
    person.gone(f'.t-card[data-uid="{uid}"]')


def _carry_by_mouse(person: Person, uid: str, to: str) -> None:
    person.gone('.t-card[aria-busy]')
    person.drag(uid, to)


def _carry_by_finger(person: Person, uid: str, to: str) -> None:
    person.gone('.t-card[aria-busy]')
    card = person.card(uid)
    person.browser.execute_script(INTO_VIEW, card)
    person.drag_by_finger(card, to)


def fill_in_a_form(person: Person, mark: str) -> None:
    """A field shows as soon as another asks for it, a company is made on the way, lines are added, a clash is settled."""
    say = person.say
    person.go('/opportunity/new')
    person.write('opportunity', 'title', f'Nội thất {mark}')
    stage = Select(person.box('opportunity', 'stage', 'combobox'))
    stage.select_by_visible_text(person.stage('opportunity', 'lost'))
    person.box('opportunity', 'lost_reason', 'combobox')
    stage.select_by_visible_text(person.stage('opportunity', 'survey'))
    person.gone('#f-lost_reason')

    person.click('[data-field=company] .ts-control')
    person.see('[data-field=company] .ts-control input').send_keys(f'Gỗ {mark}')
    person.gone('[data-field=company] .loading')
    person.click('[data-field=company] .ts-dropdown .create')
    person.click('#quick [data-save]')
    person.gone('#quick')
    person.read(f'Gỗ {mark}', '[data-field=company] .ts-control .item')

    person.tap('button', say('Add %(line)s', line={'vi': 'mặt hàng', 'en': 'item'}[person.way.locale]))
    person.see('[data-lines-row] input[name$=".title"]').send_keys('Bàn')
    save = say('Save %(entity)s', entity=person.label('opportunity').lower())
    person.follow('button', save)
    person.find('heading', re.compile(f'Nội thất {mark}'))
    uid = person.browser.current_url.split('?')[0].rsplit('/', 1)[1]
    assert [line['title'] for line in person.field('opportunity', uid, 'items')] == ['Bàn']

    person.go(f'/opportunity/{uid}/edit')
    other = person.site.actor('admin')
    person.site.runtime.write(other, lambda store: store.update('opportunity', uid, {'title': f'Tên khác {mark}'}))
    person.write('opportunity', 'title', f'Tên tôi {mark}')
    person.follow('button', save)
    person.find('dialog', say('This field was changed meanwhile'))
    person.click('#conflict input[value=theirs]')
    person.follow('button', say('Save my choice'))
    person.find('heading', re.compile(f'Tên khác {mark}'))


def plan_a_week(person: Person, mark: str) -> None:
    """A meeting of every week is drawn over hours, and one of them put off; a phone renames it in its list of days, puts it
    off and makes it longer with a finger among the hours, and is turned."""
    say, save = person.say, person.say('Save %(entity)s', entity=person.label('appointment').lower())
    today = datetime.now(ZoneInfo('Asia/Ho_Chi_Minh')).date()
    if person.phone:
        person.site.create('manager', 'appointment', title=f'Gặp {mark}', starts_at=f'{today}T02:00:00Z')
        person.go(f'/calendar/?show=week&day={today}')
        person.tap('link', re.compile(f'Gặp {mark}'))
    else:
        person.go(f'/calendar/?show=week&day={today}')
        _draw(person, 80)
        Select(person.find('combobox', say('Repeat'))).select_by_value('weekly')
    person.see('#event[open]')
    person.write('appointment', 'title', f'Họp {mark}')
    person.tap('button', save)
    person.gone('#event')
    person.read(f'Họp {mark}', '.t-slotted, .t-slotrow')
    (uid,) = _appointments(person, mark)
    if person.phone:
        person.tap('button', say('More actions'))
        person.follow('link', say('Hours of the day'))
        person.pull_by_finger(_slotted(person, mark), 50)
        person.until(lambda: person.field('appointment', uid, 'starts_at') > f'{today}T02:00:00Z', 'a later start')
        before = person.field('appointment', uid, 'ends_at')
        person.go(f'/calendar/?show=day&day={today}')
        person.pull_by_finger(_slotted(person, mark), 50, foot=True)
        person.until(lambda: person.field('appointment', uid, 'ends_at') != before, 'a later end')
        person.resize(DESK)
        person.read(f'Họp {mark}', '.t-slotted')
        return
    person.actions().click_and_hold(_slotted(person, mark)).move_by_offset(0, 20).move_by_offset(0, 20).release().perform()
    person.tap('radio', say('This one'))
    person.tap('button', say('Save'))
    person.until(lambda: len(_appointments(person, mark)) == 2, 'one beside the series')
    series, single = sorted(_appointments(person, mark), key=lambda each: not person.field('appointment', each, 'repeat'))
    assert person.field('appointment', single, 'starts_at') > person.field('appointment', series, 'starts_at')


def _slotted(person: Person, mark: str) -> WebElement:
    shown: WebElement = person.until(lambda: next((e for e in person.all('.t-slotted') if mark in e.text), None), 'the event')
    return shown


def _draw(person: Person, length: int) -> None:
    """A span in the last day of the week that is shown."""
    head = person.until(lambda: next(iter(person.all('.t-dayhead')[6:]), None), 'the week')
    person.actions().move_to_element(head).move_by_offset(0, 240).click_and_hold().move_by_offset(0, length).release().perform()


def _appointments(person: Person, mark: str) -> list[str]:
    with person.site.runtime.reader(person.site.actor('manager')) as reader:
        return [each.uid for each in reader.list_page('appointment', ListQuery(search=mark)).records]


def ask_for_help(person: Person, mark: str) -> None:
    """Help about the page one comes from, the map of keys, what a field is for, an empty list and a page that is not there."""
    say, birthday = person.say, person.label('contact', 'birthday')
    uid = person.site.create('manager', 'contact', full_name=f'Lê Văn {mark}', birthday='1990-05-04')
    person.go(f'/contact/{uid}')
    person.tap('button', say('About “%(label)s”', label=birthday))
    person.read(person.help('contact', 'birthday'), '.t-about-text')
    person.keys(Keys.ESCAPE)
    if person.phone:
        person.tap('link', say('Menu'))
    else:
        person.keys('?')
        person.find('dialog', say('Keyboard shortcuts'))
        person.keys(Keys.ESCAPE)
        person.tap('button', re.compile(re.escape(person.site.actor('manager').name)))
    person.follow('link', say('Help'))
    assert person.browser.current_url.endswith('/help#about-record')
    person.follow('link', say('What is new'))
    person.find('heading', say('What is new'))
    person.go(f'/contact/?q=nobody{mark}')
    person.find('heading', say('Nothing fits'))
    person.leave(lambda: person.click('.t-blank a'))
    person.allowed.append('404')
    person.go('/nowhere/')
    person.follow('link', say('Search for “%(text)s”') % {'text': 'nowhere'})


def work_without_the_network(person: Person, mark: str) -> None:
    """What was read is there, a save waits and is sent when the network is back. From an address that goes away."""
    uid = person.site.create('manager', 'contact', full_name=f'Lê Thị {mark}')
    script, home = person.browser.execute_script, person.address
    host = home.rsplit(':', 1)[0]
    with serving(person.site.app) as served:
        person.address, port = f'{host}:{urlsplit(served).port}', urlsplit(served).port
        person.go('/contact/')
        person.until(lambda: script('return Boolean(navigator.serviceWorker.controller)'), 'the worker')
        person.go(f'/contact/{uid}')
        person.until(lambda: script(KEPT, f'/contact/{uid}'), 'a copy of the page')
        person.go(f'/contact/{uid}/edit')
        person.write('contact', 'job_title', 'Giám đốc')
    person.allowed += ['ERR_CONNECTION', 'ERR_FAILED', 'net::']
    person.tap('button', person.say('Save %(entity)s', entity=person.label('contact').lower()))
    person.see('[data-waiting] li')
    person.go(f'/contact/{uid}')
    person.find('heading', re.compile(f'Lê Thị {mark}'))
    assert person.field('contact', uid, 'job_title') is None

    with serving(person.site.app, port or 0):
        person.go('/contact/')
        person.stored('contact', uid, 'job_title', 'Giám đốc')
        person.gone('[data-offline-bar]:not([hidden])')
    person.address = home


def _deal(person: Person, mark: str, **wire: object) -> str:
    company = person.site.create('manager', 'company', name=f'Công ty {mark}')
    return person.site.create('manager', 'opportunity', title=f'Bàn họp {mark}', company=company, **{'owner': 'rep', **wire})


JOBS: tuple[Job, ...] = (
    look_at_the_day, find_somebody, make_a_list_ones_own, change_many, write_about_a_record, move_cards, fill_in_a_form,
    plan_a_week, ask_for_help, work_without_the_network,
)  # fmt: skip
