"""Recovery at start and on every scheduler tick: after it, tables, version row and publish rows agree."""

from __future__ import annotations

from migrations.compiling import Compiler
from migrations.executor import Executor
from migrations.journal import Publish
from migrations.site import SyncPermissions, no_sync
from schema.base.clock import Clock
from schema.base.database import Database
from schema.catalogs import Catalogs


def recover(
    database: Database, clock: Clock, sync_permissions: SyncPermissions = no_sync, catalogs: Catalogs | None = None
) -> list[Publish]:
    """Complete interrupted publishes, or undo those that cannot be completed. One short query when there is nothing to do.

    Commits; safe to run at any time and in several processes: whoever gets the publisher's lock does it.
    """
    executor = Executor(database, clock, Compiler(catalogs or Catalogs(database)), sync_permissions)
    return executor.recover() if executor.journal.open_ones() else []
