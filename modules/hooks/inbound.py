"""A call from outside becomes an event: its address names a workflow whose trigger says which record it is about. No Flask.

The record is found or made through the store by the rights that the workflow runs with, and the event is written in the same
transaction, together with the key by which a repeated call is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from modules.hooks.addresses import find_address, workflow_of
from modules.hooks.secrets import read_secret
from modules.hooks.signing import is_signed
from modules.hooks.tables import hook_address, hook_call
from modules.installation.service import read_installation
from modules.leaving.standing import in_service
from modules.records.model import ListQuery, Sort
from modules.records.store import Store
from modules.runtime import Runtime
from permissions.actors import load_actor
from schema.base import outbox
from schema.base.actor import Actor
from schema.base.errors import BadRequest, Conflict, Invalid, TrellisError, Unauthenticated
from schema.base.events import Event
from schema.base.findings import Finding
from schema.base.sealing import NAMED_SECRETS, Seal
from schema.base.upsert import insert_once
from schema.catalog import Entity
from schema.definitions import WorkflowDef

LONGEST_KEY = 120
ABSENT: Any = object()


@dataclass(frozen=True)
class Taken:
    """What became of a call: the record, and whether the same call was here before."""

    entity: str
    uid: str
    repeated: bool


@dataclass(frozen=True)
class Address:
    """Where a call goes: the row, the workflow behind it, and the secret it must be signed with or None."""

    row: Any
    workflow: WorkflowDef
    secret: str | None


def open_address(runtime: Runtime, token: str) -> Address:
    """Raises: NotFound HOK-E006, HOK-E001; Conflict HOK-E022; Invalid HOK-E002."""
    catalog = runtime.catalogs.current()
    with runtime.database.reading() as connection:
        row = find_address(connection, token)
        workflow = workflow_of(catalog, row.workflow_ref)
        if workflow is None or workflow.trigger.get('type') != 'webhook' or not workflow.enabled:
            raise Conflict.of('HOK-E022')
        named = workflow.trigger.get('secret')
        secret = read_secret(connection, Seal(runtime.settings.secret_key, NAMED_SECRETS), str(named)) if named else None
    return Address(row, workflow, secret)


def require_signed(address: Address, body: bytes, headers: Mapping[str, str], now: datetime) -> None:
    """Raises: Unauthenticated HOK-E007."""
    if address.secret is not None and not is_signed(address.secret, headers, body, now):
        raise Unauthenticated.of('HOK-E007')


def receive(runtime: Runtime, address: Address, content: Mapping[str, Any], key: str = '') -> Taken:
    """Find or make the record and write the event, once for each key; without one, each call counts.

    Raises: BadRequest HOK-E023; Conflict HOK-E021, HOK-E027 and duplicates; Invalid and Forbidden, located in what was sent.
    """
    if len(key) > LONGEST_KEY:
        raise BadRequest.of('HOK-E023', limit=LONGEST_KEY)
    catalog, workflow = runtime.catalogs.current(), address.workflow
    actor, entity = _actor(runtime, workflow), catalog.entity(workflow.entity)
    now = runtime.clock.now()

    def work(store: Store) -> Taken:
        # The row of the address is held until the end: of two calls about somebody new, the second finds what the first made.
        used = hook_address.update().where(hook_address.c.id == address.row.id)
        store.session.execute(used.values(used_at=now, calls=hook_address.c.calls + 1))
        if key and (known := _known(store.session, address.row.id, key, now)) is not None:
            return Taken(entity.key, known, repeated=True)
        uid = _record(runtime, store, actor, entity, workflow.trigger, content)
        event = Event('record.webhook', entity.ref, uid, entity.version, actor.user_id, {workflow.ref: [None, None]})
        outbox.add(store.session, [event], now)
        if key:
            mine = hook_call.update().where(hook_call.c.address_id == address.row.id, hook_call.c.key == key)
            store.session.execute(mine.values(record_uid=uid))
        return Taken(entity.key, uid, repeated=False)

    try:
        return runtime.write(actor, work, catalog=catalog)
    except TrellisError as error:
        raise type(error)(*(_located(each, workflow.trigger) for each in error.findings)) from error


def _known(session: Any, address_id: str, key: str, now: datetime) -> str | None:
    """The record of an earlier call with this key; None when this one is the first, which it now stands for."""
    first = insert_once(session, hook_call, 'address_id', 'key').values(address_id=address_id, key=key, at=now)
    if session.execute(first).rowcount:
        return None
    kept = sa.select(hook_call.c.record_uid).where(hook_call.c.address_id == address_id, hook_call.c.key == key)
    return str(session.execute(kept).scalar_one())


def _record(runtime: Runtime, store: Store, actor: Actor, entity: Entity, trigger: Mapping[str, Any], sent: Any) -> str:
    """The uid of the record that the call is about, made or changed as the trigger says."""
    wire = _values(trigger, sent)
    match = trigger.get('match')
    uid = _find(runtime, actor, entity, match, sent) if match else None
    if uid is not None:
        if trigger.get('update') and wire:
            store.update(entity.key, uid, wire)
        return uid
    if not trigger.get('values'):
        field = entity.field(match['field']) if match else entity.title
        raise Invalid.of(
            'HOK-E019', match['from'] if match else '', entity=entity.definition.label, field=field.definition.label
        )  # fmt: skip
    if match:
        wire.setdefault(match['field'], look_up(sent, match['from']))
    return store.create(entity.key, wire).uid


def _find(runtime: Runtime, actor: Actor, entity: Entity, match: Mapping[str, Any], sent: Any) -> str | None:
    """Raises: Invalid HOK-E018, and REC-* or SCH-* for a value that the field does not take; Conflict HOK-E021."""
    value = look_up(sent, match['from'])
    if value is ABSENT or value is None or value == '':
        raise Invalid.of('HOK-E018', match['from'])
    query = ListQuery(
        filter={'field': match['field'], 'op': 'eq', 'value': value}, columns=('uid',), size=2, sort=(Sort('created_at'),)
    )  # fmt: skip
    with runtime.reader(actor) as reader:
        found = reader.list_page(entity.key, query).records
    if len(found) > 1:
        label = entity.field(match['field']).definition.label
        raise Conflict.of('HOK-E021', match['from'], entity=entity.definition.label, field=label)
    return found[0].uid if found else None


def _values(trigger: Mapping[str, Any], sent: Any) -> dict[str, Any]:
    """What the trigger sets; fields whose place is absent in what was sent are left alone."""
    wire = {}
    for name, given in trigger.get('values', {}).items():
        value = look_up(sent, given['from']) if _is_place(given) else given
        if value is not ABSENT:
            wire[name] = value
    return wire


def _is_place(given: Any) -> bool:
    return isinstance(given, Mapping) and set(given) == {'from'} and str(given['from']).startswith('/')


def look_up(sent: Any, pointer: str) -> Any:
    """What stands at a JSON pointer (RFC 6901), or ABSENT."""
    for part in pointer.split('/')[1:]:
        name = part.replace('~1', '/').replace('~0', '~')
        if isinstance(sent, Mapping) and name in sent:
            sent = sent[name]
        elif isinstance(sent, list) and name.isascii() and name.isdigit() and int(name[:9]) < len(sent):
            sent = sent[int(name[:9])]
        else:
            return ABSENT
    return sent


def _located(found: Finding, trigger: Mapping[str, Any]) -> Finding:
    """A finding about a field, at the place of what was sent that the field is filled from."""
    name = found.pointer.strip('/').partition('/')[0]
    given = trigger.get('values', {}).get(name)
    match = trigger.get('match') or {}
    if _is_place(given):
        return Finding(found.code, given['from'], found.params, found.level)
    if name and name in {match.get('field'), 'filter', 'value'} and match:
        return Finding(found.code, match['from'], found.params, found.level)
    return found


def _actor(runtime: Runtime, workflow: WorkflowDef) -> Actor:
    """Whose rights a call has: those that the workflow runs with. Raises: Conflict HOK-E027."""
    settings = runtime.settings
    if not (username := workflow.document.get('run_as')):
        with runtime.database.reading() as connection:
            locale = read_installation(connection).locale_or(settings.locale)
        return Actor(
            user_id=None, name=f'workflow {workflow.key}', username='system', is_system=True,
            locale=locale, timezone=str(settings.timezone),
        )  # fmt: skip
    with runtime.database.reading() as connection:
        acting = in_service(connection, [str(username)]).get(str(username))
        found = load_actor(connection, acting.id) if acting is not None else None
    if found is None:
        raise Conflict.of('HOK-E027', value=str(username)[:64])
    return found
