"""Two-step sign-in: codes of a person's device (TOTP), recovery codes, and the secret behind them, sealed. Free of Flask.

A code works once: the time step of the last one is kept. Recovery codes are kept as hashes and taken away with their use.
"""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import pyotp
import sqlalchemy as sa

from permissions.tables import account_security
from schema.base.errors import Invalid
from schema.base.sealing import Seal

ISSUER = 'Trellis'
STEP_SECONDS = 30
TOLERATED = (0, -1, 1)  # a device's clock may be half a minute off
RECOVERY_CODES = 10

Executor = Any  # sa.Connection or Session


@dataclass(frozen=True)
class TwoStep:
    """How a person's second step stands: `since` when it began, `recovery_left` unused recovery codes."""

    since: datetime | None
    recovery_left: int


def standing(executor: Executor, user_id: int) -> TwoStep:
    row = _row(executor, user_id)
    if row is None or row.totp_since is None:
        return TwoStep(None, 0)
    return TwoStep(row.totp_since, len(_hashes(row)))


def is_on(executor: Executor, user_id: int) -> bool:
    return standing(executor, user_id).since is not None


def begin(executor: Executor, seal: Seal, user_id: int) -> str:
    """The secret to show as a picture and as text; the same until it is confirmed. Does not commit."""
    row = _row(executor, user_id)
    if row is not None and row.totp_since is None and row.totp_secret and (known := seal.open(row.totp_secret)):
        return known
    secret = pyotp.random_base32()
    _write(executor, user_id, totp_secret=seal.close(secret), totp_since=None, totp_step=None, recovery_hashes=None)
    return secret


def address(secret: str, username: str, host: str) -> str:
    """The otpauth address that authenticator programs read from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=f'{ISSUER} ({host})')


def confirm(executor: Executor, seal: Seal, user_id: int, code: str, now: datetime) -> list[str]:
    """Begin to ask for codes, once the person's device shows the right one. Returns the recovery codes, this once.

    Raises: Invalid PRM-E031 for a wrong code. Does not commit.
    """
    row = _row(executor, user_id)
    secret = seal.open(row.totp_secret) if row is not None and row.totp_secret else None
    step = _step_of(secret, code, now) if secret else None
    if step is None:
        raise Invalid.of('PRM-E031', '/code')
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    _write(executor, user_id, totp_since=now, totp_step=step, recovery_hashes=json.dumps([_hash(each) for each in codes]))
    return codes


def accepts(executor: Executor, seal: Seal, user_id: int, code: str, now: datetime) -> bool:
    """Whether a code, or a recovery code, opens the second step; using it uses it up. Does not commit."""
    row = _row(executor, user_id)
    if row is None or row.totp_since is None or not row.totp_secret:
        return False
    secret = seal.open(row.totp_secret)
    step = _step_of(secret, code, now) if secret else None
    if step is not None:
        used = executor.execute(
            account_security.update()
            .where(account_security.c.user_id == user_id, sa.func.coalesce(account_security.c.totp_step, 0) < step)
            .values(totp_step=step)
        )
        return bool(used.rowcount)
    kept, given = _hashes(row), _hash(code)
    left = [each for each in kept if not hmac.compare_digest(each, given)]
    if len(left) == len(kept):
        return False
    spent = executor.execute(
        account_security.update()
        .where(account_security.c.user_id == user_id, account_security.c.recovery_hashes == row.recovery_hashes)
        .values(recovery_hashes=json.dumps(left))
    )
    return bool(spent.rowcount)


def turn_off(executor: Executor, user_id: int) -> None:
    """Ask for no codes any more. Does not commit."""
    _write(executor, user_id, totp_secret=None, totp_since=None, totp_step=None, recovery_hashes=None)


def _row(executor: Executor, user_id: int) -> Any:
    return executor.execute(sa.select(account_security).where(account_security.c.user_id == user_id)).first()


def _write(executor: Executor, user_id: int, **values: Any) -> None:
    changed = executor.execute(account_security.update().where(account_security.c.user_id == user_id).values(**values))
    if not changed.rowcount:
        executor.execute(account_security.insert().values(user_id=user_id, **values))


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code this is, near enough to now."""
    digits = ''.join(code.split())
    if len(digits) != 6 or not digits.isascii() or not digits.isdigit():
        return None
    present = int(now.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    for offset in TOLERATED:
        if hmac.compare_digest(totp.at((present + offset) * STEP_SECONDS), digits):
            return present + offset
    return None


def _hashes(row: Any) -> list[str]:
    return list(json.loads(row.recovery_hashes or '[]'))


def _recovery_code() -> str:
    text = secrets.token_hex(5)
    return f'{text[:5]}-{text[5:]}'


def _hash(code: str) -> str:
    """A recovery code holds 40 random bits and is guarded by the brake on attempts."""
    return sha256(''.join(code.split()).replace('-', '').casefold().encode()).hexdigest()
