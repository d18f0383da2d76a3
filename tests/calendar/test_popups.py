"""Reminders in a browser: on the page while somebody looks at it, else as a notice of the device, on phones by the worker."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from modules.calendar.reminding import remind
from modules.notices.service import Notice, tell
from tests.support.browser import start_chromium
from tests.support.site import PASSWORD, Site
from tests.web.conftest import served
from tests.web.desk import Desk

__all__ = ['served']
pytestmark = pytest.mark.browser
HASTE = """
const wait = window.setTimeout;
window.setTimeout = (act, after, ...rest) => wait(act, after === 8000 ? 0 : after, ...rest);
"""
"""What would pass after eight seconds passes at once."""
HIDDEN = "Object.defineProperty(Document.prototype, 'hidden', { get: () => true });"
DESK_NOTICE = """
window.told = [];
window.Notification = class extends EventTarget {
  static permission = 'granted';
  constructor(title, { body, requireInteraction }) { super(); window.told.push([title, body, requireInteraction]); }
};
"""
PHONE_NOTICE = """
window.Notification = class { static permission = 'granted'; constructor() { throw new TypeError('Illegal constructor'); } };
"""
SHOWN = """
const done = arguments[0];
navigator.serviceWorker.ready.then((worker) => worker.getNotifications())
  .then((all) => done(all.map(({ title, body, data, requireInteraction }) => [title, body, data.href, requireInteraction])));
"""


@pytest.fixture
def desk(served: tuple[Site, str], tmp_path: Path) -> Iterator[Desk]:
    site, address = served
    found = Desk(start_chromium(tmp_path / 'chromium'), address, site)
    found.sign_in('rep', PASSWORD)
    yield found
    found.browser.quit()


def appointment(desk: Desk, title: str) -> None:
    """One that begins in half an hour, and whose reminder has come while no page is open that would take it."""
    desk.browser.get('about:blank')
    site = desk.site
    starts = (datetime.now(UTC) + timedelta(minutes=30)).strftime('%Y-%m-%dT%H:%M:%SZ')
    site.create('rep', 'appointment', title=title, starts_at=starts, remind_minutes=30)
    assert remind(site.runtime) == 1


def from_now_on(desk: Desk, script: str) -> str:
    return str(desk.browser.execute_cdp_cmd('Page.addScriptToEvaluateOnNewDocument', {'source': script})['identifier'])


def test_a_reminder_stays_until_it_was_seen_and_reaches_who_looks_elsewhere(desk: Desk) -> None:
    site, rep = desk.site, desk.site.actor('rep')
    from_now_on(desk, HASTE)
    appointment(desk, 'Khảo sát')
    with site.runtime.database.session() as session:
        said = Notice('workflow', {'en': 'Something passed', 'vi': 'Có việc'}, popup=True)
        tell(session, [rep.user_id or 0], said, key='passing', now=site.runtime.clock.now())
    desk.go('/notices/')
    desk.read('Khảo sát begins in 30 minutes', '#toasts')
    desk.gone('#toasts .t-toast:nth-of-type(2)')
    assert [each.text for each in desk.all('#toasts p')] == ['Khảo sát begins in 30 minutes']

    from_now_on(desk, HIDDEN)
    hidden = from_now_on(desk, DESK_NOTICE)
    appointment(desk, 'Báo giá')
    desk.go('/notices/')
    told = ['Reminders', 'Báo giá begins in 30 minutes', True]
    desk.until(lambda: desk.browser.execute_script('return window.told') == [told], 'a notice of the desk')
    assert desk.all('#toasts p') == []

    desk.browser.execute_cdp_cmd('Page.removeScriptToEvaluateOnNewDocument', {'identifier': hidden})
    from_now_on(desk, PHONE_NOTICE)
    desk.browser.execute_cdp_cmd('Browser.grantPermissions', {'origin': desk.address, 'permissions': ['notifications']})
    appointment(desk, 'Nghiệm thu')
    desk.go('/notices/')
    desk.until(lambda: desk.browser.execute_async_script(SHOWN), 'a notice of the worker')
    ((title, body, href, stays),) = desk.browser.execute_async_script(SHOWN)
    assert (title, body, stays) == ('Reminders', 'Nghiệm thu begins in 30 minutes', True) and href.startswith('/notices/')
