"""What others ask of operations: start a bulk change, tell what undoing would do, undo. Small ones are over when it answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from modules.operations import keeping, undoing, words
from modules.operations.giving import read_giving
from modules.operations.keeping import Begun
from modules.operations.kinds import KINDS, query_of
from modules.operations.model import Operation, Reason
from modules.operations.running import Ordered, holder_name, run
from modules.records.tables import record_history
from modules.records.transferring import OldOwner
from modules.runtime import Runtime
from permissions.policy import Policy
from schema.base.actor import Actor
from schema.base.errors import Conflict, Invalid, NotFound, require_clean
from schema.base.findings import Finding, finding, nearest
from schema.base.ids import is_uid
from schema.catalog import Entity
from schema.definitions import Texts
from schema.fieldtypes.base import Reading, Refused

INLINE_ROWS = 300
"""Operations of at most so many records run within the request; larger ones are left to the worker."""
MOST_UIDS = 5000
FORESEEN_ROWS = 5000
CHUNK = 500
ACTIONS = {'delete': 'delete', 'restore': 'delete'}
RIGHTS = {'assign': 'assign'}


@dataclass(frozen=True)
class Order:
    """A bulk change as somebody asks for it. `target` is `{"uids": […]}` or a list's `{"filter", "search", "deleted"}`;
    `values` are wire values by field key; `stages` maps stage keys to stage keys of another pipeline; `old_owner` says whether
    who loses records keeps seeing them, None leaves it to the setting. Kinds of other modules read `values` their own way."""

    kind: str
    entity: str
    target: Mapping[str, Any]
    values: Mapping[str, Any] = field(default_factory=dict)
    stages: Mapping[str, str] = field(default_factory=dict)
    workflows: bool = True
    old_owner: OldOwner | None = None


@dataclass(frozen=True)
class Forecast:
    """What undoing would do now: records set back, binned, brought back; cells kept, records that stay; and what left the
    house. `more` when only the first rows were looked at."""

    set: int
    bin: int
    restore: int
    kept: int
    stay: int
    reasons: Sequence[Reason]
    effects: Sequence[Texts]
    more: bool

    @property
    def empty(self) -> bool:
        return not (self.set or self.bin or self.restore)


def start(runtime: Runtime, actor: Actor, order: Order, *, inline_rows: int = INLINE_ROWS) -> Operation:
    """Begin a bulk change; the operation as it stands, over when it was small.

    Raises: NotFound REC-E029; Forbidden PRM-*; Invalid OPN-E007, OPN-E008, OPN-E009, OPN-E011 and findings of the values.
    """
    catalog = runtime.catalogs.current()
    entity = catalog.entity(order.entity)
    policy = runtime.policy(actor, catalog)
    ordered = _ordered(runtime)
    if order.kind not in KINDS and order.kind not in ordered:
        raise Invalid.of('OPN-E007', '/kind', value=order.kind[:40], choices=', '.join((*KINDS, *ordered)))
    needed = ordered[order.kind].action if order.kind in ordered else ACTIONS.get(order.kind, RIGHTS.get(order.kind, 'update'))
    policy.require(needed, entity.key)
    params: dict[str, Any] = {'workflows': order.workflows, **({'old_owner': order.old_owner} if order.old_owner else {})}
    what: Texts = {}
    if order.kind in ordered:
        own, what = ordered[order.kind].read(runtime, actor, order.values)
        params.update(own)
    elif order.kind == 'pipeline':
        params['map'], what = _stage_map(policy, entity, order.stages)
    elif order.kind == 'assign' and 'strategy' in order.values:
        params['strategy'], what = read_giving(runtime, entity, order.values['strategy'])
    elif order.kind not in ACTIONS:
        params['values'], what = _values(runtime, actor, entity, order)
    params['target'], total = _target(runtime, actor, entity, order.target)
    begun = Begun(order.kind, entity.ref, words.title(order.kind, entity, total, what), params, total)
    return _begin(runtime, actor, begun, inline=total <= inline_rows)


def undo(runtime: Runtime, actor: Actor, operation_id: str, *, inline_rows: int = INLINE_ROWS) -> Operation:
    """Take an operation back as an operation of its own; over when it was small.

    Raises: NotFound OPN-E001; Conflict OPN-E003.
    """
    found = keeping.get(runtime, operation_id, actor)
    if not found.undoable:
        raise Conflict.of('OPN-E003', state=words.STATES[found.state])
    if (reversible := _reversible(runtime, found)) is not None:
        reversible[0].check_undo(runtime, actor)
    with runtime.database.reading() as connection:
        rows = sa.select(sa.func.count(), sa.func.max(record_history.c.id)).where(
            record_history.c.operation_id == found.id
        )  # fmt: skip
        total, last = connection.execute(rows).one()
    begun = Begun('undo', found.entity_ref, words.undo_title(found.title), {'of': found.id}, total, undo_of=found.id)
    return _begin(runtime, actor, begun, inline=total <= inline_rows, position=(last or 0) + 1)


def forecast(runtime: Runtime, actor: Actor, operation_id: str) -> Forecast:
    """What undoing an operation would do as things are. Reads only. Raises: NotFound OPN-E001."""
    found = keeping.get(runtime, operation_id, actor)
    catalog = runtime.catalogs.current()
    policy = runtime.policy(actor, catalog)
    counts: Counter[str] = Counter()
    reasons: list[Reason] = []
    with runtime.database.session() as session:
        chain, before, looked = undoing.chain_of(session, found.id), 2**62, 0
        while looked < FORESEEN_ROWS and (rows := undoing.rows_of(session, found.id, before, CHUNK)):
            for back in undoing.plan(session, catalog, policy, rows, chain):
                counts['kept'] += len(back.kept)
                counts['stay'] += bool(back.refused)
                if not back.refused and back.act != 'none' and (back.act != 'set' or back.values or back.wire):
                    counts['set' if back.act == 'sight' else back.act] += 1
                if back.refused or back.kept:
                    reasons.append(Reason.of(back.uid, back.entity.ref, [*back.refused, *back.kept]))
            before, looked = rows[-1].id, looked + len(rows)
        more = looked >= FORESEEN_ROWS and bool(undoing.rows_of(session, found.id, before, 1))
        uids = sa.select(record_history.c.record_uid).where(record_history.c.operation_id == found.id)
        effects = [text for tell in runtime.registries.effects for text in tell(session, uids, found.created_at)]
    if (reversible := _reversible(runtime, found)) is not None:
        effects += reversible[0].beyond(reversible[1])
    return Forecast(
        counts['set'], counts['bin'], counts['restore'], counts['kept'], counts['stay'], reasons[:20], effects, more
    )  # fmt: skip


def _reversible(runtime: Runtime, found: Operation) -> tuple[Any, Operation] | None:
    """The kind of work and the operation at the beginning, when it did something beside records."""
    with runtime.database.reading() as connection:
        first, _depth = keeping.origin(connection, found)
    work = runtime.registries.operations.find(first.kind)
    return (work, first) if hasattr(work, 'taken_back') else None


def _begin(runtime: Runtime, actor: Actor, begun: Begun, *, inline: bool, position: int = 0) -> Operation:
    if not inline:
        operation_id = keeping.begin(runtime, actor, begun, position=position)
        return keeping.read(runtime, operation_id)
    holder = holder_name('request')
    return run(runtime, keeping.begin(runtime, actor, begun, holder=holder, position=position), holder)


def _ordered(runtime: Runtime) -> dict[str, Ordered]:
    """Kinds of other modules that may be ordered here."""
    kinds = {key: runtime.registries.operations.get(key) for key in sorted(runtime.registries.operations.keys())}
    return {key: work for key, work in kinds.items() if hasattr(work, 'read')}


def _target(runtime: Runtime, actor: Actor, entity: Entity, target: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """The records as the operation keeps them, and how many. A filter takes what is there now and nothing that comes later."""
    if 'uids' in target:
        uids = list(dict.fromkeys(str(uid) for uid in target['uids']))
        if not uids or len(uids) > MOST_UIDS:
            raise Invalid.of('OPN-E008', '/uids')
        wrong = next((number for number, uid in enumerate(uids) if not is_uid(uid)), None)
        if wrong is not None:
            label = entity.fields['uid'].definition.label
            raise Invalid.of('REC-E025', f'/uids/{wrong}', label=label, value=uids[wrong][:60])
        return {'uids': uids}, len(uids)
    with runtime.reader(actor) as reader:
        count, last = reader.span(entity.key, query_of(target))
    if not count:
        raise Invalid.of('OPN-E008', '/filter')
    kept = {name: target[name] for name in ('filter', 'search', 'deleted') if target.get(name)}
    return {**kept, 'until': last}, count


def _values(runtime: Runtime, actor: Actor, entity: Entity, order: Order) -> tuple[dict[str, Any], Texts]:
    """The new values, each read once so that a wrong one is told before any record is touched, and what they change."""
    if not order.values:
        raise Invalid.of('OPN-E009', '/values')
    policy, reading = runtime.policy(actor), Reading(actor.locale, actor.zone, runtime.clock.now())
    findings: list[Finding] = []
    values: dict[str, Any] = {}
    for name, wire in order.values.items():
        each = entity.find_field(name)
        pointer = f'/values/{name}'
        if each is None or each.key not in policy.readable(entity.key):
            findings.append(
                finding(
                    'REC-E017', pointer, label={'en': name}, value=name[:80], hint=nearest(name, policy.readable(entity.key))
                )
            )
            continue
        if not each.writable or each.key not in policy.writable(entity.key):
            findings.append(finding('REC-E018', pointer, label=each.definition.label))
            continue
        values[each.key] = wire
        try:
            value = each.type.normalise(each.definition, wire, reading)
            if value is None and each.definition.required:
                findings.append(finding('REC-E001', pointer, label=each.definition.label))
        except Refused as refused:
            findings.append(refused.at(pointer, each.definition))
    require_clean(findings)
    return values, _what(runtime, entity, order.kind, values)


def _what(runtime: Runtime, entity: Entity, kind: str, values: Mapping[str, Any]) -> Texts:
    """What the title names: the stage, the person, or the fields."""
    if kind == 'stage' and entity.stage is not None:
        return next((each.label for each in entity.definition.stages if each.key == values.get(entity.stage.key)), {})
    if kind == 'assign':
        name = str(values.get('owner') or '')
        users = runtime.catalogs.current().users
        with runtime.database.reading() as connection:
            row = connection.execute(sa.select(users.c.last_name, users.c.first_name).where(users.c.username == name)).first()
        return {'en': ' '.join(filter(None, row)) if row else name}
    return words.listed(entity.fields[key].definition.label for key in values)


def _stage_map(policy: Policy, entity: Entity, stages: Mapping[str, str]) -> tuple[dict[str, str], Texts]:
    """`{stage ref: stage ref}` and the label of the pipeline that the records go to."""
    known = {key: each for each in entity.definition.stages for key in (*each.aliases, each.key)}
    if entity.stage is None or entity.stage.key not in policy.readable(entity.key):
        raise NotFound.of('REC-E036', value='stage', hint='')
    if not stages:
        raise Invalid.of('OPN-E009', '/stages')
    findings = [
        finding('OPN-E011', f'/stages/{here}', value=name[:60], entity=entity.definition.plural, choices=', '.join(known))
        for here, there in stages.items()
        for name in (here, there)
        if name not in known
    ]
    require_clean(findings)
    refs = {known[here].ref: known[there].ref for here, there in stages.items()}
    target = next(iter(refs.values()))
    pipeline = next(each for each in entity.definition.pipelines if any(step.ref == target for step in each.stages))
    return refs, pipeline.label
