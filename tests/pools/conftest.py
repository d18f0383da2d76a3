"""Sites of pools, and pools for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from modules.pools import managing, queries, setup
from modules.pools.model import Pool, Wish
from modules.records.changing import Change
from modules.runtime import Runtime
from schema.base.actor import system_actor
from schema.base.clock import FrozenClock
from schema.base.ids import new_uid
from tests.support.site import NOW, Site

LATER = NOW + timedelta(hours=1)


def frozen(made: Site) -> FrozenClock:
    """Stop the site's clock."""
    clock = FrozenClock(NOW)
    made.runtime.clock = clock
    return clock


def user_id(made: Site, username: str) -> int:
    return made.actor(username).user_id or 0


def make_pool(made: Site, **wish: Any) -> Pool:
    """A pool of leads: managed by manager, members rep and rep2; whatever else is said."""
    members = [user_id(made, each) for each in wish.pop('members', ('rep', 'rep2'))]
    managers = [user_id(made, each) for each in wish.pop('managers', ('manager',))]
    wished = replace(Wish(name='Kho mặc định', entity='lead', members=members, managers=managers), **wish)
    runtime: Runtime = made.runtime
    with runtime.database.session() as session:
        return setup.create(session, runtime.catalogs.current(), wished, by=system_actor('test'), now=runtime.clock.now())


def put_leads(made: Site, found: Pool, count: int) -> list[str]:
    """So many leads that nobody owns, put into the pool by its manager; uids in the order in which they wait."""
    entity = made.runtime.catalogs.current().entity('lead')
    new = [Change(entity, new_uid(), {'full_name': f'Khách {number}', 'owner': None}) for number in range(count)]
    uids = [each.uid for each in made.runtime.write(made.actor('manager'), lambda store: store.create_many('lead', new))]

    managing.put(made.runtime, made.actor('manager'), found.uid, {'uids': uids})
    return uids


def owner_of(made: Site, uid: str) -> int | None:
    table = made.runtime.catalogs.current().entity('lead').table
    with made.runtime.database.reading() as connection:
        return connection.execute(sa.select(table.c.owner_id).where(table.c.uid == uid)).scalar_one()


def waiting(made: Site, found: Pool) -> int:
    with made.runtime.database.reading() as connection:
        return queries.count_waiting(connection, found, made.runtime.catalogs.current().entity('lead'))
