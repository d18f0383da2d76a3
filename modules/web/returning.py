"""Where to go after signing in: only to a page of this installation. Knows no page."""

from __future__ import annotations

import unicodedata
from urllib.parse import urlsplit

HOME = '/'
LONGEST = 500


def safe_path(asked: object) -> str:
    """The path and query that were asked for, or the start page.

    Browsers read a backslash as a slash and drop tabs and line ends, so that `/\\evil.example` and `/<tab>/evil.example` would
    leave for another host.
    """
    text = asked if isinstance(asked, str) else ''
    odd = '\\' in text or any(unicodedata.category(letter)[0] in 'CZ' for letter in text)
    if not text.startswith('/') or text.startswith('//') or odd or len(text) > LONGEST:
        return HOME
    try:
        parts = urlsplit(text)
    except ValueError:
        return HOME
    return text if not parts.scheme and not parts.netloc else HOME
