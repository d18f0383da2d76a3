"""Likely duplicates: beside a form while somebody types, and of a form that was refused."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.duplicates.service import Candidate, find_duplicates
from modules.records.model import Record
from modules.web import forms
from modules.web.pages.context import Desk, desk_for
from modules.web.shell import hue_of
from schema.base.findings import Finding
from schema.definitions import in_locale
from schema.fieldtypes.base import Refused


def matches(entity: str) -> ResponseReturnValue:
    """Likely duplicates of what is being typed, for the side of the form."""
    with desk_for(entity) as desk:
        readable = desk.reader.policy.readable(desk.entity.key)
        wire = forms.read_form(desk.entity, request.form, readable, desk.reader.reading)
        typed: dict[str, Any] = {}
        for key, raw in wire.items():
            field = desk.entity.fields[key]
            if not field.is_link:
                with suppress(Refused):
                    typed[key] = field.type.normalise(field.definition, raw, desk.reader.reading)
        if desk.reader.policy.scope('read', desk.entity.key) == 'none':
            return ''
        found = find_duplicates(desk.reader, desk.entity, typed, request.form.get('uid'))
        return render_template('web/matches.html', candidates=[candidate_view(desk, each) for each in found])


def candidate_view(desk: Desk, found: Candidate) -> dict[str, Any]:
    """For the panel of likely duplicates."""
    locale = desk.presenter.locale
    target = desk.presenter.catalog.entities[found.entity]
    names = ', '.join(in_locale(label, locale) for label in found.fields)
    return {
        'label': _('A record you may not see') if found.hidden else found.title, 'hidden': found.hidden,
        'hue': hue_of(found.uid[-6:]), 'sub': found.subtitle, 'href': '' if found.hidden else f'/{found.entity}/{found.uid}',
        'entity_label': target.definition.label_in(locale),
        'why': _('Same %(fields)s', fields=names.lower()) if names else '',
        'strength_label': in_locale(found.rule_labels[0], locale) if found.rule_labels else '',
        'rule': found.rules[0] if found.rules else '', 'blocking': found.blocks,
    }  # fmt: skip


def candidates(desk: Desk, findings: tuple[Finding, ...], saved: Record | None = None) -> list[dict[str, Any]]:
    """Duplicate findings for the match panel; a hidden one tells nothing but that it is there. What is `saved` already may be
    merged with the other."""
    merging = saved is not None and desk.reader.policy.scope('merge', desk.entity.key) != 'none'
    locale, catalog = desk.presenter.locale, desk.presenter.catalog
    found = []
    for each in findings:
        if not each.code.startswith('DUP-'):
            continue
        params = each.params
        hidden = 'uid' not in params
        target = catalog.entities.get(str(params.get('entity', desk.entity.key)), desk.entity)
        label = target.definition.label_in(locale)
        found.append({
            'label': _('A record you may not see') if hidden else params.get('label', '…'),
            'hidden': hidden,
            'href': '' if hidden else f'/{target.key}/{params["uid"]}',
            'merge_href': f'/{target.key}/merge?uids={saved.uid},{params["uid"]}' if merging and saved and not hidden else '',
            'entity_label': label,
            'why': each.text(locale),
            'strength_label': in_locale(params.get('rule_label', {}), locale),
            'rule': params.get('rule', ''),
            'blocking': params.get('action') == 'block',
        })  # fmt: skip
    return found
