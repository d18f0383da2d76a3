"""From the table to the mail server: claim one, send it, commit what the server said. Never sends what may have gone out.

The connection is opened before a message is claimed and kept for the next ones. Whoever is killed between the claim and the
commit leaves a claimed row; when its lease has run out it becomes `uncertain`, and only a person may decide about it.
"""

from __future__ import annotations

import logging
import random
import re
import smtplib
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from modules.mail.composing import compose
from modules.mail.server import MailServer, connect
from modules.mail.tables import mail_message
from modules.mail.watching import Watch
from schema.base.clock import Clock
from schema.base.database import Database
from schema.base.findings import Finding, finding

DOT_FIRST = re.compile(rb'^\.', re.MULTILINE)
LOG = logging.getLogger(__name__)
LEASE = timedelta(minutes=6)  # longer than the longest message takes by what follows
ANSWER_SECONDS, ENVELOPE_SECONDS, DOT_SECONDS = 20.0, 60.0, 90.0
"""How long one answer may take, all of them before the content together, and the one to the final dot, for which servers look
into the content (RFC 5321, section 4.5.3.2.6): to give up there leaves a mail in doubt."""
SLOWEST_BYTES = 131_072  # a second
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 5, 900
GIVE_UP_DAYS = 3
SPARED_TURN = 8
IDLE_SECONDS = 20  # a connection that rested longer is asked whether it still lives


@dataclass(frozen=True)
class Outcome:
    """What became of one attempt: `state` sent, new (to be tried again), failed or uncertain."""

    state: str
    found: Finding | None = None


class Sender:
    """One worker's way to the mail server. Not thread-safe. `wall` is the real time, also under `--at`."""

    def __init__(self, database: Database, server: MailServer, wall: Clock, worker: str) -> None:
        self._database, self._server, self._wall, self._worker = database, server, wall, worker
        self._smtp: smtplib.SMTP | None = None
        self._used_at = 0.0
        self._turns = 0
        self._watch = Watch()

    def drain(self, seconds: float) -> int:
        """Send what is due until nothing is left or the seconds are over; how many were dealt with.

        Each message's end is committed together with the claim of the next one: one commit a message, and never more than one
        whose fate a kill leaves open.
        """
        ends_at, dealt = time.monotonic() + seconds, 0
        settle_lost(self._database, self._wall.now())
        while time.monotonic() < ends_at and self._anything_due() and self._open():
            row = self._advance(None, go_on=True)
            while row is not None:
                outcome = self._transmit(row)
                dealt += 1
                row = self._advance((row, outcome), go_on=self._smtp is not None and time.monotonic() < ends_at)
        return dealt

    def close(self) -> None:
        self._watch.close()
        if self._smtp is not None:
            try:
                self._smtp.quit()
            except (OSError, smtplib.SMTPException):
                self._smtp.close()
            self._smtp = None

    # --- the connection ----------------------------------------------------------------------------------------------

    def _open(self) -> bool:
        """True with a living connection; else every due message waits, for none of them is to blame."""
        try:
            if self._smtp is not None and time.monotonic() - self._used_at > IDLE_SECONDS:
                self._smtp.noop()
        except (OSError, smtplib.SMTPException):
            self._drop()
        if self._smtp is not None and self._smtp.sock is None:
            self._drop()
        if self._smtp is None:
            try:
                self._smtp = connect(self._server, ANSWER_SECONDS, lambda smtp: self._watch.within(smtp, ENVELOPE_SECONDS))
            except (OSError, smtplib.SMTPException) as error:
                LOG.warning('the mail server %s does not answer: %s', self._server.host, error)
                self._postpone(_words(error))
                return False
        self._used_at = time.monotonic()
        return True

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None

    def _postpone(self, reason: str) -> None:
        now = self._wall.now()
        lost = finding('WFL-E115', days=GIVE_UP_DAYS, reason=reason)
        table = mail_message
        with self._database.writing() as connection:
            connection.execute(
                table.update()
                .where(*_due(now), table.c.created_at < now - timedelta(days=GIVE_UP_DAYS))
                .values(state='failed', error=_stored(lost))
            )
            attempts = connection.execute(sa.select(sa.func.min(table.c.attempts)).where(*_due(now))).scalar()
            connection.execute(
                table.update()
                .where(*_due(now))
                .values(
                    attempts=table.c.attempts + 1,
                    due_at=now + pause(attempts or 0),
                    error=_stored(finding('WFL-E111', reason=reason)),
                )
            )

    # --- one message -------------------------------------------------------------------------------------------------

    def _anything_due(self) -> bool:
        with self._database.reading() as connection:
            return connection.execute(sa.select(mail_message.c.id).where(*_due(self._wall.now())).limit(1)).first() is not None

    def _advance(self, settled: tuple[Any, Outcome] | None, *, go_on: bool) -> Any:
        """Commit what became of one message and claim the next; None when there is none, or the time is up."""
        with self._database.writing() as connection:
            if settled is not None:
                self._settle(connection, *settled)
            return self._claim(connection) if go_on else None

    def _claim(self, connection: sa.Connection) -> Any:
        """In one statement: of the first lane before the second's, but for one in `SPARED_TURN`."""
        now, table = self._wall.now(), mail_message
        self._turns += 1
        lane = table.c.lane if self._turns % SPARED_TURN else table.c.lane.desc()
        chosen = sa.select(table.c.id).where(*_due(now)).order_by(lane, table.c.due_at, table.c.id).limit(1)
        claimed = table.update().where(table.c.id == chosen.with_for_update(skip_locked=True).scalar_subquery())
        values = {'state': 'claimed', 'claimed_by': self._worker, 'lease_until': now + LEASE}
        return connection.execute(claimed.values(attempts=table.c.attempts + 1, **values).returning(*table.c)).one_or_none()

    def _transmit(self, row: Any) -> Outcome:
        """One SMTP transaction (RFC 5321, section 3.3), step by step: only a lost answer to the final dot is uncertain."""
        try:
            content = compose(row, self._wall.now(), self._server.files_url)
        except (ValueError, LookupError) as error:  # a header that cannot be written
            return Outcome('failed', finding('WFL-E112', reason=_words(error)))
        smtp = self._smtp
        assert smtp is not None
        try:
            with self._watch.within(smtp, ENVELOPE_SECONDS + len(content) / SLOWEST_BYTES):
                refused = self._envelope(smtp, row)
                if refused is not None:
                    smtp.rset()
                    return refused
                smtp.send(DOT_FIRST.sub(b'..', content) + b'.\r\n')  # transparency: RFC 5321, section 4.5.2
        except (OSError, smtplib.SMTPException) as error:  # the final dot never left: the server forgets it all
            self._drop()
            return Outcome('new', finding('WFL-E111', reason=_words(error)))
        try:
            answer = self._last_answer(smtp)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return Outcome('uncertain', finding('WFL-E114', reason=_words(error)))
        if answer[0] < 0:  # words that are no answer
            self._drop()
            return Outcome('uncertain', finding('WFL-E114', reason=answer[1].decode('utf-8', 'replace')[:300]))
        return _judged(answer, 250) or Outcome('sent')

    def _last_answer(self, smtp: smtplib.SMTP) -> tuple[int, bytes]:
        """Raises: OSError, smtplib.SMTPException."""
        assert smtp.sock is not None
        smtp.sock.settimeout(DOT_SECONDS)
        with self._watch.within(smtp, DOT_SECONDS):
            answer = smtp.getreply()
        if smtp.sock is not None:
            smtp.sock.settimeout(ANSWER_SECONDS)
        return answer

    def _envelope(self, smtp: smtplib.SMTP, row: Any) -> Outcome | None:
        """Sender, recipient and the go-ahead for the content; None when all are welcome."""
        return (
            _judged(smtp.mail(row.sender), 250)
            or _judged(smtp.rcpt(row.recipient), 250, 251)
            or _judged(smtp.docmd('data'), 354)
        )

    def _settle(self, connection: sa.Connection, row: Any, outcome: Outcome) -> None:
        """What is known now; a row that is no longer this claim's is left as it is."""
        now, table = self._wall.now(), mail_message
        values: dict[str, Any] = {
            'state': outcome.state, 'claimed_by': None, 'lease_until': None,
            'error': None if outcome.found is None else _stored(outcome.found),
        }  # fmt: skip
        if outcome.state == 'sent':
            values['sent_at'] = now
        elif outcome.state == 'new':
            values['due_at'] = now + pause(row.attempts)
        mine = (table.c.id == row.id, table.c.claimed_by == self._worker, table.c.attempts == row.attempts)
        connection.execute(table.update().where(*mine).values(values))


def settle_lost(database: Database, now: datetime) -> int:
    """Claims whose worker vanished become uncertain; how many."""
    table = mail_message
    vanished = finding('WFL-E114', reason='the worker was stopped while it was talking to the mail server')
    lost = (table.c.state == 'claimed', table.c.lease_until < now)
    with database.reading() as connection:
        if connection.execute(sa.select(table.c.id).where(*lost).limit(1)).first() is None:
            return 0
    with database.writing() as connection:
        changed = table.update().where(*lost).values(state='uncertain', error=_stored(vanished), claimed_by=None)
        return int(connection.execute(changed).rowcount)


def pause(attempts: int) -> timedelta:
    """Growing, with a random part, so that many messages do not knock at once."""
    seconds = min(FIRST_PAUSE_SECONDS * 2 ** min(attempts, 12), LONGEST_PAUSE_SECONDS)
    return timedelta(seconds=seconds * random.uniform(0.75, 1.25))


def _due(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return mail_message.c.state == 'new', mail_message.c.due_at <= now


def _judged(answer: tuple[int, bytes], *welcome: int) -> Outcome | None:
    """None for a welcome answer; 4yz is passing, 5yz final (RFC 5321, section 4.2.1)."""
    code, text = answer
    if code in welcome:
        return None
    reason = f'{code} {text.decode("utf-8", "replace")}'[:300]
    passing = code < 500
    return (
        Outcome('new', finding('WFL-E113', reason=reason)) if passing else Outcome('failed', finding('WFL-E112', reason=reason))
    )


def _words(error: Exception) -> str:
    return f'{type(error).__name__}: {error}'[:300]


def _stored(found: Finding) -> dict[str, Any]:
    """A finding as kept in the error column: code and params, so that it can be read in any locale."""
    return {'code': found.code, 'pointer': found.pointer, 'params': dict(found.params)}
