"""What happened to a record, as told to workflows, search and webhooks through the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Event:
    """`name` is `record.created|updated|deleted|restored`; `changed` maps field refs to `[old, new]` wire values.

    `cause` is the chain of workflow run ids that led here (empty for a person's act), for the loop guard.
    """

    name: str
    entity_ref: str
    record_uid: str
    version: int
    actor_id: int | None
    changed: Mapping[str, Any] = field(default_factory=dict)
    cause: tuple[str, ...] = ()
