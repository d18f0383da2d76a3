"""Who takes part in an event of a file: colleagues and contacts by their addresses, everybody else in words. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from modules.calendar.events import calendar_of, participants
from modules.calendar.ics_in import Attendee, Incoming
from modules.records.model import ListQuery, Record
from modules.records.queries import Reader
from permissions.tables import ab_user
from schema.catalog import Entity, Field
from schema.definitions import Texts, in_locale
from schema.values import Link

CHUNK = 200
ATTENDEES: Texts = {'en': 'Attendees', 'vi': 'Người tham dự'}


@dataclass(frozen=True)
class Known:
    """User names and uids of guests by address, in small letters; `own` is the address of the person who asks."""

    users: Mapping[str, str]
    guests: Mapping[str, str]
    own: str
    locale: str

    def strangers(self, event: Incoming) -> list[Attendee]:
        met = {*self.users, *self.guests, self.own}
        return [each for each in event.attendees if each.address not in met]


def known(reader: Reader, entity: Entity, events: Iterable[Incoming], writable: frozenset[str]) -> Known:
    """Whom the person may name in such records; one statement for every 200 addresses of users, and one of guests."""
    calendar, actor = calendar_of(entity), reader.actor
    addresses = sorted({each.address for event in events for each in event.attendees})
    users: dict[str, str] = {}
    guests: dict[str, str] = {}
    for part in (addresses[start : start + CHUNK] for start in range(0, len(addresses), CHUNK)):
        if calendar.participants in writable and person_of(entity) is not None:
            users |= dict(_users(reader, part))
        if calendar.guests in writable:
            guests |= dict(_guests(reader, entity.fields[calendar.guests], part))
    return Known(users, guests, actor.email.lower(), actor.locale)


def in_words(event: Incoming, people: Known) -> str:
    """The description of an event, and below it who takes part and is nobody here."""
    names = ', '.join(f'{each.name} ({each.address})' if each.name else each.address for each in people.strangers(event))
    told = f'{in_locale(ATTENDEES, people.locale)}: {names}' if names else ''
    return '\n\n'.join(part for part in (event.text, told) if part)


def coming(entity: Entity, event: Incoming, people: Known, there: Record | None) -> dict[str, Any]:
    """The wire that adds whoever is not in the record yet; who was added here stays."""
    calendar, person = calendar_of(entity), person_of(entity)
    addresses = [each.address for each in event.attendees if each.address != people.own]
    held = {link.uid for link in (*participants(there), *_linked(there, calendar.guests))} if there is not None else set()
    users = [name for each in addresses if (name := people.users.get(each)) and name not in held]
    guests = [uid for each in addresses if each not in people.users and (uid := people.guests.get(each)) and uid not in held]
    wire: dict[str, Any] = {}
    if users and person is not None:
        wire[calendar.participants] = {'add': [{person.key: name} for name in dict.fromkeys(users)]}
    if guests:
        wire[calendar.guests] = {'add': list(dict.fromkeys(guests))}
    return wire


def person_of(entity: Entity) -> Field | None:
    """The field of a participant's line that names the user."""
    held = entity.fields.get(calendar_of(entity).participants)
    if held is None or held.lines is None:
        return None
    return next((each for each in held.lines.fields.values() if each.type.key == 'user' and not each.system), None)


def _users(reader: Reader, addresses: Sequence[str]) -> Iterator[tuple[str, str]]:
    address = sa.func.lower(ab_user.c.email)
    found = sa.select(address, ab_user.c.username).where(ab_user.c.active.is_(sa.true()), address.in_(addresses))
    yield from ((row[0], row[1]) for row in reader.session.execute(found))


def _guests(reader: Reader, field: Field, addresses: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Of the records that may be guests those that the person reads; nobody where two have one address."""
    for key in field.definition.targets:
        target = reader.catalog.find_entity(key)
        if target is None or reader.policy.scope('read', key) == 'none':
            continue
        readable = reader.policy.readable(key)
        columns = [each.key for each in target.own_fields if each.type.key == 'email' and each.key in readable]
        for column in columns[:1]:
            query = ListQuery(
                filter={'field': column, 'op': 'in', 'value': list(addresses)}, columns=(column,), size=CHUNK, counted=False
            )
            met: dict[str, set[str]] = {}
            for record in reader.list_page(key, query).records:
                met.setdefault(str(record.values[column]).lower(), set()).add(record.uid)
            yield from ((address, min(uids)) for address, uids in met.items() if len(uids) == 1)


def _linked(record: Record, key: str) -> list[Link]:
    return [link for link in getattr(record.values.get(key), 'links', ()) if not link.hidden] if key else []
