"""Addresses by which other programs start workflows: made and shown once, kept as hashes, withdrawn. Commits nothing itself."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from modules.hooks.tables import hook_address
from schema.base.actor import Actor
from schema.base.audit import note
from schema.base.errors import Conflict, Invalid, NotFound
from schema.base.ids import is_uid, new_uid
from schema.catalog import Catalog
from schema.definitions import WorkflowDef

TOKEN_BYTES = 32
SHOWN_LETTERS = 6


@dataclass(frozen=True)
class Made:
    """A new address; its token cannot be had again."""

    id: str
    token: str


def make_address(session: Any, catalog: Catalog, key: str, *, actor: Actor, now: datetime) -> Made:
    """Raises: Invalid HOK-E025 when the workflow is not started by calls."""
    workflow = catalog.workflows.get(key)
    if workflow is None or workflow.trigger.get('type') != 'webhook':
        raise Invalid.of('HOK-E025', '/workflow', value=key[:60])
    made = Made(new_uid(), secrets.token_urlsafe(TOKEN_BYTES))
    session.execute(
        hook_address.insert().values(
            id=made.id, workflow_ref=workflow.ref, token_hash=hashed(made.token), prefix=made.token[:SHOWN_LETTERS],
            created_at=now, created_by=actor.name[:200],
        )
    )  # fmt: skip
    _note(session, workflow.key, made.token[:SHOWN_LETTERS], 'created', actor, now)
    return made


def withdraw_address(session: Any, catalog: Catalog, address_id: str, *, actor: Actor, now: datetime) -> None:
    """Calls to it are refused from now on. Raises: Conflict HOK-E026."""
    row = None
    if is_uid(address_id):
        standing = (hook_address.c.id == address_id, hook_address.c.withdrawn_at.is_(None))
        withdrawn = hook_address.update().where(*standing).values(withdrawn_at=now)
        row = session.execute(withdrawn.returning(hook_address.c.workflow_ref, hook_address.c.prefix)).first()
    if row is None:
        raise Conflict.of('HOK-E026')
    workflow = workflow_of(catalog, row.workflow_ref)
    _note(session, workflow.key if workflow else row.workflow_ref, row.prefix, 'removed', actor, now)


def list_addresses(executor: Any) -> Sequence[Any]:
    """Rows that stand, oldest first."""
    standing = sa.select(hook_address).where(hook_address.c.withdrawn_at.is_(None))
    return list(executor.execute(standing.order_by(hook_address.c.created_at)))


def find_address(executor: Any, token: str) -> Any:
    """The row of a token. Raises: NotFound HOK-E006, also for one that was withdrawn."""
    row = executor.execute(sa.select(hook_address).where(hook_address.c.token_hash == hashed(token))).first()
    if row is None or row.withdrawn_at is not None:
        raise NotFound.of('HOK-E006')
    return row


def workflow_of(catalog: Catalog, ref: str) -> WorkflowDef | None:
    return next((each for each in catalog.workflows.values() if each.ref == ref), None)


def hashed(token: str) -> str:
    """A token is random enough that a plain hash keeps it."""
    return sha256(f'hook {token}'.encode()).hexdigest()


def _note(session: Any, key: str, prefix: str, did: str, actor: Actor, now: datetime) -> None:
    note(session, 'hook_address_changed', actor=actor, subject=key, params={'did': did, 'prefix': prefix}, now=now)
