"""People named in notes with @user.name: who is meant, who of them may see the record, and telling those. Never commits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.notices.service import Notice, tell
from modules.records.model import Record
from modules.runtime import Runtime
from permissions.actors import full_name, load_person
from permissions.facts import reachable
from permissions.tables import ab_user
from schema.base.text import fold
from schema.catalog import Catalog

NAMED = re.compile(r'(?<![\w@.])@([A-Za-z0-9_](?:[\w.\-]{0,62}[\w])?)')
MOST_NAMED = 20
MOST_TRIED = 24
TEXTS = {'en': '{by} mentioned you on {{title}}', 'vi': '{by} nhắc tới bạn ở {{title}}'}


@dataclass(frozen=True)
class Mentioned:
    """An open account that a note names."""

    id: int
    username: str
    name: str


def names_in(text: str) -> list[str]:
    """User names after an @, each once, in the order of the text."""
    return list(dict.fromkeys(found.lower() for found in NAMED.findall(text or '')))[:MOST_NAMED]


def pieces(text: str, people: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The text cut at its mentions: `(text, '')` or `(text as typed, name)`. `people` is `{user name in lower case: name}`."""
    done = 0
    for found in NAMED.finditer(text):
        name = people.get(found[1].lower())
        if name:
            if found.start() > done:
                yield text[done : found.start()], ''
            yield found[0], name
            done = found.end()
    if done < len(text):
        yield text[done:], ''


def people_named(executor: Session, usernames: Iterable[str]) -> list[Mentioned]:
    """Open accounts with these user names, letters' case aside; one statement, none without names."""
    wanted = sorted({each.lower() for each in usernames})
    if not wanted:
        return []
    rows = executor.connection().execute(
        sa.select(ab_user.c.id, ab_user.c.username, ab_user.c.first_name, ab_user.c.last_name)
        .where(sa.func.lower(ab_user.c.username).in_(wanted), ab_user.c.active.is_(sa.true()))
        .order_by(ab_user.c.id)
    )
    return [Mentioned(row.id, row.username, full_name(row.first_name, row.last_name) or row.username) for row in rows]


def who_may_see(
    runtime: Runtime, catalog: Catalog, session: Session, record: Record, people: Sequence[Mentioned]
) -> frozenset[int]:
    """Ids of those who reach the record by their own rights."""
    connection, found = session.connection(), set()
    for each in people:
        person = load_person(connection, each.id)
        if person is not None and reachable(session, runtime.policy(person.actor, catalog), 'read', record.entity, [record.id]):
            found.add(each.id)
    return frozenset(found)


def candidates(
    runtime: Runtime, catalog: Catalog, session: Session, record: Record, search: str, *, most: int
) -> list[Mentioned]:
    """People whose name or user name holds every word and who may see the record, by name; at most `most`."""
    words = fold(search).split()
    rows = session.connection().execute(
        sa.select(ab_user.c.id, ab_user.c.username, ab_user.c.first_name, ab_user.c.last_name).where(
            ab_user.c.active.is_(sa.true())
        )
    )
    people = [Mentioned(row.id, row.username, full_name(row.first_name, row.last_name) or row.username) for row in rows]
    fitting = [each for each in people if all(word in fold(f'{each.name} {each.username}') for word in words)]
    fitting.sort(key=lambda each: (fold(each.name), each.id))
    found: list[Mentioned] = []
    for start in range(0, min(len(fitting), MOST_TRIED), most):
        part = fitting[start : start + most]
        seen = who_may_see(runtime, catalog, session, record, part)
        found += [each for each in part if each.id in seen]
        if len(found) >= most:
            break
    return found[:most]


def notify(
    session: Session, record: Record, people: Iterable[int], *, log_uid: str, by: tuple[int | None, str], now: datetime
) -> int:
    """Tell each of the people once that the note names them; how many were told now."""
    entity, name = record.entity, by[1].replace('{', '').replace('}', '')
    texts = {tongue: text.replace('{by}', name).replace('{{', '{').replace('}}', '}') for tongue, text in TEXTS.items()}
    told = Notice(
        'mention', texts, href=f'/{entity.key}/{record.uid}#entry-{log_uid}', entity_ref=entity.ref, record_uid=record.uid,
        by=by[0],
    )  # fmt: skip
    return tell(session, [each for each in people if each != by[0]], told, key=f'mention:{log_uid}', now=now)
