"""The search box as SQL: every word must begin a word of a searched field, or stand in one from three letters on.

Blind to case, marks, đ and the order of words, by the fold columns; telephone numbers are compared in their stored spelling,
whichever was typed. The same clauses on both engines. Knows no right: the caller gives the fields that may be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from schema.base.text import fold, is_text
from schema.catalog import Field
from schema.conditions.operators import PlainText
from schema.fieldtypes.options import MARK
from schema.fieldtypes.phone import parse_phone

MOST_WORDS = 8
ANYWHERE = 3
"""From so many letters on a word is found inside words too; shorter ones only at the beginning of one."""
HOME = '+84'
PROSE = frozenset({'long_text', 'rich_text'})
SEPARATORS = frozenset(' .-()+/')
ABROAD = 7
"""So many digits behind a 0 may be a whole number of another country, which has no 0 where it is stored."""

Clause = sa.ColumnElement[bool]


def matches(fields: Sequence[Field], text: str, table: sa.FromClause) -> Clause:
    """Records of the entity's table, or of its twin, that a search finds among these fields; none without a field, all without
    a word. What no database can hold is found nowhere."""
    words = fold(text).split()[:MOST_WORDS]
    if not is_text(text):
        return sa.false()
    if not words or not fields:
        return sa.true() if fields else sa.false()
    by_words = sa.and_(*(sa.or_(*(_word(field, word, table) for field in fields)) for word in words))
    phones = [field for field in fields if field.type.key == 'phone']
    if not phones or not is_whole_number(text):
        return by_words
    return sa.or_(by_words, *(_number(field, text, table) for field in phones))


def is_number(text: str) -> bool:
    """Digits, and between them what people put into telephone numbers."""
    return any(map(str.isdigit, text)) and all((each.isascii() and each.isdigit()) or each in SEPARATORS for each in text)


def is_whole_number(text: str) -> bool:
    """Whether all of a search may be one telephone number that is not spelled as one word is."""
    return is_number(text) and not text.strip().isdigit()


def _word(field: Field, word: str, table: sa.FromClause) -> Clause:
    if field.type.key == 'phone':
        return _number(field, word, table) if is_number(word) else sa.false()
    column = _column(field, table)
    column = PlainText(column) if field.type.key in PROSE else column
    pattern = escape(word)
    if len(word) >= ANYWHERE:
        return column.like(f'%{pattern}%', escape='\\')
    starts = [column.like(f'{pattern}%', escape='\\'), column.like(f'% {pattern}%', escape='\\')]
    if field.type.key in PROSE:
        starts.append(column.like(f'%\n{pattern}%', escape='\\'))
    if field.type.key == 'tags':
        starts.append(column.like(f'%{escape(MARK)}{pattern}%', escape='\\'))
    return sa.or_(*starts)


def _column(field: Field, table: sa.FromClause) -> sa.ColumnElement[Any]:
    columns: Any = table.c  # read by name, like any mapping
    return field.type.comparable_column(field.definition, columns)


def _number(field: Field, text: str, table: sa.FromClause) -> Clause:
    """A whole number in any spelling, the beginning of one, or three digits and more from its middle."""
    column, sought = _column(field, table), _sought(text)
    clauses = [column == sought.stored, column.startswith(f'{sought.stored};')] if sought.stored else []
    clauses += [column.startswith(sought.begun)] if sought.begun else []
    clauses += [column.contains(sought.inside)] if sought.inside else []
    clauses += [sa.and_(sa.not_(column.startswith(HOME)), column.contains(sought.abroad))] if sought.abroad else []
    return sa.or_(*clauses) if clauses else sa.false()


@dataclass(frozen=True)
class Sought:
    """What a typed number may be: `stored` as a whole, how one has `begun`, what one has `inside`, what one that is not at home
    has inside; each blank where it is none. A 0 in front counts, but as the first of a number it is not stored."""

    stored: str
    begun: str
    inside: str
    abroad: str


@lru_cache(maxsize=200)
def _sought(text: str) -> Sought:
    digits = ''.join(filter(str.isdigit, text))
    core = digits.lstrip('0')
    begun = ''
    if core and (text.strip().startswith('+') or digits.startswith('00')):
        begun = f'+{core}'
    elif core and digits.startswith('0'):
        begun = f'{HOME}{core}'
    abroad = core if digits != core and len(core) >= ABROAD else ''
    return Sought(parse_phone(text) or '', begun, digits if len(digits) >= ANYWHERE else '', abroad)


def spellings(text: str) -> tuple[str, ...]:
    """Texts of which a telephone number has one where `text` finds it; one that begins with a blank begins the number."""
    sought = _sought(text)
    return tuple(filter(None, (sought.stored, sought.begun and f' {sought.begun}', sought.inside, sought.abroad)))


def stands_in(text: str, word: str) -> bool:
    """Whether a word that is folded stands in a text as people read it, or begins a word of it."""
    folded = fold(text)
    return word in folded if len(word) >= ANYWHERE else f' {word}' in f' {folded}'


def holds(field: Field, value: Any, text: str) -> bool:
    """Whether a stored value of the field is found by a word or, a telephone number, by a whole text."""
    if field.type.key != 'phone':
        return stands_in(str(value), fold(text)) if field.type.key != 'tags' else any(stands_in(each, text) for each in value)
    sought = _sought(text)
    if not is_number(text):
        return False
    begun = [each for each in (sought.stored and f'{sought.stored};', sought.begun) if each]
    return (
        value == sought.stored
        or str(value).startswith(tuple(begun))
        or bool(sought.inside and sought.inside in value)
        or bool(sought.abroad and not value.startswith(HOME) and sought.abroad in value)
    )


def escape(word: str) -> str:
    """A word with nothing special left for LIKE."""
    return word.replace('\\', '\\\\').replace('%', '\\%').replace('_', '\\_')
