"""What templates need to know of addresses, stars, tags and formatted text. Knows no record and no right."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Flask
from markupsafe import Markup

from schema.fieldtypes.countries import PROVINCE_NAMES, countries, country_name
from schema.fieldtypes.rating import USUAL, Rating
from schema.fieldtypes.rich_text import clean_html


def install(app: Flask) -> None:
    app.jinja_env.globals.update(
        stars_of=stars_of, tags_url=tags_url, countries=countries, country_label=country_name,
        provinces=sorted(PROVINCE_NAMES, key=lambda name: name.removeprefix('TP. ')),
    )  # fmt: skip
    app.jinja_env.filters['as_html'] = as_html


def stars_of(field: Any) -> int:
    """How many stars a field has, whichever way a template came by it."""
    inner = getattr(field, 'field', None)
    kind = inner.type if inner is not None else None
    return kind.most(inner.definition) if isinstance(kind, Rating) else USUAL


def tags_url(field: Any) -> str:
    """Where a tags input asks for words that are in use."""
    inner = getattr(field, 'field', None)
    return f'/{inner.entity_key}/choices?{urlencode({"tags": inner.key})}' if inner is not None else ''


def as_html(html: str) -> Markup:
    """Formatted text for a page. It was cleaned when it was saved, and is once more: rules may have become stricter since."""
    return Markup(clean_html(html))
