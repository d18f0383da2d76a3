"""The audit log: who changed rights, people, settings or the schema, signed in or took things out. Append-only; knows no words.

An entry is written in the transaction that does what it tells of, and joins the chain of hashes a little later, when
`modules.audit.chain` seals it: sign-ins must not wait for a publish (modules/audit/decisions/0001).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from schema.base.actor import Actor
from schema.base.tables import BigId, Json, UtcDateTime, metadata

KINDS = frozenset({
    'role_changed', 'rights_published', 'schema_published', 'schema_rolled_back', 'setting_changed', 'person_created',
    'person_changed', 'person_deactivated', 'roles_given', 'team_changed', 'share_changed', 'pool_changed', 'sign_in',
    'sign_in_failed', 'sign_out', 'token_made', 'token_revoked', 'feed_made', 'feed_ended', 'two_step_changed',
    'password_changed', 'export', 'import',
    'secret_changed', 'hook_address_changed', 'provider_changed', 'view_as', 'handover', 'certificate', 'audit_trimmed',
    'absence_changed',
})  # fmt: skip
"""What an entry may tell of. Its words stand in `modules/audit/words.py`."""
LONGEST_SUBJECT = 200
ADDRESS_LENGTH = 64
ONLY_ROW = 1

audit_entry = sa.Table(
    'audit_entry',
    metadata,
    sa.Column('id', BigId, primary_key=True, autoincrement=True),
    sa.Column('at', UtcDateTime, nullable=False),
    sa.Column('kind', sa.String(30), nullable=False),
    sa.Column('actor_id', sa.Integer),
    sa.Column('actor_name', sa.String(200), nullable=False),
    sa.Column('actor_kind', sa.String(10), nullable=False),
    sa.Column('subject', sa.String(LONGEST_SUBJECT), nullable=False),
    sa.Column('params', Json, nullable=False),
    sa.Column('address', sa.String(ADDRESS_LENGTH), nullable=False),
    sa.Column('position', sa.BigInteger, unique=True),
    sa.Column('previous_hash', sa.String(64)),
    sa.Column('hash', sa.String(64)),
    sa.Index('ix_audit_entry_at', 'at'),
    sa.Index('ix_audit_entry_actor_id', 'actor_id', 'id'),
    sa.Index('ix_audit_entry_kind', 'kind', 'id'),
    sa.Index(
        'ix_audit_entry_unsealed', 'id', sqlite_where=sa.text('position IS NULL'), postgresql_where=sa.text('position IS NULL')
    ),
)
"""`actor_kind` is person, system or stranger (nobody known, as in a sign-in that fails). The last three are set by the seal."""

audit_head = sa.Table(
    'audit_head',
    metadata,
    sa.Column('id', sa.Integer, primary_key=True, autoincrement=False),
    sa.Column('position', sa.BigInteger, nullable=False),
    sa.Column('hash', sa.String(64), nullable=False),
    sa.Column('kept_after', sa.BigInteger, nullable=False, server_default='0'),
    sa.Column('kept_hash', sa.String(64), nullable=False, server_default=''),
)
"""One row: the last sealed entry, and the last one that retention let go of, where what is kept begins."""

caller_address: ContextVar[str] = ContextVar('caller_address', default='')
"""Where the present request came from; set at its beginning, so that services need not pass an address on."""


def note(
    connection: sa.Connection | Session,
    kind: str,
    *,
    actor: Actor | None,
    subject: str = '',
    params: Mapping[str, Any] | None = None,
    address: str = '',
    now: datetime,
) -> None:
    """Add an entry in the caller's transaction; one insert, which waits for nobody. Does not commit.

    `actor` is None for a stranger. `subject` names what it is about as people would look for it (a user name, a role key, a
    setting's key, an entity's key); `params` are the plain JSON that the entry's words are made of, never a secret.
    Raises: ValueError for a kind that is not in `KINDS`.
    """
    note_each(connection, kind, {subject: params or {}}, actor=actor, address=address, now=now)


def note_each(
    connection: sa.Connection | Session,
    kind: str,
    entries: Mapping[str, Mapping[str, Any]],
    *,
    actor: Actor | None,
    address: str = '',
    now: datetime,
) -> None:
    """Add an entry for each `{subject: params}`, as `note` does, in one statement. Raises: ValueError."""
    if kind not in KINDS:
        raise ValueError(f'unknown kind of audit entry: {kind}')
    who = {
        'actor_id': actor.user_id if actor else None,
        'actor_name': actor.name[:200] if actor else '',
        'actor_kind': _kind_of(actor),
    }
    where = (address or caller_address.get())[:ADDRESS_LENGTH]
    rows = [
        {'at': now, 'kind': kind, **who, 'subject': subject[:LONGEST_SUBJECT], 'params': json.loads(canonical(dict(params))),
         'address': where}
        for subject, params in entries.items()
    ]  # fmt: skip
    if rows:
        connection.execute(audit_entry.insert(), rows)


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """`{key: {old, new}}` of what is not the same, as params of an entry tell a change."""
    keys = dict.fromkeys((*before, *after))
    return {key: {'old': before.get(key), 'new': after.get(key)} for key in keys if before.get(key) != after.get(key)}


def note_change(
    connection: sa.Connection | Session, kind: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, *,
    word: str, actor: Actor, now: datetime,
) -> None:  # fmt: skip
    """Add the one entry of something that has a `name` and came, changed or went: None stands for none. What differs is told,
    or all of it; `word` is the parameter that says which of the three. Nothing when nothing differs. Does not commit."""
    did = 'created' if before is None else 'deleted' if after is None else 'changed'
    told = after or before or {}
    params = differing(before, after) if before and after else dict(told)
    if params:
        note(connection, kind, actor=actor, subject=told['name'], params={word: did, **params}, now=now)


def canonical(value: Any) -> str:
    """One spelling of a JSON value, whatever the order of its keys; what JSON cannot say becomes its text."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(',', ':'), default=str)


def _kind_of(actor: Actor | None) -> str:
    if actor is None:
        return 'stranger'
    return 'system' if actor.user_id is None else 'person'
