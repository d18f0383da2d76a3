"""The channels `sms` and `zns`: one message to the provider that is set, and what becomes of it. Never sends twice what may
have been taken, unless the provider tells it by its key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

from modules.hooks.channels import Outcome, Unset
from modules.messaging.model import CHANNELS, Channel, Message, Provider, Renewing, Request, not_now, unclear
from modules.messaging.renewing import NoToken, ask, fresh_values
from modules.messaging.service import open_values, read_provider
from modules.runtime import Runtime
from modules.web.outgoing import Answer, NotSent
from schema.base.errors import Invalid, Unavailable
from schema.base.findings import finding
from schema.base.sealing import NAMED_SECRETS, Seal

KNOWN_FOR = timedelta(hours=20)
"""Providers that tell repeated messages remember them for a day; whoever comes later asks a person."""
MOMENT = timedelta(seconds=10)


class Messages:
    """A channel; its provider is read whenever it is opened."""

    def __init__(self, channel: Channel) -> None:
        self._channel, self.label = channel, CHANNELS[channel]

    def open(self, runtime: Runtime) -> Posting:
        """Raises: Unset while nobody chose a provider, or its tokens are no longer accepted."""
        with runtime.database.reading() as connection:
            chosen = read_provider(connection, self._channel)
            if chosen is None:
                raise Unset(finding('MSG-E001', channel=self.label))
            if chosen.problem is not None:
                raise Unset(chosen.problem)
            values = open_values(connection, Seal(runtime.settings.secret_key, NAMED_SECRETS), chosen)
        for each in chosen.provider.fields:
            if each.secret and each.required and each.key not in values:
                raise Unset(finding('MSG-E003', label=each.label))
        return Posting(runtime, chosen.provider, values)


class Posting:
    """The way to one provider as it is set now."""

    def __init__(self, runtime: Runtime, provider: Provider, values: Mapping[str, str]) -> None:
        self._runtime, self._provider, self._values = runtime, provider, values
        self.repeatable = provider.repeatable

    def send(self, row: Any, now: datetime) -> Outcome:
        number = int((row.told or {}).get('round', 0))
        asked = row.request
        key = f'{row.id}-{number}'
        message = Message(
            asked['phone'], key, asked.get('text', ''), asked.get('template_id', ''), asked.get('params', {})
        )  # fmt: skip
        try:
            outcome = self._hand_over(message, now)
        except NoToken as missing:
            return Outcome('new', missing.found, {'round': number}, MOMENT)
        except Invalid as error:  # an address that is not called
            return Outcome('failed', error.findings[0], {'round': number})
        except NotSent as error:
            outcome = not_now('', error.findings[0].params.get('reason'))
        except Unavailable as error:
            outcome = unclear(error.findings[0].params.get('reason'))
        if outcome.state == 'uncertain':
            again = self.repeatable and now - row.since < KNOWN_FOR
            return replace(outcome, state='new' if again else 'uncertain', told={'round': number})
        # What was refused in so many words is a new message to the provider when it is tried again.
        return replace(outcome, told={**outcome.told, 'round': number + (outcome.state != 'sent')})

    def _hand_over(self, message: Message, now: datetime) -> Outcome:
        """Raises: NoToken; Invalid PRM-E070; Unavailable PRM-E071."""
        if not hasattr(self._provider, 'renewal'):
            return self._provider.judge(self._ask(self._provider.ask(message, self._values)))
        provider = cast(Renewing, self._provider)
        values = fresh_values(self._runtime, provider, self._values, now)
        answer = self._ask(provider.ask(message, values))
        if provider.is_stale(answer):
            values = fresh_values(self._runtime, provider, self._values, now, refused=values['access_token'])
            answer = self._ask(provider.ask(message, values))
        return provider.judge(answer)

    def _ask(self, request: Request) -> Answer:
        return ask(self._runtime, request)
