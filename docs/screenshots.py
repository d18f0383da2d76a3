"""Takes pictures of a throw-away demonstration in headless Chromium: the README's into docs/images/, all pages into build/.

Run by `make screenshots`; with `ARGS=readme` only the README's, with `ARGS=pages` only the others, which lie in
build/screenshots/ and are not kept. Needs Chromium with its driver, as the browser tests do. Records and people are the same
each time (the demonstration has a fixed seed); only dates follow the calendar.
"""

from __future__ import annotations

import base64
import sys
import tempfile
from pathlib import Path

from docs.shots import PHONE, Shot, of_every_page, of_readme, set_scene
from docs.shrinking import shrink
from tests.story.browsing import Visitor
from tests.support.browser import start_chromium
from tests.support.running import PASSWORD, Client, demonstration

IMAGES = Path(__file__).parent / 'images'
PAGES = Path(__file__).parents[1] / 'build' / 'screenshots'
LARGEST_BYTES = 150_000
AT_REST = """
return document.fonts.status === 'loaded' && [...document.images].every((image) => image.complete)
  && !document.querySelector('.htmx-request') && document.getAnimations().length === 0;
"""


def main() -> None:
    chosen = sys.argv[1:] or ['pages', 'readme']
    with tempfile.TemporaryDirectory() as folder, demonstration(Path(folder) / 'home') as trellis:
        client = Client(trellis.address, trellis.token('admin'))
        set_scene(client)
        camera = Camera(Path(folder), trellis.address)
        try:
            if 'pages' in chosen:  # first, for the README's draft of changes shows in Studio
                PAGES.mkdir(parents=True, exist_ok=True)
                for shot in of_every_page(client):
                    (PAGES / f'{shot.name}.png').write_bytes(camera.take(shot))
            if 'readme' in chosen:
                IMAGES.mkdir(exist_ok=True)
                for shot in of_readme(client):
                    keep(shot, shrink(camera.take(shot)))
        finally:
            camera.close()


def keep(shot: Shot, picture: bytes) -> None:
    if len(picture) > LARGEST_BYTES:
        raise SystemExit(f'{shot.name}.png has {len(picture)} bytes, more than {LARGEST_BYTES}: show less in it.')
    (IMAGES / f'{shot.name}.png').write_bytes(picture)


class Camera:
    """A browser for each person who is in a picture."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder, self.address = folder, address
        self.people: dict[str, Visitor] = {}

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
        visitor.go(f'/lang/{shot.locale}')
        browser.add_cookie({'name': 'theme', 'value': shot.theme, 'path': '/'})
        shot.before(visitor)
        visitor.go(shot.path)
        visitor.see(shot.sign)
        shot.then(visitor)
        visitor.until(lambda: browser.execute_script(AT_REST), 'fonts, pictures and motion')
        answer = browser.execute_cdp_cmd('Page.captureScreenshot', {'format': 'png', 'optimizeForSpeed': False})
        return base64.b64decode(answer['data'])

    def close(self) -> None:
        for visitor in self.people.values():
            visitor.browser.quit()


if __name__ == '__main__':
    main()
