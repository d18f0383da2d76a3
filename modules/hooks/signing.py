"""Signatures of calls in the way of Standard Webhooks: id, timestamp and body under HMAC-SHA256. Reads no table.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256

PREFIX = 'whsec_'
TOLERATED = timedelta(minutes=5)


def sign(secret: str, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of one attempt; the id stays the same over all attempts, the timestamp is the attempt's."""
    stamp = str(int(at.timestamp()))
    signature = b64encode(_mac(secret, message_id, stamp, body)).decode()
    return {**unsigned(message_id, at), 'webhook-signature': f'v1,{signature}'}


def unsigned(message_id: str, at: datetime) -> dict[str, str]:
    """Headers of a call to somebody who shares no secret."""
    return {'webhook-id': message_id, 'webhook-timestamp': str(int(at.timestamp()))}


def is_signed(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """Whether a call carries a fresh signature of the body, in this way or in GitHub's (`X-Hub-Signature-256`)."""
    if given := headers.get('X-Hub-Signature-256'):
        return hmac.compare_digest(given.encode(), b'sha256=' + hmac.new(_key(secret), body, sha256).hexdigest().encode())
    message_id, stamp = headers.get('webhook-id', ''), headers.get('webhook-timestamp', '')
    if not message_id or not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
        return False
    if abs(now.timestamp() - int(stamp)) > TOLERATED.total_seconds():
        return False
    expected = b64encode(_mac(secret, message_id, stamp, body))
    offered = [each.partition(',')[2] for each in headers.get('webhook-signature', '').split() if each.startswith('v1,')]
    return any(hmac.compare_digest(each.encode(), expected) for each in offered)


def _mac(secret: str, message_id: str, stamp: str, body: bytes) -> bytes:
    return hmac.new(_key(secret), b'.'.join((message_id.encode(), stamp.encode(), body)), sha256).digest()


def _key(secret: str) -> bytes:
    """`whsec_` and base64 as the convention has it; any other text counts as its own bytes."""
    if secret.startswith(PREFIX):
        try:
            return b64decode(secret.removeprefix(PREFIX), validate=True)
        except (binascii.Error, ValueError):
            return secret.encode()
    return secret.encode()
