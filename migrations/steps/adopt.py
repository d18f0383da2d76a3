"""Waiting until every live process uses the new version, before anything the old one needs is taken away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from migrations.heartbeats import wait_for_adoption
from migrations.site import Site
from migrations.steps.base import Lock, Phase, Step

PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class AwaitAdoption(Step):
    """A process that does not follow in time is left behind: the writer fence keeps it from doing harm."""

    version: int
    kind: ClassVar[str] = 'await_adoption'
    phase: ClassVar[Phase] = 'adopt'
    lock: ClassVar[Lock] = 'none'
    texts: ClassVar[dict[str, str]] = {'en': 'Wait for all processes', 'vi': 'Chờ các tiến trình chuyển sang'}

    def forward(self, site: Site) -> None:
        wait_for_adoption(site.database, self.version, site.clock, patience_seconds=PATIENCE_SECONDS)
