"""What mail contributes: the page of outgoing mails, and a line of `trellis doctor`."""

from __future__ import annotations

import smtplib
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from modules.installation.keeping import Sweep
from modules.mail.server import connect, mail_server
from modules.mail.suppression_views import suppression_pages
from modules.mail.sweeping import clear_counts, clear_mails
from modules.mail.tables import mail_message
from modules.mail.views import blueprint, menu_entry
from modules.records.presence import RECORD_UID
from modules.registries import Registries
from modules.runtime import Runtime
from modules.ways import NoWayOut
from schema.definitions import Texts


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


def sent_since(executor: Any, uids: sa.Select[Any], since: datetime) -> list[Texts]:
    """What mails about records went out since, which no undo brings back."""
    sent = (mail_message.c.record_uid.in_(uids), mail_message.c.created_at >= since)
    out = mail_message.c.state.in_(('claimed', 'sent', 'uncertain'))
    count = executor.execute(sa.select(sa.func.count()).where(*sent, out)).scalar_one()
    return (
        [{'en': f'E-mails about these records that went out: {count}', 'vi': f'Số e-mail về các hồ sơ này đã gửi đi: {count}'}]
        if count
        else []
    )


def register(registries: Registries) -> None:
    registries.presence.register('mail', sa.exists().where(mail_message.c.record_uid == RECORD_UID), owner=__name__)
    registries.effects.register('mail', sent_since, owner=__name__)
    registries.doctor.register('mail', check_mail, owner=__name__)
    registries.retention.register('mails', Sweep('mail_days', clear_mails), owner=__name__)
    registries.blueprints.register('mail', blueprint, owner=__name__)
    registries.menu.register('mail', menu_entry, owner=__name__)
    registries.blueprints.register('suppression', suppression_pages, owner=__name__)
    registries.retention.register('message counts', Sweep('outbox_days', clear_counts), owner=__name__)
    reason = 'addresses that asked for quiet, for administrators, and for each holder of a signed link; no record is read'
    own = ('suppression.ask', 'suppression.decide', 'suppression.suppressions', 'suppression.remove')
    registries.no_ways_out.register('suppression', NoWayOut(reason, own), owner=__name__)
