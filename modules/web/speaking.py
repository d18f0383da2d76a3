"""Texts in the language of the response. Knows no text itself.

Flask-Babel asks for the language and its catalogue at every word; a page has some three hundred, so they are looked up once,
for templates and for Python alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, current_app, g
from flask_babel import Domain, force_locale, get_locale
from flask_babel import refresh as choose_anew
from markupsafe import Markup


class Texts(dict[str, Markup]):
    """One language: each text as it stands in pages, found once in a process."""

    def __init__(self, catalogue: Any) -> None:
        super().__init__()
        self.catalogue = catalogue

    def __missing__(self, text: str) -> Markup:
        found = self[text] = Markup(self.catalogue.gettext(text))
        return found


_by_language: dict[str, Texts] = {}


class Known(Domain):  # type: ignore[misc]
    """Where `gettext` of Flask-Babel looks."""

    def get_translations(self) -> Any:
        return _texts().catalogue if g else super().get_translations()

    def found(self) -> Any:
        """The catalogue of the language in which is spoken now."""
        return super().get_translations()


def install(app: Flask) -> None:
    babel = app.extensions['babel'].instance
    babel.domain_instance = Known(domain=app.extensions['babel'].default_domain)
    app.jinja_env.globals.update(_=said, gettext=said, ngettext=counted)


def said(text: str, /, **variables: Any) -> Markup:
    """The text; variables are escaped unless they are markup themselves."""
    found = _texts()[text]
    return found % variables if variables or '%' in found else found


def counted(singular: str, plural: str, num: Any, /, **variables: Any) -> Markup:
    return Markup(_texts().catalogue.ngettext(singular, plural, num)) % {'num': num, **variables}


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Another language for a part of a request, as for somebody who is not signed in."""
    former = g.pop('texts', None)
    try:
        with force_locale(language):
            yield
    finally:
        g.texts = former


def refresh() -> None:
    """Ask for the language again: it was chosen within this request."""
    g.pop('texts', None)
    choose_anew()


def _texts() -> Texts:
    found: Texts | None = g.get('texts')
    if found is None:
        found = g.texts = _chosen()
    return found


def _chosen() -> Texts:
    language = str(get_locale())
    if language not in _by_language:
        _by_language[language] = Texts(current_app.extensions['babel'].instance.domain_instance.found())
    return _by_language[language]
