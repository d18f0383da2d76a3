"""The mail server that TRELLIS_MAIL_URL names, and opening a connection to it. Knows no message and no table."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from modules.ops.settings import Settings

TIMEOUT_SECONDS = 20
PORTS = {'smtp': 25, 'smtps': 465}
SUBMISSION_PORT = 587

Guard = Callable[[smtplib.SMTP], AbstractContextManager[Any]]


@dataclass(frozen=True)
class MailServer:
    """`sender` is the company's address: `?from=` of the URL, else the user when it is an address, else trellis@ our host."""

    host: str
    port: int
    implicit_tls: bool
    user: str
    password: str
    sender: str
    files_url: str = ''
    """Where the contents of attached files lie."""

    @property
    def is_local(self) -> bool:
        return self.host == 'localhost' or (_is_address(self.host) and ip_address(self.host).is_loopback)


def mail_server(settings: Settings) -> MailServer | None:
    """None when no server is set. TRELLIS_MAIL_URL is `smtp[s]://user:password@host:port?from=crm@company.example`."""
    if not settings.mail_url:
        return None
    parts = urlsplit(settings.mail_url)
    user = unquote(parts.username or '')
    given = parse_qs(parts.query).get('from', [''])[0]
    return MailServer(
        host=parts.hostname or 'localhost',
        port=parts.port or (SUBMISSION_PORT if user and parts.scheme == 'smtp' else PORTS[parts.scheme]),
        implicit_tls=parts.scheme == 'smtps',
        user=user,
        password=unquote(parts.password or ''),
        sender=given or (user if '@' in user else default_sender(settings)),
        files_url=settings.files_url,
    )


def default_sender(settings: Settings) -> str:
    """The address of last resort, on the host the pages are served from."""
    host = urlsplit(settings.base_url).hostname or 'localhost'
    return f'trellis@{"localhost" if _is_address(host) else host}'


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def connect(server: MailServer, seconds: float = TIMEOUT_SECONDS, guard: Guard = nullcontext) -> smtplib.SMTP:
    """An open, greeted and signed-in connection. Encrypts whenever the server offers it, and checks its certificate unless
    it runs on this machine. `seconds` bound each answer; a `guard` may bound all of them.

    Raises: OSError, smtplib.SMTPException."""
    context = ssl.create_default_context()
    if server.is_local:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    smtp: smtplib.SMTP
    smtp = smtplib.SMTP_SSL(timeout=seconds, context=context) if server.implicit_tls else smtplib.SMTP(timeout=seconds)
    smtp._host = server.host  # type: ignore[attr-defined]  # what certificates are checked for; else taken only with connecting
    with ExitStack() as failing:
        failing.callback(smtp.close)
        with guard(smtp):
            code, words = smtp.connect(server.host, server.port)
            if code != 220:
                raise smtplib.SMTPConnectError(code, words)
            smtp.ehlo_or_helo_if_needed()
            if not server.implicit_tls and smtp.has_extn('starttls'):
                smtp.starttls(context=context)
                smtp.ehlo()
            if server.user:
                smtp.login(server.user, server.password)
        failing.pop_all()
    return smtp
