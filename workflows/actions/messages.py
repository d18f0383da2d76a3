"""What the actions `send_sms` and `send_zns` share: whom the message goes to, its way through the gate. Calls nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from modules.installation.service import read_installation
from modules.mail.rendering import MergeValues, merge_values
from modules.messaging.phones import mobile_digits
from modules.messaging.service import add_message
from modules.records.labels import full_name
from modules.records.model import Record
from modules.records.store import Store
from permissions.tables import ab_user
from schema.base.findings import Finding, finding, nearest
from schema.catalog import Entity
from schema.definitions import Document
from schema.fieldtypes.base import Reading
from schema.values import Link
from workflows.actions.base import Call, Done, LeftOut, Result
from workflows.actions.webhook import about_of
from workflows.sending import gate


@dataclass(frozen=True)
class Messaging:
    """A message that is not stored yet: `content` as the channel takes it."""

    content: Mapping[str, Any]
    subject: str

    def describe(self) -> Result:
        return {'to': f'+{self.content["phone"]}', 'subject': self.subject}


def check_recipient(step: Document, entity: Entity) -> list[Finding]:
    """The recipient is a phone field of the record: colleagues have no number in Trellis."""
    name = str(step.get('to', {}).get('field'))
    field = entity.find_field(name)
    if field is not None and field.type.key == 'phone':
        return []
    known = [key for key, each in entity.fields.items() if each.type.key == 'phone']
    return [finding('WFL-E003', '/to/field', value=name[:60], hint=nearest(name, known))]


def phone_of(call: Call, record: Record) -> str:
    """Digits of the number in the field that the step names. Raises: LeftOut MSG-W001; Invalid MSG-E004."""
    field = call.entity.field(call.step.document['to']['field'])
    if not (value := record.values.get(field.key)):
        raise LeftOut(finding('MSG-W001', value=field.definition.label, level='warning'))
    return mobile_digits(str(value))


def values_for(call: Call, record: Record) -> tuple[MergeValues, Reading]:
    """Merge fields of the record as the run's actor reads it, in the company's language."""
    with call.runtime.database.reading() as connection:
        company = read_installation(connection)
        owner = record.values.get('owner')
        person = None
        if isinstance(owner, Link) and owner.id is not None:
            person = connection.execute(sa.select(ab_user).where(ab_user.c.id == owner.id)).first()
    reading = Reading(company.locale_or(call.runtime.settings.locale), call.actor.zone, call.runtime.clock.now())
    told = {'name': full_name(person.first_name, person.last_name), 'email': person.email} if person else {}
    link = f'{call.runtime.settings.base_url}/{record.entity.key}/{record.uid}'
    return merge_values(record, told, company.name_in(reading.locale), link, reading), reading


def post(call: Call, effect: Messaging, store: Store, channel: Literal['sms', 'zns']) -> Done:
    """Park until the gate lets it go, or write the delivery."""
    step, phone = call.step.document, str(effect.content['phone'])
    asked = {'bulk': bool(step.get('bulk')), 'any_time': bool(step.get('any_time'))}
    if parked := gate(call, store.session, channel=channel, address=phone, **asked):
        return parked
    uid = add_message(store.session, channel, effect.content, about=about_of(call), key=call.key, at=call.wall.now())
    return Done({'delivery': uid, 'to': f'+{phone}', 'subject': effect.subject})
