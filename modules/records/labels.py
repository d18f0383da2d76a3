"""Labels of links: one statement per target entity, one for users, one for teams, whatever the number of records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from permissions.policy import Policy
from sqlalchemy.orm import Session

from schema.catalog import Catalog
from schema.fieldtypes.base import Reading
from schema.values import TEAM, USER, Link

Labelled = Mapping[tuple[str, int], Link]


def label_links(session: Session, catalog: Catalog, policy: Policy, links: Iterable[Link]) -> Labelled:
    """`{(entity, id): labelled link}`; what the actor may not see comes back hidden. `session` is a reader session."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for link in links:
        if link.id is not None:
            wanted[link.entity].add(link.id)
    found: dict[tuple[str, int], Link] = {}
    for target, ids in sorted(wanted.items()):
        if target == USER:
            found.update(_users(session, catalog, ids))
        elif target == TEAM:
            found.update(_teams(session, catalog, ids))
        else:
            found.update(_records(session, catalog, policy, target, ids))
        for row_id in ids:
            found.setdefault((target, row_id), Link(target, '', row_id, hidden=True))
    return found


def apply_labels(value: Any, labelled: Labelled) -> Any:
    """The labelled twin of a link; other values unchanged."""
    return labelled.get((value.entity, value.id or 0), value) if isinstance(value, Link) else value


def _records(session: Session, catalog: Catalog, policy: Policy, target: str, ids: set[int]) -> dict[tuple[str, int], Link]:
    entity = catalog.entity(target)
    title = entity.title
    visible = title.key in policy.readable(entity.key)
    columns = [getattr(entity.model, name) for name in title.columns] if visible and not title.system else []
    statement = sa.select(entity.model.id, entity.model.uid, entity.model.deleted_at, *columns).where(entity.model.id.in_(ids))
    found = {}
    for row in session.execute(statement).mappings():
        value = title.from_row(row) if columns else None
        label = title.type.text(title.definition, value, Reading()) if value is not None else '…'
        found[target, row['id']] = Link(target, row['uid'], row['id'], label, deleted=row['deleted_at'] is not None)
    return found


def _users(session: Session, catalog: Catalog, ids: set[int]) -> dict[tuple[str, int], Link]:
    users = catalog.users
    rows = session.execute(
        sa.select(users.c.id, users.c.username, users.c.first_name, users.c.last_name, users.c.active).where(
            users.c.id.in_(ids)
        )
    )
    return {
        (USER, row.id): Link(USER, row.username, row.id, full_name(row.first_name, row.last_name), deleted=not row.active)
        for row in rows
    }


def _teams(session: Session, catalog: Catalog, ids: set[int]) -> dict[tuple[str, int], Link]:
    teams = catalog.teams
    rows = session.execute(sa.select(teams.c.id, teams.c.uid, teams.c.name).where(teams.c.id.in_(ids)))
    return {(TEAM, row.id): Link(TEAM, row.uid, row.id, row.name) for row in rows}


def full_name(first: str | None, last: str | None) -> str:
    """Vietnamese order: family name first. FAB calls it last_name."""
    return ' '.join(filter(None, (last, first)))


def strip_hidden(link: Link) -> Link:
    """A hidden link without anything that tells what it points to."""
    return replace(link, uid='', label='') if link.hidden else link
