"""The facts of a record as its page shows them: sections of the layout, filled fields first, the empty ones folded."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from modules.records.model import Record
from modules.web import form_state
from modules.web.pages.context import Desk
from schema.definitions import in_locale


def facts_of(desk: Desk, record: Record) -> dict[str, Any]:
    """Sections of facts: filled fields first, the empty ones folded."""
    entity, locale = desk.entity, desk.presenter.locale
    values = desk.presenter.record(record)
    sections, empty = [], []
    placed: set[str] = {entity.title.key}
    if entity.stage is not None:
        placed.add(entity.stage.key)
    state = form_state.standings(desk, record, {})
    notes = {key: each.text(locale) for key, each in desk.reader.derived_notes(record).items()}
    for section in desk.layouts.form:
        fields = [field for field in desk.presenter.fields(entity, section.fields) if field.key not in placed]
        placed |= {field.key for field in fields}
        fields = [field for field in form_state.ruled(desk, fields, state, record) if not field.hidden]
        filled = [field for field in fields if values.get(field.key) not in (None, '', []) or field.key in notes]
        empty += [field for field in fields if field not in filled]
        if filled:
            sections.append({
                'label': in_locale(section.label, locale), 'fields': filled, 'tab': section.tab, 'folded': section.collapsed,
            })  # fmt: skip
    system = ('owner', 'team', 'created_at', 'created_by', 'changed_at', 'changed_by')
    system_fields = [field for field in desk.presenter.fields(entity, system) if field.key not in placed]
    about = [field for field in system_fields if values.get(field.key) is not None]
    about_section = {'label': _('About this record'), 'fields': about, 'tab': '', 'folded': False}
    tabs = [
        {'key': tab.key, 'label': in_locale(tab.label, locale)}
        for tab in desk.layouts.tabs
        if any(section['tab'] == tab.key for section in sections)
    ]
    if about and len(tabs) < 2:
        sections.append(about_section)
    return {
        'sections': sections, 'empty': empty, 'values': values, 'notes': notes, 'tabs': tabs if len(tabs) > 1 else [],
        'about': about_section if about and len(tabs) > 1 else None,
    }  # fmt: skip
