"""In which language a mail is written: that of its recipient when it is known, else the company's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from modules.records.model import Record
from permissions.tables import user_preference
from schema.base.text import fold
from schema.definitions import TemplateDef
from schema.values import Link

NAMES = {'vi': ('vi', 'vn', 'vietnamese', 'tieng viet', 'viet'), 'en': ('en', 'english', 'tieng anh', 'anh')}
"""How a field may spell a language, folded."""


def locale_of(connection: sa.Connection, template: TemplateDef, record: Record, person: Any, company: str) -> str:
    """The field that the template names, else the language that `person` (a link to a user) chose, else the company's."""
    written = str(template.document.get('locale_field') or '')
    field = record.entity.find_field(written) if written else None
    if field is not None and (found := _named(_spellings(record, field.key))):
        return found
    if isinstance(person, Link) and person.id is not None:
        chosen = sa.select(user_preference.c.locale).where(user_preference.c.user_id == person.id)
        return connection.execute(chosen).scalar() or company
    return company


def _spellings(record: Record, key: str) -> Iterable[str]:
    """The value as a program and as people read it."""
    value, field = record.values.get(key), record.entity.fields[key]
    if value is None:
        return ()
    return (
        str(field.wire(value)),
        *(each for option in field.definition.options if option.ref == value for each in option.label.values()),
    )


def _named(spellings: Iterable[str]) -> str:
    said = {fold(each).strip() for each in spellings}
    return next((locale for locale, names in NAMES.items() if said & set(names)), '')
