"""Takes pictures of a throw-away demonstration in headless Chromium: those of the README, and of every page in four ways.

Run by `make screenshots`; with `ARGS=readme` only the README's, with `ARGS=pages` only the others: one sheet a page in
docs/images/pages/, which docs/pages.md shows, and each picture of it at full size in build/screenshots/, which is not kept.
`ARGS="pages help error"` takes those of which the name begins so. Needs Chromium with its driver, as the browser tests do.
Records and people are the same each time (the demonstration has a fixed seed); only dates follow the calendar.
"""

from __future__ import annotations

import base64
import logging
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Never

from selenium.webdriver import Chrome

from docs.shots import (
    DESK,
    PHONE,
    Shot,
    deal_with_a_story,
    of_every_page,
    of_faults,
    of_readme,
    of_the_rest,
    paired,
    set_scene,
    somebody_with,
)
from docs.shrinking import shrink
from tests.story import scene
from tests.story.addresses import addresses
from tests.story.browsing import Visitor
from tests.support.browser import start_chromium
from tests.support.databases import Databases
from tests.support.failing import add_failing
from tests.support.running import PASSWORD, Client, demonstration
from tests.support.serving import served_site

IMAGES = Path(__file__).parent / 'images'
SHEETS = IMAGES / 'pages'
FULL_SIZE = Path(__file__).parents[1] / 'build' / 'screenshots'
INDEX = Path(__file__).parent / 'pages.md'
LARGEST_BYTES = 150_000
LARGEST_SHEET_BYTES = 80_000
SHOWN = {DESK: 560, PHONE: 162}  # pixels across on a sheet, so that both are as high
LAY_OUT = """
const [pictures, done] = arguments;
document.body.replaceChildren(...pictures.map(([source, width]) => Object.assign(new Image(width), {src: source})));
Object.assign(document.body.style, {margin: 0, padding: '12px', display: 'grid', gap: '12px', background: '#8a9299',
  gridTemplateColumns: 'repeat(2, max-content)', alignContent: 'start', width: 'max-content', height: 'max-content'});
Promise.all([...document.images].map((image) => image.decode()))
  .then(() => { const box = document.body.getBoundingClientRect(); done([Math.round(box.width), Math.round(box.height)]); });
"""
AT_REST = """
return 'ready' in document.documentElement.dataset && document.fonts.status === 'loaded'
  && [...document.images].every((image) => image.complete)
  && !document.querySelector('.htmx-request') && document.getAnimations().length === 0;
"""
SPEAK = """
const [locale, done] = arguments;
fetch(`/lang/${locale}`, {redirect: 'manual'}).then(() => done(true), () => done(false));
"""


def main() -> None:
    chosen = sys.argv[1:] or ['pages', 'readme']
    beginnings = tuple(name for name in chosen if name not in {'pages', 'readme'}) or ('',)
    with tempfile.TemporaryDirectory() as folder:
        if 'pages' in chosen:  # first, for the README's draft of changes shows in Studio
            names = take_pages(Path(folder), beginnings)
            INDEX.write_text(index_of(names), encoding='utf-8')
        if 'readme' in chosen:
            take_readme(Path(folder))


def take_pages(folder: Path, beginnings: tuple[str, ...]) -> list[str]:
    """The names of all pages; pictures of those that begin so."""
    with demonstration(folder / 'home') as trellis:
        client = Client(trellis.address, trellis.token('admin'))
        set_scene(client)
        pages = of_every_page(deal_with_a_story(client), somebody_with(client, 'birthday', 'email'))
        keep_sheets(Camera(folder / 'demonstration', trellis.address), pages, beginnings)
    databases = folder / 'databases'
    databases.mkdir()
    with served_site(Databases(databases, no_postgres), 'sqlite', folder / 'site') as (site, address):
        add_failing(site.app)
        logging.disable(logging.ERROR)  # the faults are meant
        found = addresses(site.app, {**scene.set_scene(site), 'status': '500'})
        rest = [*of_the_rest(site.app, found), *of_faults()]
        keep_sheets(Camera(folder / 'rest', address), rest, beginnings)
    return [shot.name for shot in (*pages, *rest)]


def take_readme(folder: Path) -> None:
    IMAGES.mkdir(exist_ok=True)
    with demonstration(folder / 'readme') as trellis:
        client = Client(trellis.address, trellis.token('admin'))
        set_scene(client)
        with closing(Camera(folder / 'camera', trellis.address)) as camera:
            for shot in of_readme(client):
                keep(shot, shrink(camera.take(shot)))


def no_postgres() -> Never:
    raise SystemExit('Pictures are taken of SQLite.')


def keep(shot: Shot, picture: bytes) -> None:
    if len(picture) > LARGEST_BYTES:
        raise SystemExit(f'{shot.name}.png has {len(picture)} bytes, more than {LARGEST_BYTES}: show less in it.')
    (IMAGES / f'{shot.name}.png').write_bytes(picture)


def keep_sheets(camera: Camera, pages: list[Shot], beginnings: tuple[str, ...]) -> None:
    FULL_SIZE.mkdir(parents=True, exist_ok=True)
    SHEETS.mkdir(parents=True, exist_ok=True)
    with closing(camera):
        for page in pages:
            if page.name.startswith(beginnings):
                keep_sheet(camera, page)


def keep_sheet(camera: Camera, page: Shot) -> None:
    taken = [(shot, camera.take(shot)) for shot in paired(page)]
    for shot, picture in taken:
        (FULL_SIZE / f'{shot.name}.png').write_bytes(picture)
    sheet = camera.sheet([(picture, SHOWN[shot.size]) for shot, picture in taken])
    if len(sheet) > LARGEST_SHEET_BYTES:
        raise SystemExit(f'{page.name}.webp has {len(sheet)} bytes, more than {LARGEST_SHEET_BYTES}: show less in it.')
    (SHEETS / f'{page.name}.webp').write_bytes(sheet)


def index_of(names: list[str]) -> str:
    shown = '\n'.join(f'\n## {name}\n\n![{name}](images/pages/{name}.webp)' for name in names)
    return f"""# Every page

Taken by `make screenshots` of the demonstration: on a desk and on a phone, light and dark, in English and in Vietnamese.
{shown}
"""


class Camera:
    """A browser for each person who is in a picture, and one in which sheets are laid out."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder, self.address = folder, address
        self.people: dict[str, Visitor] = {}
        self.spoken: dict[str, str] = {}  # the language of each browser's session
        self.table: Chrome | None = None

    def person(self, username: str) -> Visitor:
        if username not in self.people:
            self.people[username] = Visitor(start_chromium(self.folder / username), self.address)
            self.people[username].sign_in(username, PASSWORD)
        return self.people[username]

    def take(self, shot: Shot) -> bytes:
        """The picture as the browser makes it."""
        visitor = self.person(shot.username)
        browser = visitor.browser
        width, height = shot.size
        metrics = {'width': width, 'height': height, 'deviceScaleFactor': 1, 'mobile': shot.size is PHONE}
        browser.execute_cdp_cmd('Emulation.setDeviceMetricsOverride', metrics)
        if self.spoken.get(shot.username) != shot.locale:
            assert browser.execute_async_script(SPEAK, shot.locale), f'{shot.name}: no answer in {shot.locale}'
            self.spoken[shot.username] = shot.locale
        browser.add_cookie({'name': 'theme', 'value': shot.theme, 'path': '/'})
        shot.before(visitor)
        visitor.go(shot.path)
        visitor.see(shot.sign)
        shot.then(visitor)
        visitor.until(lambda: browser.execute_script(AT_REST), 'fonts, pictures and motion')
        answer = browser.execute_cdp_cmd('Page.captureScreenshot', {'format': 'png', 'optimizeForSpeed': False})
        return base64.b64decode(answer['data'])

    def sheet(self, pictures: list[tuple[bytes, int]]) -> bytes:
        """Pictures side by side in two columns, each as wide as asked, as WebP."""
        if self.table is None:
            self.table = start_chromium(self.folder / 'table', width=1000, height=1000)
            self.table.get('about:blank')
        sources = [(f'data:image/png;base64,{base64.b64encode(png).decode()}', width) for png, width in pictures]
        width, height = self.table.execute_async_script(LAY_OUT, sources)
        clip = {'x': 0, 'y': 0, 'width': width, 'height': height, 'scale': 1}
        asked = {'format': 'webp', 'quality': 40, 'clip': clip, 'captureBeyondViewport': True}
        return base64.b64decode(self.table.execute_cdp_cmd('Page.captureScreenshot', asked)['data'])

    def close(self) -> None:
        for visitor in self.people.values():
            visitor.browser.quit()
        if self.table is not None:
            self.table.quit()


if __name__ == '__main__':
    main()
