"""Imports in the background: the worker claims waiting and abandoned ones from the database, so none is lost."""

from __future__ import annotations

import logging

from modules.imports import keeping
from modules.runtime import Runtime
from schema.base.errors import TrellisError

LOG = logging.getLogger(__name__)


def drain(runtime: Runtime) -> int:
    """Check or write every import that waits, one after the other; how many there were. Safe to call at any time, by many."""
    count = 0
    while claimed := keeping.claim(runtime):
        job_id, state, actor_id = claimed
        count += 1
        try:
            actor = keeping.actor_of(runtime, actor_id)
            kept = keeping.get(runtime, job_id, actor)
            (keeping.check if state == 'to_check' else keeping.run)(runtime, actor, kept)
        except TrellisError as error:
            LOG.warning('import %s ended: %s', job_id, error)
            keeping.fail(runtime, job_id, error, runtime.settings.locale)
    return count
