"""Days, times and numbers as people type them: how inputs show them, how pages without fields read them. Decides no right.

What forms of records send is read by the type of its field; both stand on `schema.fieldtypes.days`.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Any

from flask import Flask, g
from flask_babel import gettext as _

from modules.web.failures import locale
from schema.fieldtypes.days import day_text, parse_day, parse_moment, parse_time

_ISO = re.compile(r'^\d{4}-\d\d-\d\d(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?)?$', re.ASCII)
_PLAIN = re.compile(r'^-?\d{1,40}(?:\.\d{1,20})?$', re.ASCII)
MARKS = {'vi': ('.', ','), 'en': (',', '.')}
"""What groups digits and what parts the fraction, by language."""


def install(app: Flask) -> None:
    app.jinja_env.filters.update(when_text=when_text, when_iso=when_iso, typed_number=number_text)
    app.jinja_env.globals.update(when_hint=when_hint)


def typed_day(text: str) -> date:
    """Raises: ValueError when it is none."""
    return date.fromisoformat(parse_day(text, _today()) or text)


def typed_moment(text: str) -> datetime:
    """In the person's zone. Raises: ValueError when it is none."""
    found = datetime.fromisoformat(parse_moment(text, _today()) or text)
    return found.astimezone(g.actor.zone) if found.tzinfo else found.replace(tzinfo=g.actor.zone)


def typed_time(text: str) -> time:
    """Raises: ValueError when it is none."""
    return time.fromisoformat(parse_time(text) or text)


def when_text(value: Any, kind: str) -> str:
    """ISO in the reader's spelling; what was typed and cannot be read stays as it was typed."""
    text = _text(value)
    found = _ISO.match(text)
    if found is None or kind == 'time':
        return text
    try:
        moment = typed_moment(text) if len(text) > 19 else datetime.fromisoformat(text)
    except ValueError:
        return text
    clock = f'{moment:%H:%M:%S}' if moment.second else f'{moment:%H:%M}'
    day = day_text(moment, locale())
    return f'{day} {clock}' if kind == 'datetime' and found[1] else day


def when_iso(value: Any, kind: str) -> str:
    """What the browser's own calendar and rules in the browser take; blank for what cannot be read."""
    text = _text(value)
    if not text:
        return ''
    if kind == 'time':
        return parse_time(text) or ''
    return (parse_moment if kind == 'datetime' else parse_day)(text, _today()) or ''


def when_hint(kind: str) -> str:
    """How a day or time may be typed."""
    if kind == 'time':
        return _('hour:minute')
    return _('day/month/year hour:minute') if kind == 'datetime' else _('day/month/year')


def number_text(value: Any) -> str:
    """A plain decimal with the reader's marks; what is none stays as it was typed."""
    text = _text(value)
    if not _PLAIN.match(text):
        return text
    group, mark = MARKS.get(locale(), MARKS['en'])
    whole, _dot, fraction = text.removeprefix('-').partition('.')
    grouped = f'{int(whole):,}'.replace(',', group)
    return f'{"-" if text.startswith("-") else ""}{grouped}{mark if fraction else ""}{fraction}'


def _text(value: Any) -> str:
    return '' if value is None else str(value).strip()


def _today() -> date:
    zone = g.actor.zone if g.get('actor') else g.runtime.clock.zone
    return g.runtime.clock.now().astimezone(zone).date()  # type: ignore[no-any-return]
