"""From submitted values to a change that may be written: rights, reading, defaults, links, and then the rules.

Works on a list of changes, so that a form and an import of a thousand rows run the same code with as many statements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from modules.files import attaching
from modules.records import authorising, deriving, line_changes, numbering, resolving
from modules.records.changing import Change
from modules.records.collections import Collecting
from modules.records.ruling import Ruling, first_stage
from permissions.policy import Policy
from schema.base.clock import Clock, today
from schema.base.findings import escape_pointer, nearest
from schema.catalog import Catalog, Entity, Field
from schema.fieldtypes.base import Reading, Refused
from schema.fieldtypes.options import former_options
from schema.values import USER, Link

__all__ = ['Change', 'Preparing', 'first_stage']


@dataclass(frozen=True)
class Preparing:
    """Everything preparation needs; one per unit of work."""

    session: Session
    catalog: Catalog
    policy: Policy
    clock: Clock
    gives_numbers: bool = False
    """Whether new records get their numbers; a rehearsal takes none."""

    def prepare(self, entity: Entity, changes: Sequence[Change]) -> None:
        """Fill `values` and `findings` of every change. Reads the database only to find links."""
        collecting = self._take_in(entity, changes)
        attaching.resolve_files(self.session, self.policy, changes)
        for change in changes:
            _leave_alone(change)
        collecting.settle(entity, changes)
        if self.gives_numbers:
            numbering.give(self.session, entity, changes, self.clock)
        deriving.defaults(self.session, self.catalog, entity, changes)
        deriving.formulas(self.session, self.catalog, entity, changes)
        authorising.check(self.session, self.policy, entity, changes)
        Ruling(self.session, self.catalog, self.policy, self.clock, collecting.hold).check(entity, changes)

    def foresee(self, entity: Entity, changes: Sequence[Change]) -> None:
        """Fill `values` and `derived` as far as what was sent can be read, for a form that is being filled in. Asks no rule,
        takes no number and locks nothing."""
        collecting = self._take_in(entity, changes)
        collecting.settle(entity, changes)
        for field in entity.collections:  # formulas over lines that were not touched read the stored ones
            collecting.hold(field, [change for change in changes if field.key not in change.collected])
        deriving.defaults(self.session, self.catalog, entity, changes, lock=False)
        deriving.formulas(self.session, self.catalog, entity, changes, lock=False)

    def _take_in(self, entity: Entity, changes: Sequence[Change]) -> Collecting:
        """What was sent and what new records begin with, links found; and what reads the links and lines beside it."""
        reading = Reading(self.policy.actor.locale, self.policy.actor.zone, self.clock.now())
        readable, writable = self.policy.readable(entity.key), self.policy.writable(entity.key)
        for change in changes:
            self._read(change, reading, readable, writable)
            if change.creates:
                self._add_defaults(change, reading)
        self._resolve_links(changes)
        return Collecting(self.session, self.catalog, self.policy, partial(self._started, reading))

    def _read(self, change: Change, reading: Reading, readable: frozenset[str], writable: frozenset[str]) -> None:
        for key, wire in change.wire.items():
            found = change.entity.find_field(key)
            if found is None or found.key not in readable:
                change.refuse('REC-E017', key, value=key[:80], hint=nearest(key, readable))
            elif _is_unchanged_link(wire):
                continue
            elif not found.writable or found.key not in writable:
                if not found.definition.read_only or not _is_echo(change, found, wire):
                    change.refuse('REC-E018', found.key)
            else:
                self._normalise(change, found, wire, reading)

    def _normalise(self, change: Change, found: Field, wire: Any, reading: Reading) -> None:
        if found.lines is not None:
            line_changes.count_former_keys(self.catalog, found.lines, wire)
        for ref, key in former_options(found.definition, wire) if found.definition.options else ():
            self.catalog.former_keys.used(ref, key)
        try:
            change.values[found.key] = found.type.normalise(found.definition, wire, reading)
        except Refused as refused:
            if not _stands(change, found, wire):
                change.findings += refused.all_at(f'{change.pointer}/{escape_pointer(found.key)}', found.definition)

    def _add_defaults(self, change: Change, reading: Reading) -> None:
        actor = self.policy.actor
        if change.values.get('owner') is None and actor.user_id is not None and 'owner' not in change.wire:
            change.values['owner'] = Link(USER, actor.username, actor.user_id, actor.name)
        for each in change.entity.own_fields:
            if each.key in change.values or each.key in change.wire or each.definition.default is None:
                continue
            if deriving.is_formula(each.definition.default):
                continue  # when what it reads is there
            self._normalise(change, each, self._default(each.definition.default), reading)
        stage = change.entity.stage
        if stage is not None and change.values.get(stage.key) is None and stage.key not in change.wire:
            first = first_stage(change.entity)
            change.values[stage.key] = first.ref if first else None

    def _started(self, reading: Reading, each: Field) -> Any:
        """What a field of a new line starts with; a default that the field itself would refuse is left out."""
        default = each.definition.default
        try:
            return None if default is None else each.type.normalise(each.definition, self._default(default), reading)
        except Refused:
            return None

    def _default(self, default: Any) -> Any:
        if isinstance(default, Mapping):
            if default.get('now'):
                return self.clock.now().isoformat()
            if default.get('today'):
                return today(self.clock, self.policy.actor.zone).isoformat()
            if default.get('me'):
                return self.policy.actor.username or None
        return default

    def _resolve_links(self, changes: Sequence[Change]) -> None:
        links = [value for change in changes for value in change.values.values() if isinstance(value, Link)]
        found = resolving.find_links(self.session, self.catalog, self.policy, links) if links else {}
        for change in changes:
            for key, value in list(change.values.items()):
                if isinstance(value, Link) and value.id is None:
                    resolved = found.get((value.entity, value.uid))
                    if resolved is None:
                        del change.values[key]
                        change.refuse('REC-E027', key, value=value.uid)
                    else:
                        change.values[key] = resolved


def _leave_alone(change: Change) -> None:
    """What the sender of a form left as they saw it is no change, although others changed it meanwhile."""
    if change.since is not None:
        for key, value in [*change.values.items()]:
            if change.since.left_alone(change.entity.fields[key], value):
                del change.values[key]


def _stands(change: Change, found: Field, wire: Any) -> bool:
    """Whether the record holds it already: a bound that is younger than the value asks for it only when it is touched."""
    value = None if change.current is None or found.is_collection else found.from_row(change.current)
    return value is not None and str(wire) == str(found.type.wire(found.definition, value))


def _is_unchanged_link(wire: Any) -> bool:
    """A hidden link sent back changes nothing."""
    return isinstance(wire, Mapping) and wire.get('hidden') is True


def _is_echo(change: Change, found: Field, wire: Any) -> bool:
    """A client that sends back what it read is not refused for the system fields in it."""
    return change.current is not None and found.system
