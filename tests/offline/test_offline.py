"""What a browser needs to install Trellis, drafts drawn again by the server, and a real browser whose network is cut."""

from __future__ import annotations

import io

import pytest
from PIL import Image

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


@pytest.mark.browser
def test_pages_are_read_and_saves_wait_while_the_network_is_gone(sqlite_site: Site, open_browser: OpenBrowser) -> None:
    site, port = sqlite_site, free_port()
    uid = site.create('rep', 'contact', full_name='Lê Văn Tám')
    desk = Desk(open_browser(), f'http://127.0.0.1:{port}', site)
    kept = "return caches.open('pages').then((all) => all.keys()).then((all) => all.map((each) => new URL(each.url).pathname))"

    def is_kept(path: str) -> bool:
        return path in desk.browser.execute_script(kept)

    with serving(site.app, port):
        desk.sign_in('rep', PASSWORD)
        desk.go('/contact/')
        desk.until(lambda: desk.browser.execute_script('return Boolean(navigator.serviceWorker.controller)'), 'the worker')
        desk.go(f'/contact/{uid}')
        desk.until(lambda: is_kept(f'/contact/{uid}') and is_kept('/offline'), 'copies of the pages')
        desk.go(f'/contact/{uid}/edit')
        desk.see('[name=job_title]').send_keys('Giám đốc')

    desk.click('[data-save]')
    desk.see('[data-waiting] li')
    desk.go(f'/contact/{uid}')
    assert 'Lê Văn Tám' in desk.see('h1').text
    desk.see('[data-offline-bar]:not([hidden])')
    assert desk.field('contact', uid, 'job_title') is None

    with serving(site.app, port):
        desk.go('/contact/')
        desk.stored('contact', uid, 'job_title', 'Giám đốc')
        desk.gone('[data-offline-bar]:not([hidden])')
        desk.go('/logout/')
        desk.until(lambda: not is_kept(f'/contact/{uid}'), 'nothing of the person to be left')
