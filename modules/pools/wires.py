"""Pools as JSON: as they stand for a person, as they are made, and an administrator's wish read. Knows no address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from modules.api.bodies import kind_of
from modules.pools import queries
from modules.pools.model import Mine, Pool, Wish
from modules.web.pages.context import filter_document
from permissions.tables import ab_user, team
from schema.base.errors import BadRequest, Invalid
from schema.catalog import Catalog

PEOPLE = {'members': 'users', 'managers': 'users', 'member_teams': 'teams', 'manager_teams': 'teams'}
_KINDS: Mapping[str, tuple[type, dict[str, str]]] = {
    'name': (str, {'en': 'a text', 'vi': 'một đoạn chữ'}),
    'entity': (str, {'en': 'a text', 'vi': 'một đoạn chữ'}),
    'description': (str, {'en': 'a text', 'vi': 'một đoạn chữ'}),
    'activity': (str, {'en': 'a text', 'vi': 'một đoạn chữ'}),
    'source': (dict, {'en': 'a condition', 'vi': 'một điều kiện'}),
    'daily_limit': (int, {'en': 'a whole number', 'vi': 'một số nguyên'}),
    'return_days': (int, {'en': 'a whole number', 'vi': 'một số nguyên'}),
    'takes_new': (bool, {'en': 'true or false', 'vi': 'true hoặc false'}),
    'active': (bool, {'en': 'true or false', 'vi': 'true hoặc false'}),
    'is_default': (bool, {'en': 'true or false', 'vi': 'true hoặc false'}),
    **dict.fromkeys(PEOPLE, (list, {'en': 'a list of user names or team IDs', 'vi': 'danh sách tên đăng nhập hoặc mã nhóm'})),
}


def mine_wire(mine: Mine, catalog: Catalog) -> dict[str, Any]:
    """A pool as it stands for a person."""
    pool = mine.pool
    return {
        'uid': pool.uid, 'name': pool.name, 'description': pool.description, 'entity': catalog.by_ref[pool.entity_ref].key,
        'active': pool.active, 'member': mine.member, 'manager': mine.manager, 'waiting': mine.waiting, 'held': mine.held,
        'daily_limit': pool.daily_limit, 'remaining': mine.remaining, 'resets_at': instant(mine.resets_at),
        'return_days': pool.return_days, 'activity': pool.activity,
    }  # fmt: skip


def made_wire(executor: Any, pool: Pool, catalog: Catalog) -> dict[str, Any]:
    """A pool as an administrator makes it; `entity` is null when its kind of record is gone."""
    entity, people = catalog.by_ref.get(pool.entity_ref), queries.people_of(executor, pool.id)
    return {
        'uid': pool.uid, 'name': pool.name, 'description': pool.description, 'entity': entity.key if entity else None,
        'source': pool.source, 'takes_new': pool.takes_new, 'daily_limit': pool.daily_limit, 'return_days': pool.return_days,
        'activity': pool.activity, 'active': pool.active, 'is_default': pool.is_default,
        **{name: _spelled(executor, name, ids) for name, ids in people.items()},
    }  # fmt: skip


def read_wish(executor: Any, body: Mapping[str, Any]) -> Wish:
    """What an administrator sends. People are user names, teams uids.

    Raises: BadRequest API-E008; Invalid POL-E018 for people who are not there.
    """
    for name, sent in body.items():
        kind, expected = _KINDS.get(name, (type(None), {'en': 'nothing', 'vi': 'không gì cả'}))
        fits = isinstance(sent, kind) and not (kind is int and isinstance(sent, bool))
        if name not in _KINDS or not (fits or (sent is None and kind in {int, dict})):
            raise BadRequest.of('API-E008', f'/{name}', name=name[:80], value=kind_of(sent), expected=expected)
    people = {name: _ids(executor, name, body.get(name, [])) for name in PEOPLE}
    plain = {name: value for name, value in body.items() if name not in PEOPLE}
    return Wish(**{'name': '', 'entity': '', **plain, **people})


def instant(at: datetime) -> str:
    """RFC 3339 in Z, whole seconds."""
    return at.replace(tzinfo=None, microsecond=0).isoformat() + 'Z'


def read_source(raw: str) -> dict[str, Any] | None:
    """The condition that a form sends as JSON; None when there is none. Raises: BadRequest API-E401."""
    return filter_document(raw) or None


def read_number(raw: str, key: str, most: int) -> int | None:
    """A whole number as people type it; None when blank. Raises: Invalid POL-E016."""
    typed = raw.strip().replace('.', '').replace(',', '').replace(' ', '')
    if not typed:
        return None
    if not typed.isascii() or not typed.isdigit() or len(typed) > len(str(most)):
        raise Invalid.of('POL-E016', f'/{key}', value=raw[:40], limit=most)
    return int(typed)


def known_ids(executor: Any, kind: str, spelled: Sequence[str]) -> dict[str, int]:
    """`{user name or team uid: id}` of those that are there, in the order given; `kind` is users or teams."""
    table: Any = (ab_user if kind == 'users' else team).c
    column = table.username if kind == 'users' else table.uid
    wanted = [str(each)[:80] for each in spelled]
    known = dict(executor.execute(sa.select(column, table.id).where(column.in_(wanted))).all()) if wanted else {}
    return {each: known[each] for each in wanted if each in known}


def _ids(executor: Any, name: str, spelled: Sequence[Any]) -> list[int]:
    wanted = [str(each)[:80] for each in spelled]
    known = known_ids(executor, PEOPLE[name], wanted)
    missing = next((each for each in wanted if each not in known), None)
    if missing is not None:
        raise Invalid.of('POL-E018', f'/{name}', value=missing)
    return [known[each] for each in wanted]


def _spelled(executor: Any, name: str, ids: Sequence[int]) -> list[str]:
    table: Any = (ab_user if PEOPLE[name] == 'users' else team).c
    column = table.username if PEOPLE[name] == 'users' else table.uid
    known = dict(executor.execute(sa.select(table.id, column).where(table.id.in_(ids))).all()) if ids else {}
    return [known[each] for each in ids if each in known]
