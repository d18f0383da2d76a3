"""The look for duplicates while somebody types: a form's values in, the match panel out. Decides nothing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, render_template, request
from flask_babel import gettext as _

from modules.duplicates.service import Candidate, find_duplicates
from modules.records import resolving
from modules.web import forms
from modules.web.pages.context import Desk, desk_for
from modules.web.shell import hue_of
from schema.definitions import in_locale
from schema.fieldtypes.base import Refused
from schema.values import Link

blueprint = Blueprint('duplicates', __name__, template_folder='templates')
SHOWN = 5


@blueprint.post('/<string:entity>/duplicates')
def look(entity: str) -> str:
    """The panel for what is typed so far; empty when nothing matches. `uid` is the record being edited."""
    with desk_for(entity) as desk:
        found = find_duplicates(desk.reader, desk.entity, _values(desk), request.form.get('uid') or None)
        return render_template('duplicates/matches.html', candidates=[_shown(desk, each) for each in found[:SHOWN]])


def _values(desk: Desk) -> dict[str, Any]:
    """What can be read of the form; half-typed values match nothing yet."""
    reader, entity = desk.reader, desk.entity
    wire = forms.read_form(entity, request.form, reader.policy.writable(entity.key), reader.reading)
    values: dict[str, Any] = {}
    for key, written in wire.items():
        field = entity.fields[key]
        try:
            values[key] = field.type.normalise(field.definition, written, reader.reading)
        except Refused:
            continue
    links = [value for value in values.values() if isinstance(value, Link)]
    found = resolving.find_links(reader.session, g.catalog, reader.policy, links) if links else {}
    return {key: found.get((value.entity, value.uid)) if isinstance(value, Link) else value for key, value in values.items()}


def _shown(desk: Desk, each: Candidate) -> dict[str, Any]:
    locale = desk.presenter.locale
    fields = ', '.join(in_locale(label, locale) for label in each.fields)
    return {
        'label': _('A record you may not see') if each.hidden else each.title,
        'sub': each.subtitle,
        'hue': hue_of(each.uid or each.entity),
        'hidden': each.hidden,
        'href': '' if each.hidden else f'/{each.entity}/{each.uid}',
        'entity_label': desk.entity.definition.label_in(locale),
        'why': _('Same %(fields)s', fields=fields),
        'strength_label': ', '.join(in_locale(label, locale) for label in each.rule_labels),
        'rule': each.rules[0],
        'blocking': each.blocks,
    }
