"""The publisher as Studio, the API, packs and the command line use it: plan, apply, look back, roll back."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from migrations.executor import Executor
from migrations.journal import Journal, Publish
from migrations.planning import CheckDocuments, Planner, Remap
from migrations.plans import StoredPlan, get_plan
from migrations.site import SyncPermissions, no_sync
from schema.base.actor import Actor, system_actor
from schema.base.clock import Clock
from schema.base.database import Database
from schema.base.findings import Finding, load_texts
from schema.catalogs import Catalogs
from schema.loading import Documents

load_texts(Path(__file__).with_name('errors.json'))


def no_check(_documents: Documents) -> Iterable[Finding]:
    """For documents that were checked already."""
    return ()


class Publisher:
    """Thread-safe; holds no state of its own. Every method opens and commits its own short transactions."""

    def __init__(
        self, database: Database, catalogs: Catalogs, clock: Clock, *, sync_permissions: SyncPermissions = no_sync,
        check: CheckDocuments = no_check,
    ) -> None:  # fmt: skip
        self._database, self._catalogs, self._clock = database, catalogs, clock
        self._executor = Executor(database, clock, sync_permissions)
        self._planner = Planner(database, clock, check)

    def plan_documents(self, documents: Documents, actor: Actor, *, note: str = '', remap: Remap | None = None) -> StoredPlan:
        """A plan for a whole schema; what `documents` leaves out is dropped.

        Raises: Invalid with every finding; Conflict MIG-E006 when nothing differs.
        """
        return self._planner.plan(documents, self._planner.base(), actor, remap=remap or {}, note=note)

    def get_plan(self, plan_id: str) -> StoredPlan:
        """Raises: NotFound MIG-E004."""
        return get_plan(self._database, plan_id)

    def apply(self, plan_id: str, actor: Actor, *, in_background: bool = False) -> Publish:
        """Carry the plan out and adopt the new version here. With `in_background` it answers at once and goes on by itself.

        Raises: Conflict MIG-E003; NotFound MIG-E004; Stale MIG-E007; Invalid with the plan's errors or MIG-E013; Unavailable
        MIG-E018.
        """
        publish = self._executor.apply(plan_id, actor, in_background=in_background)
        if not in_background:
            self._catalogs.current()
        return publish

    def publish_state(self, publish_id: str) -> Publish:
        """Raises: NotFound MIG-E005."""
        return Journal(self._database, self._clock).get(publish_id)

    def recover(self) -> list[Publish]:
        """Complete or undo what a killed process left; at start and on every scheduler tick. Cheap when there is nothing."""
        return self._executor.recover()


def publish_documents(
    database: Database, documents: Documents, clock: Clock, *, note: str, sync_permissions: SyncPermissions = no_sync,
    check: CheckDocuments = no_check,
) -> int:  # fmt: skip
    """Plan and apply a whole schema in one go, as a first start does with a pack. Returns the version number.

    Raises: as `Publisher.plan_documents` and `Publisher.apply`.
    """
    publisher = Publisher(database, Catalogs(database), clock, sync_permissions=sync_permissions, check=check)
    actor = system_actor(note)
    return publisher.apply(publisher.plan_documents(documents, actor, note=note).plan_id, actor).version
