"""A stored message as the bytes that go to the mail server (RFC 5322). Opens no connection."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from email_validator import EmailNotValidError, validate_email

from modules.files.storage import FileStore
from schema.base.errors import Invalid


def clean_address(address: str) -> str:
    """The address in the spelling for SMTP: international domains in ASCII. Raises: Invalid WFL-E110."""
    try:
        checked = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise Invalid.of('WFL-E110', value=address[:120], reason=str(error)[:200]) from error
    if checked.ascii_email is None:
        raise Invalid.of('WFL-E110', value=address[:120], reason='the part before @ holds letters beyond ASCII')
    return checked.ascii_email


def message_id(uid: str, sender: str) -> str:
    """The same for each attempt, so that a mail sent twice would be seen as one."""
    return f'<{uid}@{sender.rpartition("@")[2]}>'


def compose(row: Any, at: datetime, files_url: str = '') -> bytes:
    """`row` is a row of mail_message; lines end with CRLF, headers beyond ASCII are encoded words (RFC 2047).

    Raises: LookupError when an attached file is not there any more.
    """
    message = EmailMessage(policy=SMTP)
    message['Subject'] = row.subject
    message['From'] = _address(row.sender_name, row.sender)
    message['To'] = _address('', row.recipient)
    message['Date'] = format_datetime(at)
    message['Message-ID'] = row.message_id
    if row.unsubscribe:  # RFC 8058: the mail program asks with one POST, without anybody opening the page
        message['List-Unsubscribe'] = f'<{row.unsubscribe}>'
        message['List-Unsubscribe-Post'] = 'List-Unsubscribe=One-Click'
    message['Auto-Submitted'] = 'auto-generated'  # RFC 3834: keeps out-of-office answers away
    message.set_content(row.text)
    if row.html:
        message.add_alternative(row.html, subtype='html')
    for each in row.attachments or ():
        _attach(message, each, FileStore.at(files_url))
    message['Content-Language'] = row.locale  # last, for whatever makes a mail of several parts moves such headers into one
    return message.as_bytes()


def _attach(message: EmailMessage, each: Mapping[str, Any], files: FileStore) -> None:
    try:
        content = files.path(each['uid']).read_bytes()
    except OSError as error:
        raise LookupError(f'the attached file {each["name"]!r} is gone') from error
    media, _, kind = str(each.get('type') or 'application/octet-stream').partition('/')
    if media in ('text', 'message', 'multipart') or not kind:  # as it is: its letters are nobody's business here
        media, kind = 'application', 'octet-stream'
    message.add_attachment(content, maintype=media, subtype=kind, filename=str(each['name']))


def _address(name: str, address: str) -> Address:
    return Address(' '.join(name.split()), addr_spec=address)
