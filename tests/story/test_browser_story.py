"""The main job as people live it: `trellis up --demo`, an administrator and a sales rep at their browsers, a mail server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from selenium.webdriver import Keys
from xlsxwriter import Workbook

from tests.story.browsing import Visitor
from tests.support.browser import start_chromium
from tests.support.running import PASSWORD, Client, Installation, Traffic, demonstration, mail_server
from tests.support.servers import SmtpServer

pytestmark = pytest.mark.browser
ZONE = ZoneInfo('Asia/Ho_Chi_Minh')
REFUSED = 'the server responded with a status of 422'
FIELDS = (  # label, type, and what the editor asks for that type
    ('Room', 'text', {}),
    ('Starts on', 'date', {}),
    ('Seats', 'integer', {}),
    ('Fee', 'money', {}),
    ('Level', 'picklist', {'[name="option.en"]': 'Beginner'}),
    ('Online', 'boolean', {}),
    ('Student', 'link', {'#s-target': 'contact'}),
)


@dataclass
class Story:
    trellis: Installation
    mail: SmtpServer
    admin: Visitor
    rep: Visitor
    admin_api: Client
    rep_api: Client

    def contact(self, **wire: object) -> str:
        return str(self.rep_api.need('POST', '/contact/', wire)['id'])

    def review_and_publish(self) -> None:
        """From a review page that is open."""
        self.admin.read('If you publish now')
        if wanted := self.admin.all('#confirm-side'):
            wanted[0].send_keys(self.admin.see('.t-kv dd.t-warn').text)
        self.admin.leave(lambda: self.admin.press('Publish version'))
        self.admin.read('is live', '#toasts')


@pytest.fixture(scope='module')
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp('story')
    with ExitStack() as stack:
        mail = stack.enter_context(mail_server())
        trellis = stack.enter_context(demonstration(folder / 'home', TRELLIS_MAIL_URL=mail.url))
        people = {}
        for name in ('admin', 'rep'):
            browser = start_chromium(folder / f'chromium-{name}')
            stack.callback(browser.quit)
            people[name] = Visitor(browser, trellis.address)
            people[name].sign_in(name, PASSWORD)
        clients = [Client(trellis.address, trellis.token(name)) for name in ('admin', 'rep')]
        yield Story(trellis, mail, people['admin'], people['rep'], *clients)


@pytest.fixture(autouse=True)
def nothing_is_complained_of(story: Story) -> Iterator[None]:
    """After each part of the story the consoles and the servers' logs hold nothing."""
    yield
    assert (story.admin.complaints(), story.rep.complaints(), story.trellis.troubles()) == ([], [], [])
    story.admin.allowed, story.rep.allowed = [], []


def test_an_admin_makes_an_entity_and_a_rep_works_with_it_at_once(story: Story) -> None:
    student = story.contact(full_name='Trịnh Thị Học Viên')
    admin, rep = story.admin, story.rep
    admin.go('/studio/new')
    for name, text in {'label-vi': 'Lớp học', 'label-en': 'Class', 'plural-vi': 'Lớp học', 'plural-en': 'Classes'}.items():
        admin.fill(f'#{name}', text)
    admin.leave(lambda: admin.press('Add to draft'))
    for label, kind, asked in FIELDS:
        admin.go(f'/studio/class/fields?new=1&type={kind}')
        admin.fill('#label-en', label)
        for css, value in asked.items():
            admin.put(css, value)
        admin.leave(lambda: admin.press('Add field', '.t-editor-acts'))
    admin.leave(lambda: admin.press('Review changes'))
    story.review_and_publish()

    rep.go('/')
    rep.leave(lambda: rep.press('Classes', '.t-rail'))
    rep.leave(lambda: rep.press('Add class'))
    for number, again in ((1, 'Save and add another'), (2, 'Save and add another'), (3, 'Save class')):
        rep.fill('#f-name', f'English {number}')
        rep.fill('#f-room', 'A2')
        rep.put('#f-starts_on', '2026-12-01')
        rep.fill('#f-seats', '24')
        rep.fill('#f-fee', '3500000')
        rep.put('#f-level', 'beginner')
        rep.pick('student', 'Trịnh Thị Học Viên')
        rep.leave(lambda again=again: rep.press(again))  # type: ignore[misc]
    rep.read('English 3', 'h1')

    kept = story.rep_api.need('GET', '/class/?order_column=name')
    student_link = {'uid': student, 'label': 'Trịnh Thị Học Viên'}
    assert kept['count'] == 3
    assert [
        (each['name'], each['room'], each['starts_on'], each['seats'], each['fee'], each['level'], each['online'])
        for each in kept['result']
    ] == [
        (f'English {number}', 'A2', '2026-12-01', 24, {'amount': '3500000', 'currency': 'VND'}, 'beginner', False)
        for number in (1, 2, 3)
    ]
    assert all(each['student'] == student_link for each in kept['result'])


def test_a_field_is_published_while_others_work_and_no_request_fails(story: Story) -> None:
    uids = [story.contact(full_name=f'Người {number}') for number in range(4)]
    token = story.rep_api.headers['Authorization'].removeprefix('Bearer ')
    traffic = Traffic([Client(story.trellis.address, token) for _ in uids], uids)
    admin = story.admin

    with traffic.flowing():
        admin.go('/studio/contact/fields?new=1&type=text')
        admin.fill('#label-en', 'Nickname')
        admin.leave(lambda: admin.press('Add field', '.t-editor-acts'))
        admin.leave(lambda: admin.press('Review changes'))
        story.review_and_publish()

    assert traffic.failures == []
    assert all('nickname' in keys for keys in traffic.seen)
    admin.go(f'/contact/{uids[0]}/edit')
    admin.fill('#f-nickname', 'Tí')
    admin.leave(lambda: admin.press('Save contact'))
    assert story.rep_api.need('GET', f'/contact/{uids[0]}')['result']['nickname'] == 'Tí'


def test_an_opportunity_moves_by_keyboard_and_is_dragged_to_won_through_its_gate(story: Story) -> None:
    company = story.rep_api.need('POST', '/company/', {'name': 'Công ty Kéo Thả'})['id']
    wire = {'title': 'Máy chiếu lớp học', 'company': company, 'stage': 'survey'}
    deal = story.rep_api.need('POST', '/opportunity/', wire)['id']
    rep, card = story.rep, f'.t-card[data-uid="{deal}"]'
    rep.allowed = [REFUSED]
    rep.go('/opportunity/board?pipeline=deal&q=Máy chiếu lớp học')

    rep.see(card).send_keys(Keys.SHIFT + Keys.ARROW_RIGHT)
    rep.see(f'[data-column="quote"] {card}:not([aria-busy])')
    assert story.rep_api.need('GET', f'/opportunity/{deal}')['result']['stage'] == 'quote'

    rep.actions().click_and_hold(rep.see(card)).move_by_offset(20, 20).perform()
    zone = rep.see('.t-zones [data-stage="won"]')
    rep.actions().move_to_element(zone).move_by_offset(4, 4).release().perform()
    rep.read('Move “Máy chiếu lớp học”', '#gate')
    rep.fill('#gate-amount', '45000000')
    rep.put('#gate-expected_close_on', '2026-12-20')
    rep.press('Save and move')
    rep.gone(card)

    won = story.rep_api.need('GET', f'/opportunity/{deal}')['result']
    assert (won['stage'], won['amount']['amount'], won['expected_close_on']) == ('won', '45000000', '2026-12-20')


def test_the_same_phone_in_another_spelling_is_warned_of_and_may_be_kept(story: Story) -> None:
    story.contact(full_name='Phan Thị Gốc', phone='0912 730 641')
    rep = story.rep
    rep.allowed = [REFUSED]
    rep.go('/contact/new')
    rep.fill('#f-full_name', 'Phan Gốc')
    rep.fill('#f-phone', '+84 912 730 641')
    rep.read('Phan Thị Gốc', '#matches')
    rep.read('Same phone', '#matches')

    rep.press('Not the same', '#matches')
    rep.leave(lambda: rep.press('Save contact'))

    rep.read('Phan Gốc', 'h1')
    found = story.rep_api.need('GET', '/contact/?search=0912730641')
    assert sorted(each['full_name'] for each in found['result']) == ['Phan Gốc', 'Phan Thị Gốc']


def test_a_spreadsheet_of_another_program_comes_in_through_the_screens(story: Story, tmp_path: Path) -> None:
    admin, file = story.admin, tmp_path / 'danh-ba.xlsx'
    rows = (
        ('Display Name', 'Primary Phone', 'E-mail 1 - Value', 'Birthday', 'Notes'),
        ('Vũ Thị Nhập', '028 3822 5512 ext. 12', 'nhap@khach.example', '1990-03-08', 'ZZ 1'),
        ('Lý Văn Nhập', '+84 (0)90 377 2214', '', '', ''),
        ('', '0903772215', 'khongten@khach.example', '', 'a row without a name'),
        ('Hồ Thị Nhập', '', 'hothi@khach.example', '31/12/1988', ''),
    )
    with Workbook(str(file)) as book:
        sheet = book.add_worksheet('Contacts Export')
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    admin.go('/contact/import')
    admin.see('#import-file').send_keys(str(file))
    admin.leave(lambda: admin.press('Read the file'))
    for number, key in enumerate(('full_name', 'phone', 'email', 'birthday', 'description')):
        admin.put(f'#column-{number}', key)
    admin.leave(lambda: admin.press('Check the rows'))

    admin.read('4 rows, all checked')
    admin.read('Import 3 rows, leave out 1')
    admin.leave(lambda: admin.press('Import 3 rows'))
    admin.read('Download the rows left out')

    found = story.admin_api.need('GET', '/contact/?search=Nhập&order_column=full_name')['result']
    kept = {
        each['full_name']: (each['phone'], each['email'], each['birthday']) for each in found if 'Nhập' in each['full_name']
    }
    assert {name: rest[1:] for name, rest in kept.items()} == {
        'Vũ Thị Nhập': ('nhap@khach.example', '1990-03-08'),
        'Lý Văn Nhập': (None, None),
        'Hồ Thị Nhập': ('hothi@khach.example', '1988-12-31'),
    }
    assert kept['Lý Văn Nhập'][0] == '+84903772214'
    assert '12' in kept['Vũ Thị Nhập'][0]


def test_the_birthday_mail_arrives_exactly_once_however_often_the_job_runs(story: Story) -> None:
    today = datetime.now(ZONE)
    born = f'1991-{today:%m-%d}' if (today.month, today.day) != (2, 29) else '1992-02-29'
    story.contact(full_name='Mừng Thị Sinh', email='mung@khach.example', birthday=born)
    at = f'{today:%Y-%m-%d}T23:00:00+07:00'

    story.trellis.trellis('workflow', 'run-due', '--at', at)
    story.trellis.trellis('workflow', 'run-due', '--at', at)

    greeted = Counter(recipient for delivery in story.mail.messages for recipient in delivery.recipients)
    assert greeted['mung@khach.example'] == 1
    assert set(greeted.values()) == {1}
    assert len(greeted) > 1  # the people of the demonstration who were born on this day


def test_a_dropped_field_comes_back_with_its_values_after_rolling_back_and_forward(story: Story) -> None:
    before = story.admin_api.need('GET', '/schema/versions')['result'][0]['version']
    part = {'x-type': 'text', 'x-label': {'en': 'Loyalty card', 'vi': 'Thẻ'}}
    plan = story.admin_api.need('POST', '/schema/plan', {'entities': {'contact': {'properties': {'loyalty_card': part}}}})
    story.admin_api.need('POST', '/schema/apply', {'plan_id': plan['plan_id']}, (200, 202))
    uid = story.contact(full_name='Đỗ Trung Thành', loyalty_card='VIP-001')
    admin = story.admin

    def go_back_to(version: int) -> None:
        admin.go('/studio/history')
        admin.leave(lambda: admin.click(f'a[href="/studio/rollback/{version}"]'))
        story.review_and_publish()

    go_back_to(before)
    without = story.rep_api.need('GET', f'/contact/{uid}')['result']
    go_back_to(before + 1)

    assert 'loyalty_card' not in without
    assert story.rep_api.need('GET', f'/contact/{uid}')['result']['loyalty_card'] == 'VIP-001'
    admin.go(f'/contact/{uid}')
    admin.read('VIP-001')
