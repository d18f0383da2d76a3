"""Short-lived links to contents: signed, bound to one person, good for a minute. Decides no right; whoever serves does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from itsdangerous import BadSignature, URLSafeSerializer

from schema.base.errors import Forbidden
from schema.base.ids import is_uid

LIFE_SECONDS = 60
_SALT = 'file link'


@dataclass(frozen=True)
class Ticket:
    """What a link stands for. `small` asks for the thumbnail."""

    uid: str
    user_id: int
    small: bool


def sign(secret: str, ticket: Ticket, now: datetime) -> str:
    """A token that `read` takes for a minute."""
    return str(
        URLSafeSerializer(secret, salt=_SALT).dumps(
            [ticket.uid, ticket.user_id, int(ticket.small), int(now.timestamp()) + LIFE_SECONDS]
        )
    )


def read(secret: str, token: str, user_id: int | None, now: datetime) -> Ticket:
    """Raises: Forbidden REC-E067 forged, run out, or another person's."""
    try:
        uid, owner_id, small, until = URLSafeSerializer(secret, salt=_SALT).loads(token[:500])
    except (BadSignature, ValueError, TypeError) as error:
        raise Forbidden.of('REC-E067') from error
    if not is_uid(uid) or owner_id != user_id or now.timestamp() > until:
        raise Forbidden.of('REC-E067')
    return Ticket(uid, owner_id, bool(small))
