"""What a search and its filters look for, as texts that the search index can find: less than what is asked, so that whoever
matches has them. Knows no statement and no right: fields that somebody may not read only let more through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from modules.records import searching
from modules.records.model import ListQuery
from schema.base.text import fold, is_text
from schema.catalog import Entity
from schema.conditions.families import family_of
from schema.conditions.tree import FieldFace
from schema.fieldtypes.base import Refused
from schema.search_index import PROSE, Alternatives, Needles, Road, can_be_asked, search_index_of


def needles_of(entity: Entity, query: ListQuery) -> Needles:
    """Of a list's search, and of those `contains` tests of its filters that all must hold; empty when no index can help."""
    if search_index_of(entity.table) is None:
        return ()
    documents = [query.filter, query.narrowed.document if query.narrowed is not None else None]
    held = [_sought(entity, query.search), *(_contained(entity, test) for each in documents for test in _tests(each))]
    return tuple(dict.fromkeys(roads for roads in held if roads))


def _sought(entity: Entity, text: str) -> tuple[Road, ...]:
    words = fold(text).split()[: searching.MOST_WORDS]
    phones = any(field.type.key == 'phone' for field in entity.searched)
    if not is_text(text):
        return ()
    roads = [_askable([_word(word, phones=phones) for word in words])]
    if phones and searching.is_whole_number(text):
        roads.append(_askable([searching.spellings(text)]))
    return tuple(roads) if all(roads) else ()


def _word(word: str, *, phones: bool) -> Alternatives:
    texts = (word if len(word) >= searching.ANYWHERE else f' {word}',)
    return (*texts, *searching.spellings(word)) if phones and searching.is_number(word) else texts


def _askable(words: list[Alternatives]) -> Road:
    """Those of which every alternative can be found."""
    roads = map(_plainest, words)
    return tuple(dict.fromkeys(each for each in roads if each and all(map(can_be_asked, each))))


def _plainest(texts: Alternatives) -> Alternatives:
    """Without those in which another stands: it is found wherever they are."""
    return tuple(text for text in dict.fromkeys(texts) if not any(other in text for other in texts if other != text))


def _tests(condition: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    """What must hold of every record that a condition lets through."""
    left = [condition] if condition else []
    while left:
        each = left.pop()
        left += each.get('all', ())
        if each.get('op') == 'contains':
            yield each


def _contained(entity: Entity, test: Mapping[str, Any]) -> tuple[Road, ...]:
    key = str(test.get('field'))
    field = entity.find_field(key) if '.' not in key else None
    if field is None or field not in entity.searched or field.type.key in PROSE or not isinstance(test.get('value'), str):
        return ()
    try:
        face = FieldFace(field.definition, field.type)
        text = family_of(face).read(face, 'contains', test['value'])
    except Refused:  # the condition's own reading tells of it
        return ()
    road = _askable([(str(text),)]) if not str(text).startswith(' ') else ()
    return (road,) if road else ()
