"""Customers who come back: who looks after the matching customer now. Reads across record scopes and names nobody's records.

A record is of a known customer when one of its links leads to one, or when the entity's own duplicate rules find a live record
that matches. The present owner of that record gets it, if they are active.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.assignment.model import Strategy
from modules.duplicates import queries as duplicates
from modules.duplicates.rules import Rule, rules_of
from modules.records.changing import Change
from permissions.policy import Policy
from permissions.scoping import scoped_by_hand
from permissions.tables import ab_user
from schema.base.actor import system_actor
from schema.base.findings import Finding, finding
from schema.catalog import Catalog, Entity, Field
from schema.values import Link

Found = dict[str, tuple[int, Finding]]


def present_owners(
    session: Session, catalog: Catalog, strategy: Strategy, entity: Entity, records: Sequence[Change]
) -> Found:  # fmt: skip
    """`{uid: (user id, reason)}` of records whose customer is known and has an active owner; links before duplicate rules."""
    found: Found = {}
    for field in links_to_customers(catalog, entity, strategy.via):
        rest = [each for each in records if each.uid not in found]
        found |= _behind(session, catalog, field, rest)
    for rule in rules_of(entity):
        rest = [each for each in records if each.uid not in found]
        found |= _alike(session, catalog, rule, rest)
    return found


def links_to_customers(catalog: Catalog, entity: Entity, via: Sequence[str]) -> list[Field]:
    """The named links; without names those to entities that have duplicate rules, for these are the customers."""
    links = [each for each in entity.own_fields if each.is_link and each.type.stored and not each.is_collection]
    if via:
        return [each for key in via for each in links if each is entity.find_field(key)]
    return [
        each for each in links if any(catalog.entity(key).definition.duplicates for key in _targets(catalog, each))
    ]  # fmt: skip


def _targets(catalog: Catalog, field: Field) -> Iterator[str]:
    return (key for key in field.definition.targets if key in catalog.entities)


def _behind(session: Session, catalog: Catalog, field: Field, records: Sequence[Change]) -> Found:
    wanted: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for each in records:
        link = each.value(field.key)
        if isinstance(link, Link) and link.id is not None and link.entity in catalog.entities:
            wanted[link.entity][link.id].append(each.uid)
    found: Found = {}
    reason = finding('ASG-R006', level='warning', label=field.definition.label)
    for key, uids in wanted.items():
        table = catalog.entity(key).table
        for row in session.execute(_owned(table).where(table.c.id.in_(list(uids)))):
            found.update(dict.fromkeys(uids[row.id], (row.owner_id, reason)))
    return found


def _alike(session: Session, catalog: Catalog, rule: Rule, records: Sequence[Change]) -> Found:
    keyed = [(each, key) for each in records if (key := rule.key_of(each.value)) is not None]
    if not keyed:
        return {}
    entity, uids = keyed[0][0].entity, {each.uid for each, _ in keyed}
    everything = Policy(catalog, system_actor('assignment'))
    rows = duplicates.candidates(session, everything, entity, rule.probes([each.value for each, _ in keyed]))
    stored: dict[Any, int] = {}
    active = _active(session, [row[f'{duplicates.ROW}owner_id'] for row in rows])
    for row in rows:
        owner = row[f'{duplicates.ROW}owner_id']
        key = rule.row_key(row)
        if key is not None and owner in active and row[f'{duplicates.ROW}uid'] not in uids:
            stored.setdefault(key, owner)
    reason = finding('ASG-R007', level='warning', label=rule.definition.label or rule.definition.key)
    return {each.uid: (stored[key], reason) for each, key in keyed if key in stored}


def _owned(table: sa.FromClause) -> Any:
    """Live rows with an active owner."""
    joined = table.join(ab_user, sa.and_(ab_user.c.id == table.c.owner_id, ab_user.c.active.is_(sa.true())))
    return scoped_by_hand(sa.select(table.c.id, table.c.owner_id).select_from(joined).where(table.c.deleted_at.is_(None)))


def _active(session: Session, ids: Sequence[int | None]) -> set[int]:
    wanted = sa.select(ab_user.c.id).where(ab_user.c.id.in_({each for each in ids if each}), ab_user.c.active.is_(sa.true()))
    return set(session.execute(wanted).scalars()) if ids else set()
