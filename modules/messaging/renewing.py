"""Access tokens that run out: renewed once, by one process at a time, before they end or when they are refused."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from modules.hooks.secrets import put_sealed, read_own
from modules.messaging.model import Renewing, Request, Tokens, Values
from modules.messaging.tables import message_provider
from modules.runtime import Runtime
from modules.web.outgoing import Allowance, Answer, Manner, call
from schema.base.errors import Unavailable
from schema.base.findings import Finding, finding
from schema.base.sealing import NAMED_SECRETS, Seal

LEASE = timedelta(seconds=60)  # longer than a call takes
AHEAD = timedelta(minutes=5)
MANNER = Manner(hops=0, largest=64 * 1024, cut=True)


class NoToken(Exception):
    """There is no token to be had now: `found` says why, `final` that a person must put in another."""

    def __init__(self, found: Finding, *, final: bool) -> None:
        super().__init__(str(found))
        self.found, self.final = found, final


def fresh_values(runtime: Runtime, provider: Renewing, values: Values, now: datetime, *, refused: str = '') -> dict[str, str]:
    """The settings with an access token that is good as far as we know; `refused` is one that is not. Raises: NoToken."""
    channel, seal = provider.channel, Seal(runtime.settings.secret_key, NAMED_SECRETS)
    mine = message_provider.c.channel == channel
    with runtime.database.writing() as connection:
        row = connection.execute(sa.select(message_provider).where(mine).with_for_update()).one()
        known = {**values, **read_own(connection, seal, f'{channel}.')}
        access = known.get('access_token', '')
        runs_out = row.token_until is not None and row.token_until - AHEAD <= now
        if access and access != refused and not runs_out:
            return known
        if row.renewing_until is not None and row.renewing_until > now:
            raise NoToken(finding('MSG-E010'), final=False)
        connection.execute(message_provider.update().where(mine).values(renewing_until=now + LEASE))
    tokens = _renew(runtime, provider, known)
    with runtime.database.writing() as connection:
        if isinstance(tokens, Tokens):
            texts = {f'{channel}.access_token': tokens.access, f'{channel}.refresh_token': tokens.refresh}
            put_sealed(connection, seal, texts, by='', now=now)
            connection.execute(
                message_provider.update()
                .where(mine)
                .values(renewing_until=None, problem=None, token_until=now + tokens.good_for)
            )
            return {**known, 'access_token': tokens.access, 'refresh_token': tokens.refresh}
        problem, final = tokens
        kept = {'code': problem.code, 'pointer': '', 'params': dict(problem.params)} if final else None
        connection.execute(message_provider.update().where(mine).values(renewing_until=None, problem=kept))
    raise NoToken(problem, final=final)


def _renew(runtime: Runtime, provider: Renewing, values: Values) -> Tokens | tuple[Finding, bool]:
    try:
        answer = ask(runtime, provider.renewal(values))
    except Unavailable as error:
        return finding('MSG-E007', number='', reason=str(error.findings[0].params.get('reason', ''))), False
    found = provider.renewed(answer)
    if isinstance(found, Tokens):
        return found
    return found, answer.status < 500


def ask(runtime: Runtime, request: Request) -> Answer:
    """Raises: Invalid PRM-E070; Unavailable PRM-E071."""
    return call(
        request.method, request.url, allowance=Allowance.of(runtime.settings.outgoing_allow), body=request.body,
        headers=request.headers, manner=MANNER,
    )  # fmt: skip
