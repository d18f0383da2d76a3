"""Named secrets: sealed with the installation's key, put into what goes out, never shown again. Commits nothing itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from modules.hooks.tables import secret
from schema.base.actor import Actor
from schema.base.audit import note
from schema.base.errors import Invalid, NotFound
from schema.base.sealing import Seal
from schema.base.upsert import insert_once

NAME = re.compile(r'[a-z][a-z0-9_]{0,59}\Z')
LONGEST_SECRET = 4000


@dataclass(frozen=True)
class Kept:
    """What may be told of a secret."""

    name: str
    changed_at: datetime
    changed_by: str


def list_secrets(executor: Any) -> list[Kept]:
    """Those that people named, by name."""
    rows = executor.execute(sa.select(secret).where(~secret.c.name.contains('.')).order_by(secret.c.name))
    return [Kept(row.name, row.changed_at, row.changed_by) for row in rows]


def read_secret(executor: Any, seal: Seal, name: str) -> str:
    """Raises: NotFound HOK-E001 when there is none; Invalid HOK-E002 when it was sealed with another key."""
    found = executor.execute(sa.select(secret.c.sealed).where(secret.c.name == name)).scalar()
    if found is None:
        raise NotFound.of('HOK-E001', value=name[:60])
    opened = seal.open(found)
    if opened is None:
        raise Invalid.of('HOK-E002', value=name[:60])
    return opened


def read_own(executor: Any, seal: Seal, prefix: str) -> dict[str, str]:
    """A module's secrets whose names begin with `prefix`, without it; those that cannot be opened are left out."""
    rows = executor.execute(sa.select(secret).where(secret.c.name.startswith(prefix, autoescape=True)))
    opened = {row.name.removeprefix(prefix): seal.open(row.sealed) for row in rows}
    return {name: text for name, text in opened.items() if text is not None}


def require_secrets(executor: Any, names: Sequence[str]) -> None:
    """Raises: NotFound HOK-E001 for the first that there is not."""
    known = set(executor.execute(sa.select(secret.c.name).where(secret.c.name.in_(names))).scalars()) if names else set()
    for name in names:
        if name not in known:
            raise NotFound.of('HOK-E001', value=name[:60])


def save_secret(session: Any, seal: Seal, name: str, text: str, *, actor: Actor, now: datetime) -> None:
    """Make a secret or replace it, with an entry in the audit log. Raises: Invalid HOK-E003, HOK-E004."""
    if not NAME.match(name):
        raise Invalid.of('HOK-E003', '/name', value=name[:60])
    if not 0 < len(text) <= LONGEST_SECRET or '\n' in text or '\r' in text:
        raise Invalid.of('HOK-E004', '/text', limit=LONGEST_SECRET)
    is_new = put_sealed(session, seal, {name: text}, by=actor.name, now=now)[name]
    note(session, 'secret_changed', actor=actor, subject=name, params={'did': 'created' if is_new else 'changed'}, now=now)


def put_sealed(session: Any, seal: Seal, texts: Mapping[str, str], *, by: str, now: datetime) -> dict[str, bool]:
    """Store texts under their names whatever these are; `{name: whether it is new}`. The caller notes it."""
    told = {}
    for name, text in texts.items():
        values = {'sealed': seal.close(text), 'changed_at': now, 'changed_by': by[:200]}
        added = session.execute(insert_once(session, secret, 'name').values(name=name, **values)).rowcount
        if not added:
            session.execute(secret.update().where(secret.c.name == name).values(values))
        told[name] = bool(added)
    return told


def remove_secret(session: Any, name: str, *, actor: Actor, now: datetime) -> None:
    """Raises: NotFound HOK-E001."""
    if not NAME.match(name) or not session.execute(secret.delete().where(secret.c.name == name)).rowcount:
        raise NotFound.of('HOK-E001', value=name[:60])
    note(session, 'secret_changed', actor=actor, subject=name, params={'did': 'removed'}, now=now)
