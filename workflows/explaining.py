"""Why a rule did or did not start on a record: trigger, condition part by part, occurrences, runs. Decides nothing.

Shown under the reader's rights: what a part says about fields that the reader may not read is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.records.changing import Change
from modules.records.judging import Held, Judge
from modules.records.model import Record
from modules.records.tables import record_history
from modules.runtime import Runtime
from permissions.policy import Policy
from schema import conditions
from schema.base.actor import Actor, system_actor
from schema.base.clock import FrozenClock
from schema.base.errors import NotFound
from schema.base.findings import Finding, finding
from schema.catalog import Catalog, Entity
from schema.conditions import Condition
from schema.definitions import Texts, WorkflowDef
from schema.fieldtypes.base import Reading
from schema.fieldtypes.days import moment_text
from workflows.days import DayTrigger
from workflows.definitions import Rule, rules_of
from workflows.foreseeing import Stretch, coming
from workflows.past import later_than, put_back
from workflows.runs import read_stored, ring_named, rule_actor, rule_policy
from workflows.tables import workflow_occurrence, workflow_run
from workflows.triggers import CLOCK_TRIGGERS, ButtonTrigger, CalledTrigger, EventTrigger, InstantTrigger
from workflows.withheld import WithheldRuntime

LOOKED = 50
"""Changes of the record that are gone over."""
SHOWN = 5
AHEAD = timedelta(days=366)
LEDGER: Mapping[str, tuple[str, bool | None]] = {
    'skipped': ('WFL-R020', False), 'due': ('WFL-R021', True), 'missed': ('WFL-R022', False), 'asked': ('WFL-R023', None),
    'dropped': ('WFL-R024', False), 'moved': ('WFL-R025', False),
}  # fmt: skip
EVENTS: Mapping[str, Texts] = {
    'created': {'en': 'created', 'vi': 'được tạo'}, 'updated': {'en': 'changed', 'vi': 'được sửa'},
    'deleted': {'en': 'deleted', 'vi': 'bị xóa'}, 'restored': {'en': 'brought back', 'vi': 'được khôi phục'},
}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """One part of the condition: `answer` True, False or None for unknown; `found` what the record holds, empty for blank."""

    text: str
    answer: bool | None
    found: str


@dataclass(frozen=True)
class Line:
    """One thing to know. `good`: True speaks for a start, False against it, None is neither. `run` names a run."""

    about: str
    good: bool | None
    found: Finding
    run: str = ''


@dataclass(frozen=True)
class Explained:
    """The whole answer. `as_of` is the moment whose values the parts show, None for now; `hidden` counts parts left out."""

    key: str
    label: Texts
    verdict: Line
    lines: tuple[Line, ...]
    parts: tuple[Part, ...]
    as_of: datetime | None = None
    hidden: int = 0


@dataclass(frozen=True)
class _Case:
    """What is asked about, by whom."""

    runtime: Runtime
    catalog: Catalog
    policy: Policy
    record: Record
    rule: Rule
    events: Sequence[Any]
    runs: Sequence[Any]
    ledger: Sequence[Any]

    @property
    def actor(self) -> Actor:
        return self.policy.actor

    @property
    def trigger(self) -> Any:
        return self.rule.trigger

    def when(self, instant: datetime) -> str:
        return moment_text(instant.astimezone(self.actor.zone), self.actor.locale)


def explain(runtime: Runtime, actor: Actor, key: str, uid: str) -> Explained:
    """Why the workflow did or did not start on the record.

    Raises: NotFound WFL-E014, REC-E028 also for records out of reach and workflows over kinds that the reader does not see.
    """
    catalog = runtime.catalogs.current()
    definition = catalog.workflows.get(key)
    policy = runtime.policy(actor, catalog)
    entity = catalog.find_entity(definition.entity) if definition is not None else None
    if definition is None or entity is None or policy.scope('read', entity.key) == 'none':
        raise NotFound.of('WFL-E014', value=key[:60], hint='')
    with runtime.reader(actor, catalog) as reader:
        record = reader.get(entity.key, uid)
    return _explained(runtime, catalog, policy, record, definition)


def explain_all(runtime: Runtime, actor: Actor, entity_key: str, uid: str) -> list[Explained]:
    """About every workflow over records of this kind. Raises: NotFound REC-E028."""
    catalog = runtime.catalogs.current()
    with runtime.reader(actor, catalog) as reader:
        record = reader.get(entity_key, uid)
    policy, entity = runtime.policy(actor, catalog), catalog.entity(entity_key)
    of_kind = [each for each in catalog.workflows.values() if catalog.find_entity(each.entity) is entity]
    return [_explained(runtime, catalog, policy, record, each) for each in of_kind]


def _explained(runtime: Runtime, catalog: Catalog, policy: Policy, record: Record, definition: WorkflowDef) -> Explained:
    rules = rules_of(catalog)
    rule = rules.usable.get(definition.key)
    if rule is None:
        lines = tuple(Line('workflow', good=False, found=each) for each in rules.broken.get(definition.key, ()))
        return Explained(definition.key, definition.label, lines[0], lines, ())
    case = _Case(runtime, catalog, policy, record, rule, *_read(runtime, rule, record))
    lines = (*_standing(case), *_trigger(case), *_occurrences(case), *_runs(case))
    missed = _missed_event(case)
    parts, hidden = _parts(case, missed)
    return Explained(
        definition.key, definition.label, _verdict(case, lines, parts, hidden), lines, parts, missed.at if missed else None,
        hidden,
    )  # fmt: skip


def _read(runtime: Runtime, rule: Rule, record: Record) -> tuple[Sequence[Any], Sequence[Any], Sequence[Any]]:
    """Changes of the record, its runs of the rule and its occurrences, newest first. Three statements."""
    history, runs, ledger = record_history, workflow_run, workflow_occurrence
    with runtime.database.reading() as connection:
        changes = sa.select(history).where(history.c.record_uid == record.uid, history.c.kind != 'shared')
        of_rule = (runs.c.rule_ref == rule.ref, runs.c.record_uid == record.uid)
        due = sa.select(ledger).where(ledger.c.rule_ref == rule.ref, ledger.c.record_uid == record.uid)
        return (
            connection.execute(changes.order_by(history.c.id.desc()).limit(LOOKED)).all(),
            connection.execute(sa.select(runs).where(*of_rule).order_by(runs.c.started_at.desc()).limit(SHOWN)).all(),
            connection.execute(due.order_by(ledger.c.due_at.desc()).limit(SHOWN)).all(),
        )


# --- what speaks for and against -------------------------------------------------------------------------------------


def _standing(case: _Case) -> Iterator[Line]:
    """Whether the rule runs at all, and as whom."""
    if not case.rule.enabled:
        yield Line('workflow', good=False, found=finding('WFL-R001', level='warning'))
    try:
        rule_actor(case.runtime, case.rule)
    except NotFound as error:
        yield Line('workflow', good=False, found=error.findings[0])
        return
    named = case.rule.definition.document.get('run_as')
    if named and not _sees(case):
        yield Line('workflow', good=False, found=finding('WFL-R002', value=str(named), level='warning'))


def _sees(case: _Case) -> bool:
    """Whether the person under whose rights it runs reaches the record."""
    with case.runtime.reader(rule_actor(case.runtime, case.rule), case.catalog) as reader:
        try:
            reader.get(case.rule.entity.key, case.record.uid, columns=())
        except NotFound:
            return False
    return True


def _trigger(case: _Case) -> Iterator[Line]:
    trigger = case.trigger
    if isinstance(trigger, EventTrigger) and not _may_know_fields(case, trigger):
        yield Line('trigger', good=None, found=finding('WFL-R041', level='warning'))
    elif isinstance(trigger, EventTrigger):
        yield from _events(case, trigger)
    elif isinstance(trigger, ButtonTrigger):
        yield Line('trigger', good=None, found=finding('WFL-R010', level='warning'))
    elif isinstance(trigger, CalledTrigger):
        yield Line('trigger', good=None, found=finding('WFL-R011', level='warning'))
    elif isinstance(trigger, CLOCK_TRIGGERS):
        yield from _moments(case)
    else:
        yield Line('trigger', good=None, found=finding('WFL-R018', level='warning'))


def _may_know_fields(case: _Case, trigger: EventTrigger) -> bool:
    """Whether the reader may read what the trigger watches: that a field changed tells of it."""
    watched = {field.key for ref in trigger.fields if (field := case.rule.entity.by_ref.get(ref))}
    return watched <= case.policy.readable(case.rule.entity.key)


def _events(case: _Case, trigger: EventTrigger) -> Iterator[Line]:
    """The changes that could have started it, and what was missing from the others."""
    kinds = [EVENTS[each] for each in sorted(trigger.events) if each in EVENTS]
    of_kind = [row for row in case.events if row.kind in trigger.events]
    matched = [row for row in of_kind if trigger.matches(f'record.{row.kind}', row.changes)]
    for row in matched[:SHOWN]:
        at, event = case.when(row.at), EVENTS[row.kind]
        yield Line('trigger', good=True, found=finding('WFL-R012', at=at, event=event, who=row.actor_name, level='warning'))
    if matched:
        return
    if not of_kind:
        yield Line('trigger', good=False, found=finding('WFL-R013', events=kinds, level='warning'))
        return
    names = [field.definition.label for ref in sorted(trigger.fields) if (field := case.rule.entity.by_ref.get(ref))]
    yield Line('trigger', good=False, found=finding('WFL-R014', count=len(of_kind), fields=names, level='warning'))


def _moments(case: _Case) -> Iterator[Line]:
    """When it is next due on this record, or what it goes by."""
    runtime, rule = case.runtime, case.rule
    now, zone = runtime.clock.now(), runtime.settings.timezone
    field = case.trigger.field if isinstance(case.trigger, DayTrigger | InstantTrigger) else None
    readable = field is None or field.key in case.policy.readable(rule.entity.key)
    if field is not None and readable:
        text = case.record.text(field.key, Reading(case.actor.locale, case.actor.zone, now))
        code, good = ('WFL-R016', None) if text else ('WFL-R015', False)
        yield Line('trigger', good=good, found=finding(code, label=field.definition.label, value=text, level='warning'))
        if not text:
            return
    stretch = Stretch(now, now + AHEAD, zone, uids=[case.record.uid])
    with runtime.database.session() as session:
        found = coming(session, rule, rule_policy(runtime, rule, case.catalog), stretch, 1) if _known(case) else []
    if found:
        yield Line('trigger', good=None, found=finding('WFL-R017', at=case.when(found[0].due_at), level='warning'))
    elif not case.ledger:
        yield Line('trigger', good=False, found=finding('WFL-R019', level='warning'))


def _known(case: _Case) -> bool:
    """Whether there is somebody to ask the condition for."""
    try:
        rule_actor(case.runtime, case.rule)
    except NotFound:
        return False
    return True


def _occurrences(case: _Case) -> Iterator[Line]:
    """What the ledger says. Started ones speak by their runs."""
    for row in case.ledger:
        if row.state in LEDGER:
            code, good = LEDGER[row.state]
            yield Line('occurrence', good=good, found=finding(code, at=case.when(row.due_at), level='warning'))


def _runs(case: _Case) -> Iterator[Line]:
    codes = {
        'done': 'WFL-R030', 'running': 'WFL-R031', 'failed': 'WFL-R032', 'stopped': 'WFL-R033', 'skipped': 'WFL-R034',
        'cancelled': 'WFL-R035',
    }  # fmt: skip
    for run in case.runs:
        reason = ring_named(read_stored(run.error), case.catalog)
        told = {'en': reason.text('en'), 'vi': reason.text('vi')} if reason else ''
        found = finding(codes[run.state], at=case.when(run.started_at), reason=told, level='warning')
        yield Line('run', good=run.state in {'done', 'running'}, found=found, run=run.id)


# --- the condition ---------------------------------------------------------------------------------------------------


def _missed_event(case: _Case) -> Any:
    """The newest change that fits the trigger and began no run: its values are what the condition met. None when none."""
    if not isinstance(case.trigger, EventTrigger):
        return None
    matched = [row for row in case.events if case.trigger.matches(f'record.{row.kind}', row.changes)]
    if not matched or any(run.started_at >= matched[0].at for run in case.runs):
        return None
    return matched[0]


def _parts(case: _Case, event: Any) -> tuple[tuple[Part, ...], int]:
    """The parts on the record as it is, or as it was right after an event; and how many are not for the reader."""
    if case.rule.condition is None:
        return (), 0
    if event is None:
        with case.runtime.database.session() as session:
            return _judged(case, session, case.rule.condition, case.runtime.clock.now())
    here = WithheldRuntime(case.runtime, case.catalog, event.at)
    with here.held.withhold() as connection:
        later = later_than(connection, [case.record.uid], after_id=event.id)[case.record.uid]
        put_back(connection, case.rule.entity, case.record.uid, later, event.at)
        with here.held.session() as session:
            return _judged(case, session, case.rule.condition, event.at)


def _judged(case: _Case, session: Session, condition: Condition, at: datetime) -> tuple[tuple[Part, ...], int]:
    entity, zone = case.rule.entity, case.runtime.settings.timezone
    row = session.execute(sa.select(entity.table).where(entity.table.c.uid == case.record.uid)).mappings().first()
    if row is None:
        return (), 0
    actor = rule_actor(case.runtime, case.rule) if _known(case) else system_actor('explaining')
    judge = Judge(session, case.catalog, actor, FrozenClock(at, zone))
    held = Held(Change(entity, case.record.uid, {}, dict(row)))
    judge.load(condition, [held])
    reading = Reading(case.actor.locale, case.actor.zone, at)
    reasons = judge.parts(condition, held, reading)
    shown = [each for each in reasons if _may_know(case, condition, each)]
    return tuple(_part(case, each, reading) for each in shown), len(reasons) - len(shown)


def _may_know(case: _Case, condition: Condition, reason: conditions.Reason) -> bool:
    """Only parts about the record's own fields that the reader may read: what lies behind links counts what is out of reach,
    and so is told to administrators alone who reach all of it."""
    policy, own = case.policy, case.rule.entity.key
    reads = [reason.reads] if reason.reads is not None else list(condition.fields_read())
    return all(
        field in policy.readable(entity) and (entity == own or (policy.can_admin and policy.scope('read', entity) == 'all'))
        for entity, field in reads
    ) and (reason.reads is not None or policy.can_admin)


def _part(case: _Case, reason: conditions.Reason, reading: Reading) -> Part:
    """Links are named as the reader sees them."""
    found = reason.found
    entity: Entity = case.rule.entity
    if not found and reason.reads is not None and reason.reads[0] == entity.key:
        field = entity.fields.get(reason.reads[1])
        if field is not None and (field.is_link or field.is_collection):
            found = case.record.text(field.key, reading)
    return Part(reason.text, reason.answer, found)


def _verdict(case: _Case, lines: Sequence[Line], parts: Sequence[Part], hidden: int) -> Line:
    """The first thing that stood in the way, or what became of it."""
    against = [each for each in lines if each.about == 'workflow']
    if against:
        return against[0]
    if case.runs:
        return next(each for each in lines if each.about == 'run')
    barred = [each for each in lines if each.good is False]
    if barred and barred[0].about == 'trigger':
        return barred[0]
    false = [each for each in parts if each.answer is not True]
    if false:
        found = finding('WFL-R040', part=false[0].text, found=false[0].found or '–', level='warning')
        return Line('condition', good=False, found=found)
    if hidden:
        return Line('condition', good=None, found=finding('WFL-R041', level='warning'))
    told = [each for each in lines if each.about in {'trigger', 'occurrence'}]
    untold = told[0] if told else Line('trigger', good=None, found=finding('WFL-R018', level='warning'))
    return next((each for each in told if each.found.code == 'WFL-R017'), untold)
