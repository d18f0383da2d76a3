"""What pools contribute: a follower of the store, a kind of bulk change, the scheduler's turn, what the doctor tells."""

from __future__ import annotations

from modules.pools.doctoring import check_pools
from modules.pools.following import PoolFollower
from modules.pools.managing import KIND, PutWork
from modules.pools.returning import return_idle
from modules.registries import Registries
from modules.runtime import Runtime


def register(registries: Registries) -> None:
    registries.followers.register('pools', PoolFollower(), owner=__name__)
    registries.operations.register(KIND, PutWork(), owner=__name__)
    registries.ticks.register('pools', tick, owner=__name__)
    registries.doctor.register('pools', check_pools, owner=__name__)


def tick(runtime: Runtime) -> None:
    """Records that nobody works on go back."""
    return_idle(runtime)
