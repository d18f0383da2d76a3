"""E-mails that a person writes from a record: to whom they may go, what a template makes of the record, keeping one."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import sqlalchemy as sa
from flask import g, request
from flask_babel import gettext as _

from modules.mail.composing import clean_address
from modules.mail.gathering import gather
from modules.mail.rendering import SHELL, Rendered, merge_values, render
from modules.mail.server import default_sender, mail_server
from modules.mail.service import Draft, add_message
from modules.mail.suppression import suppressed
from modules.records.model import Record
from modules.web.pages.context import Desk, may_update
from permissions.tables import ab_user
from schema.base.errors import Forbidden, Invalid, TrellisError
from schema.base.ids import is_uid, new_uid
from schema.catalog import Entity
from schema.fieldtypes.base import Reading
from schema.values import Link

LONGEST_SUBJECT, LONGEST_TEXT = 300, 50_000


@dataclass(frozen=True)
class Address:
    """Somebody that a letter may go to: whose it is, and whether they asked not to be contacted."""

    value: str
    whose: str
    asks_for_quiet: bool


def can_write_letters(desk: Desk, record: Record) -> bool:
    """Whether e-mails can go out from the record: it or what it links to has an address, and the person may change it."""
    return bool(_email_keys(desk, desk.entity) or _linked(desk, record)) and may_update(desk, record)


def writable(desk: Desk, uid: str) -> Record:
    """Raises: Forbidden PRM-E001 when the person may not change the record."""
    record = desk.reader.get(desk.entity.key, uid)
    if record.deleted_at is not None or not can_write_letters(desk, record):
        raise Forbidden.of('PRM-E001', action=_('change'), entity=desk.entity.definition.plural_in(desk.presenter.locale))
    return record


def store_letter(desk: Desk, record: Record) -> None:
    """Raises: Invalid REC-E001 for what is missing, WFL-E110 for a bad address,
    REC-E072 for somebody who asked not to be contacted."""
    text, subject = request.form.get('text', '').strip()[:LONGEST_TEXT], ' '.join(request.form.get('subject', '').split())
    for value, label in ((subject, {'en': 'Subject', 'vi': 'Tiêu đề'}), (text, {'en': 'Text', 'vi': 'Nội dung'})):
        if not value:
            raise Invalid.of('REC-E001', '/text', label=label)
    addresses = {each.value: each for each in addresses_of(desk, record)}
    chosen = addresses.get(request.form.get('to', ''))
    if chosen is None:
        raise Invalid.of('REC-E001', '/to', label={'en': 'To', 'vi': 'Người nhận'})
    if chosen.asks_for_quiet:
        raise Invalid.of('REC-E072', '/to', value=chosen.whose)
    template, key = request.form.get('template', ''), request.form.get('uid', '')
    filled = filled_in(desk, record, template) if template else None
    unchanged = filled is not None and filled.text.split() == text.split()
    html = filled.html if filled is not None and unchanged else _as_html(text, desk.presenter.locale)
    settings, server, me = desk.runtime.settings, mail_server(desk.runtime.settings), g.actor
    sender = g.installation.mail_address or (server.sender if server else default_sender(settings))
    draft = Draft(
        recipient=chosen.value, sender=_own_address(desk) or sender, sender_name=me.name, subject=subject[:LONGEST_SUBJECT],
        html=html, text=text + '\n', locale=desk.presenter.locale,
        about={'entity_ref': desk.entity.ref, 'record_uid': record.uid},
    )  # fmt: skip
    with desk.runtime.database.session() as session:
        add_message(
            session, draft, key=f'hand:{me.user_id}:{key if is_uid(key) else new_uid()}', at=desk.reader.clock.now(),
            held=server is None,
        )  # fmt: skip


def addresses_of(desk: Desk, record: Record) -> list[Address]:
    """Addresses of the record itself and of the records it links to, as far as the person may read them."""
    found: dict[str, Address] = {}
    for each in [record, *_linked_records(desk, record)]:
        quiet = bool(each.entity.definition.no_contact and each.values.get(each.entity.definition.no_contact))
        for key in _email_keys(desk, each.entity):
            value = each.values.get(key)
            if value:
                found.setdefault(str(value), Address(str(value), each.title, quiet))
    if not found:
        return []
    with desk.runtime.database.session() as session:
        return [
            Address(each.value, each.whose, asks_for_quiet=each.asks_for_quiet or _is_blocked(session, each.value))
            for each in found.values()
        ]


def _is_blocked(session: Any, address: str) -> bool:
    try:
        return suppressed(session, 'mail', address) == 'blocked'
    except Invalid:  # no address that mail could reach; the store of the letter says so
        return False


def _linked(desk: Desk, record: Record) -> list[Link]:
    """Links of the record to entities that have an address."""
    links = [value for value in record.values.values() if isinstance(value, Link) and not value.hidden and value.uid]
    entities = desk.presenter.catalog.entities
    return [link for link in links if link.entity in entities and _email_keys(desk, entities[link.entity])][:4]


def _linked_records(desk: Desk, record: Record) -> list[Record]:
    found = []
    for link in _linked(desk, record):
        entity = desk.presenter.catalog.entities[link.entity]
        keys = [*_email_keys(desk, entity)]
        wish = entity.definition.no_contact
        keys += [wish] if wish in desk.reader.policy.readable(entity.key) else []
        try:
            found.append(desk.reader.get(entity.key, link.uid, columns=keys))
        except TrellisError:  # out of reach since
            continue
    return found


def _email_keys(desk: Desk, entity: Entity) -> list[str]:
    if desk.reader.policy.scope('read', entity.key) == 'none':
        return []
    readable = desk.reader.policy.readable(entity.key)
    return [field.key for field in entity.own_fields if field.type.key == 'email' and field.key in readable]


def filled_in(desk: Desk, record: Record, key: str) -> Rendered | None:
    """What the template makes of the record as the person sees it; None for a template of another entity."""
    template = desk.presenter.catalog.templates.get(key)
    if template is None or template.entity != desk.entity.key:
        return None
    reading = Reading(desk.presenter.locale, desk.reader.actor.zone, desk.reader.clock.now())
    owner = {'name': g.actor.name, 'email': _own_address(desk)}
    link = f'{desk.runtime.settings.base_url}/{desk.entity.key}/{record.uid}'
    further = gather(desk.reader, record, template, reading)
    values = merge_values(record, owner, g.installation.name_in(reading.locale), link, reading, further)
    return render(template, values, reading)


def _own_address(desk: Desk) -> str:
    """The person's own address; blank without a usable one."""
    row = desk.reader.session.connection().execute(sa.select(ab_user.c.email).where(ab_user.c.id == g.actor.user_id)).first()
    try:
        return clean_address(row.email) if row and row.email else ''
    except Invalid:
        return ''


def _as_html(text: str, locale: str) -> str:
    parts = [escape(part).replace('\n', '<br>') for part in text.replace('\r\n', '\n').split('\n\n')]
    body = ''.join(f'<p>{part}</p>' for part in parts)
    return SHELL.format(locale=locale, body=body)
