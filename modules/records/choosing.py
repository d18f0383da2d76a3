"""What a box that looks up records offers for what is typed: records whose title begins with it first, by title, then the
newest; with what they were found by. Reads through a reader alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from modules.records import searching
from modules.records.model import LARGEST_PAGE, ListQuery, Record, Sort
from schema.base.text import fold, is_text, tidy
from schema.catalog import Entity, Field
from schema.conditions import Condition
from schema.fieldtypes.base import Reading
from schema.values import Link

if TYPE_CHECKING:
    from modules.records.queries import Reader

LETTERED = frozenset({'text', 'email', 'autonumber'})
"""Types whose values begin with what was typed where their fold columns do."""
BY_LETTERS = frozenset({'text', 'email'})
"""Those of them that are sorted by these letters."""


@dataclass(frozen=True)
class Choice:
    """A record that is offered. `told_by` is what was typed for, as it is shown, where neither title nor subtitle tell."""

    link: Link
    subtitle: str
    told_by: str = ''


def choices(
    reader: Reader, entity: Entity, search: str, limit: int, *, narrowed: Condition | None = None, telling: bool = False
) -> list[Choice]:  # fmt: skip
    """See `Reader.choices`; where it is `telling`, also what each was found by."""
    readable, subtitle = reader.policy.readable(entity.key), entity.definition.subtitle_field
    shown = [key for key in (subtitle,) if key and key in readable]
    told = [each for each in entity.searched if telling and _can_tell(each) and each.key in readable]
    wanted = [*([] if entity.title.system else [entity.title.key]), *shown, *(each.key for each in told)]
    query = ListQuery(columns=tuple(dict.fromkeys(wanted)), size=limit, counted=False, narrowed=narrowed)
    found = []
    for record in _records(reader, entity, search, query):
        sub = record.text(shown[0], reader.reading) if shown else ''
        by = _told_by(record, told, search, f'{record.title} {sub}', reader.reading) if told else ''
        found.append(Choice(Link(entity.key, record.uid, record.id, record.title), sub, by))
    return found


def _records(reader: Reader, entity: Entity, search: str, query: ListQuery) -> list[Record]:
    others, limit = replace(query, search=search), query.size
    if not (fold(tidy(search)) and is_text(search) and _is_searched_title(reader, entity)):
        return list(reader.list_page(entity.key, others).records)
    found = reader.found(entity, others)
    if found is not None and found.is_nothing:
        return []
    if found is not None and found.whole and entity.title.type.key in BY_LETTERS:
        page = reader.list_page(entity.key, others)
        if page.next is None:
            return _sorted(entity, page.records, search)
    begun = {'field': entity.title.key, 'op': 'starts_with', 'value': tidy(search)}
    first = replace(query, filter=begun, sort=(Sort(entity.title.key),))
    records = {record.id: record for record in reader.list_page(entity.key, first).records}
    if len(records) < limit:  # as many as there are may be among the others
        others = replace(others, size=min(limit + len(records), LARGEST_PAGE))
        records |= {record.id: record for record in reader.list_page(entity.key, others).records if record.id not in records}
    return list(records.values())[:limit]


def _sorted(entity: Entity, newest: Sequence[Record], search: str) -> list[Record]:
    """All that there are, in the order in which the database would have told them."""
    title = entity.title

    def folded(value: object) -> str:
        return '' if value is None else str(title.type.comparable(title.definition, value))

    names, start = {record.id: folded(record.values.get(title.key)) for record in newest}, folded(tidy(search))
    begun = sorted((each for each in newest if names[each.id].startswith(start)), key=lambda each: names[each.id])
    return begun + [each for each in newest if not names[each.id].startswith(start)]


def _is_searched_title(reader: Reader, entity: Entity) -> bool:
    """Whether titles that begin with a search are found by it, along the index of titles."""
    title = entity.title
    return title in entity.searched and title.type.key in LETTERED and title.key in reader.policy.readable(entity.key)


def _can_tell(field: Field) -> bool:
    return field.type.stored and not field.is_collection and field.type.key not in searching.PROSE


def _told_by(record: Record, told: Collection[Field], search: str, seen: str, reading: Reading) -> str:
    """The first field that holds a word which is not seen already; blank when all are."""
    unseen = [word for word in fold(search).split() if not searching.stands_in(seen, word)]
    for field in told if unseen else ():
        value = record.values.get(field.key)
        if value is not None and any(searching.holds(field, value, each) for each in (search, *unseen)):
            return record.text(field.key, reading)
    return ''
