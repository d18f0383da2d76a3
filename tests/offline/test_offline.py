"""What a browser needs to install Trellis, drafts drawn again by the server, and a real browser whose network is cut."""

from __future__ import annotations

import io
import re
import socket

import pytest
from PIL import Image
from selenium.webdriver import Keys

from modules.records.model import ListQuery
from schema.base.ids import new_uid
from tests.support.browser import OpenBrowser
from tests.support.serving import serving
from tests.support.site import PASSWORD, Site
from tests.support.waiting import free_port
from tests.web.desk import Desk


def test_a_browser_may_install_it(sqlite_site: Site) -> None:
    client = sqlite_site.client()

    manifest = client.get('/manifest.webmanifest')

    described = manifest.get_json(force=True)
    assert manifest.mimetype == 'application/manifest+json'
    assert (described['display'], described['start_url'], described['scope']) == ('standalone', '/', '/')
    for each in described['icons']:
        picture = Image.open(io.BytesIO(client.get(each['src']).data))
        assert '{}x{}'.format(*picture.size) == each['sizes']
    assert client.get('/icon-77.png').status_code == 404


def test_the_worker_covers_all_pages_and_may_reach_this_server_alone(sqlite_site: Site) -> None:
    answer = sqlite_site.client().get('/worker.js')

    assert answer.mimetype == 'text/javascript'
    assert answer.headers['Cache-Control'] == 'no-cache'
    assert "default-src 'none'; connect-src 'self';" in answer.headers['Content-Security-Policy']
    assert not re.search(r'\bimport\s*["\'{*(]', answer.text)  # browsers refuse a worker that is a module


def test_a_draft_is_drawn_again_as_typed_over_its_own_revision_and_saves_nothing(sqlite_site: Site) -> None:
    site, client = sqlite_site, sqlite_site.client('rep')
    uid = site.create('rep', 'contact', full_name='Lê Văn Tám', job_title='Kỹ sư')
    site.runtime.write(site.actor('rep'), lambda store: store.update('contact', uid, {'job_title': 'Trưởng nhóm'}))
    token = client.get('/api/v1/security/csrf_token/').get_json()['result']
    typed = {'csrf_token': token, 'draft': '1', 'uid': uid, 'revision': '1', 'full_name': '<b>Lê</b>', 'job_title': 'Giám đốc'}

    drawn = client.post(f'/contact/{uid}/edit', data=typed)
    saved = client.post(f'/contact/{uid}/edit', data={**typed, 'draft': ''})

    assert drawn.status_code == 200
    assert 'data-typed' in drawn.text and 'value="Giám đốc"' in drawn.text and '&lt;b&gt;Lê' in drawn.text
    assert 'name="revision" value="1"' in drawn.text
    assert saved.status_code == 409  # somebody changed the same field since
    with site.runtime.reader(site.actor('rep')) as reader:
        assert reader.get('contact', uid).values['full_name'] == 'Lê Văn Tám'


def test_what_waited_may_be_sent_twice_and_is_done_once(site: Site) -> None:
    client = site.client('rep')
    sent = {'HX-Request': 'true', 'X-CSRFToken': client.get('/api/v1/security/csrf_token/').get_json()['result']}
    contact = site.create('rep', 'contact', full_name='Lê Văn Tám')
    company = site.create('rep', 'company', name='Dệt may Phú Thịnh')
    deal = site.create('rep', 'opportunity', title='Nội thất tầng 12', company=company, stage='survey')
    task = site.create('rep', 'task', title='Gọi lại', due_at='2030-01-01T02:00:00Z')
    weekly = 'RRULE:FREQ=WEEKLY;BYDAY=TU TZID:Asia/Ho_Chi_Minh'
    series = site.create('rep', 'appointment', title='Giao ban', starts_at='2030-01-01T02:00:00Z', repeat=weekly)
    one, other = ({'revision': '1', 'at': at, 'new_uid': new_uid()} for at in ('20300108T020000Z', '20300115T020000Z'))
    acts = [
        (f'/contact/{contact}/log', {'uid': new_uid(), 'kind': 'note', 'body': 'Đã gọi'}),
        (f'/contact/{contact}/log', {'uid': new_uid(), 'kind': 'call', 'body': 'Không nghe máy'}),
        (f'/contact/{contact}/log', {'uid': new_uid(), 'kind': '~task', 'title': 'Gửi mẫu', 'due': '1/2/2030 9h'}),
        (f'/contact/{contact}/cell?field=job_title', {'revision': '1', 'job_title': 'Giám đốc'}),
        (f'/opportunity/board/{deal}/move', {'revision': '1', 'stage': 'quote'}),
        (f'/calendar/task/{task}/done', {'revision': '1', 'state': 'done'}),
        (f'/calendar/appointment/{series}/done', {**one, 'state': 'done'}),
        (f'/calendar/appointment/{series}/move', {**other, 'revision': '2', 'start': '2030-01-15T15:00:00', 'scope': 'this'}),
        ('/calendar/new', {'entity': 'appointment', 'new_uid': new_uid(), 'title': 'Gặp', 'day': '2/1/2030', 'from': '9h'}),
        ('/contact/new', {'uid': new_uid(), 'full_name': 'Trần Thị Bích'}),
    ]

    first = [client.post(path, data=form, headers=sent).status_code for path, form in acts]
    again = [client.post(path, data=form, headers=sent).status_code for path, form in acts]

    assert (first, again) == ([200, 200, 200, 200, 200, 204, 204, 204, 204, 303],) * 2
    with site.runtime.reader(site.actor('rep')) as reader:
        assert {key: reader.count(key, ListQuery()).value for key in ('activity', 'task', 'contact', 'appointment')} == {
            'activity': 2, 'task': 2, 'contact': 2, 'appointment': 4,
        }  # fmt: skip
        assert [reader.get(*each).revision for each in (('contact', contact), ('opportunity', deal), ('task', task))] == [
            2,
            2,
            2,
        ]
        assert reader.get('task', task).wire()['status'] == 'done'


@pytest.mark.browser
def test_pages_are_read_and_saves_wait_while_the_network_is_gone(sqlite_site: Site, open_browser: OpenBrowser) -> None:
    site, port = sqlite_site, free_port()
    uid = site.create('rep', 'contact', full_name='Lê Văn Tám')
    company = site.create('rep', 'company', name='Dệt may Phú Thịnh')
    desk = Desk(open_browser(), f'http://127.0.0.1:{port}', site)
    names = 'caches.open(arguments[0]).then((all) => all.keys()).then((all) => all.map((each) => new URL(each.url).pathname))'

    def is_kept(path: str, cache: str = 'pages') -> bool:
        return path in desk.browser.execute_script(f'return {names}', cache)

    with serving(site.app, port):
        desk.sign_in('rep', PASSWORD)
        desk.go('/contact/')
        desk.until(lambda: desk.browser.execute_script('return Boolean(navigator.serviceWorker.controller)'), 'the worker')
        desk.go(f'/contact/{uid}')
        pages = (f'/contact/{uid}', f'/contact/{uid}/edit', '/offline', '/task/quick')
        desk.until(lambda: all(map(is_kept, pages)), 'copies of the page and its form')
        desk.until(lambda: is_kept('/company/choices', 'choices'), 'the companies that the form offers')
        desk.go('/')
        desk.until(lambda: is_kept('/'), 'a copy of the first page')
        desk.go('/calendar/?show=month&day=2030-02-01')
        desk.until(lambda: is_kept('/calendar/'), 'a copy of the calendar')
        desk.go('/contact/')
        desk.browser.switch_to.new_window('tab')
        desk.go(f'/contact/{uid}')
        desk.see('.t-composer textarea')
        desk.browser.switch_to.new_window('tab')
        desk.go(f'/contact/{uid}/edit')
        desk.see('[name=job_title]').send_keys('Giám đốc')
        desk.until(lambda: all(map(is_kept, ('/contact/new', '/company/quick'))), 'blank forms of both')
    form, record, listed = reversed(desk.browser.window_handles)

    desk.click('[data-save]')
    desk.see('[data-waiting] li')
    desk.browser.switch_to.window(record)
    for said in ('Không nghe máy', 'Hẹn mai gọi'):
        desk.fill('.t-composer textarea', said)
        desk.click('.t-composer [data-save]')
        desk.until(lambda: not desk.see('.t-composer textarea').get_property('value'), 'the note to be kept')
    desk.click('[hx-get^="/task/quick"]')  # added to a related list, it is linked to the record of this page
    desk.fill('#quick [name=title]', 'Gửi mẫu vải')
    desk.fill('#quick [name=due_at]', '1/2/2030 9:00')
    desk.click('#quick [data-save]')
    desk.gone('#quick')
    desk.read('Gửi mẫu vải', '[data-part=related] [data-added]')  # it stands there already, as waiting
    desk.browser.execute_script("document.getElementById('delete-form').submit()")
    desk.read('Nothing has changed', '#toasts')
    desk.browser.switch_to.window(listed)
    desk.actions().move_to_element(desk.see(f'td[data-edit-url*="{uid}"][data-edit-url*="field=phone"]')).perform()
    desk.click('.t-cell-edit')
    desk.fill('td.is-editing input:not([type=hidden])', '0903 415 222')
    desk.keys(Keys.ENTER)
    assert '0903 415 222' in desk.see('td[title="Waiting to be sent"]').text
    desk.browser.switch_to.window(form)
    with socket.create_server(('127.0.0.1', port)):  # it takes what is asked and never answers
        desk.go(f'/contact/{uid}')
        assert 'Lê Văn Tám' in desk.see('h1').text
        desk.see('[data-offline-bar]:not([hidden])')
    assert desk.field('contact', uid, 'job_title') is None
    desk.go('/offline')
    desk.read('Calendar · February 2030', '[data-kept]')
    desk.read('Today', '[data-kept]')

    desk.go(f'/contact/{uid}/edit')  # the form once more, from its copy: what waits stands in it, and is not lost
    desk.until(lambda: desk.see('[name=job_title]').get_property('value') == 'Giám đốc', 'what was typed before')
    desk.pick('company', 'Phú Thịnh')
    desk.click('[data-save]')
    desk.see('[data-waiting] li')
    desk.go('/contact/new')  # and a new one, of a company that nobody knows yet
    desk.fill('[name=full_name]', 'Trần Thị Bích')
    desk.click('[data-field=company] .ts-control')
    desk.see('[data-field=company] .ts-control input').send_keys('Gỗ Á Châu')
    desk.until(lambda: 'Gỗ Á Châu' in desk.see('[data-field=company] .create').text, 'the way to add it')

    def asks_for_it() -> bool:
        for way in desk.all('[data-field=company] .create'):  # it is drawn anew when what is kept has been looked through
            way.click()
        return any(each.get_property('value') == 'Gỗ Á Châu' for each in desk.all('#quick [name=name]'))

    desk.until(asks_for_it, 'its name in the dialogue')
    desk.click('#quick [data-save]')
    desk.gone('#quick')
    desk.click('.t-savebar [data-save]')
    desk.until(lambda: len(desk.all('[data-waiting] li')) == 7, 'the form behind the company')

    theirs = {'job_title': 'Kế toán'}  # somebody else changes the same field meanwhile
    site.runtime.write(site.actor('admin'), lambda store: store.update('contact', uid, theirs))
    desk.browser.execute_cdp_cmd('ServiceWorker.enable', {})
    woken = {'origin': desk.address, 'registrationId': '0', 'tag': 'saves', 'lastChance': False}
    with serving(site.app, port):
        desk.browser.get('about:blank')
        desk.browser.execute_cdp_cmd('ServiceWorker.dispatchSyncEvent', woken)  # as a browser does when the network is back
        desk.stored('contact', uid, 'phone', '+84903415222')
        desk.until(lambda: desk.count('activity') == 2, 'both notes')
        desk.until(lambda: desk.count('contact') == 2, 'the new contact')
        with site.runtime.reader(site.actor('rep')) as reader:
            (bich,) = reader.list_page('contact', ListQuery(search='Bích')).records
            assert bich.values['company'].label == 'Gỗ Á Châu'
            (task,) = reader.list_page('task', ListQuery()).records
            assert (task.title, task.values['contact'].uid) == ('Gửi mẫu vải', uid)
        desk.go('/contact/')
        desk.leave(lambda: desk.click('[data-offline-bar] a'))
        desk.leave(lambda: desk.press('Open and decide'))
        desk.leave(lambda: desk.click('.t-savebar [data-save]'))
        assert 'Kế toán' in desk.see('#conflict[open]').text
        desk.leave(lambda: desk.click('#conflict footer button[type=submit]'))
        desk.stored('contact', uid, 'job_title', 'Giám đốc')
        assert desk.field('contact', uid, 'company')['uid'] == company
        assert desk.field('contact', uid, 'phone') == '+84903415222'
        desk.gone('[data-offline-bar]:not([hidden])')
        desk.go('/logout/')
        desk.until(lambda: not is_kept(f'/contact/{uid}'), 'nothing of the person to be left')
