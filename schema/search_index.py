"""The index of a table's searched fields by three letters: one text of each record, written the same way when it is indexed and
when it is asked for. Makes no table and opens no session.

PostgreSQL keeps it as a GIN index of trigrams (pg_trgm), SQLite as an FTS5 table without content that triggers write.
Every word of the text stands behind a blank, so that the first letters of words are found by it too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa

from schema.base.text import PLAIN_FROM, PLAIN_TO

if TYPE_CHECKING:
    from schema.catalog import Field

TRIGRAM = 3
PROSE = frozenset({'long_text', 'rich_text'})
Quote = Callable[[str], str]


class SearchIndex(sa.Index):
    """Listed among a table's indexes like any other; `migrations.search_index` makes and drops it."""

    inherit_cache = True

    def __init__(self, table: sa.Table, fields: Sequence[Field]) -> None:
        self.parts = tuple((each.comparable.name, each.type.key in PROSE) for each in fields)
        marked = sa.util.md5_hex(repr(self.parts))[:10]
        super().__init__(names_of(table.name) + marked, *(each.comparable for each in fields))

    @property
    def columns_read(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.parts)

    def document(self, dialect: sa.Dialect, row: str = '') -> str:
        """The text as SQL, over the columns of `row`, such as `NEW`; nothing in it comes from people."""
        quote, lite = dialect.identifier_preparer.quote, dialect.name == 'sqlite'
        at = f'{row}.' if row else ''
        texts = [_lite(f'{at}{quote(name)}', prose=prose) if lite else _plain(f'{at}{quote(name)}', prose=prose)
                 for name, prose in self.parts]  # fmt: skip
        gap = "'  '" if lite else "' '"
        whole = ' || '.join(f'{gap} || {text}' for text in texts)
        return whole if lite else f'(({whole}) COLLATE "C")'


def _plain(column: str, *, prose: bool) -> str:
    held = f"coalesce({column}, '')"
    return f"translate(translate({held}, '{PLAIN_FROM}', '{PLAIN_TO}'), chr(10) || chr(9), '  ')" if prose else held


def _lite(column: str, *, prose: bool) -> str:
    """FTS5 knows no words: a second blank in front of each makes a trigram of its first letter, as pg_trgm does by itself."""
    held = f"coalesce({column}, '')"
    if prose:
        held = f"replace(replace(trellis_plain({held}), char(10), ' '), char(9), ' ')"
    return f"replace({held}, ' ', '  ')"


def names_of(table: str) -> str:
    """What the names of a table's search indexes begin with, former ones too."""
    return f'ix_{table[:36]}_search_'


def add_search_index(table: sa.Table, fields: Iterable[Field]) -> None:
    """For the fields that the search box looks into; none where there is no such field."""
    if chosen := [each for each in fields if not each.system and each.type.stored]:
        SearchIndex(table, chosen)


def search_index_of(table: sa.Table) -> SearchIndex | None:
    return next((each for each in table.indexes if isinstance(each, SearchIndex)), None)


Alternatives = tuple[str, ...]
"""Texts of which one must stand in the document; a text that begins with a blank begins a word."""
Road = tuple[Alternatives, ...]
"""All of them must be met."""
Roads = tuple[Road, ...]
"""One of them must."""
Needles = tuple[Roads, ...]
"""What must hold of a document before anything closer is asked: of each part one road at least."""


def can_be_asked(text: str) -> bool:
    """Whether the index can find it: three letters, or the beginning of a word."""
    return len(text) >= TRIGRAM or (text[:1] == ' ' and len(text) > 1)


def trigrams(text: str) -> list[str]:
    """Those of a text as SQLite's index has them; they may stand apart in a document, so that whoever asks for them looks at
    what is found."""
    wide = text.replace(' ', '  ')
    return list(dict.fromkeys(wide[place : place + TRIGRAM] for place in range(len(wide) - TRIGRAM + 1)))


def as_match(needles: Needles, chosen: Callable[[str], Sequence[str]] = trigrams) -> str:
    """As a query of FTS5 over single trigrams, of each text those that are `chosen`."""

    def stands(text: str) -> str:
        return f'({" AND ".join(_quoted(trigram) for trigram in chosen(text))})'

    return _joined(needles, stands, _all, _any)


def as_like(needles: Needles, document: str, given: dict[str, str], mark: str, chosen: Callable[[str], str] = str) -> str:
    """As tests that a GIN index of trigrams serves, in SQL, of each text the `chosen` part; parameters, marked like that, are
    put into `given`. A planner that saw the texts would guess how common they are by a hundred rows, and would read the whole
    table for a guess of a few in a hundred: asked behind a SELECT, it expects few."""

    def stands(text: str) -> str:
        name = f'sought_{len(given)}'
        given[name] = _pattern(chosen(text))
        return f'{document} LIKE (SELECT CAST({mark.format(name)} AS text))'

    return _joined(needles, stands, _all, _any)


def as_clause(needles: Needles, document: str, chosen: Callable[[str], str] = str) -> sa.ColumnElement[bool]:
    """The same as an expression."""
    text = sa.literal_column(document, sa.Text)

    def stands(part: str) -> sa.ColumnElement[bool]:
        return text.like(sa.select(sa.literal(_pattern(chosen(part)), sa.Text)).scalar_subquery())

    return _joined(needles, stands, lambda parts: sa.and_(*parts), lambda parts: sa.or_(*parts))


T = TypeVar('T')
Join = Callable[[Iterable[T]], T]


def _joined(needles: Needles, stands: Callable[[str], T], all_of: Join[T], any_of: Join[T]) -> T:
    def met(road: Road) -> T:
        return all_of(any_of(map(stands, texts)) for texts in road)

    return all_of(any_of(map(met, roads)) for roads in needles)


def _all(parts: Iterable[str]) -> str:
    return f'({" AND ".join(parts)})'


def _any(parts: Iterable[str]) -> str:
    return f'({" OR ".join(parts)})'


def _quoted(trigram: str) -> str:
    return '"' + trigram.replace('"', '""') + '"'


def _pattern(text: str) -> str:
    return f'%{escape_like(text)}%'


def escape_like(text: str) -> str:
    """A text with nothing special left for LIKE with a backslash."""
    return text.replace('\\', '\\\\').replace('%', '\\%').replace('_', '\\_')
