"""Permission names and roles in bulk, before the version that needs them goes live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from migrations.site import Site
from migrations.steps.base import Lock, Phase, Step


@dataclass(frozen=True)
class SyncPermissions(Step):
    """What to write is the rights' own business; it is told the catalog. Undone by telling it the former one."""

    kind: ClassVar[str] = 'sync_permissions'
    phase: ClassVar[Phase] = 'permissions'
    lock: ClassVar[Lock] = 'none'
    texts: ClassVar[dict[str, str]] = {'en': 'Update permissions', 'vi': 'Cập nhật quyền'}

    def forward(self, site: Site) -> None:
        site.in_turn(lambda connection: site.sync_permissions(connection, site.target), self.kind)

    def undo(self, site: Site) -> None:
        base = site.base
        if base is not None:
            site.in_turn(lambda connection: site.sync_permissions(connection, base), self.kind)
