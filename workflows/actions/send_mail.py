"""The action `send_mail`: a template filled from the record becomes a message for the mail sender. Talks to no mail server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from modules.installation.service import read_installation
from modules.mail.attaching import attachments_of
from modules.mail.composing import clean_address
from modules.mail.farewell import add_farewell
from modules.mail.gathering import gather
from modules.mail.previewing import person_of
from modules.mail.rendering import merge_values, render
from modules.mail.server import default_sender, mail_server
from modules.mail.service import Draft, add_message
from modules.mail.speaking import locale_of
from modules.mail.suppression import unsubscribe_link
from modules.records.store import Store
from schema.base.findings import Finding, finding, nearest
from schema.catalog import Catalog, Entity
from schema.definitions import Document
from schema.fieldtypes.base import Reading
from workflows.actions.base import Call, Done, LeftOut, Result, present_record
from workflows.sending import gate

FILES = ('file', 'image')


@dataclass(frozen=True)
class Mail:
    """A filled mail that is not stored yet."""

    draft: Draft

    def describe(self) -> Result:
        files = [each['name'] for each in self.draft.attachments]
        told = {'to': self.draft.recipient, 'subject': self.draft.subject, 'text': self.draft.text, 'html': self.draft.html}
        return {**told, **({'files': files} if files else {})}


class SendMail:
    def check(self, step: Document, entity: Entity, catalog: Catalog) -> list[Finding]:
        findings = []
        if step.get('template') not in catalog.templates:
            name = str(step.get('template'))
            findings.append(finding('WFL-E011', '/template', value=name[:60], hint=nearest(name, catalog.templates)))
        for kind, name in step.get('to', {}).items():
            field = entity.find_field(name)
            if field is None or field.type.key != {'field': 'email', 'user': 'user'}.get(kind):
                findings.append(finding('WFL-E003', f'/to/{kind}', value=name[:60], hint=nearest(name, entity.fields)))
        for number, each in enumerate(step.get('attachments', ())):
            field = entity.find_field(str(each.get('field')))
            if field is None or field.type.key not in FILES:
                hint = nearest(str(each.get('field')), [key for key, one in entity.fields.items() if one.type.key in FILES])
                findings.append(
                    finding('WFL-E003', f'/attachments/{number}/field', value=str(each.get('field'))[:60], hint=hint)
                )
        return findings

    def preview(self, call: Call) -> Mail:
        record = present_record(call)
        template = call.catalog.templates[call.step.document['template']]
        with call.runtime.database.reading() as connection:
            company = read_installation(connection)
            owner = person_of(connection, record.values.get('owner'))
            recipient = _recipient(connection, call)
            locale = locale_of(connection, template, record, _reader_of(call), company.locale_or(call.runtime.settings.locale))
        reading = Reading(locale, call.actor.zone, call.runtime.clock.now())
        settings = call.runtime.settings
        link = f'{settings.base_url}/{record.entity.key}/{record.uid}'
        name = company.name_in(reading.locale)
        with call.runtime.reader(call.actor, call.catalog) as reader:
            further = gather(reader, record, template, reading)
        rendered = render(template, merge_values(record, owner, name, link, reading, further), reading)
        unsubscribe = unsubscribe_link(settings, recipient, rendered.locale) if call.step.document.get('bulk') else ''
        if unsubscribe:
            rendered = add_farewell(rendered, unsubscribe, name)
        server = mail_server(settings)
        sender = company.mail_address or (server.sender if server else default_sender(settings))
        from_owner = call.step.document.get('from') == 'owner' and bool(owner['email'])
        return Mail(
            Draft(
                recipient=recipient,
                sender=clean_address(owner['email']) if from_owner else sender,
                sender_name=owner['name'] if from_owner else name,
                subject=rendered.subject,
                html=rendered.html,
                text=rendered.text,
                locale=rendered.locale,
                about={
                    'run_id': call.run_id, 'rule_ref': call.rule.ref, 'entity_ref': record.entity.ref, 'record_uid': record.uid,
                },
                unsubscribe=unsubscribe,
                lane=call.lane,
                attachments=attachments_of(record, [each['field'] for each in call.step.document.get('attachments', ())]),
            )
        )  # fmt: skip

    def perform(self, call: Call, effect: Mail, store: Store) -> Done:
        step, address = call.step.document, effect.draft.recipient
        asked = {'bulk': bool(step.get('bulk')), 'any_time': bool(step.get('any_time'))}
        if parked := gate(call, store.session, channel='mail', address=address, **asked):
            return parked
        held = mail_server(call.runtime.settings) is None
        uid = add_message(store.session, effect.draft, key=call.key, at=call.wall.now(), held=held)
        return Done({'message': uid, 'to': effect.draft.recipient, 'subject': effect.draft.subject, 'held': held})


def _reader_of(call: Call) -> Any:
    """The person who gets the mail, when the step names a field that holds one."""
    kind, name = next(iter(call.step.document['to'].items()))
    return call.record.values.get(name) if kind == 'user' and call.record else None


def _recipient(connection: sa.Connection, call: Call) -> str:
    """The address that the step names. Raises: LeftOut WFL-W001 when the record or the person has none."""
    (kind, name), values = next(iter(call.step.document['to'].items())), call.record.values if call.record else {}
    address = person_of(connection, values.get(name))['email'] if kind == 'user' else values.get(name)
    if not address:
        field = call.entity.find_field(name)
        raise LeftOut(finding('WFL-W001', value=field.definition.label if field else name, level='warning'))
    return str(address)
