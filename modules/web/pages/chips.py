"""A filter as a sentence of chips, each of which can be taken out. Looks up names of people and records; decides no right."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from modules.records.labels import full_name
from modules.records.model import ListQuery
from modules.web.pages.context import Desk, address
from schema import conditions
from schema.base.errors import TrellisError
from schema.values import TEAM, USER

LABELLED = 40
EMPTIED = '{}'
"""What `filter` holds where a saved view's own filter is taken away altogether."""


def filter_chips(
    desk: Desk, query: ListQuery, path: str, params: Mapping[str, str], *, emptied: str = ''
) -> list[dict[str, Any]]:  # fmt: skip
    """The parts in reading order: `{before, text, remove_url, broken}`. `emptied` is the filter when the last one is gone."""
    if not query.filter:
        return []
    found = conditions.describe(
        query.filter, desk.entity, desk.presenter.catalog, desk.presenter.locale, link_labels(desk, query.filter)
    )
    chips = []
    for chip in found:
        before = chip.before if not chip.joiner else f'{chip.joiner} {chip.before[:1].lower()}{chip.before[1:]}'
        text = f' {chip.between} '.join(chip.values)
        following = address(path, {**params, 'filter': without(query.filter, chip.pointer) or emptied})
        shown = {'before': before if text else '', 'text': text or before, 'remove_url': following, 'broken': chip.broken}
        chips.append(shown)
    return chips


def without(document: Mapping[str, Any], pointer: str) -> str:
    """A filter as the address has it, with the part at a pointer such as `/all/1` taken out; empty when nothing is left."""
    _root, *steps = pointer.split('/')
    rest = _without(document, steps)
    return json.dumps(rest, ensure_ascii=False) if rest else ''


def _without(node: Any, steps: Sequence[str]) -> Any:
    """What is left of a part; groups that are left empty go as well."""
    if not steps:
        return None
    head = steps[0]
    parts = node.get(head) if isinstance(node, Mapping) else None
    if head not in {'all', 'any'} or not isinstance(parts, list) or len(steps) < 2 or not steps[1].isdigit():
        return None
    left = [_without(part, steps[2:]) if number == int(steps[1]) else part for number, part in enumerate(parts)]
    kept = [part for part in left if part]
    return {head: kept} if kept else None


def link_labels(desk: Desk, document: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """Names of the records and people that a filter points to, as far as the person may see them; a statement for each kind."""
    try:
        links = conditions.compile(document, desk.entity, desk.presenter.catalog).link_operands()
    except TrellisError:
        return {}
    wanted: dict[str, list[str]] = defaultdict(list)
    for link in links[:LABELLED]:
        if link.uid:
            wanted[link.entity].append(link.uid)
    named: dict[tuple[str, str], str] = {}
    for entity, uids in wanted.items():
        named.update({(entity, uid): text for uid, text in _titles(desk, entity, uids).items()})
    return named


def _titles(desk: Desk, entity: str, uids: Sequence[str]) -> Mapping[str, str]:
    catalog, session = desk.presenter.catalog, desk.reader.session
    if entity == USER:
        users = catalog.users
        rows = session.execute(
            sa.select(users.c.username, users.c.first_name, users.c.last_name).where(users.c.username.in_(uids))
        )
        return {row.username: full_name(row.first_name, row.last_name) or row.username for row in rows}
    if entity == TEAM:
        teams = catalog.teams
        rows = session.execute(sa.select(teams.c.uid, teams.c.name).where(teams.c.uid.in_(uids)))
        return {row.uid: row.name for row in rows}
    try:
        return desk.reader.titles(entity, uids)
    except TrellisError:
        return {}
