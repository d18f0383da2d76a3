"""Labels of links: one statement for people, teams and all entities whose title is a text, whatever the number of records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Session

from permissions.policy import Policy
from schema.catalog import Catalog
from schema.fieldtypes.base import Reading
from schema.fieldtypes.text import Text
from schema.values import TEAM, USER, Lines, Link, Links

Labelled = Mapping[tuple[str, int], Link]
KEPT = 5_000
"""So many labels a session keeps at most: a page of many lists names the same people again and again."""
_statements: WeakKeyDictionary[Policy, dict[tuple[str, ...], Any]] = WeakKeyDictionary()


def label_links(session: Session, catalog: Catalog, policy: Policy, links: Iterable[Link]) -> Labelled:
    """`{(entity, id): labelled link}` of these and of links before; what is not for the actor comes back hidden. `session` is a
    reader session: what it labelled once it does not ask for again."""
    found: dict[tuple[str, int], Link] = session.info.setdefault(policy, {})
    if len(found) > KEPT:
        found.clear()
    wanted: dict[str, set[int]] = defaultdict(set)
    for link in links:
        if link.id is not None and (link.entity, link.id) not in found:
            wanted[link.entity].add(link.id)
    plain = [target for target in sorted(wanted) if _is_plain(catalog, target)]
    if plain:
        found.update(_plain(session, catalog, policy, {target: wanted[target] for target in plain}))
    for target in sorted(set(wanted) - set(plain)):
        found.update(_records(session, catalog, policy, target, wanted[target]))
    for target, ids in wanted.items():
        for row_id in ids:
            found.setdefault((target, row_id), Link(target, '', row_id, hidden=True))
    return found


def links_in(value: Any) -> Iterator[Link]:
    """The links that a value holds, those of lines included."""
    if isinstance(value, Link):
        yield value
    elif isinstance(value, Links):
        yield from value.links
    elif isinstance(value, Lines):
        yield from (part for line in value.lines for part in line.values.values() if isinstance(part, Link))


def apply_labels(value: Any, labelled: Labelled) -> Any:
    """The labelled twin of a link, or of a value that holds links; other values unchanged."""
    if isinstance(value, Link):
        return labelled.get((value.entity, value.id or 0), value)
    if isinstance(value, Links):
        return replace(value, links=tuple(apply_labels(link, labelled) for link in value.links))
    if isinstance(value, Lines):
        return replace(value, lines=tuple(replace(line, values=_labelled(line.values, labelled)) for line in value.lines))
    return value


def _labelled(values: Mapping[str, Any], labelled: Labelled) -> dict[str, Any]:
    return {key: apply_labels(value, labelled) for key, value in values.items()}


def _records(session: Session, catalog: Catalog, policy: Policy, target: str, ids: set[int]) -> dict[tuple[str, int], Link]:
    entity = catalog.entity(target)
    title = entity.title
    visible = title.key in policy.readable(entity.key)
    columns = [getattr(entity.model, name) for name in title.columns] if visible and not title.system else []
    model: Any = entity.model
    statement = sa.select(model.id, model.uid, model.deleted_at, *columns).where(model.id.in_(ids))
    found = {}
    rows: Iterable[Any] = session.execute(statement).mappings()
    for row in rows:
        value = title.from_row(row) if columns else None
        label = title.type.text(title.definition, value, Reading()) if value is not None else '…'
        found[target, row['id']] = Link(target, row['uid'], row['id'], label, deleted=row['deleted_at'] is not None)
    return found


def _is_plain(catalog: Catalog, target: str) -> bool:
    """Whether the label stands in the row as people read it."""
    return target in (USER, TEAM) or isinstance(catalog.entity(target).title.type, Text)


def _plain_part(catalog: Catalog, policy: Policy, target: str, number: int) -> sa.Select[Any]:
    """`id, uid, label, first name, gone, number` of one target; records only as far as the actor reaches."""
    nothing, mark = sa.cast(sa.null(), sa.Text), sa.literal(number).label('part')
    ids: sa.BindParameter[Any] = sa.bindparam(f'ids_{number}', expanding=True)
    if target == USER:
        users = catalog.users
        gone = sa.not_(users.c.active)
        found = sa.select(users.c.id, users.c.username, users.c.last_name, users.c.first_name, gone.label('gone'), mark)
        return found.where(users.c.id.in_(ids))
    if target == TEAM:
        teams = catalog.teams
        return sa.select(teams.c.id, teams.c.uid, teams.c.name, nothing, sa.false().label('gone'), mark).where(
            teams.c.id.in_(ids)
        )
    entity = catalog.entity(target)
    columns, title = entity.table.c, entity.title
    label = columns[title.definition.column] if title.key in policy.readable(entity.key) else nothing
    found = sa.select(columns.id, columns.uid, label, nothing, columns.deleted_at.is_not(None).label('gone'), mark)
    return found.where(columns.id.in_(ids), policy.table_predicate('read', entity))


def _plain(session: Session, catalog: Catalog, policy: Policy, wanted: Mapping[str, set[int]]) -> dict[tuple[str, int], Link]:
    """All targets in one statement, made once for the same rights."""
    targets = tuple(wanted)
    kept = _statements.setdefault(policy, {})
    if (statement := kept.get(targets)) is None:
        parts = [_plain_part(catalog, policy, target, number) for number, target in enumerate(targets)]
        statement = kept[targets] = sa.union_all(*parts) if len(parts) > 1 else parts[0]
    ids = {f'ids_{number}': sorted(wanted[target]) for number, target in enumerate(targets)}
    found = {}
    for row_id, uid, label, first, gone, number in session.execute(statement, ids):
        target = targets[number]
        name = full_name(first, label) if target == USER else label or '…'
        found[target, row_id] = Link(target, uid, row_id, name, deleted=bool(gone))
    return found


def full_name(first: str | None, last: str | None) -> str:
    """Vietnamese order: family name first. FAB calls it last_name."""
    return ' '.join(filter(None, (last, first)))


def strip_hidden(link: Link) -> Link:
    """A hidden link without anything that tells what it points to."""
    return replace(link, uid='', label='') if link.hidden else link
