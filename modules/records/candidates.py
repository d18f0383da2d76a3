"""Which records a search can find at all, by the search index: asked before the list itself, so that what is rare is looked up
and what is common is met on a walk. Knows no right: what is found here is asked again with the rule and the whole search.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from migrations.tables import WHOLE
from modules.records.sampling import Sample, doubt, sample_of
from permissions.scoping import ReaderSession
from schema.base.database import is_missing_table
from schema.catalog import Entity
from schema.search_index import TRIGRAM, Needles, SearchIndex, as_like, as_match, search_index_of, trigrams

MOST = 2_500
"""More candidates are not looked up one by one."""
LARGE, DENSE = 50_000, 0.1
"""In tables of so many rows both indexes go through all that is dense for what is rare: what is so dense is not asked for if a
word has anything else."""
BESIDE = ((0.003, 0.03), (0.02, 0.5))
"""Beside a word that so few have, words that so many have are not asked of the index."""
_NOT_THERE = -3


@dataclass(frozen=True)
class Asked:
    """What stands in SQLite's index of this name for some texts, as long as a statement reads it."""

    index: str
    match: str

    def ids(self) -> sa.Select[int]:
        table = sa.table(self.index, sa.column('rowid', sa.Integer), sa.column(self.index, sa.Text))
        return sa.select(table.c.rowid).where(table.c[self.index].match(self.match))


@dataclass(frozen=True)
class Found:
    """`ids` of candidates; `whole` when there are no others, `newest` when others are older. None at all, and not whole, where
    a word is so common that a walk soon meets it. `about` so many are there in all, where `asked` finds them again."""

    ids: tuple[int, ...]
    whole: bool
    newest: bool = True
    about: int = 0
    asked: Asked | None = None

    @property
    def is_nothing(self) -> bool:
        return self.whole and not self.ids and self.asked is None

    def is_whole_within(self, most: int) -> bool:
        """Whether these are all, and no more than that."""
        return self.whole and self.asked is None and len(self.ids) <= most

    def sifted(self, most: int) -> Found | None:
        """All of them, however many pass for it by single trigrams alone; None where a statement cannot look at them, or where
        they are more than `most`."""
        return None if self.asked is None or self.about > most else replace(self, ids=(), whole=True)

    def clause(self, table: sa.FromClause, dialect: str) -> sa.ColumnElement[bool]:
        """Being one of them."""
        if self.asked is not None and self.whole:
            return table.c.id.in_(self.asked.ids())
        if dialect == 'sqlite':
            each = sa.func.json_each(json.dumps(self.ids)).table_valued('value')
            return table.c.id.in_(sa.select(each.c.value))
        return table.c.id == sa.any_(sa.literal(list(self.ids), sa.ARRAY(sa.BigInteger)))


@dataclass(frozen=True)
class Question:
    """What one entity is asked for: the newest first, or any, as they are only counted or sorted. Of its index only what is
    `asked`, without the trigrams that are `dense`; `beside` is what those that are found must have too."""

    entity: Entity
    index: SearchIndex
    needles: Needles
    asked: Needles
    beside: Needles
    dense: Collection[str]
    newest: bool

    def match(self) -> str:
        """For SQLite, which cannot look at what it indexed."""
        return as_match(self.asked, self._sparse)

    def fits(self, document: str, given: dict[str, str]) -> str:
        """For PostgreSQL: an expression that is not the index's own does not go by it."""
        parts = [as_like(self.asked, document, given, '%({})s', self._run)]
        parts += [as_like(self.beside, f"({document} || '')", given, '%({})s')] if self.beside else []
        return ' AND '.join(parts)

    def _sparse(self, text: str) -> list[str]:
        each = trigrams(text)
        return [trigram for trigram in each if trigram not in self.dense] or each[-1:]

    def _run(self, text: str) -> str:
        """The longest part of a text in which nothing is dense; all of it where there is none."""
        runs, begun = [''], 0
        for place in range(len(text) - TRIGRAM + 1):
            if text[place : place + TRIGRAM] in self.dense:
                begun = place + 1
            else:
                runs.append(text[begun : place + TRIGRAM])
        return max(runs, key=len) or text


Kept = dict[tuple[str, Needles, bool], Found | None]


def find(session: ReaderSession, entity: Entity, needles: Needles, *, newest: bool = True) -> Found | None:
    """Asked once for a session; None when the index is not there yet. For a list of the `newest` nothing is looked up that a
    walk from there meets soon, else only nothing that is common."""
    find_all(session, [(entity, needles)], newest=newest)
    return _kept(session)[entity.key, needles, newest]


def find_all(session: ReaderSession, asked: Sequence[tuple[Entity, Needles]], *, newest: bool = True) -> None:
    """The same of several entities, by one statement, for `find` to answer."""
    kept, questions = _kept(session), list[Question]()
    for entity, needles in asked:
        index, place = search_index_of(entity.table), (entity.key, needles, newest)
        if place in kept:
            continue
        kept[place] = None
        if index is None or not (sample := sample_of(session, entity, index)).is_indexed:
            continue
        how = sample.how(needles)
        if how == 'common' or (how == 'spread' and newest):
            kept[place] = Found((), whole=False)
        else:
            questions.append(_question(entity, index, needles, sample, newest=how == 'rare'))
    for question, found in zip(questions, _answers(session, questions), strict=True):
        if question.newest and found is not None and not found.whole:  # not as rare as it seemed
            doubt(session, question.entity)
        for each in (True, False) if question.newest else (newest,):
            kept[question.entity.key, question.needles, each] = found


def _kept(session: ReaderSession) -> Kept:
    found: Kept = session.info.setdefault(Found, {})
    return found


def _question(entity: Entity, index: SearchIndex, needles: Needles, sample: Sample, *, newest: bool) -> Question:
    if sample.last < LARGE:
        return Question(entity, index, needles, needles, (), (), newest)
    single = [((texts,),) for roads in needles if len(roads) == 1 for texts in roads[0]]
    parts = [(each, sample.share(sample.fitting(each))) for each in (*single, *(roads for roads in needles if len(roads) > 1))]
    rarest = min(share for _, share in parts)
    most = next((many for few, many in BESIDE if rarest <= few), 1.0)
    dense = {each for roads in needles for road in roads for texts in road for text in texts for each in trigrams(text)
             if sample.share(sample.holders(each.replace('  ', ' '))) > DENSE}  # fmt: skip
    asked, beside = (tuple(roads for roads, share in parts if (share <= most) is kept) for kept in (True, False))
    return Question(entity, index, needles, asked, beside, frozenset(dense), newest)


def _answers(session: ReaderSession, questions: Sequence[Question]) -> list[Found | None]:
    lite = session.get_bind().dialect.name == 'sqlite'
    try:
        ids = (_on_sqlite if lite else _on_postgresql)(session.connection(), questions) if questions else []
    except OperationalError as error:
        if not lite or not is_missing_table(error):
            raise
        # A publish took a version's index away, or no start has made it yet.
        return [None] if len(questions) == 1 else [_answers(session, [each])[0] for each in questions]
    return [_found(each, told, lite=lite) for each, told in zip(questions, ids, strict=True)]


def _found(question: Question, ids: Sequence[int], *, lite: bool) -> Found | None:
    if ids[:1] == [_NOT_THERE]:
        return None
    kept = tuple(ids)
    if len(kept) <= MOST:
        return Found(kept, whole=True)
    if not lite:
        return Found(kept[:MOST], whole=False, newest=question.newest)
    about = len(kept) * kept[0] // (kept[0] - kept[-1] + 1)  # as if the older ones were as close together
    return Found(kept[:MOST], whole=False, about=about, asked=Asked(str(question.index.name), question.match()))


def _on_sqlite(connection: sa.Connection, questions: Sequence[Question]) -> list[list[int]]:
    quote = connection.dialect.identifier_preparer.quote
    parts, given = list[str](), list[str]()
    for number, question in enumerate(questions):
        name = quote(str(question.index.name))
        parts.append(
            f'SELECT {number}, {_NOT_THERE} WHERE NOT EXISTS (SELECT 1 FROM schema_search WHERE name = ? AND upto = {WHOLE})'
            f' UNION ALL SELECT {number}, rowid FROM'
            f' (SELECT rowid FROM {name} WHERE {name} MATCH ? ORDER BY rowid DESC LIMIT {MOST + 1})'
        )
        given += [str(question.index.name), question.match()]
    return _told(connection.exec_driver_sql(' UNION ALL '.join(parts), tuple(given)), len(questions))


def _on_postgresql(connection: sa.Connection, questions: Sequence[Question]) -> list[list[int]]:
    """Workers may not say what their own process is, so that none is started: that takes longer than reading."""
    quote, parts, given = connection.dialect.identifier_preparer.quote, list[str](), dict[str, str]()
    for number, question in enumerate(questions):
        document = question.index.document(connection.dialect).replace('%', '%%')
        fits = question.fits(document, given)
        order = 'ORDER BY id + 0 DESC ' if question.newest else ''
        parts.append(
            f'SELECT {number} AS part, id FROM (SELECT id FROM {quote(question.entity.table.name)}'
            f' WHERE {fits} AND pg_backend_pid() > 0 {order}LIMIT {MOST + 1}) AS part_{number}'
        )
    return _told(connection.exec_driver_sql(' UNION ALL '.join(parts), given), len(questions))


def _told(rows: sa.CursorResult[Any], number: int) -> list[list[int]]:
    ids: list[list[int]] = [[] for _ in range(number)]
    for part, row_id in rows:
        ids[part].append(row_id)
    return ids
