"""What `trellis doctor` tells of pools: rules that name what is gone, pools for kinds of records that are gone."""

from __future__ import annotations

from modules.pools import queries
from modules.pools.sources import is_broken
from modules.runtime import Runtime
from schema.base.errors import Unavailable


def check_pools(runtime: Runtime) -> tuple[bool, str]:
    """A pool whose rule is broken takes nothing in by itself, which somebody should know."""
    try:
        catalog = runtime.catalogs.current()
    except Unavailable:
        return True, 'nothing is published yet'
    with runtime.database.reading() as connection:
        pools = [each for each in queries.list_pools(connection) if each.active]
    told = [f'  {each.name}: its kind of record is gone' for each in pools if each.entity_ref not in catalog.by_ref]
    told += [
        f'  {each.name}: its rule names what is gone; open /pools/setup/{each.uid}'
        for each in pools
        if is_broken(each, catalog)
    ]
    if told:
        return False, '\n'.join(['pools that take nothing in:', *told])
    return True, f'{len(pools)} open pools'
