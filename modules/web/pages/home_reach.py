"""How one gets to an appointment or task: the way there, else a call to whom it is about, else an e-mail from their record.
Every record comes through the reader; who asked not to be contacted is offered to nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from modules.records.model import LARGEST_PAGE, ListQuery, Record
from modules.records.queries import Reader
from modules.web.directions import directions_to
from permissions.policy import Policy
from schema.catalog import Entity
from schema.fieldtypes.address import one_line
from schema.values import Address, Link

PHONE, EMAIL = 'phone', 'email'


@dataclass(frozen=True)
class Way:
    """`kind` is `go`, `call` or `mail`, `to` the place, person or company at its end."""

    kind: str
    href: str
    to: str


def way_there(record: Record) -> Way | None:
    """To where it takes place, if that is anywhere on a map."""
    calendar = record.entity.definition.calendar
    place = record.values.get(calendar.place) if calendar is not None and calendar.place else None
    href = directions_to(place)
    return Way('go', href, one_line(place, 'vi') if isinstance(place, Address) else str(place)) if href else None


def ways_to(reader: Reader, records: Iterable[Record]) -> dict[str, Way]:
    """`{uid of the record: way}` of those that lead to somebody; one statement for each kind of record behind their links."""
    behind: dict[str, set[str]] = {}
    asked = {record.uid: list(_links(reader, record)) for record in records}
    for links in asked.values():
        for link in links:
            behind.setdefault(link.entity, set()).add(link.uid)
    found: dict[str, Way] = {}
    for key, uids in behind.items():
        found |= _ways_of(reader, reader.catalog.entities[key], uids)
    told = {uid: next((found[link.uid] for link in links if link.uid in found), None) for uid, links in asked.items()}
    return {uid: way for uid, way in told.items() if way is not None}


def reach_fields(policy: Policy, entity: Entity) -> list[str]:
    """The readable fields of an entity by which somebody is reached, phones first."""
    readable = policy.readable(entity.key)
    own = [each for each in entity.own_fields if each.type.key in {PHONE, EMAIL} and each.key in readable]
    return [each.key for each in sorted(own, key=lambda each: each.type.key != PHONE)]


def _links(reader: Reader, record: Record) -> Iterator[Link]:
    """Links to what can be reached, those to one kind of record first: they name a person beside what the matter is."""
    fields = record.entity.fields
    held = [(key, value) for key, value in record.values.items() if isinstance(value, Link) and value.uid and not value.hidden]
    for _key, link in sorted(held, key=lambda pair: len(fields[pair[0]].definition.targets) != 1):
        entity = reader.catalog.entities.get(link.entity)
        if entity is not None and not link.deleted and reach_fields(reader.policy, entity):
            yield link


def _ways_of(reader: Reader, entity: Entity, uids: Iterable[str]) -> dict[str, Way]:
    keys, quiet = reach_fields(reader.policy, entity), entity.definition.no_contact
    asked = [*keys, *([quiet] if quiet in reader.policy.readable(entity.key) else [])]
    chosen = {'field': 'uid', 'op': 'in', 'value': sorted(uids)[:LARGEST_PAGE]}
    page = reader.list_page(entity.key, ListQuery(filter=chosen, columns=tuple(asked), size=LARGEST_PAGE, counted=False))
    writes = reader.policy.scope('update', entity.key) != 'none'
    found = {}
    for each in page.records:
        key = next((key for key in keys if each.values.get(key)), '')
        if not key or (quiet and each.values.get(quiet)):
            continue
        value = str(each.values[key])
        if entity.fields[key].type.key == PHONE:
            found[each.uid] = Way('call', f'tel:{value.replace(" ", "")}', each.title)
        else:
            found[each.uid] = Way('mail', f'/{entity.key}/{each.uid}?write=mail' if writes else f'mailto:{value}', each.title)
    return found
