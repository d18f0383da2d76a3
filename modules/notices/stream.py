"""Who may listen to whose stream of `trellis events`: short-lived signed tokens. Opens no connection."""

from __future__ import annotations

from itsdangerous import BadSignature, URLSafeTimedSerializer

LIFE_SECONDS = 60
_SALT = 'notices stream'


def sign(secret: str, user_id: int) -> str:
    """A token that `read` takes for a minute, so that one out of a log opens nothing."""
    return str(URLSafeTimedSerializer(secret, salt=_SALT).dumps(user_id))


def read(secret: str, token: str) -> int | None:
    """The person's id; None when it is forged or run out."""
    try:
        found = URLSafeTimedSerializer(secret, salt=_SALT).loads(token[:300], max_age=LIFE_SECONDS)
    except BadSignature:
        return None
    return found if isinstance(found, int) else None
