"""Whether the mail server answers: a connection, a greeting, the sign-in, and nothing sent. Knows no message."""

from __future__ import annotations

import smtplib

from modules.mail.server import MailServer, connect

PROBE_SECONDS = 4


def probe(server: MailServer, seconds: float = PROBE_SECONDS) -> str:
    """Empty when the server answers, else what it or the network said, in a line. No answer of it is waited for longer than
    `seconds`."""
    try:
        with connect(server, seconds) as smtp:
            code, said = smtp.noop()
    except (OSError, smtplib.SMTPException) as error:
        return f'{type(error).__name__}: {error}'[:200]
    return '' if code == 250 else f'{code} {said.decode("utf-8", "replace")}'[:200]
