"""What a provider of messages is: which settings it needs, how a message becomes a call, and what the answer means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, Protocol

from modules.hooks.channels import Outcome
from modules.web.outgoing import Answer
from schema.base.findings import Finding, finding
from schema.definitions import Texts

Channel = Literal['sms', 'zns']
CHANNELS: Mapping[Channel, Texts] = {'sms': {'en': 'SMS', 'vi': 'SMS'}, 'zns': {'en': 'Zalo ZNS', 'vi': 'Zalo ZNS'}}
Values = Mapping[str, str]
"""A provider's settings with its secrets, by key; blank ones are left out."""
QUOTA_PAUSE = timedelta(hours=1)
LONGEST_REASON = 200


@dataclass(frozen=True)
class Field:
    """One setting. A `secret` is sealed and never shown; `choices` are `(value, label)`."""

    key: str
    label: Texts
    secret: bool = False
    required: bool = True
    default: str = ''
    choices: tuple[tuple[str, Texts], ...] = ()
    help: Texts = field(default_factory=dict)


@dataclass(frozen=True)
class Message:
    """`phone` as digits with the country's in front (84…); `text` of an SMS, or `template_id` and `params` of Zalo. `key` is
    the same whenever this message is asked for again without anybody knowing what became of it."""

    phone: str
    key: str
    text: str = ''
    template_id: str = ''
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """A call as the guarded client takes it."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    method: str = 'POST'


class Provider(Protocol):
    """One company's way of taking messages. Keeps no state."""

    key: str
    label: Texts
    channel: Channel
    fields: tuple[Field, ...]
    repeatable: bool
    """Whether it tells a repeated message by its key."""

    def ask(self, message: Message, values: Values) -> Request:
        """The call that hands a message over."""

    def judge(self, answer: Answer) -> Outcome:
        """What the provider said. An answer that says nothing clear is `uncertain`."""


@dataclass(frozen=True)
class Tokens:
    """Fresh tokens and how long the access token is good for."""

    access: str
    refresh: str
    good_for: timedelta


class Renewing(Provider, Protocol):
    """A provider whose access token runs out and is renewed with a refresh token that is good for one use."""

    def is_stale(self, answer: Answer) -> bool:
        """Whether the access token was refused; the message was not taken then."""

    def renewal(self, values: Values) -> Request:
        """The call that asks for fresh tokens."""

    def renewed(self, answer: Answer) -> Tokens | Finding:
        """The tokens, or why there are none."""


def content_of(answer: Answer) -> Mapping[str, Any] | None:
    """The JSON object of an answer; None for anything else."""
    try:
        read = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def taken(message_id: Any) -> Outcome:
    """The provider has it and named it so."""
    return Outcome('sent', told={'message': str(message_id or '')[:100]})


def refused(code: Any, reason: Any) -> Outcome:
    """For good."""
    return Outcome('failed', finding('MSG-E005', number=_cut(code), reason=_cut(reason)))


def used_up(code: Any, reason: Any) -> Outcome:
    """Nothing left on the account, or of today's share."""
    return Outcome('new', finding('MSG-E006', number=_cut(code), reason=_cut(reason)), after=QUOTA_PAUSE)


def not_now(code: Any, reason: Any, after: timedelta | None = None) -> Outcome:
    """The provider refused it for the moment, and did not take it."""
    return Outcome('new', finding('MSG-E007', number=_cut(code), reason=_cut(reason)), after=after)


def unclear(reason: Any) -> Outcome:
    return Outcome('uncertain', finding('MSG-E008', reason=_cut(reason)))


def without_words(answer: Answer) -> Outcome:
    """An answer that is not the provider's JSON, such as that of a proxy in between."""
    if answer.status == 429:
        return not_now(answer.status, '')
    if 400 <= answer.status < 500:
        return refused(answer.status, '')
    return unclear(f'HTTP {answer.status}')


def _cut(given: Any) -> str:
    return str(given if given is not None else '')[:LONGEST_REASON]
