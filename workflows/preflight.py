"""What is tried before a workflow is switched on: steps on real records, mail server, people, recipients. Writes nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from modules.hooks.secrets import require_secrets
from modules.leaving.standing import in_service
from modules.mail.probing import probe
from modules.mail.server import mail_server
from modules.records.model import Record
from modules.runtime import Runtime
from permissions.tables import team
from schema.base.clock import SystemClock
from schema.base.errors import Invalid, NotFound, TrellisError
from schema.base.findings import Finding, escape_pointer, finding
from schema.catalog import Entity
from schema.checks.rings import rings
from schema.definitions import Document
from schema.loading import Documents
from workflows.actions.base import Action, Call, Skipped
from workflows.actions.steering import Steering
from workflows.definitions import Rule
from workflows.due import holds_clause
from workflows.editions import Edition, edition_of
from workflows.flow import Step, ways_of
from workflows.runs import rule_actor, rule_policy

LOG = logging.getLogger(__name__)
TRIED = 20
"""Records that each step is tried on."""
COUNTED = 10_000
MOST_STEPS = 20
MAIL = 'send_mail'


@dataclass(frozen=True)
class _Sample:
    """Newest records that fit, as the rule's own actor sees them, and how many fit in all."""

    records: tuple[Record, ...]
    count: int


def preflight(runtime: Runtime, before: Documents, after: Documents) -> list[Finding]:
    """What speaks against publishing, and what is to be known, of every workflow that is switched on by it or changed while on.

    Pointers begin with `/workflows/<key>`. Talks to the mail server at most once, for a few seconds.
    """
    changed = [key for (kind, key), document in after.items() if kind == 'workflow' and _is_new(key, document, before, after)]
    if not before or not changed:
        return []
    found: list[Finding] = []
    live = runtime.catalogs.current()
    for key in changed:
        place = f'/workflows/{escape_pointer(key)}'
        found += [each.at(place) for each in check_documents(runtime, after['workflow', key])]
        try:
            of = edition_of(live, after, key, 'new')
        except (Invalid, NotFound):
            continue  # it needs parts that come with this publish: there is nothing to try it on yet
        found += [each.at(place) for each in check_rule(runtime, of)]
    found += [each for each in ring_findings(after) if set(changed) & set(each.params['keys'])]
    return [*found, *_mail(runtime, {f'/workflows/{escape_pointer(key)}': after['workflow', key] for key in changed})]


def check_edition(runtime: Runtime, of: Edition) -> list[Finding]:
    """The same about one workflow, whether it is on or not; pointers are relative to its document."""
    document = of.rule.definition.document
    found = [*check_documents(runtime, document), *check_rule(runtime, of), *_mail(runtime, {'': document})]
    whole = {('workflow', key): {**each.document, 'enabled': True} if key == of.rule.key else each.document
             for key, each in of.catalog.workflows.items()}  # fmt: skip
    whole |= {each: body for each, body in of.catalog.documents.items() if each[0] == 'entity'}
    return [*found, *(each for each in ring_findings(whole) if of.rule.key in each.params['keys'])]


def ring_findings(documents: Documents) -> list[Finding]:
    """Warnings WFL-W063 about rings of workflows that are switched on."""
    labels = {key: each.get('x-label') or {'en': key} for (kind, key), each in documents.items() if kind == 'workflow'}
    return [
        finding(
            'WFL-W063', f'/workflows/{escape_pointer(ring.workflows[0])}', level='warning', keys=list(ring.workflows),
            rules=[labels[each] for each in (*ring.workflows, ring.workflows[0])],
        )
        for ring in rings(documents)
    ]  # fmt: skip


def _is_new(key: str, document: Document, before: Documents, after: Documents) -> bool:
    """Whether something that is on from now on was not so before: the workflow, or a template it uses."""
    if not document.get('enabled'):
        return False
    if before.get(('workflow', key)) != document:
        return True
    used = {str(step.get('template')) for _place, step in _walk(document) if step.get('template')}
    return any(before.get(('template', each)) != after.get(('template', each)) for each in used)


def _walk(document: Document) -> Iterator[tuple[str, Document]]:
    """`(pointer, step)` of all steps, those inside others included."""

    def walk(steps: Sequence[Document], place: str) -> Iterator[tuple[str, Document]]:
        for number, step in enumerate(steps):
            yield f'{place}/{number}', step
            for name, inner in ways_of(step):
                yield from walk(inner, f'{place}/{number}/{name}' + ('/steps' if name.startswith('cases/') else ''))

    yield from walk(document.get('steps', ()), '/steps')


# --- by the document alone -------------------------------------------------------------------------------------------


def check_documents(runtime: Runtime, document: Document) -> list[Finding]:
    """People, teams and secrets that are named exist and are in service: WFL-E018, WFL-E066, WFL-E067, HOK-E001."""
    users: list[tuple[str, str]] = []
    teams: list[tuple[str, str]] = []
    secrets: list[tuple[str, str]] = []
    for place, step in _walk(document):
        to, shared, assignee = (_mapping(step.get(name)) for name in ('to', 'with', 'assign'))
        users += [(f'{place}/to/people', each) for each in to.get('people', ())]
        users += [(f'{place}/users', each) for each in step.get('users', ())]
        users += [(f'{place}/with/users', each) for each in shared.get('users', ())]
        users += [(f'{place}/assign', step['assign'])] if isinstance(step.get('assign'), str) and not assignee else []
        teams += [(f'{place}/teams', each) for each in step.get('teams', ())]
        teams += [(f'{place}/with/teams', each) for each in shared.get('teams', ())]
        secrets += [(f'{place}/secret', step['secret'])] if step.get('secret') else []
    with runtime.database.reading() as connection:
        found = [*_unknown_users(connection, document.get('run_as'), users), *_unknown_teams(connection, teams)]
        for place, name in secrets:
            try:
                require_secrets(connection, [name])
            except NotFound as error:
                found += [each.at(place) for each in error.findings]
    return found


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _unknown_users(connection: sa.Connection, run_as: Any, named: Sequence[tuple[str, str]]) -> Iterator[Finding]:
    wanted = {name for _place, name in named} | ({run_as} if run_as else set())
    known = in_service(connection, wanted) if wanted else {}
    if run_as and run_as not in known:
        yield finding('WFL-E018', '/run_as', value=str(run_as)[:64])
    yield from (finding('WFL-E066', place, value=name[:64]) for place, name in named if name not in known)


def _unknown_teams(connection: sa.Connection, named: Sequence[tuple[str, str]]) -> Iterator[Finding]:
    names = {name for _place, name in named}
    if not names:
        return
    rows = connection.execute(sa.select(team.c.uid, team.c.name).where(sa.or_(team.c.uid.in_(names), team.c.name.in_(names))))
    known = {each for row in rows for each in (row.uid, row.name)}
    yield from (finding('WFL-E067', place, value=name[:64]) for place, name in named if name not in known)


def _mail(runtime: Runtime, documents: Mapping[str, Document]) -> list[Finding]:
    """Whether the server answers, told at the first step of each workflow that sends mail: WFL-E064, WFL-W062."""
    sending = [
        next((f'{start}{place}' for place, step in _walk(document) if step.get('type') == MAIL), None)
        for start, document in documents.items()
    ]
    places = [place for place in sending if place is not None]
    server = mail_server(runtime.settings) if places else None
    if server is None:
        return [finding('WFL-W062', place, level='warning') for place in places]
    reason = probe(server)
    return [finding('WFL-E064', place, reason=reason) for place in places] if reason else []


# --- on real records -------------------------------------------------------------------------------------------------


def check_rule(runtime: Runtime, of: Edition) -> list[Finding]:
    """Each step tried on up to `TRIED` records that fit, and who has a recipient: WFL-E065, WFL-W060, WFL-W061, WFL-W064."""
    found: list[Finding] = []
    samples: dict[str, _Sample] = {}
    try:
        rule_actor(runtime, of.rule)
    except NotFound:
        return []  # said already
    for step in list(of.rule.flow)[:MOST_STEPS]:
        action: Action | None = runtime.registries.actions.find(step.type)
        if action is None or isinstance(action, Steering):
            continue
        entity = _entity_of(of.rule, step)
        if entity.ref not in samples:
            samples[entity.ref] = _sample(runtime, of, entity)
        sample = samples[entity.ref]
        if sample.records:
            found += _tried(runtime, of, step, entity, sample.records)
            found += _filled(runtime, of, step, entity, sample)
        else:
            found.append(finding('WFL-W064', step.pointer, level='warning', step=_name(step)))
    return found


def _entity_of(rule: Rule, step: Step) -> Entity:
    """The kind of record that a step is carried out on: those of the loop that it stands in, or the rule's own."""
    inside = [key for key in rule.loops if any(each is step for each in _inner(rule.flow.find(key)))]
    return rule.loops[inside[-1]] if inside else rule.entity


def _inner(step: Step | None) -> Iterator[Step]:
    for way in step.ways.values() if step is not None else ():
        for each in way:
            yield each
            yield from _inner(each)


def _fits(runtime: Runtime, session: Any, of: Edition, entity: Entity) -> tuple[Any, ...]:
    alive = (entity.table.c.deleted_at.is_(None),)
    if entity is not of.rule.entity:
        return alive
    return (*alive, holds_clause(runtime, session, of.rule.condition, rule_policy(runtime, of.rule, of.catalog)))


def _sample(runtime: Runtime, of: Edition, entity: Entity) -> _Sample:
    table = entity.table
    with runtime.database.session() as session:
        where = _fits(runtime, session, of, entity)
        uids = session.execute(sa.select(table.c.uid).where(*where).order_by(table.c.id.desc()).limit(TRIED)).scalars().all()
        few = sa.select(table.c.id).where(*where).limit(COUNTED).subquery()
        count = session.execute(sa.select(sa.func.count()).select_from(few)).scalar_one()
    records = []
    with runtime.reader(rule_actor(runtime, of.rule), of.catalog) as reader:
        for uid in uids:
            try:
                records.append(reader.get(entity.key, uid))
            except NotFound:
                continue  # out of reach of the person it runs as
    return _Sample(tuple(records), int(count))


def _tried(runtime: Runtime, of: Edition, step: Step, entity: Entity, records: Sequence[Record]) -> Iterator[Finding]:
    """What goes wrong when the step is prepared for each record, as the runner prepares it."""
    actor, action = rule_actor(runtime, of.rule), runtime.registries.actions.get(step.type)
    wrong: list[tuple[Record, Any]] = []
    for record in records:
        call = Call(
            runtime=runtime, catalog=of.catalog, actor=actor, rule=of.rule, step=step, entity=entity, record=record,
            record_uid=record.uid, run_id='', key=f'preflight/{step.key}', wall=SystemClock(),
        )  # fmt: skip
        try:
            action.preview(call)
        except Skipped:
            continue
        except TrellisError as error:
            wrong.append((record, {'en': error.findings[0].text('en'), 'vi': error.findings[0].text('vi')}))
        except Exception as error:  # whatever a step meets on one record is for people to read, and must not break the page
            LOG.exception('step %s could not be tried', step.key)
            wrong.append((record, f'{type(error).__name__}: {error}'[:200]))
    if not wrong:
        return
    about = {'step': _name(step), 'count': len(records), 'reason': wrong[0][1]}
    if len(wrong) == len(records):
        yield finding('WFL-E065', step.pointer, **about)
    else:
        yield finding('WFL-W061', step.pointer, level='warning', bad=len(wrong), **about)


def _filled(runtime: Runtime, of: Edition, step: Step, entity: Entity, sample: _Sample) -> Iterator[Finding]:
    """How many of the records that fit have a recipient."""
    to = _mapping(step.document.get('to'))
    field = entity.find_field(str(to.get('field') or to.get('user') or ''))
    if field is None or not field.columns:
        return
    column = field.columns.get(field.definition.column)
    if column is None:
        return
    with runtime.database.session() as session:
        few = sa.select(column.label('held')).where(*_fits(runtime, session, of, entity)).limit(COUNTED).subquery()
        filled = int(session.execute(sa.select(sa.func.count(few.c.held))).scalar_one())
    if filled < sample.count:
        label, place = field.definition.label, f'{step.pointer}/to'
        yield finding('WFL-W060', place, level='warning', label=label, filled=filled, count=sample.count)


def _name(step: Step) -> Any:
    return step.document.get('label') or step.key
