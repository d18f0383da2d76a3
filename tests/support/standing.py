"""A site whose clock stands still, and what workflows left in its tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from migrations.service import Publisher
from modules.runtime import Runtime
from permissions.fab import sync_permissions
from schema.base.actor import system_actor
from schema.base.clock import FrozenClock
from schema.loading import Documents
from tests.support.site import Site
from workflows.tables import workflow_run, workflow_step


@dataclass
class Standing:
    """`clock` is what rules go by; it stands until it is moved."""

    site: Site
    clock: FrozenClock

    @property
    def runtime(self) -> Runtime:
        return self.site.runtime

    def publish(self, *workflows: dict[str, Any]) -> None:
        """Add workflows to the live schema, over contacts unless told otherwise."""
        documents = dict(self.runtime.catalogs.current().documents)
        for each in workflows:
            fixed = {'x-format': 1, 'x-kind': 'workflow', 'x-ref': f'{each["x-key"]}_r3f9aa', 'x-label': {'en': each['x-key']}}
            documents['workflow', each['x-key']] = {**fixed, 'entity': 'contact', 'enabled': True, **each}
        self.go_live(documents)

    def go_live(self, documents: Documents) -> None:
        """Make these documents the schema, unchecked."""
        runtime, actor = self.runtime, system_actor('test')
        publisher = Publisher(
            runtime.database, runtime.catalogs, self.clock, sync_permissions=sync_permissions, check=lambda _: ()
        )  # fmt: skip
        publisher.apply(publisher.plan_documents(documents, actor).plan_id, actor)

    def rows(self, table: sa.Table) -> list[Any]:
        with self.runtime.database.reading() as connection:
            return list(connection.execute(sa.select(table).order_by(*table.primary_key)))

    @property
    def runs(self) -> list[Any]:
        return self.rows(workflow_run)

    @property
    def steps(self) -> list[Any]:
        return self.rows(workflow_step)
