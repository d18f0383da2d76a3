"""What people may know of workflows: their state and last runs, what would happen at an instant, and running what is due.

Free of Flask and click. Reads the product's own tables with plain connections; records only as the rule's own actor.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from modules.mail.tables import mail_message
from modules.records.queries import Reader
from modules.runtime import Runtime
from schema.base.clock import SystemClock
from schema.base.errors import NotFound, TrellisError
from schema.base.findings import Finding, nearest
from schema.catalog import Catalog
from workflows.actions.base import Action, Call, Halt, Onward, Park, Skipped
from workflows.clocks import runtime_at
from workflows.definitions import Rule, rules_of
from workflows.dispatcher import Dispatcher
from workflows.due import due_sets, holds_clause
from workflows.processes import process_name
from workflows.runner import Runner
from workflows.runs import read_stored, rule_actor, rule_policy
from workflows.scheduler import Scheduler
from workflows.tables import workflow_occurrence, workflow_run, workflow_step

PREVIEWED = 200
LAST_RUNS = 20
DRAIN_SECONDS = 2.0


@dataclass(frozen=True)
class WorkflowState:
    """One workflow as a list shows it. `findings` are set when it cannot run at all; `runs` counts by state."""

    key: str
    label: Mapping[str, str]
    entity: str
    enabled: bool
    findings: tuple[Finding, ...]
    runs: Mapping[str, int]
    last_run_at: datetime | None


@dataclass(frozen=True)
class Happened:
    """One occurrence that was carried out: for whom, and how it ended. `mail` is the state of its message, if any."""

    workflow: str
    entity: str
    title: str
    occurrence: str
    state: str
    found: Finding | None
    recipient: str
    mail: str


@dataclass(frozen=True)
class Expected:
    """One thing a rule would do: `holds` False when its condition is not true; `effects` as the actions describe them."""

    title: str
    uid: str
    occurrence: str
    due_at: datetime
    holds: bool
    effects: tuple[Mapping[str, Any], ...]
    findings: tuple[Finding, ...]


def list_workflows(runtime: Runtime, catalog: Catalog) -> list[WorkflowState]:
    """All workflows of the catalog by key, those that cannot run included."""
    rules, runs = rules_of(catalog), workflow_run
    with runtime.database.reading() as connection:
        counted = connection.execute(
            sa.select(runs.c.rule_ref, runs.c.state, sa.func.count(), sa.func.max(runs.c.started_at)).group_by(
                runs.c.rule_ref, runs.c.state
            )
        ).all()
    return [
        WorkflowState(
            key=key,
            label=each.label,
            entity=each.entity,
            enabled=each.enabled,
            findings=rules.broken.get(key) or _nobody(runtime, rules.usable[key]),
            runs={row[1]: row[2] for row in counted if row[0] == each.ref},
            last_run_at=max((row[3] for row in counted if row[0] == each.ref), default=None),
        )
        for key, each in catalog.workflows.items()
    ]


def _nobody(runtime: Runtime, rule: Rule) -> tuple[Finding, ...]:
    """What is wrong when the person under whose rights a rule runs is not in service."""
    try:
        rule_actor(runtime, rule)
    except NotFound as error:
        return tuple(error.findings)
    return ()


def last_runs(runtime: Runtime, catalog: Catalog, rule_ref: str | None = None, limit: int = LAST_RUNS) -> list[Any]:
    """Rows of workflow_run, newest first; of one workflow, or of all that the catalog knows."""
    runs = workflow_run
    refs = [rule_ref] if rule_ref else [each.ref for each in catalog.workflows.values()]
    newest = sa.select(runs).where(runs.c.rule_ref.in_(refs)).order_by(runs.c.started_at.desc(), runs.c.id.desc())
    with runtime.database.reading() as connection:
        return list(connection.execute(newest.limit(limit)))


def runs_page(runtime: Runtime, catalog: Catalog, key: str, state: str, *, limit: int, offset: int) -> list[Any]:
    """Rows of workflow_run, newest first: of one workflow by key, in one state, or of all that the catalog knows."""
    runs, known = workflow_run, catalog.workflows
    refs = [known[key].ref] if key in known else [each.ref for each in known.values()]
    newest = sa.select(runs).where(runs.c.rule_ref.in_(refs), *((runs.c.state == state,) if state else ()))
    with runtime.database.reading() as connection:
        return list(connection.execute(newest.order_by(runs.c.started_at.desc(), runs.c.id.desc()).limit(limit).offset(offset)))


def titles_of(reader: Reader, runs: Sequence[Any]) -> dict[str, str]:
    """`{uid: title}` of the records of runs that the reader may see."""
    titles: dict[str, str] = {}
    for ref in {run.entity_ref for run in runs}:
        entity = reader.catalog.by_ref.get(ref)
        if entity is not None and reader.policy.scope('read', entity.key) != 'none':
            titles.update(reader.titles(entity.key, [run.record_uid for run in runs if run.entity_ref == ref]))
    return titles


def get_rule(catalog: Catalog, key: str) -> Rule:
    """Raises: NotFound WFL-E014, or with the findings that keep it from running."""
    rules = rules_of(catalog)
    if key in rules.broken:
        raise NotFound(*rules.broken[key])
    if key not in rules.usable:
        raise NotFound.of('WFL-E014', value=key[:60], hint=nearest(key, rules.usable))
    return rules.usable[key]


def run_due(runtime: Runtime, at: datetime | None) -> list[Happened]:
    """Evaluate the date rules at an instant (None is now), carry everything out and send the mail; what happened now.

    Running it again answers nothing and sends nothing. Other workers may take part; their work is waited for.
    """
    here = runtime if at is None else runtime_at(runtime, at)
    name = process_name('run-due')
    Dispatcher(here, name).drain()
    found = Scheduler(here, name, as_of=at).wait_for_turn(30)
    runner = Runner(runtime, name)
    try:
        while runner.drain(DRAIN_SECONDS) or _still_busy(runtime, found.started):
            time.sleep(0.02)  # another worker holds the rest, or the retry of a step is due later
    finally:
        runner.close()
    return list(_happened(here, found.started))


def _still_busy(runtime: Runtime, occurrence_ids: Sequence[int]) -> bool:
    """Whether another worker carries out one of these occurrences, or talks to the mail server about it, right now."""
    now = SystemClock().now()
    for ids in _in_chunks(occurrence_ids):
        run_ids = sa.select(workflow_occurrence.c.run_id).where(workflow_occurrence.c.id.in_(ids))
        steps, mail = workflow_step, mail_message
        claimed = sa.select(sa.literal(1)).where(
            steps.c.run_id.in_(run_ids), steps.c.state == 'claimed', steps.c.lease_until > now
        )
        sending = sa.select(sa.literal(1)).where(
            mail.c.run_id.in_(run_ids), mail.c.state == 'claimed', mail.c.lease_until > now
        )
        with runtime.database.reading() as connection:
            if connection.execute(claimed.limit(1)).first() or connection.execute(sending.limit(1)).first():
                return True
    return False


def _happened(runtime: Runtime, occurrence_ids: Sequence[int]) -> Iterator[Happened]:
    catalog = runtime.catalogs.current()
    keys = {each.ref: each.key for each in catalog.workflows.values()}
    for ids in _in_chunks(occurrence_ids):
        ledger, runs, mail = workflow_occurrence, workflow_run, mail_message
        joined = ledger.join(runs, runs.c.id == ledger.c.run_id).outerjoin(mail, mail.c.run_id == runs.c.id)
        statement = sa.select(
            ledger.c.rule_ref, ledger.c.occurrence, ledger.c.entity_ref, ledger.c.record_uid, runs.c.state, runs.c.error,
            mail.c.recipient, mail.c.state.label('mail'), mail.c.error.label('mail_error'),
        )  # fmt: skip
        with runtime.database.reading() as connection:
            rows = connection.execute(statement.select_from(joined).where(ledger.c.id.in_(ids)).order_by(ledger.c.id)).all()
            titles = _titles(connection, catalog, rows)
        for row in rows:
            entity = catalog.by_ref[row.entity_ref]
            yield Happened(
                keys.get(row.rule_ref, row.rule_ref), entity.key, titles.get(row.record_uid, '…'), row.occurrence, row.state,
                read_stored(row.error) or read_stored(row.mail_error), row.recipient or '', row.mail or '',
            )  # fmt: skip


def _titles(connection: sa.Connection, catalog: Catalog, rows: Iterable[Any]) -> dict[str, str]:
    """`{uid: title}` of the records named in the rows."""
    wanted: dict[str, set[str]] = {}
    for row in rows:
        wanted.setdefault(row.entity_ref, set()).add(row.record_uid)
    titles: dict[str, str] = {}
    for ref, uids in wanted.items():
        entity = catalog.by_ref[ref]
        column = entity.table.c[entity.title.definition.column]
        found = connection.execute(sa.select(entity.table.c.uid, column).where(entity.table.c.uid.in_(uids)))
        titles.update({row[0]: str(row[1] or '…') for row in found})
    return titles


def preview(runtime: Runtime, rule: Rule, at: datetime | None) -> list[Expected]:
    """What a date rule would do at an instant, without a trace: the same code as the real run, its writing left out."""
    here = runtime if at is None else runtime_at(runtime, at)
    catalog, now, table = here.catalogs.current(), here.clock.now(), rule.entity.table
    expected = []
    with here.database.reading() as connection:
        sets = due_sets(connection, rule, now, here.settings.timezone)
    for due in sets:
        with here.database.session() as session:
            holds = holds_clause(here, session, rule.condition, rule_policy(here, rule, catalog))
            fits = sa.case((holds, sa.literal(True)), else_=sa.literal(False))
            columns = (table.c.uid, due.occurrence.label('occurrence'), due.due_at.label('due_at'), fits.label('holds'))
            rows = session.execute(
                sa.select(*columns).where(table.c.deleted_at.is_(None), *due.where).order_by(table.c.id).limit(PREVIEWED)
            ).all()
        expected += [_expect(here, catalog, rule, row) for row in rows]
    return expected


def _expect(runtime: Runtime, catalog: Catalog, rule: Rule, row: Any) -> Expected:
    actor = rule_actor(runtime, rule)
    with runtime.reader(actor, catalog) as reader:
        record = reader.get(rule.entity.key, row.uid)
    effects: list[Mapping[str, Any]] = []
    findings: list[Finding] = []
    key: str | None = rule.flow.first() if row.holds else None
    while key is not None:
        step = rule.flow.find(key)
        assert step is not None
        action: Action = runtime.registries.actions.get(step.type)
        call = Call(
            runtime=runtime, catalog=catalog, actor=actor, rule=rule, step=step, entity=rule.entity, record=record,
            record_uid=row.uid, run_id='', key='', wall=SystemClock(),
        )  # fmt: skip
        key = rule.flow.after(key)
        try:
            effect = action.preview(call)
            effects.append(effect.describe())
            turn = getattr(effect, 'turn', None)
            if isinstance(turn, Halt | Park):
                break  # what comes after a pause depends on what is true then
            if isinstance(turn, Onward) and turn.way:
                key = step.first_of(turn.way) or key
        except Skipped as skipped:
            findings.append(skipped.found)
        except TrellisError as error:
            findings += error.findings
    return Expected(
        record.title, row.uid, row.occurrence, row.due_at, bool(row.holds), tuple(effects), tuple(findings)
    )  # fmt: skip


def _in_chunks(ids: Sequence[int], size: int = 500) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
