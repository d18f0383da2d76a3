"""What was last and what is next, on the cards of people who chose to see it: which of it there is to choose, and its words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from modules.records.model import LARGEST_PAGE, Record
from modules.timeline.glances import CONTACT, NEXT, NOTE, Glance, Planned, glances
from modules.web.pages.context import Desk
from modules.web.pages.timeline import Sources, day_text, said_day


@dataclass(frozen=True)
class Offered:
    """One that may be chosen, beside the fields of the entity."""

    key: str
    label: str


@dataclass(frozen=True)
class Line:
    """One on a card; `late` of what is overdue."""

    icon: str
    text: str
    late: bool = False


def offered(desk: Desk) -> list[Offered]:
    """As far as the entity has a log or plans that the person may read."""
    sources = Sources.of(desk)
    found = []
    if sources.log is not None:
        found += [Offered(CONTACT, _('Last contact')), Offered(NOTE, _('Latest note'))]
    if sources.plans:
        found.append(Offered(NEXT, _('Next appointment or task')))
    return found


def lines(desk: Desk, records: Sequence[Record], wanted: Sequence[str]) -> Mapping[str, list[Line]]:
    """`{uid: lines}` in the order in which they are wanted; without any, nothing is asked."""
    if not wanted:
        return {}
    sources = Sources.of(desk)
    found: dict[str, Glance] = {}
    for start in range(0, len(records), LARGEST_PAGE):
        found |= glances(desk.reader, records[start : start + LARGEST_PAGE], wanted, sources.log, sources.plans)
    return {uid: list(_lines(desk, glance, wanted)) for uid, glance in found.items()}


def _lines(desk: Desk, glance: Glance, wanted: Sequence[str]) -> Iterator[Line]:
    for key in wanted:
        if key == CONTACT:
            day = said_day(day_text(desk, glance.contact_at)) if glance.contact_at else ''
            yield Line('messages', _('Last contact %(day)s', day=day) if day else _('No contact yet'))
        elif key == NEXT:
            yield _planned(desk, glance.planned) if glance.planned else Line('calendar', _('Nothing planned'))
        elif glance.note:
            yield Line('note', glance.note)


def _planned(desk: Desk, planned: Planned) -> Line:
    late = planned.at < desk.reader.clock.now()
    return Line(planned.plan.entity.definition.icon, f'{day_text(desk, planned.at)} · {planned.record.title}', late)
