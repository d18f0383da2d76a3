"""New records on the way: from a column of the board, in its stage, and like one that there is."""

from __future__ import annotations

import html
import io
import re
from datetime import timedelta
from zoneinfo import ZoneInfo

from flask.testing import FlaskClient

from modules.files.service import Uploads
from modules.files.storage import FileStore
from modules.timeline.glances import GLANCES
from tests.record.test_pages import statements
from tests.record.test_timeline import deal, headers
from tests.support.site import Site
from tests.web.pages import form_of

VIETNAM = ZoneInfo('Asia/Ho_Chi_Minh')


def shown(page: str, key: str) -> str:
    """What the input of a field holds."""
    found = re.search(rf'name="{key}"[^>]*value="([^"]*)"', page)
    assert found is not None, key
    return found[1]


def test_a_column_of_the_board_adds_records_in_its_stage_and_asks_for_what_that_needs(site: Site) -> None:
    company, manager = site.create('manager', 'company', name='Gỗ Việt'), site.client('manager')
    contact = site.create('manager', 'contact', full_name='Lê Văn Tám')
    deal(site, stage='survey')
    page = manager.get('/opportunity/board?pipeline=lead').text
    [address] = re.findall(r'hx-get="(/opportunity/quick\?[^"]*stage=advise)"', page)
    sent = {'title': 'Từ cột', 'company': company, 'stage': 'advise', 'stay': '1'}

    dialogue = manager.get(address.replace('&amp;', '&')).text
    refused = manager.post('/opportunity/quick', data=sent, headers=headers(manager))
    saved = manager.post('/opportunity/quick', data={**sent, 'contact': contact}, headers=headers(manager))

    assert re.search(r'value="advise" selected', dialogue) and 'name="contact"' in dialogue
    assert 'name="contact"' not in manager.get('/opportunity/quick?stage=survey').text
    assert refused.status_code == 422 and 'name="contact"' in refused.text
    assert saved.status_code == 204 and 'Từ cột' in manager.get('/opportunity/board/column?stage=advise').text


def test_who_may_add_none_is_offered_no_way_to(sqlite_site: Site) -> None:
    site = sqlite_site
    uid = deal(site, stage='survey', owner='rep')
    documents = dict(site.runtime.publisher.documents())
    role = documents['role', 'rep']
    grants = role['grants']
    documents['role', 'rep'] = {**role, 'grants': {**grants, 'opportunity': {**grants['*'], 'create': 'none'}}}
    publisher, admin = site.runtime.publisher, site.actor('admin')

    before = [site.client('rep').get(path).text for path in ('/opportunity/board', f'/opportunity/{uid}')]
    publisher.apply(publisher.plan_documents(documents, admin, note='No more').plan_id, admin)
    after = [site.client('rep').get(path).text for path in ('/opportunity/board', f'/opportunity/{uid}')]

    assert 'quick?stay=1' in before[0] and f'new?like={uid}' in before[1]
    assert 'quick?stay=1' not in after[0] and f'new?like={uid}' not in after[1]


def test_a_copy_takes_over_what_people_set_and_neither_stage_nor_files(site: Site) -> None:
    uploads = Uploads(site.runtime.database, site.runtime.clock, FileStore.at(site.runtime.settings.files_url))
    taken = uploads.take(site.actor('manager'), io.BytesIO(b'bang gia'), 'bảng giá.txt')
    contact = site.create('manager', 'contact', full_name='Lê Văn Tám', job_title='Giám đốc')
    uid = deal(site, stage='contract', contact=contact, next_step='Hẹn gặp', amount='5000000', expected_close_on='2026-12-01')
    call = site.create('manager', 'activity', kind='call', subject='Gọi báo giá', files=[taken.uid])
    manager = site.client('manager')

    page = manager.get(f'/opportunity/new?like={uid}').text
    log = manager.get(f'/activity/new?like={call}').text

    assert (shown(page, 'title'), shown(page, 'next_step')) == ('Nội thất tầng 12', 'Hẹn gặp')
    assert re.search(rf'value="{contact}"[^>]* selected', page)
    assert 'value="contract" selected' not in page
    assert shown(log, 'subject') == 'Gọi báo giá' and 'bảng giá.txt' not in log
    assert 'bảng giá.txt' in manager.get(f'/activity/{call}').text
    assert site.client('rep2').get(f'/opportunity/new?like={uid}').status_code == 404


def test_cards_tell_the_last_contact_the_newest_note_and_what_is_next_to_who_chose_it(site: Site) -> None:
    now = site.runtime.clock.now()
    day = {each: (now + timedelta(days=each)).isoformat() for each in (-9, -3, -1, 2, 5)}
    uid, blank, own = deal(site, stage='survey'), deal(site, stage='survey'), deal(site, stage='survey', owner='rep')
    about, theirs = ({'regarding': {'entity': 'opportunity', 'uid': each}} for each in (uid, own))
    site.create('manager', 'activity', kind='call', subject='Gọi', body='Khách hẹn gọi lại', happened_at=day[-9], **about)
    site.create('manager', 'activity', kind='note', subject='Ghi', body='Chốt màu sồi', happened_at=day[-1], **about)
    site.create('manager', 'activity', kind='call', subject='Kín', body='Không cho ai xem', happened_at=day[-1], **theirs)
    site.create('manager', 'appointment', title='Đo mặt bằng', starts_at=day[2], **about)
    site.create('manager', 'appointment', title='Đã qua', starts_at=day[-3], **about)
    site.create('manager', 'task', title='Gửi mẫu gỗ', due_at=day[5], **about)
    manager, rep = site.client('manager'), site.client('rep')

    def lines(client: FlaskClient, uid: str) -> list[str]:
        drawn = client.get(f'/opportunity/board/{uid}/card').get_json()['card']
        return [html.unescape(each) for each in re.findall(r'class="t-glance" title="([^"]*)"', drawn)]

    plain = lines(manager, uid)
    for client in (manager, rep):
        client.post('/opportunity/board/fields', data={'field': [*GLANCES, 'amount']}, headers=headers(client))
    contact, planned, note = lines(manager, uid)
    board = manager.get('/opportunity/board').text
    few = statements(site, manager, '/opportunity/board')
    for _number in range(5):
        each = {'entity': 'opportunity', 'uid': deal(site, stage='quote')}
        site.create('manager', 'task', title='Gửi báo giá', due_at=day[5], regarding=each)
    many = statements(site, manager, '/opportunity/board')
    task = site.create('manager', 'task', title='Gọi lại khách', due_at=day[-3], **about)
    late = manager.get(f'/opportunity/board/{uid}/card').get_json()['card']
    site.runtime.write(site.actor('manager'), lambda store: store.update('task', task, {'status': 'done'}))

    assert plain == [] and few == many
    assert contact.startswith('Last contact ') and str((now - timedelta(days=9)).astimezone(VIETNAM).day) in contact
    assert planned.endswith(' · Đo mặt bằng') and note == 'Chốt màu sồi'
    assert html.escape(planned) in board and 'Chốt màu sồi' in board
    assert 'Gọi lại khách' in late and '>Late<' in late.replace('</svg>', '>')
    assert lines(manager, uid) == [contact, planned, note]
    assert lines(manager, blank) == lines(rep, own) == ['No contact yet', 'Nothing planned']


def test_ones_own_tasks_and_appointments_are_ticked_off_in_the_time_line(sqlite_site: Site) -> None:
    site, uid = sqlite_site, deal(sqlite_site, stage='survey')
    now = site.runtime.clock.now()
    past, ahead = (now - timedelta(days=2)).isoformat(), (now + timedelta(days=2)).isoformat()
    about = {'regarding': {'entity': 'opportunity', 'uid': uid}}
    late = site.create('manager', 'task', title='Gọi lại', due_at=past, **about)
    soon = site.create('manager', 'appointment', title='Đo mặt bằng', starts_at=ahead, **about)
    site.create('manager', 'task', title='Đã gửi', due_at=past, status='done', **about)
    site.create('manager', 'appointment', title='Hằng tuần', starts_at=ahead, ends_at=ahead, repeat='FREQ=WEEKLY', **about)
    site.create('manager', 'task', title='Của Long', due_at=past, owner='rep', **about)
    manager = site.client('manager')

    def ticks() -> list[str]:
        return re.findall(r'hx-post="(/calendar/[^"]+/done)"', manager.get(f'/opportunity/{uid}/timeline').text)

    before = ticks()
    answer = manager.post(f'/calendar/task/{late}/done', data={'state': 'done', 'revision': '1'}, headers=headers(manager))

    assert before == [f'/calendar/appointment/{soon}/done', f'/calendar/task/{late}/done']
    assert answer.status_code == 204 and '"calendar-changed"' in answer.headers['HX-Trigger']
    assert ticks() == [f'/calendar/appointment/{soon}/done']


def test_a_copy_that_is_saved_untouched_has_lines_and_links_of_its_own(site: Site) -> None:
    guest = site.create('manager', 'contact', full_name='Lê Văn Tám')
    first = site.create(
        'manager', 'appointment', title='Đo mặt bằng', starts_at='2026-11-24T02:00:00Z', participants=[{'person': 'rep'}],
        guests=[guest],
    )  # fmt: skip
    manager = site.client('manager')

    form = form_of(manager.get(f'/appointment/new?like={first}').text)
    form['title'] = 'Đo lần hai'
    answer = manager.post('/appointment/new', data=form, headers=headers(manager))

    second = answer.headers['Location'].rsplit('/', 1)[1]
    with site.runtime.reader(site.actor('manager')) as reader:
        one, two = (reader.get('appointment', uid) for uid in (first, second))
    assert (one.title, two.title, one.revision) == ('Đo mặt bằng', 'Đo lần hai', 1)
    for record in (one, two):
        assert [line.values['person'].uid for line in record.values['participants'].lines] == ['rep']
        assert [link.uid for link in record.values['guests'].links] == [guest]
    assert not {line.uid for line in one.values['participants'].lines} & {line.uid for line in two.values['participants'].lines}
