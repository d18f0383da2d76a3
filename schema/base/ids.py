"""How identities are made: uids of records, refs of definition parts, physical names of tables and columns."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Callable, Collection

from uuid_utils import uuid7

from schema.base.text import fold

_ALPHABET = 'abcdefghjkmnpqrstvwxyz23456789'
_PLAIN = re.compile(r'[^a-z0-9]+')
_KEY = re.compile(r'^[a-z][a-z0-9_]{0,62}$')
NAME_LENGTH = 40  # PostgreSQL cuts names at 63 bytes; index and constraint names add a suffix to ours


def new_uid() -> str:
    """A UUIDv7 (RFC 9562, section 5.7): unique, and rising with time, so indexes stay compact."""
    return str(uuid7())


def is_uid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def mint_ref(key: str) -> str:
    """A ref: the key at birth with a random tail, so that it can be read and is never met again."""
    return f'{_plain(key) or "part"}_{"".join(secrets.choice(_ALPHABET) for _ in range(6))}'


def is_key(text: str) -> bool:
    """Keys are lower-case ASCII names of at most 63 letters, digits and underscores, starting with a letter."""
    return bool(_KEY.match(text))


def key_from(label: str) -> str:
    """A key suggested by a label: 'Ngày ký hợp đồng' gives 'ngay_ky_hop_dong'; empty when nothing is left."""
    plain = _plain(label)
    return (plain if plain[:1].isalpha() else f'f_{plain}')[:63].rstrip('_') if plain else ''


def physical_name(key: str, taken: Callable[[str], bool] | Collection[str], *, prefix: str = '') -> str:
    """A table or column name that no other part has had: lower-case ASCII, at most 40 letters."""
    is_taken = taken if callable(taken) else taken.__contains__
    stem = f'{prefix}{_plain(key) or "part"}'[:NAME_LENGTH].rstrip('_')
    name, count = stem, 1
    while is_taken(name):
        count += 1
        tail = f'_{count}'
        name = stem[: NAME_LENGTH - len(tail)] + tail
    return name


def _plain(text: str) -> str:
    return _PLAIN.sub('_', fold(text)).strip('_')
