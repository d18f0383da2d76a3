"""From values to cells, one function for each column, made once for a file: typed for xlsx, spelled for csv."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from schema.base.text import tidy
from schema.catalog import Field
from schema.fieldtypes.base import Reading
from schema.fieldtypes.duration import as_clock
from schema.fieldtypes.options import spellings
from schema.fieldtypes.phone import show_phone
from schema.fieldtypes.time import show_time
from schema.values import Link

FORMULA_STARTS = ('=', '+', '-', '@', '\t', '\r')
CELL_LETTERS = 32_767  # what one cell of a spreadsheet holds
Spell = Callable[[Any], Any]
DAYS = {'vi': '%d/%m/%Y'}
POINTS = {'vi': ','}


def neutral(text: str) -> str:
    """A text that no spreadsheet runs as a formula (OWASP, CSV injection); imports take the quote off again."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def csv_speller(field: Field, reading: Reading) -> Spell:
    """Value to csv cell: numbers and days in the reader's spelling without grouping, texts neutralised."""
    kind = field.type.key
    if kind in {'date', 'datetime'}:
        day = DAYS.get(reading.locale, '%Y-%m-%d')
        return _days(day) if kind == 'date' else _instants(f'{day} %H:%M', reading)
    if kind in {'time', 'duration'}:
        return lambda value: '' if value is None else show_time(value) if kind == 'time' else as_clock(value)
    if field.type.numeric:
        return _numbers(field, POINTS.get(reading.locale, '.'))
    spell = typed_speller(field, reading)
    if kind == 'boolean':
        words = {value: field.type.text(field.definition, value, reading) for value in (True, False)}
        return words.get

    def text(value: Any) -> str:
        spelled = spell(value)
        return neutral(spelled) if spelled else ''

    return text


def typed_speller(field: Field, reading: Reading) -> Spell:
    """Value to typed cell: str, int, Decimal, bool, date, time, timedelta, naive datetime in the reader's zone, or None."""
    kind = field.type.key
    if kind in {'picklist', 'stage'}:
        labels = spellings(field.definition, reading.locale)
        return lambda value: labels.get(value, value)
    if kind == 'multi_picklist':
        several = spellings(field.definition, reading.locale)
        return lambda value: ', '.join(several.get(ref, ref) for ref in value) if value else None
    if kind == 'phone':
        return _phone
    if kind == 'datetime':
        zone = reading.zone
        return lambda value: None if value is None else value.astimezone(zone).replace(tzinfo=None)
    if kind in {'link', 'link_any', 'user', 'team'}:
        return _label
    if kind == 'money':
        return _amounts(field)
    if kind == 'duration':
        return lambda value: None if value is None else timedelta(seconds=value)
    if kind in {
        'text',
        'email',
        'url',
        'uid',
        'autonumber',
        'integer',
        'decimal',
        'percent',
        'rating',
        'boolean',
        'date',
        'time',
    }:
        return lambda value: value
    if kind == 'long_text':
        return lambda value: None if value is None else tidy(value)
    return lambda value: None if value is None else field.type.cell(field.definition, value, reading)


@lru_cache(maxsize=10_000)
def _spelled_phone(stored: str) -> str:
    return show_phone(stored)


def _phone(value: str | None) -> str | None:
    """Home numbers of nine digits are spelled without parsing them: they are most of every file."""
    if value is None:
        return None
    if value.startswith('+84') and len(value) == 12 and value.isascii():
        return f'0{value[3:6]} {value[6:9]} {value[9:]}'
    return _spelled_phone(value)


def _amounts(field: Field) -> Spell:
    """A cell has room for a number or a currency: an amount in another than the field's own is a text that names it."""
    own = str(field.definition.document.get('x-currency', 'VND'))

    def spell(value: Any) -> Any:
        if value is None:
            return None
        return value.amount if value.currency == own else f'{value.amount:f} {value.currency}'

    return spell


def _label(value: Link | None) -> str | None:
    return None if value is None or value.hidden else value.label


def _days(pattern: str) -> Spell:
    def spell(value: date | None) -> str:
        return '' if value is None else value.strftime(pattern) if value.year > 999 else value.isoformat()

    return spell


def _instants(pattern: str, reading: Reading) -> Spell:
    zone = reading.zone

    def spell(value: datetime | None) -> str:
        return '' if value is None else value.astimezone(zone).strftime(pattern)

    return spell


def _numbers(field: Field, point: str) -> Spell:
    """Money in another currency than the field's own names it, so that it is never read back as the wrong one."""
    own = str(field.definition.document.get('x-currency', 'VND')) if field.type.key == 'money' else ''

    def spell(value: Any) -> str:
        if value is None:
            return ''
        amount = value.amount if own else value
        text = format(amount, 'f') if isinstance(amount, Decimal) else str(amount)
        text = text.replace('.', point) if point != '.' else text
        return f'{text} {value.currency}' if own and value.currency != own else text

    return spell
