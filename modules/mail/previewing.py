"""A template that is being written, filled from a real record under the rights of the person who looks. Stores nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from modules.installation.declared import Installation
from modules.mail.gathering import gather
from modules.mail.rendering import PARTS, MergeValues, Rendered, fill_part, in_shell, merge_values, text_of
from modules.records.labels import full_name
from modules.records.model import Record
from modules.records.queries import Reader
from permissions.tables import ab_user
from schema.base.errors import TrellisError
from schema.base.findings import Finding, finding
from schema.definitions import TemplateDef
from schema.fieldtypes.base import Reading
from schema.values import Link


@dataclass(frozen=True)
class Tried:
    """What a template makes of a record; `problems` are `(part, finding)`, located by line."""

    rendered: Rendered
    problems: tuple[tuple[str, Finding], ...]


def person_of(executor: Any, link: Any) -> dict[str, str]:
    """Name and address of a person in service; blanks for nobody, and no address for those who left."""
    if not isinstance(link, Link) or link.id is None:
        return {'name': '', 'email': ''}
    row = executor.execute(sa.select(ab_user).where(ab_user.c.id == link.id)).first()
    if row is None:
        return {'name': '', 'email': ''}
    return {'name': full_name(row.first_name, row.last_name), 'email': row.email if row.active else ''}


def try_template(
    reader: Reader, record: Record, template: TemplateDef, company: Installation, base_url: str, reading: Reading
) -> Tried:  # fmt: skip
    """Every part on its own, so that all problems are told at once."""
    link = f'{base_url}/{record.entity.key}/{record.uid}'
    owner = person_of(reader.session.connection(), record.values.get('owner'))
    further, problems = {}, []
    try:
        further = gather(reader, record, template, reading)
    except TrellisError as error:
        problems += [('html', each) for each in error.findings]
    values = merge_values(record, owner, company.name_in(reading.locale), link, reading, further)
    filled: dict[str, str] = {}
    for part in PARTS:
        filled[part], found = _filled(template, part, values, reading)
        problems += [(part, each) for each in found]
    subject = ' '.join(filled['subject'].split())
    if not subject and not any(part == 'subject' for part, _ in problems):
        problems.append(('subject', finding('WFL-E105', f'/template/{template.key}/subject')))
    text = filled['text'] or text_of(filled['html'])
    return Tried(Rendered(subject, in_shell(filled['html'], reading.locale), text, reading.locale), tuple(problems))


def _filled(template: TemplateDef, part: str, values: MergeValues, reading: Reading) -> tuple[str, tuple[Finding, ...]]:
    try:
        return fill_part(template, part, values, reading), ()
    except TrellisError as error:
        return '', tuple(error.findings)
