"""The choice about a former owner's sight, in every form that may give a record to somebody else. Writes nothing."""

from __future__ import annotations

from typing import Any

from flask import g, request

from modules.records.model import Record
from modules.records.transferring import OldOwner, choice_of
from schema.values import Link

INPUT = 'transfer.sight'
"""No field of an entity has a dot in its key."""


def chosen() -> OldOwner | None:
    """What the form says; None when it did not ask. Raises: BadRequest SHR-E006."""
    return choice_of(next(reversed(request.form.getlist(INPUT)), None))


def asked(record: Record | None = None) -> dict[str, Any] | None:
    """What `web/_transfer.html` takes: whose sight it is about, by name where it is one record's, and how the choice stands.
    None where nobody can lose a record."""
    owner = record.values.get('owner') if record is not None else None
    if record is not None and not isinstance(owner, Link):
        return None
    keeps = (chosen() if request.method == 'POST' else None) or g.installation.transfer_sight
    return {'name': owner.label if isinstance(owner, Link) else '', 'keeps': keeps == 'keep', 'input': INPUT}
