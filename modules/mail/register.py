"""What mail contributes: the page of outgoing mails, and a line of `trellis doctor`."""

from __future__ import annotations

import smtplib

from modules.installation.keeping import Sweep
from modules.mail.server import connect, mail_server
from modules.mail.sweeping import clear_mails
from modules.mail.views import blueprint, menu_entry
from modules.registries import Registries
from modules.runtime import Runtime


def check_mail(runtime: Runtime) -> tuple[bool, str]:
    """Whether the mail server greets us; an unset one is no fault, for mails are then kept back."""
    server = mail_server(runtime.settings)
    if server is None:
        return True, 'TRELLIS_MAIL_URL is not set, so mails are kept back and shown under /mail/'
    try:
        connect(server).quit()
    except (OSError, smtplib.SMTPException) as error:
        return False, f'{server.host}:{server.port} does not answer ({type(error).__name__})'
    return True, f'{server.host}:{server.port} answers; mail comes from {server.sender}'


def register(registries: Registries) -> None:
    registries.doctor.register('mail', check_mail, owner=__name__)
    registries.retention.register('mails', Sweep('mail_days', clear_mails), owner=__name__)
    registries.blueprints.register('mail', blueprint, owner=__name__)
    registries.menu.register('mail', menu_entry, owner=__name__)
