"""axe finds nothing against WCAG 2.2 A and AA at the door, in both themes; every other page: tests/story/test_every_page.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.site import PASSWORD, Site
from tests.web.desk import Desk

pytestmark = pytest.mark.browser


def test_the_sign_in_page_is_open_to_everybody(served: tuple[Site, str], open_browser: object, tmp_path: Path) -> None:
    site, address = served
    visitor = Desk(open_browser(width=390, height=844), address, site)  # type: ignore[operator]

    for theme in ('light', 'dark'):
        visitor.go('/login/')
        visitor.theme(theme)
        visitor.go('/login/')
        visitor.fill('#username', 'manager')
        visitor.fill('#password', f'not {PASSWORD}')
        visitor.leave(lambda: visitor.press('Sign in'))
        visitor.see(f'html[data-bs-theme={theme}] #password-error')
        assert visitor.faults() == [], theme
