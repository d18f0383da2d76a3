"""Rows of notices as their person reads them: titles and links as far as the person reaches the records. Free of Flask."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from modules.notices import queries
from modules.notices.words import A_RECORD, WORDS
from modules.runtime import Runtime
from permissions.actors import full_name
from permissions.tables import ab_user
from schema.base.actor import Actor
from schema.base.errors import Forbidden
from schema.catalog import Catalog
from schema.definitions import in_locale

Titles = Mapping[tuple[str, str], str]
"""By entity ref and uid."""
_BRACES = re.compile(r'\{(title|count|by)\}')


@dataclass(frozen=True)
class Shown:
    """One notice in words. `href` is blank when there is nowhere to go; `by` names who caused it, blank for the system.
    `calls` says whether it is worth a popup or a mail: nobody is sent to a record that was deleted or closed to them meanwhile,
    but what a workflow says is said."""

    id: int
    kind: str
    icon: str
    text: str
    href: str
    by: str
    by_username: str
    at: datetime
    unread: bool
    calls: bool = True


def shown(runtime: Runtime, actor: Actor, catalog: Catalog, rows: Sequence[Any], locale: str) -> list[Shown]:
    """In the order of the rows; one statement for people, two for each entity that the rows are about."""
    live, binned = _titles(runtime, actor, catalog, rows)
    titles = {**live, **binned}
    people = _people(runtime, {row.by_id for row in rows if row.by_id is not None})
    made = []
    for row in rows:
        entity = catalog.by_ref.get(row.entity_ref)
        title = titles.get((row.entity_ref, row.record_uid)) if row.record_uid else None
        reached = not row.record_uid or title is not None
        href = row.href or (f'/{entity.key}/{row.record_uid}' if entity is not None and row.record_uid else '')
        word = title if title is not None else in_locale(A_RECORD, locale)
        name, username = people.get(row.by_id, ('', ''))
        text = _filled(in_locale(row.texts, locale), title=word, count=_number(row.number, locale), by=name)
        unread, icon = row.read_at is None, WORDS[row.kind].icon
        calls = not row.record_uid or (row.entity_ref, row.record_uid) in live or row.kind == 'workflow'
        made.append(Shown(row.id, row.kind, icon, text, href if reached else '', name, username, row.at, unread, calls))
    return made


def latest(
    runtime: Runtime, actor: Actor, catalog: Catalog, locale: str, *, kinds: Sequence[str] = (), most: int = 5
) -> list[Shown]:  # fmt: skip
    """The person's newest unread notices, of these kinds or of all; for their first page."""
    if actor.user_id is None:
        return []
    with runtime.database.reading() as connection:
        rows = queries.page(connection, actor.user_id, unread=True, kinds=kinds, size=most)
    return shown(runtime, actor, catalog, rows[:most], locale)


def _filled(text: str, **words: str) -> str:
    """Words in braces, in one go, so that what is filled in is not read again; other braces stay."""
    return _BRACES.sub(lambda found: words.get(found.group(1), found.group()), text)


def _number(number: int, locale: str) -> str:
    return f'{number:,}'.replace(',', '.') if locale == 'vi' else f'{number:,}'


def _titles(
    runtime: Runtime, actor: Actor, catalog: Catalog, rows: Sequence[Any]
) -> tuple[Titles, Titles]:  # fmt: skip
    """Of the records that the person reaches: of live ones, and of those in the bin."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.record_uid and row.entity_ref in catalog.by_ref:
            wanted[row.entity_ref].add(row.record_uid)
    live: dict[tuple[str, str], str] = {}
    binned: dict[tuple[str, str], str] = {}
    if not wanted:
        return live, binned
    with runtime.reader(actor, catalog) as reader:
        for ref, uids in wanted.items():
            try:
                for found, in_bin in ((live, False), (binned, True)):
                    titles = reader.titles(catalog.by_ref[ref].key, uids, binned=in_bin)
                    found.update(((ref, uid), title) for uid, title in titles.items())
            except Forbidden:
                continue
    return live, binned


def _people(runtime: Runtime, ids: Collection[int]) -> dict[int, tuple[str, str]]:
    if not ids:
        return {}
    columns = (ab_user.c.id, ab_user.c.username, ab_user.c.first_name, ab_user.c.last_name)
    with runtime.database.reading() as connection:
        rows = connection.execute(sa.select(*columns).where(ab_user.c.id.in_(sorted(ids)))).all()
    return {row.id: (full_name(row.first_name, row.last_name) or row.username, row.username) for row in rows}
