"""Which records a search can find at all, by the search index: asked before the list itself, so that what is rare is looked up
and what is common is met on a walk. Knows no right: what is found here is asked again with the rule and the whole search.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from migrations.tables import WHOLE
from modules.records.sampling import Sample, doubt, sample_of
from permissions.scoping import ReaderSession
from schema.base.database import is_missing_table
from schema.catalog import Entity
from schema.search_index import TRIGRAM, Needles, SearchIndex, as_clause, as_like, as_match, search_index_of, trigrams

MOST = 2_500
"""More candidates are not looked up one by one."""
LARGE, DENSE = 5_000, 0.1
"""In tables of so many rows both indexes go through all that is dense for what is rare: what is so dense is not asked for if a
word has anything else."""
BESIDE = ((0.003, 0.03), (0.02, 0.5))
"""Beside a word that so few have, words that so many have are not asked of the index."""
_NOT_THERE = -3


@dataclass(frozen=True)
class Question:
    """What one entity is asked for: of its index only what is `asked`, without the trigrams that are `dense`, and on SQLite
    those of a text alone that are `telling`. `beside` is what those that are found must have too. `about` so many of `rows` may
    be found, if a sample is like them."""

    entity: Entity
    index: SearchIndex
    needles: Needles
    asked: Needles
    beside: Needles
    dense: Collection[str]
    telling: Mapping[str, Sequence[str]]
    about: int
    rows: int
    soon: bool

    def on_sqlite(self, dialect: sa.Dialect, given: dict[str, str]) -> str:
        """Ids, newest first; an index cannot look at what it indexed."""
        name, mark = dialect.identifier_preparer.quote(str(self.index.name)), f'sought_{len(given)}'
        given[mark] = as_match(self.asked, self._told)
        return f'SELECT rowid AS id FROM {name} WHERE {name} MATCH :{mark} ORDER BY rowid DESC'

    def on_postgresql(self, dialect: sa.Dialect, given: dict[str, str]) -> str:
        """Ids. An expression that is not the index's own does not go by it; workers may not say what their own process is, so
        that none is started: that takes longer than reading."""
        document = self.index.document(dialect).replace('%', '%%')
        tests = [as_like(self.asked, document, given, '%({})s', self._run)]
        tests += [as_like(self.beside, f"({document} || '')", given, '%({})s')] if self.beside else []
        table = dialect.identifier_preparer.quote(self.entity.table.name)
        return f'SELECT id FROM {table} WHERE {" AND ".join(tests)} AND pg_backend_pid() > 0'

    def again(self, dialect: sa.Dialect) -> sa.Select[int]:
        """All of the ids within another statement; it tells what the index does, and reaches no record."""
        if dialect.name == 'sqlite':
            name = str(self.index.name)
            there = sa.table(name, sa.column('rowid', sa.Integer), sa.column(name, sa.Text))
            return sa.select(there.c.rowid).where(there.c[name].match(as_match(self.asked, self._told)))
        held = sa.table(self.entity.table.name, sa.column('id', sa.BigInteger))
        return sa.select(held.c.id).where(as_clause(self.asked, self.index.document(dialect), self._run))

    def _told(self, text: str) -> Sequence[str]:
        return self.telling.get(text) or trigrams(text)

    def _run(self, text: str) -> str:
        """The longest part of a text in which nothing is dense; all of it where there is none."""
        runs, begun = [''], 0
        for place in range(len(text) - TRIGRAM + 1):
            if text[place : place + TRIGRAM] in self.dense:
                begun = place + 1
            else:
                runs.append(text[begun : place + TRIGRAM])
        return max(runs, key=len) or text


@dataclass(frozen=True)
class Found:
    """`ids` of candidates, the newest; `whole` when there are no others, else `question` finds all of them, about so many of so
    many rows. None at all, and not whole, where a walk from the newest on `soon` meets a page of them."""

    ids: tuple[int, ...]
    whole: bool
    about: int = 0
    rows: int = 0
    soon: bool = False
    question: Question | None = None

    @property
    def is_nothing(self) -> bool:
        return self.whole and not self.ids and self.question is None

    def is_met(self, number: int, walked: int) -> bool:
        """Whether a walk past so many rows meets so many of them, unless they lie together."""
        return self.about * walked >= number * self.rows

    def sifted(self, most: int) -> Found | None:
        """All of them, however many pass for it by the index alone; None where they are more than `most`."""
        return None if self.question is None or self.about > most else replace(self, ids=(), whole=True)

    def clause(self, table: sa.FromClause, dialect: sa.Dialect) -> sa.ColumnElement[bool]:
        """Being one of them."""
        if self.question is not None and self.whole:
            return table.c.id.in_(self.question.again(dialect))
        if dialect.name == 'sqlite':
            each = sa.func.json_each(json.dumps(self.ids)).table_valued('value')
            return table.c.id.in_(sa.select(each.c.value))
        return table.c.id == sa.any_(sa.literal(list(self.ids), sa.ARRAY(sa.BigInteger)))


Kept = dict[tuple[str, Needles], Found | None]


def find(session: ReaderSession, entity: Entity, needles: Needles) -> Found | None:
    """Asked once for a session; None when the index is not there yet. What a walk meets soon is not looked up."""
    find_all(session, [(entity, needles)])
    return _kept(session)[entity.key, needles]


def find_all(session: ReaderSession, asked: Sequence[tuple[Entity, Needles]]) -> None:
    """The same of several entities, by one statement, for `find` to answer."""
    kept, questions = _kept(session), list[Question]()
    for entity, needles in asked:
        index, place = search_index_of(entity.table), (entity.key, needles)
        if place in kept:
            continue
        kept[place] = None
        if index is None or not (sample := sample_of(session, entity, index)).is_indexed:
            continue
        questions.append(_question(entity, index, needles, sample))
    for question, found in zip(questions, _answers(session, questions), strict=True):
        if found is not None and not found.whole and not found.soon:  # not as rare as it seemed
            doubt(session, question.entity)
        kept[question.entity.key, question.needles] = found


def _kept(session: ReaderSession) -> Kept:
    found: Kept = session.info.setdefault(Found, {})
    return found


def _question(entity: Entity, index: SearchIndex, needles: Needles, sample: Sample) -> Question:
    about, soon = int(sample.share(sample.having(needles)) * sample.last), sample.is_met_soon(needles)
    if sample.last < LARGE:
        return Question(entity, index, needles, needles, (), (), {}, about, sample.last, soon)
    single = [((texts,),) for roads in needles if len(roads) == 1 for texts in roads[0]]
    parts = [(each, sample.share(sample.fitting(each))) for each in (*single, *(roads for roads in needles if len(roads) > 1))]
    rarest = min(share for _, share in parts)
    most = next((many for few, many in BESIDE if rarest <= few), 1.0)
    asked, beside = (tuple(roads for roads, share in parts if (share <= most) is kept) for kept in (True, False))
    texts = {text for roads in asked for road in roads for texts in road for text in texts}
    dense = {each for text in texts for each in trigrams(text) if sample.share(_having(sample, each)) > DENSE}
    telling = {text: _telling(text, dense, sample) for text in texts}
    return Question(entity, index, needles, asked, beside, dense, telling, about, sample.last, soon)


def _telling(text: str, dense: Collection[str], sample: Sample) -> list[str]:
    """Of the trigrams that are not dense those that overlap least, if no text of the sample has them all: then few others have
    them, and the index reads half as much."""
    each = trigrams(text)
    sparse = [trigram for trigram in each if trigram not in dense]
    apart = [trigram for number, trigram in enumerate(sparse) if number % TRIGRAM == 0 or trigram is sparse[-1]]
    if len(apart) < len(sparse) and not frozenset.intersection(*(_having(sample, trigram) for trigram in apart)):
        return apart
    return sparse or each[-1:]


def _having(sample: Sample, trigram: str) -> frozenset[int]:
    return sample.holders(trigram.replace('  ', ' '))


def _answers(session: ReaderSession, questions: Sequence[Question]) -> list[Found | None]:
    lite = session.get_bind().dialect.name == 'sqlite'
    try:
        ids = (_on_sqlite if lite else _on_postgresql)(session.connection(), questions) if questions else []
    except OperationalError as error:
        if not lite or not is_missing_table(error):
            raise
        # A publish took a version's index away, or no start has made it yet.
        return [None] if len(questions) == 1 else [_answers(session, [each])[0] for each in questions]
    return [_found(each, told) for each, told in zip(questions, ids, strict=True)]


def _found(question: Question, ids: Sequence[int]) -> Found | None:
    if ids[:1] == [_NOT_THERE]:
        return None
    kept = tuple(ids)
    if question.soon:
        return Found((), whole=False, about=question.about, rows=question.rows, soon=True, question=question)
    if len(kept) <= MOST:
        return Found(kept, whole=True)
    about = len(kept) * kept[0] // (kept[0] - kept[-1] + 1)  # as if the older ones were as close together
    return Found(kept[:MOST], whole=False, about=max(about, question.about), rows=question.rows, question=question)


def _on_sqlite(connection: sa.Connection, questions: Sequence[Question]) -> list[list[int]]:
    """Of what is met soon, only whether the index is there and whole."""
    parts, given = list[str](), dict[str, str]()
    for number, question in enumerate(questions):
        given[f'name_{number}'] = str(question.index.name)
        whole = f'SELECT 1 FROM schema_search WHERE name = :name_{number} AND upto = {WHOLE}'
        ids, most = question.on_sqlite(connection.dialect, given), 0 if question.soon else MOST + 1
        parts.append(f"SELECT {number}, '[{_NOT_THERE}]' WHERE NOT EXISTS ({whole})")
        parts.append(f'SELECT {number}, json_group_array(id) FROM ({ids} LIMIT {most})')
    rows = connection.exec_driver_sql(' UNION ALL '.join(parts), given).all()
    return _told([(number, json.loads(ids)) for number, ids in rows], len(questions))


def _on_postgresql(connection: sa.Connection, questions: Sequence[Question]) -> list[list[int]]:
    """Of what is met soon, nothing."""
    parts, given = list[str](), dict[str, str]()
    for number, question in enumerate(questions):
        if not question.soon:
            ids = question.on_postgresql(connection.dialect, given)
            newest = f'({ids} ORDER BY id + 0 DESC LIMIT {MOST + 1}) AS part_{number}'
            parts.append(f'SELECT {number} AS part, array_agg(id) AS ids FROM {newest}')
    rows = connection.exec_driver_sql(' UNION ALL '.join(parts), given).all() if parts else []
    return _told([(number, ids or []) for number, ids in rows], len(questions))


def _told(rows: Iterable[tuple[int, list[int]]], number: int) -> list[list[int]]:
    """Of each question the ids, newest first; that an index is not there stands in front."""
    found: list[list[int]] = [[] for _ in range(number)]
    for part, ids in rows:
        found[part] += sorted(ids, reverse=True)
    return found
