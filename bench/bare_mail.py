"""The job that `bench.workflows` compares with: a message made and sent by smtplib on one open connection."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from email.policy import SMTP

OPEN: list[smtplib.SMTP] = []


def send(recipient: str, text: str, html: str) -> None:
    message = EmailMessage(policy=SMTP)
    message['Subject'], message['From'], message['To'] = 'Chúc mừng', 'crm@vd.vn', recipient
    message.set_content(text)
    message.add_alternative(html, subtype='html')
    OPEN[0].send_message(message)
