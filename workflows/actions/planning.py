"""What `create_task` and `create_appointment` have in common: which entity, when, for whom, about what."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from modules.leaving.standing import in_service
from modules.mail.filling import check_texts, fill
from modules.mail.sandbox import READING, Fields, Shown
from modules.records.store import Store
from permissions.actors import load_actor
from schema.base.actor import Actor
from schema.base.errors import Invalid
from schema.base.findings import Finding, finding, nearest
from schema.catalog import Catalog, Entity
from schema.definitions import CalendarDef, Document, in_locale
from schema.fieldtypes.base import Reading
from schema.values import Link
from workflows.actions.base import Call, Done, LeftOut, Result, present_record
from workflows.actions.writing import check_values, wire_of

LONGEST_TITLE = 200
EARLY = time(9)
"""When something is planned for a day and no hour is said."""


@dataclass(frozen=True)
class Plan:
    """The new record: `wire` by field key, and who is in charge, by name, for people to read."""

    entity: str
    wire: Mapping[str, Any]
    who: str = ''

    def describe(self) -> Result:
        return {'entity': self.entity, 'values': dict(self.wire), **({'to': self.who} if self.who else {})}


def planned_entity(catalog: Catalog, kind: str) -> Entity | None:
    """The entity of that name when it has such a place in the calendar, else the first that has."""
    found = [
        entity for entity in catalog.entities.values()
        if entity.definition.calendar is not None and entity.definition.calendar.kind == kind
    ]  # fmt: skip
    return next((entity for entity in found if entity.key == kind), found[0] if found else None)


class PlanRecord:
    """`kind` is that of `x-calendar`, `moment` the keyword that says when."""

    def __init__(self, kind: str, moment: str) -> None:
        self._kind, self._moment = kind, moment

    def check(self, step: Document, entity: Entity, catalog: Catalog) -> list[Finding]:
        target = planned_entity(catalog, self._kind)
        if target is None:
            return [finding('WFL-E070', '', value=self._kind)]
        findings = check_values(step, target, entity)
        source = step.get(self._moment, {}).get('from')
        findings += _check_field(entity, source, ('date', 'datetime'), f'/{self._moment}/from')
        assign = step.get('assign')
        if isinstance(assign, Mapping):
            findings += _check_field(entity, assign.get('user'), ('user',), '/assign/user')
        return [*findings, *check_texts(step.get('title', {}), '/title')]

    def preview(self, call: Call) -> Plan:
        """Raises: LeftOut WFL-W070 when the date it is planned from is blank, WFL-E008 when the record is gone."""
        target = planned_entity(call.catalog, self._kind)
        if target is None:
            raise Invalid.of('WFL-E070', value=self._kind)
        assert target.definition.calendar is not None
        if call.record_uid:
            present_record(call)
        person = _person(call)
        locale = person.locale if person else call.actor.locale
        wire: dict[str, Any] = {target.title.key: _title(call, locale)}
        wire |= _times(call, target, target.definition.calendar, call.step.document.get(self._moment))
        if call.record_uid and call.step.document.get('about', True):
            wire |= _about(call, target)
        if person is not None:
            wire['owner'] = person.username
        return Plan(target.key, wire | wire_of(call, target), person.name if person else '')

    def perform(self, call: Call, effect: Plan, store: Store) -> Done:
        uid = str(uuid.uuid5(uuid.NAMESPACE_OID, call.key))  # the same on every attempt
        saved = store.create(effect.entity, effect.wire, uid=uid)
        return Done({**effect.describe(), 'uid': saved.uid})


def _check_field(entity: Entity, name: Any, types: tuple[str, ...], pointer: str) -> list[Finding]:
    field = entity.find_field(str(name)) if name is not None else None
    if name is None or (field is not None and field.type.key in types):
        return []
    fitting = [key for key, each in entity.fields.items() if each.type.key in types]
    return [finding('WFL-E003', pointer, value=str(name)[:60], hint=nearest(str(name), fitting))]


def _times(call: Call, target: Entity, calendar: CalendarDef, given: Any) -> dict[str, Any]:
    """The wire of start and end; days and hours are those of the company."""
    if not isinstance(given, Mapping):
        return {}
    start = _moment(call, given)
    if target.fields[calendar.start].type.key == 'date':
        return {calendar.start: start.date().isoformat()}
    wire = {calendar.start: _wire(start)}
    minutes = int(call.step.document.get('minutes', 60 if calendar.kind == 'appointment' else 0))
    if calendar.end and minutes:
        wire[calendar.end] = _wire(start + timedelta(minutes=minutes))
    return wire


def _moment(call: Call, given: Mapping[str, Any]) -> datetime:
    """Days from today, or from a date of the record, at the hour that is said. Raises: LeftOut WFL-W070."""
    zone = call.runtime.clock.zone
    hour = time.fromisoformat(given['at']) if 'at' in given else None
    days = timedelta(days=int(given.get('days', 0)))
    if 'from' not in given:
        return datetime.combine(call.runtime.clock.now().astimezone(zone).date() + days, hour or EARLY, zone)
    field = call.entity.find_field(str(given['from']))
    value = call.record.values.get(field.key) if field is not None and call.record is not None else None
    if isinstance(value, datetime):
        local = value.astimezone(zone)
        return datetime.combine(local.date() + days, hour or local.time(), zone)
    if isinstance(value, date):
        return datetime.combine(value + days, hour or EARLY, zone)
    raise LeftOut(finding('WFL-W070', level='warning', label=field.definition.label if field else {'en': str(given['from'])}))


def _about(call: Call, target: Entity) -> dict[str, Any]:
    """The first link of the new record that may lead to the run's own."""
    for field in target.own_fields:
        if field.is_link and call.entity.key in field.definition.targets and field.writable:
            whole = field.type.key == 'link_any'
            return {field.key: {'entity': call.entity.key, 'uid': call.record_uid} if whole else call.record_uid}
    return {}


def _person(call: Call) -> Actor | None:
    """Who is to do it: the person of a field of the record, or one by user name; None leaves it to the rules."""
    assign = call.step.document.get('assign')
    with call.runtime.database.reading() as connection:
        user_id: int | None = None
        if isinstance(assign, Mapping):
            field = call.entity.find_field(str(assign.get('user')))
            value = call.record.values.get(field.key) if field is not None and call.record is not None else None
            user_id = value.id if isinstance(value, Link) else None
        elif assign is not None:
            acting = in_service(connection, [str(assign)]).get(str(assign))
            user_id = acting.id if acting is not None else None
        return load_actor(connection, user_id) if user_id is not None else None


def _title(call: Call, locale: str) -> str:
    """The title in the language of whoever does it, merge fields filled. Raises: Invalid WFL-E101…E104."""
    text = in_locale(call.step.document['title'], locale)
    pointer = f'/steps/{call.step.key}/title'
    reading = Reading(locale, call.runtime.clock.zone, call.runtime.clock.now())
    shown: dict[str, Any] = dict.fromkeys(call.entity.fields, '')
    for key, value in (call.record.values if call.record is not None else {}).items():
        field = call.entity.fields[key]
        shown[key] = Shown.of(field.definition, field.type, value, reading)
    aliases = {alias: shown[key] for key, each in call.entity.fields.items() for alias in each.definition.aliases}
    names = {'record': Fields({**aliases, **shown}), READING: reading}
    return ' '.join(fill(text, names, pointer).split())[:LONGEST_TITLE]


def _wire(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + 'Z'
