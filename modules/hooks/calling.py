"""The channel `webhook`: one signed call of the guarded client, and what the answer's status means."""

from __future__ import annotations

import email.utils
import http.client
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from modules.hooks.channels import Outcome
from modules.hooks.secrets import read_secret
from modules.hooks.signing import sign, unsigned
from modules.runtime import Runtime
from modules.web.outgoing import Allowance, Answer, Manner, call
from schema.base.errors import Invalid, NotFound, TrellisError, Unavailable
from schema.base.findings import finding
from schema.base.sealing import NAMED_SECRETS, Seal
from schema.definitions import Texts

ANSWER_BYTES = 2000
"""So much of an answer is kept for people; the rest is left unread."""
MANNER = Manner(hops=0, largest=ANSWER_BYTES, cut=True)
PASSING = frozenset({408, 409, 421, 423, 425, 429})
"""What may be otherwise in a while, beside faults of the server (5yz)."""
LONGEST_WAIT = timedelta(hours=6)


class Webhook:
    """`request` holds `url`, `method`, `body`, the name of the signing `secret`, and `headers`: texts, or
    `{"secret": name, "prefix": text}`."""

    label: Texts = {'en': 'Webhook', 'vi': 'Webhook'}

    def open(self, runtime: Runtime) -> Calling:
        return Calling(runtime)


class Calling:
    repeatable = True  # the id in `webhook-id` stays the same

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._seal = Seal(runtime.settings.secret_key, NAMED_SECRETS)
        self._allowance = Allowance.of(runtime.settings.outgoing_allow)

    def send(self, row: Any, now: datetime) -> Outcome:
        asked = row.request
        body = asked['body'].encode() if asked.get('body') is not None else None
        try:
            headers = self._headers(row, body, now)
            answer = call(
                asked['method'], asked['url'], allowance=self._allowance, body=body, headers=headers, manner=MANNER
            )  # fmt: skip
        except (Invalid, NotFound) as error:  # an address that is not called, a secret that is gone
            return Outcome('failed', error.findings[0])
        except Unavailable as error:
            return Outcome('new', _unreached(error))
        return judged(answer, now)

    def _headers(self, row: Any, body: bytes | None, now: datetime) -> dict[str, str]:
        """Raises: NotFound HOK-E001; Invalid HOK-E002."""
        asked, message_id = row.request, f'msg_{row.id}'
        given = {'Content-Type': 'application/json'} if body is not None else {}
        with self._runtime.database.reading() as connection:
            for name, value in asked.get('headers', {}).items():
                kept = value['secret'] if isinstance(value, Mapping) else None
                text = read_secret(connection, self._seal, kept) if kept else str(value)
                given[name] = f'{value.get("prefix", "")}{text}' if isinstance(value, Mapping) else text
            secret = read_secret(connection, self._seal, asked['secret']) if asked.get('secret') else None
        signed = sign(secret, message_id, now, body or b'') if secret else unsigned(message_id, now)
        return {**given, **signed}


def judged(answer: Answer, now: datetime) -> Outcome:
    """Success is 2yz; passing are 5yz and a few of 4yz; a redirect is not followed, for what is sent must not go elsewhere."""
    told = {'status': answer.status, 'answer': answer.body.decode('utf-8', 'replace')}
    status = f'{answer.status} {http.client.responses.get(answer.status, "")}'.strip()
    if 200 <= answer.status < 300:
        return Outcome('sent', told=told)
    if 300 <= answer.status < 400:
        there = urlsplit(answer.headers.get('location', ''))
        return Outcome('failed', finding('HOK-E011', status=status, value=(there.hostname or there.path or '?')[:100]), told)
    if answer.status >= 500 or answer.status in PASSING:
        return Outcome('new', finding('HOK-E009', status=status), told, _retry_after(answer, now))
    return Outcome('failed', finding('HOK-E010', status=status), told)


def _retry_after(answer: Answer, now: datetime) -> timedelta | None:
    """What the server asks for (RFC 9110, section 10.2.3), within reason."""
    given = answer.headers.get('retry-after', '').strip()
    if given.isascii() and given.isdigit():
        return min(timedelta(seconds=int(given[:6])), LONGEST_WAIT)
    try:
        moment = email.utils.parsedate_to_datetime(given)
    except (ValueError, TypeError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(moment - now, timedelta()), LONGEST_WAIT)


def _unreached(error: TrellisError) -> Any:
    params = error.findings[0].params
    return finding('HOK-E008', value=params.get('value', ''), reason=params.get('reason', ''))
