"""Settings of providers, messages as deliveries, and the messages about a record. Takes sessions; never commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from modules.hooks.secrets import LONGEST_SECRET, put_sealed, read_own
from modules.hooks.service import Draft, add_delivery, kept_finding, release_held
from modules.hooks.tables import delivery, secret
from modules.messaging.model import Field, Provider
from modules.messaging.providers import PROVIDERS
from modules.messaging.tables import message_provider
from schema.base.actor import Actor
from schema.base.audit import note
from schema.base.errors import Invalid, require_clean
from schema.base.findings import Finding, finding
from schema.base.sealing import Seal

LONGEST_SETTING = 500
SHOWN = 50


@dataclass(frozen=True)
class Chosen:
    """A channel's provider as it is set: `values` without secrets, `sealed` the keys of the secrets that are there."""

    provider: Provider
    values: Mapping[str, str]
    sealed: frozenset[str]
    token_until: datetime | None
    problem: Finding | None


@dataclass(frozen=True)
class Sent:
    """A message or a call about a record, as timelines tell it. `channel` is sms, zns or webhook; `text` what an SMS says, or
    what a template or a call was about; `at` when it went out, or when it was written."""

    id: str
    channel: str
    to: str
    text: str
    state: str
    at: datetime
    attempts: int
    problem: Finding | None
    run_id: str


def read_provider(executor: Any, channel: str) -> Chosen | None:
    """None while nobody chose one, or when it is one that a newer Trellis knew."""
    row = executor.execute(sa.select(message_provider).where(message_provider.c.channel == channel)).first()
    provider = PROVIDERS.get(row.provider) if row is not None else None
    if row is None or provider is None:
        return None
    names = executor.execute(sa.select(secret.c.name).where(secret.c.name.startswith(f'{channel}.', autoescape=True))).scalars()
    values = {each.key: row.settings.get(each.key) or each.default for each in provider.fields if not each.secret}
    sealed = frozenset(name.removeprefix(f'{channel}.') for name in names)
    return Chosen(provider, values, sealed, row.token_until, kept_finding(row.problem))


def open_values(executor: Any, seal: Seal, chosen: Chosen) -> dict[str, str]:
    """All settings with the secrets opened; blank ones are left out."""
    return {
        name: text
        for name, text in {**chosen.values, **read_own(executor, seal, f'{chosen.provider.channel}.')}.items()
        if text
    }


def save_provider(
    session: Any, seal: Seal, key: str, given: Mapping[str, str], *, actor: Actor, now: datetime
) -> int:  # fmt: skip
    """Choose a channel's provider and its settings; a blank secret keeps the one that is there. What was held goes out: how
    many. Raises: Invalid MSG-E002, MSG-E003, MSG-E013, HOK-E004."""
    provider = PROVIDERS.get(key)
    if provider is None:
        raise Invalid.of('MSG-E002', '/provider', value=key[:40])
    former = read_provider(session, provider.channel)
    stays = former is not None and former.provider.key == key
    kept = former.sealed if former is not None and stays else frozenset()
    require_clean(_missing(provider, given, kept))
    channel = provider.channel
    settings = {each.key: _given(each, given) for each in provider.fields if not each.secret}
    texts = {f'{channel}.{each.key}': given.get(each.key, '').strip() for each in provider.fields if each.secret}
    new = {name: text for name, text in texts.items() if text}
    if not stays:
        session.execute(secret.delete().where(secret.c.name.startswith(f'{channel}.', autoescape=True)))
    if f'{channel}.refresh_token' in new and f'{channel}.access_token' not in new:
        session.execute(secret.delete().where(secret.c.name == f'{channel}.access_token'))
    put_sealed(session, seal, new, by=actor.name, now=now)
    row = {'provider': key, 'settings': settings, 'token_until': None, 'renewing_until': None, 'problem': None,
           'changed_at': now, 'changed_by': actor.name[:200]}  # fmt: skip
    mine = message_provider.c.channel == channel
    if former is None:
        session.execute(message_provider.delete().where(mine))
        session.execute(message_provider.insert().values(channel=channel, **row))
    else:
        session.execute(message_provider.update().where(mine).values(row))
    told = {'name': provider.label, 'changes': sorted({*settings, *(name.partition('.')[2] for name in new)})}
    note(session, 'provider_changed', actor=actor, subject=channel, params=told, now=now)
    return release_held(session, channel, now)


def _missing(provider: Provider, given: Mapping[str, str], kept: frozenset[str]) -> list[Finding]:
    found = []
    for each in provider.fields:
        text = given.get(each.key, '').strip()
        if each.required and not text and not each.default and each.key not in kept:
            found.append(finding('MSG-E003', f'/{each.key}', label=each.label))
        if '\n' in text or len(text) > (LONGEST_SECRET if each.secret else LONGEST_SETTING):
            found.append(finding('HOK-E004', f'/{each.key}', limit=LONGEST_SECRET if each.secret else LONGEST_SETTING))
        if each.key.endswith('address') and text and (not _is_address(text)):
            found.append(finding('MSG-E013', f'/{each.key}', value=text[:100]))
    return found


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {'http', 'https'} and bool(parts.netloc)


def _given(each: Field, given: Mapping[str, str]) -> str:
    text = given.get(each.key, '').strip()
    if each.choices:
        return text if text in {value for value, _label in each.choices} else each.default
    return text


def add_message(
    session: Any, channel: str, content: Mapping[str, Any], *, about: Mapping[str, str], key: str, at: datetime
) -> str | None:  # fmt: skip
    """Store a message to be sent, in the caller's transaction. `content` has `phone` (digits) and `text`, or `template_id` and
    `params`. None when one with this idempotency key is there already."""
    summary = (
        content.get('text') or f'{content.get("template_id", "")} {", ".join(map(str, content.get("params", {}).values()))}'
    )
    draft = Draft(channel, channel, f'+{content["phone"]}', content, summary.strip(), about)
    return add_delivery(session, draft, key=key, at=at)


def messages_of(
    executor: Any, entity_ref: str, record_uid: str, *, limit: int = SHOWN, before: datetime | None = None
) -> Sequence[Sent]:
    """SMS, Zalo messages and calls about one record, newest first; one statement. The caller has seen that the reader may read
    the record; whether they may read the phone field is the caller's matter too. `before` pages by `at`."""
    at = sa.func.coalesce(delivery.c.sent_at, delivery.c.created_at)
    wanted = sa.select(delivery).where(delivery.c.record_uid == record_uid, delivery.c.entity_ref == entity_ref)
    if before is not None:
        wanted = wanted.where(at < before)
    rows = executor.execute(wanted.order_by(at.desc(), delivery.c.id.desc()).limit(limit))
    return [
        Sent(row.id, row.channel, row.target, row.summary, row.state, row.sent_at or row.created_at, row.attempts,
             kept_finding(row.error), row.run_id or '')
        for row in rows
    ]  # fmt: skip
