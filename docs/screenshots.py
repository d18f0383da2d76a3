"""Takes the README's pictures of a throw-away demonstration in headless Chromium, into docs/images/*.png.

Run by `make screenshots`; needs Chromium with its driver, as the browser tests do. Records and people are the same each time
(the demonstration has a fixed seed); only dates follow the calendar.
"""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from docs.shrinking import shrink
from tests.story.browsing import Visitor
from tests.support.browser import start_chromium
from tests.support.running import PASSWORD, Client, demonstration

IMAGES = Path(__file__).parent / 'images'
DESK, PHONE = (1280, 800), (390, 844)
LARGEST_BYTES = 150_000
MADE_IN_TIME = "return document.fonts.status === 'loaded' && [...document.images].every((image) => image.complete)"


@dataclass(frozen=True)
class Shot:
    """A picture: who looks, where, at what, and what is done before it is taken."""

    name: str
    username: str
    path: str
    sign: str  # what must be shown
    theme: str = 'light'
    size: tuple[int, int] = DESK
    locale: str = 'en'
    before: Callable[[Visitor], None] = lambda visitor: None


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, demonstration(Path(folder) / 'home') as trellis:
        client = Client(trellis.address, trellis.token('admin'))
        people = {}
        try:
            for shot in shots(client):
                if shot.username not in people:
                    people[shot.username] = Visitor(start_chromium(Path(folder) / shot.username), trellis.address)
                    people[shot.username].sign_in(shot.username, PASSWORD)
                take(people[shot.username], shot)
        finally:
            for visitor in people.values():
                visitor.browser.quit()


def shots(client: Client) -> list[Shot]:
    deal = deal_with_a_story(client)
    return [
        Shot('home', 'rep', '/', '.t-rail'),
        Shot('list', 'manager', '/opportunity/', '.t-grid tbody tr'),
        Shot('record', 'manager', f'/opportunity/{deal}', 'h1', theme='dark'),
        Shot('board', 'manager', '/opportunity/board?pipeline=deal', '.t-card'),
        Shot('studio', 'admin', '/studio/contact/fields?field=loyalty#field-loyalty', '.t-open', before=draw_up),
        Shot('review', 'admin', '/studio/review', '.t-summary', theme='dark'),
        Shot('phone-home', 'rep', '/', 'h1', size=PHONE, locale='vi'),
        Shot('phone-list', 'rep', '/contact/', '.t-grid tbody tr', size=PHONE, locale='vi', theme='dark'),
        Shot('phone-record', 'manager', f'/opportunity/{deal}', 'h1', size=PHONE, locale='vi'),
    ]


def deal_with_a_story(client: Client) -> str:
    """The open opportunity that most was written about."""
    found: dict[str, int] = {}
    following, pages = '', True
    while pages:
        page = client.need('GET', f'/activity/?page_size=200{following}')
        for each in page['result']:
            regarding = each.get('regarding') or {}
            if 'uid' in regarding:
                found[regarding['uid']] = found.get(regarding['uid'], 0) + 1
        following, pages = f'&cursor={page["next"]}', bool(page['next'])
    talked = json.dumps({'field': 'stage', 'op': 'in', 'value': ['quote', 'negotiate', 'contract']})
    listed = client.need('GET', f'/opportunity/?page_size=100&filter={talked}')['ids']
    return str(max(listed, key=lambda uid: found.get(uid, 0)))


def draw_up(visitor: Visitor) -> None:
    """A draft of three changes to contacts."""
    for label, vietnamese, kind in (('Loyalty', 'Hạng thành viên', 'picklist'), ('LinkedIn', 'LinkedIn', 'url')):
        visitor.go(f'/studio/contact/fields?new=1&type={kind}')
        visitor.fill('#label-en', label)
        visitor.fill('#label-vi', vietnamese)
        if kind == 'picklist':
            for vi, en in (('Bạc', 'Silver'), ('Vàng', 'Gold'), ('Kim cương', 'Diamond')):
                visitor.click('[data-row-add]') if visitor.all('[name="option.en"]')[-1].get_attribute('value') else None
                visitor.all('[name="option.vi"]')[-1].send_keys(vi)
                visitor.all('[name="option.en"]')[-1].send_keys(en)
        visitor.leave(lambda: visitor.press('Add to draft'))
    visitor.go('/studio/contact/fields?field=job_title')
    visitor.leave(lambda: visitor.press('Remove field'))


def take(visitor: Visitor, shot: Shot) -> None:
    browser = visitor.browser
    width, height = shot.size
    metrics = {'width': width, 'height': height, 'deviceScaleFactor': 1, 'mobile': shot.size is PHONE}
    browser.execute_cdp_cmd('Emulation.setDeviceMetricsOverride', metrics)
    visitor.go(f'/lang/{shot.locale}')
    browser.add_cookie({'name': 'theme', 'value': shot.theme, 'path': '/'})
    shot.before(visitor)
    visitor.go(shot.path)
    visitor.see(shot.sign)
    visitor.until(lambda: browser.execute_script(MADE_IN_TIME), 'fonts and pictures')
    answer = browser.execute_cdp_cmd('Page.captureScreenshot', {'format': 'png', 'optimizeForSpeed': False})
    picture = shrink(base64.b64decode(answer['data']))
    if len(picture) > LARGEST_BYTES:
        raise SystemExit(f'{shot.name}.png has {len(picture)} bytes, more than {LARGEST_BYTES}: show less in it.')
    (IMAGES / f'{shot.name}.png').write_bytes(picture)


if __name__ == '__main__':
    main()
