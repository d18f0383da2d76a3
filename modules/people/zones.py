"""Time zones as people choose them: country, city and the hours from UTC, in their language. Knows nobody."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import get_global

from schema.base.text import fold


def zone_options(locale: str, now: datetime, chosen: str) -> list[dict[str, str]]:
    """`[{key, label}]` by country. `chosen` is among them even where it is an older name of a zone."""
    named = dict(_named(locale))
    named.setdefault(chosen, chosen.replace('_', ' '))
    return [{'key': key, 'label': f'{label}, UTC{_offset(key, now)}'} for key, label in named.items()]


@cache
def _named(locale: str) -> tuple[tuple[str, str], ...]:
    words = Locale.parse(locale)
    older = get_global('zone_aliases')
    found = []
    for line in files('tzdata').joinpath('zoneinfo/zone.tab').read_text(encoding='utf-8').splitlines():
        if line.startswith('#'):
            continue
        country, _place, key, *_rest = line.split('\t')
        told = words.time_zones.get(key) or words.time_zones.get(older.get(key, ''), {})
        city = told.get('city') or key.rsplit('/', 1)[1].replace('_', ' ')
        found.append((key, f'{words.territories.get(country, country)} ({city})'))
    return tuple(sorted(found, key=lambda each: fold(each[1])))


def _offset(key: str, now: datetime) -> str:
    told = f'{now.astimezone(ZoneInfo(key)):%z}'
    return f'{told[:3]}:{told[3:]}'
