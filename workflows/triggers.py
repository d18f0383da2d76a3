"""What starts a workflow: dates of a record, the calendar, a change of a record, a person. Reads no table and no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from schema import conditions
from schema.base.findings import Finding, finding, nearest
from schema.catalog import Catalog, Entity, Field
from schema.conditions import Condition
from schema.definitions import Document
from schema.fieldtypes.stage import SINCE
from workflows.days import DayTrigger, Missed, Zone

EVENTS = ('created', 'updated', 'deleted', 'restored')
MOVES = ('stage_entered', 'stage_left')
KINDS = ('date', *EVENTS, *MOVES, 'stage_stuck', 'owner_changed', 'schedule', 'button', 'webhook', 'called')
DEFAULT_LOOK_BACK_DAYS = 1
SHORTEST_LOOK_BACK = timedelta(hours=1)  # `look_back_days` 0 must outlive a restart
FURTHEST_MINUTES = 527_040


@dataclass(frozen=True, eq=False)
class MinutesField:
    """Minutes that stand in a field of the record; `sign` is -1 when they lie before the instant."""

    field: Field
    sign: int

    @property
    def reach(self) -> tuple[int, int]:
        """The smallest and the greatest offset in minutes, by the field's own bounds."""
        document = self.field.definition.document
        bounds = (document.get('minimum', -FURTHEST_MINUTES), document.get('maximum', FURTHEST_MINUTES))
        low, high = sorted(int(bound) * self.sign for bound in bounds)
        return low, high


@dataclass(frozen=True, eq=False)
class InstantTrigger:
    """Due some minutes before or after the instant in a column of `field`. Reminders before it are dropped once it has passed.

    With `stages` (refs) it counts only for records that stand in one of them.
    """

    field: Field
    minutes: int | MinutesField
    look_back: timedelta
    until_instant: bool
    column: str
    stages: frozenset[str] = frozenset()
    missed: Missed = 'late'

    @property
    def reach(self) -> tuple[timedelta, timedelta]:
        """The smallest and the greatest distance of the due moment from the field's instant."""
        low, high = self.minutes.reach if isinstance(self.minutes, MinutesField) else (self.minutes, self.minutes)
        return timedelta(minutes=low), timedelta(minutes=high)


@dataclass(frozen=True, eq=False)
class ScheduleTrigger:
    """Due for every record that fits when the calendar `cron` says so, in a zone's local time."""

    cron: str
    look_back: timedelta
    missed: Missed = 'late'

    def newest(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """The last instant not after `now` within the look-back: of several that were missed only the last one counts."""
        found = next(CronSim(self.cron, (now + timedelta(seconds=1)).astimezone(zone), reverse=True), None)
        return found.astimezone(UTC) if found is not None and now - found <= self.look_back else None

    def next_after(self, instant: datetime, zone: ZoneInfo) -> datetime | None:
        found = next(CronSim(self.cron, instant.astimezone(zone)), None)
        return found.astimezone(UTC) if found is not None else None


@dataclass(frozen=True, eq=False)
class EventTrigger:
    """A change of a record. `fields` are refs of which one must have changed, empty for any change; `was` is what must have
    been true before. With `entered` or `left` one of the fields must now hold, or must have held, one of these refs."""

    events: frozenset[str]
    fields: frozenset[str] = frozenset()
    was: Condition | None = None
    entered: frozenset[str] = frozenset()
    left: frozenset[str] = frozenset()

    def matches(self, name: str, changed: Mapping[str, Any]) -> bool:
        """`name` as in the outbox, `record.updated`; `changed` is `{field ref: [old, new]}` as history keeps them."""
        if name.removeprefix('record.') not in self.events:
            return False
        pairs = [changed[ref] for ref in self.fields if ref in changed]
        if self.fields and not pairs:
            return False
        if self.entered and not any(new in self.entered for _old, new in pairs):
            return False
        return not self.left or any(old in self.left for old, _new in pairs)


@dataclass(frozen=True)
class ButtonTrigger:
    """A person presses a button on a record, or for picked records of a list. `roles` are keys; empty for all who may update
    the record."""

    roles: frozenset[str]
    on: frozenset[str] = frozenset({'record'})


@dataclass(frozen=True)
class CalledTrigger:
    """Another workflow starts it."""


ClockTrigger = DayTrigger | InstantTrigger | ScheduleTrigger
CLOCK_TRIGGERS = (DayTrigger, InstantTrigger, ScheduleTrigger)
Trigger = ClockTrigger | EventTrigger | ButtonTrigger | CalledTrigger


def read_trigger(document: Document, entity: Entity, catalog: Catalog, ref: str = '') -> tuple[Trigger | None, list[Finding]]:
    """The trigger with its fields looked up, or the findings WFL-E001…E005, E015, E016 below `/trigger`. `ref` is the
    workflow's own: calls from outside name it."""
    kind = str(document.get('type'))
    if kind in EVENTS or kind in MOVES or kind == 'owner_changed':
        return _read_event(document, entity, catalog, kind)
    if kind == 'stage_stuck':
        return _read_stuck(document, entity)
    if kind == 'schedule':
        return _read_schedule(document)
    if kind == 'button':
        roles = frozenset(document.get('roles', ()))
        unknown = [
            finding('WFL-E003', '/roles', value=each[:60], hint=nearest(each, catalog.roles))
            for each in roles - set(catalog.roles)
        ]
        return ButtonTrigger(roles, frozenset(document.get('on', ('record',)))), unknown
    if kind == 'webhook':
        return EventTrigger(frozenset({kind}), frozenset({ref})), []
    if kind == 'called':
        return CalledTrigger(), []
    if kind != 'date':
        return None, [finding('WFL-E001', '/type', value=kind[:40], choices=[*KINDS])]
    name = str(document.get('field', ''))
    field = entity.find_field(name)
    if field is None or field.type.key not in {'date', 'datetime'}:
        hint = nearest(name, [key for key, each in entity.fields.items() if each.type.key in {'date', 'datetime'}])
        return None, [finding('WFL-E002', '/field', value=name[:60], hint=hint)]
    return _read_date(document, entity, field)


def _read_event(document: Document, entity: Entity, catalog: Catalog, kind: str) -> tuple[Trigger | None, list[Finding]]:
    refs, findings = set(), []
    for number, name in enumerate(document.get('fields', ())):
        if field := entity.find_field(str(name)):
            refs.add(field.ref)
        else:
            hint = nearest(str(name), entity.fields)
            findings.append(finding('WFL-E003', f'/fields/{number}', value=str(name)[:60], hint=hint))
    was = None
    if document.get('was'):
        found = conditions.check(document['was'], entity.key, catalog)
        findings += [each.at('/was') for each in found]
        if not found:
            was = conditions.compile(document['was'], entity, catalog)
            findings += [finding('WFL-E016', '/was')] if was.hops() else []
    if kind == 'owner_changed':
        return (
            (None, findings)
            if findings
            else (EventTrigger(frozenset({'updated'}), frozenset({entity.fields['owner'].ref}), was), [])
        )
    if kind in EVENTS:
        return (None, findings) if findings else (EventTrigger(frozenset({kind}), frozenset(refs), was), [])
    stages, found = _read_stages(document, entity)
    findings += found
    field = entity.stage
    if findings or field is None:
        return None, findings
    chosen = frozenset(stages.values())
    if kind == 'stage_entered':
        return EventTrigger(frozenset({'created', 'updated'}), frozenset({field.ref}), was, entered=chosen), []
    return EventTrigger(frozenset({'updated'}), frozenset({field.ref}), was, left=chosen), []


def _read_stages(document: Document, entity: Entity) -> tuple[dict[str, str], list[Finding]]:
    """`{stage key: ref}` of the stages that count, all when none is named."""
    known = {stage.key: stage.ref for pipeline in entity.definition.pipelines for stage in pipeline.stages}
    if entity.stage is None:
        return {}, [finding('WFL-E015', '/type', value=entity.definition.label)]
    named = document.get('stages')
    findings = [
        finding('WFL-E003', f'/stages/{number}', value=str(key)[:60], hint=nearest(str(key), known))
        for number, key in enumerate(named or ())
        if key not in known
    ]
    return {key: known[key] for key in named if key in known} if named else known, findings


def _read_stuck(document: Document, entity: Entity) -> tuple[Trigger | None, list[Finding]]:
    stages, findings = _read_stages(document, entity)
    field = entity.stage
    if findings or field is None:
        return None, findings
    column = field.definition.column + SINCE
    days, look_back = int(document.get('days', 1)), document.get('look_back_days')
    refs = frozenset(stages.values()) if document.get('stages') else frozenset()
    return InstantTrigger(
        field, days * 1440, _look_back(look_back), until_instant=False, column=column, stages=refs, missed=_missed(document)
    ), []


def _read_schedule(document: Document) -> tuple[Trigger | None, list[Finding]]:
    cron = str(document.get('cron', ''))
    try:
        CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        return None, [finding('WFL-E017', '/cron', value=cron[:60], reason=str(error)[:100])]
    return ScheduleTrigger(cron, _look_back(document.get('look_back_days')), _missed(document)), []


def _look_back(days: int | None) -> timedelta:
    return timedelta(days=DEFAULT_LOOK_BACK_DAYS if days is None else int(days)) or SHORTEST_LOOK_BACK


def _read_date(document: Document, entity: Entity, field: Field) -> tuple[Trigger | None, list[Finding]]:
    minutes, findings = _read_minutes(document.get('offset_minutes', 0), entity)
    if findings:
        return None, findings
    days = int(document.get('offset_days', 0))
    if document.get('yearly') and field.type.key != 'date':
        return None, [finding('WFL-E004', '/yearly', value=field.key)]
    if field.type.key != 'date' and 'at' not in document:
        return _instant_trigger(document, field, minutes, days), []
    if isinstance(minutes, MinutesField):
        return None, [finding('WFL-E005', '/offset_minutes/field', value=field.key)]
    return _day_trigger(document, entity, field, minutes)


def _day_trigger(document: Document, entity: Entity, field: Field, minutes: int) -> tuple[DayTrigger | None, list[Finding]]:
    zone, findings = _read_zone(document.get('zone', 'company'), entity)
    lunar = document.get('calendar') == 'lunar'
    if lunar and not document.get('yearly'):
        findings.append(finding('WFL-E041', '/calendar'))
    if findings:
        return None, findings
    look_back = document.get('look_back_days')
    return DayTrigger(
        field=field,
        yearly=bool(document.get('yearly')),
        offset_days=int(document.get('offset_days', 0)),
        at=time.fromisoformat(document.get('at', '00:00')),
        minutes=minutes,
        feb29=document.get('feb29', 'feb28'),
        look_back_days=DEFAULT_LOOK_BACK_DAYS if look_back is None else int(look_back),
        lunar=lunar,
        missed=_missed(document),
        on_day_off=document.get('on_day_off', 'keep'),
        zone=zone,
    ), []


def _read_zone(given: Any, entity: Entity) -> tuple[Zone, list[Finding]]:
    if not isinstance(given, Mapping):
        return ('owner' if given == 'owner' else 'company'), []
    name = str(given.get('field', ''))
    field = entity.find_field(name)
    if field is None or field.type.key != 'text':
        hint = nearest(name, [key for key, each in entity.fields.items() if each.type.key == 'text'])
        return 'company', [finding('WFL-E003', '/zone/field', value=name[:60], hint=hint)]
    return field, []


def _missed(document: Document) -> Missed:
    given = document.get('missed', 'late')
    return given if given in ('skip', 'ask') else 'late'


def _instant_trigger(document: Document, field: Field, minutes: int | MinutesField, days: int) -> InstantTrigger:
    look_back = document.get('look_back_days')
    if isinstance(minutes, int):
        minutes += days * 1440
        before = minutes < 0
    else:
        before = minutes.reach[0] < 0
    return InstantTrigger(
        field=field,
        minutes=minutes,
        look_back=_look_back(look_back),
        until_instant=before and look_back is None,
        column=field.definition.column,
        missed=_missed(document),
    )


def _read_minutes(given: Any, entity: Entity) -> tuple[int | MinutesField, list[Finding]]:
    if not isinstance(given, Mapping):
        return int(given), []
    name = str(given.get('field', ''))
    field = entity.find_field(name)
    if field is None or field.type.key != 'integer':
        hint = nearest(name, [key for key, each in entity.fields.items() if each.type.key == 'integer'])
        return 0, [finding('WFL-E003', '/offset_minutes/field', value=name[:60], hint=hint)]
    return MinutesField(field, -1 if given.get('before') else 1), []
