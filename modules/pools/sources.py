"""Which records a pool's source rule takes, asked of the database for a whole batch. Decides no right."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.pools.model import Pool
from modules.records import resolving
from permissions.policy import Policy
from permissions.scoping import scoped_by_hand
from schema import conditions
from schema.base.actor import system_actor
from schema.base.clock import Clock
from schema.base.errors import Invalid
from schema.catalog import Catalog, Entity
from schema.conditions import Condition


def compiled(found: Pool, entity: Entity, catalog: Catalog) -> Condition | None:
    """The source rule over the present schema; None when it has none, or names what is gone (see `is_broken`)."""
    if found.source is None:
        return None
    try:
        return conditions.compile(found.source, entity, catalog)
    except Invalid:
        return None


def is_broken(found: Pool, catalog: Catalog) -> bool:
    """Whether the rule names fields or values that are no longer there, so that nothing enters by itself."""
    entity = catalog.by_ref.get(found.entity_ref)
    return entity is not None and found.source is not None and compiled(found, entity, catalog) is None


def in_order(pools: Iterable[Pool], entity: Entity) -> list[Pool]:
    """The pools that records of an entity enter by themselves: the first one that takes a record has it. By age, the default
    pool last."""
    return sorted(
        (each for each in pools if each.entity_ref == entity.ref and each.collects), key=lambda p: (p.is_default, p.id)
    )


def touches(found: Pool, entity: Entity, catalog: Catalog, keys: Collection[str]) -> bool:
    """Whether changed fields may give the rule another answer."""
    condition = compiled(found, entity, catalog)
    return condition is not None and any((entity.key, key) in condition.fields_read() for key in keys)


def taken(session: Session, catalog: Catalog, clock: Clock, found: Pool, ids: Collection[int]) -> set[int]:
    """Ids of those records that the rule takes; of a default pool without a rule all. One statement."""
    entity = catalog.by_ref[found.entity_ref]
    if found.source is None:
        return set(ids) if found.is_default else set()
    condition = compiled(found, entity, catalog)
    if condition is None or not ids:
        return set()
    policy = Policy(catalog, system_actor('pools'))
    links = resolving.find_links(session, catalog, policy, condition.link_operands())
    binding = conditions.Binding(clock.now(), clock.zone, link_ids={key: link.id for key, link in links.items()})
    statement = sa.select(entity.table.c.id).where(entity.table.c.id.in_(sorted(ids)), condition.sql(binding))
    return set(session.execute(scoped_by_hand(statement)).scalars())
