"""The search box as SQL: every word must begin a word of a searched field, or stand in one from three letters on.

Blind to case, marks, đ and the order of words, by the fold columns; telephone numbers are compared in their stored spelling,
whichever was typed. The same clauses on both engines. Knows no right: the caller gives the fields that may be read.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    column = _column(field, table)
    stored, begun, inside = _readings(text)
    clauses = [column == stored, column.startswith(f'{stored};')] if stored else []
    clauses += [column.startswith(begun)] if begun else []
    clauses += [column.contains(inside)] if inside else []
    return sa.or_(*clauses) if clauses else sa.false()


def _readings(text: str) -> tuple[str, str, str]:
    """The stored spelling of a whole number, how one begins, and what one has inside; each blank where it is none."""
    digits = ''.join(filter(str.isdigit, text))
    core = digits.lstrip('0')
    begun = ''
    if core and (text.strip().startswith('+') or digits.startswith('00')):
        begun = f'+{core}'
    elif core and digits.startswith('0'):
        begun = f'{HOME}{core}'
    return parse_phone(text) or '', begun, core if len(core) >= ANYWHERE else ''


def spellings(text: str) -> tuple[str, ...]:
    """Texts of which a telephone number has one where `text` finds it; one that begins with a blank begins the number."""
    stored, begun, inside = _readings(text)
    texts = (stored, inside) if inside else (stored, f' {begun}' if begun else '')
    return tuple(filter(None, texts))


def escape(word: str) -> str:
    """A word with nothing special left for LIKE."""
    return word.replace('\\', '\\\\').replace('%', '\\%').replace('_', '\\_')
