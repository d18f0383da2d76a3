"""What a channel of deliveries is: how a row becomes a call, and what its answer means. Knows no table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from modules.runtime import Runtime
from schema.base.findings import Finding
from schema.definitions import Texts

Became = Literal['sent', 'new', 'failed', 'uncertain']


@dataclass(frozen=True)
class Outcome:
    """What became of one attempt. `new` is tried again, `after` a while that the other side named. `told` is kept."""

    state: Became
    found: Finding | None = None
    told: Mapping[str, Any] = field(default_factory=dict)
    after: timedelta | None = None


class Unset(Exception):
    """The channel is not set up: what it should send is held until it is."""

    def __init__(self, found: Finding) -> None:
        super().__init__(str(found))
        self.found = found


class Way(Protocol):
    """A channel as it stands for the next minute. Thread-safe."""

    repeatable: bool
    """Whether the other side tells a repeated delivery by its id, so that an unknown fate may be tried again."""

    def send(self, row: Any, now: datetime) -> Outcome:
        """One attempt for a row of `delivery`, over within a minute. Raises nothing but faults of ours."""


class Channel(Protocol):
    """Registered in `registries.channels` under the name that stands in the rows. Keeps no state between calls."""

    label: Texts

    def open(self, runtime: Runtime) -> Way:
        """Raises: Unset."""
