"""The e-mail tab of a record's composer: drawing it, filling it from a template, sending what was written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.mail.server import mail_server
from modules.records.model import Record
from modules.web import forms
from modules.web.pages import timeline
from modules.web.pages.context import Desk, desk_for
from modules.web.pages.letters import addresses_of, filled_in, store_letter, writable
from schema.base.errors import Conflict, Invalid
from schema.base.ids import new_uid
from schema.definitions import in_locale


def compose(entity: str, uid: str) -> ResponseReturnValue:
    """The e-mail part of the composer; `?template=` fills it in as the template reads for this record and this person."""
    with desk_for(entity) as desk:
        record = writable(desk, uid)
        template = request.args.get('template', '')
        filled = filled_in(desk, record, template) if template else None
        return _part(desk, record, {
            'uid': new_uid(), 'to': request.args.get('to', ''), 'template': template,
            'subject': filled.subject if filled else '', 'text': filled.text if filled else '',
        })  # fmt: skip


def send(entity: str, uid: str) -> ResponseReturnValue:
    """Store the letter to be sent, once for each form that was drawn; answers the timeline."""
    with desk_for(entity) as desk:
        record = writable(desk, uid)
        try:
            store_letter(desk, record)
        except (Invalid, Conflict) as error:
            found = forms.errors_by_field(error.findings, desk.presenter.locale)
            typed = {name: request.form.get(name, '') for name in ('uid', 'to', 'template', 'subject', 'text')}
            return _part(desk, record, typed, [text for texts in found.values() for text in texts]), error.status
        desk.runtime.nudge()
        held = mail_server(desk.runtime.settings) is None
    text = _('The e-mail is kept back: no mail server is set') if held else _('The e-mail is on its way')
    with desk_for(entity) as fresh:
        return timeline.answer(fresh, record, {'kind': 'warn' if held else 'ok', 'text': text})


def _part(desk: Desk, record: Record, typed: Mapping[str, Any], errors: list[str] | None = None) -> str:
    locale = desk.presenter.locale
    templates = [
        {'key': each.key, 'label': in_locale(each.label, locale)}
        for each in desk.presenter.catalog.templates.values()
        if each.entity == desk.entity.key
    ]
    return render_template(
        'web/letter.html', entity=desk.entity, record=record, typed=typed, errors=errors or [], templates=templates,
        addresses=addresses_of(desk, record),
    )  # fmt: skip
