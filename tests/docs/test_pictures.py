"""The papers show pictures of pages that there are. Which pages are taken is read off the map of addresses."""

from __future__ import annotations

import re
from pathlib import Path

from docs.shots import NOBODY, of_every_page, of_faults, rest_of
from tests.support.site import Site

DOCS = Path(__file__).parents[2] / 'docs'


def test_every_picture_is_shown_and_is_of_a_page_that_there_is(sqlite_site: Site) -> None:
    shown = re.findall(r'\]\(images/pages/([^)]+)\.webp\)', (DOCS / 'pages.md').read_text(encoding='utf-8'))
    taken = [*of_every_page(NOBODY, NOBODY), *of_faults()]
    pages = {shot.name for shot in taken} | {*rest_of(sqlite_site.app).values()}

    assert sorted(shown) == sorted(each.stem for each in (DOCS / 'images' / 'pages').iterdir())
    assert [name for name in shown if name not in pages] == []
