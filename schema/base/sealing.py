"""Secrets kept in rows: sealed with the installation's key, each purpose with a key of its own. Knows no table."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken

NAMED_SECRETS = 'named secrets'
TWO_STEP = 'two-step'


class Seal:
    """Closes and opens texts of one purpose, so that a copy of the database alone is of no use."""

    def __init__(self, secret_key: str, purpose: str) -> None:
        self._box = Fernet(urlsafe_b64encode(sha256(f'{purpose} {secret_key}'.encode()).digest()))

    def close(self, text: str) -> str:
        return self._box.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str | None:
        """None when it was sealed with another key, or for another purpose."""
        try:
            return self._box.decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None
