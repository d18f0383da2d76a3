"""What tests read out of pages."""

from __future__ import annotations

import re


def token_of(page: str) -> str:
    """The CSRF token of a page."""
    return page.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]


def hidden(page: str, name: str) -> str:
    """The value of a hidden input."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', page)
    assert found, f'{name} is not on the page'
    return found[1]
