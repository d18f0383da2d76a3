"""What the store tells assignment: new records that nobody has an owner for, which rules may give away, and who got what.

One way for forms, the API, imports and workflows. A rule acts for the installation: the creator needs no right to give records.
"""

from __future__ import annotations

from collections.abc import Sequence

from modules.assignment import log
from modules.assignment.model import Assigned, Giving, Place
from modules.assignment.rules import Rule, active_rules
from modules.assignment.service import distribute, names_of
from modules.records.changing import Change
from modules.records.following import Unit, Written
from modules.records.judging import Held, Judge
from schema import conditions
from schema.base.errors import TrellisError
from schema.catalog import Entity
from schema.values import USER, Link


class Following:
    """Gives new records by rules, and keeps the log. One of `registries.followers`."""

    def choose(self, unit: Unit, entity: Entity, changes: Sequence[Change]) -> None:
        """Before new records are written: the first rule that fits gives those that nobody chose an owner for."""
        waiting = [each for each in changes if each.creates and each.wire.get('owner') is None]
        if asked := [each for each in waiting if each.giving is not None]:
            _give_as_asked(unit, entity, asked)
        waiting = [each for each in waiting if each.giving is None]
        rules = active_rules(unit.session, unit.rights_epoch, entity.ref) if waiting else ()
        for rule in rules:
            if not waiting:
                return
            taken = set()
            fitting = [each for each in waiting if rule.unchosen or 'owner' in each.wire]
            for change, given in zip(fitting, self._by(unit, entity, rule, fitting), strict=True):
                if given is not None and given.user_id is not None:
                    _give(unit, change, given, rule.uid)
                    taken.add(change.uid)
            waiting = [each for each in waiting if each.uid not in taken]

    def created(self, unit: Unit, entity: Entity, written: Sequence[Written]) -> None:
        """A creator who keeps the record is no news."""
        rows = [
            log.row(unit, entity, each.change, None, owner.id)
            for each in written
            if isinstance(owner := each.change.values.get('owner'), Link)
            and (each.change.because is not None or owner.id != unit.actor.user_id)
        ]
        log.add(unit.session, rows)

    def updated(self, unit: Unit, entity: Entity, written: Sequence[Written]) -> None:
        rows = []
        for each in written:
            if 'owner' in each.fresh:
                owner = each.fresh['owner']
                before = (each.change.current or {}).get('owner_id')
                rows.append(log.row(unit, entity, each.change, before, owner.id if isinstance(owner, Link) else None))
        log.add(unit.session, rows)

    def _by(self, unit: Unit, entity: Entity, rule: Rule, changes: Sequence[Change]) -> list[Assigned | None]:
        fitting = [each for each in changes if _fits(unit, entity, rule, changes, each)]
        found = distribute(unit.session, unit.catalog, rule.strategy, entity, fitting, clock=unit.clock) if fitting else []
        given = {each.uid: each for each in found}
        return [given.get(each.uid) for each in changes]


def _fits(unit: Unit, entity: Entity, rule: Rule, batch: Sequence[Change], change: Change) -> bool:
    if rule.condition is None:
        return True
    try:
        condition = conditions.compile(rule.condition, entity, unit.catalog)
    except TrellisError:  # a field it asks for is gone: the rule rests, and its page says so
        return False
    judge, held = Judge(unit.session, unit.catalog, unit.actor, unit.clock), Held(change)
    judge.load(condition, [held])
    return judge.decide(condition, held) is True


def _give_as_asked(unit: Unit, entity: Entity, changes: Sequence[Change]) -> None:
    """By the way of giving that came along with the records, which is one for the whole operation."""
    giving: Giving = changes[0].giving
    strategy = giving.strategy
    before = log.given_by(unit.session, unit.operation_id, [strategy.last.kind]) if unit.operation_id else 0
    place = Place(before, giving.total)
    found = distribute(unit.session, unit.catalog, strategy, entity, changes, clock=unit.clock, place=place)
    for change, given in zip(changes, found, strict=True):
        if given.user_id is not None:
            _give(unit, change, given, None)
        elif strategy.kind != 'returning':  # who is not known yet stays with the creator
            change.findings.append(given.reason.at(f'{change.pointer}/owner'))


def _give(unit: Unit, change: Change, given: Assigned, rule_uid: str | None) -> None:
    user_id = given.user_id or 0
    name = names_of(unit.session, [user_id]).get(user_id, '')
    change.values['owner'] = Link(USER, '', user_id, name)
    change.wire = {**change.wire, 'owner': {'id': user_id}}  # somebody is chosen now: nobody takes it away again
    change.because = log.Because(given.strategy, given.reason, rule_uid)
