"""Documents to a stored plan: check, settle, compare, count what it means for live records. Writes only the plan table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from migrations.answering import as_wires, wrong_answers
from migrations.beside import mentions_beside
from migrations.choices import Choices
from migrations.compiling import Compiler
from migrations.estimates import estimates
from migrations.executor import next_number
from migrations.impact import Survey, linked
from migrations.looking import Looking
from migrations.mentions import touched_mentions
from migrations.pack_mentions import pack_mentions
from migrations.physical import read_physical
from migrations.planner import plan_steps
from migrations.plans import Impact, StoredPlan, answers_given, save_plan
from migrations.role_impact import RoleSurvey
from migrations.role_people import dropped_roles
from schema.base.actor import Actor
from schema.base.clock import Clock
from schema.base.database import Database
from schema.base.errors import Conflict, require_clean
from schema.base.findings import Finding
from schema.base.ids import new_uid
from schema.diff import diff
from schema.fieldtypes.base import Reading
from schema.loading import Documents, settle
from schema.versions import SchemaVersion, load_version, read_state

CheckDocuments = Callable[[Documents], Iterable[Finding]]
Preflight = Callable[[Documents, Documents], Iterable[Finding]]
"""`(documents before, documents after)`: what the product as a whole has to say about a publish; errors refuse it."""
Remap = Mapping[str, str | None]
NOTHING = SchemaVersion(0, {}, '')
LOCALES = ('en', 'vi')


def no_preflight(_before: Documents, _after: Documents) -> Iterable[Finding]:
    """For publishes without a product around them, such as the first."""
    return ()


@dataclass(frozen=True)
class Wish:
    """What a request says beside the documents; the shapes are those of `Publisher.plan`."""

    remap: Remap = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)
    note: str = ''


@dataclass(frozen=True)
class Planner:
    """`check` finds what is wrong with documents; it sees them settled, as they would be stored."""

    database: Database
    clock: Clock
    compiler: Compiler
    check: CheckDocuments
    preflight: Preflight = no_preflight

    def base(self) -> SchemaVersion:
        """The live version; number 0 without documents before the first."""
        with self.database.reading() as connection:
            state = read_state(connection)
            return load_version(connection, state.active) if state else NOTHING

    def plan(
        self, documents: Documents, base: SchemaVersion, actor: Actor, wish: Wish, extra: Sequence[Impact] = (), *,
        looking: Looking | None = None,
    ) -> StoredPlan:  # fmt: skip
        """A stored plan that turns `base` into `documents`. Commits the plan.

        Its `findings` hold what must be settled before it may be applied; `extra` impacts come first.
        Raises: Invalid with every finding of the checks; Conflict MIG-E006 when nothing differs.
        """
        require_clean(self.check(documents))
        with self.database.reading() as connection:
            physical = read_physical(connection)
            number = next_number(connection)
            settled = settle(documents, base.documents, tables=physical.columns.keys(), columns=physical.columns_of)
            target = self.compiler.target(settled, number)
            if target.hash == base.hash:
                raise Conflict.of('MIG-E006', value=base.number)
            before = self.compiler.base(base.number)
            answers = as_wires(wish.answers, target, Reading(actor.locale, actor.zone, self.clock.now()))
            choices = Choices.read(wish.remap, answers, before, target) if before else Choices()
            choices = replace(choices, given=answers_given(connection))
            survey = Survey(connection, before or target, target, physical, choices, looking or Looking())
            found = [*wrong_answers(connection, before, target, physical, answers)]
            if before:
                found += [linked(each, before, target) for each in survey.impacts()]
                found += RoleSurvey(connection, base.documents, settled, wish.remap, actor).impacts()
            found += [Impact(each, 0) for each in self.preflight(base.documents, settled)]
            choices = replace(choices, roles=dropped_roles(base.documents, settled, wish.remap))
            steps = plan_steps(before, target, physical, choices, sqlite=self.database.is_sqlite)
            beside = [*mentions_beside(connection, before), *(pack_mentions(connection, base.documents) if before else ())]
            costs = estimates(connection, steps, sqlite=self.database.is_sqlite)
        plan = StoredPlan(
            plan_id=new_uid(), base_version=base.number, base_hash=base.hash, documents=settled,
            changes=[{locale: each.describe(locale) for locale in LOCALES} for each in diff(base.documents, settled)],
            steps=steps, impact=[*extra, *found], findings=[each.finding for each in found if each.finding.level == 'error'],
            remap=wish.remap, note=wish.note, author_id=actor.user_id, author=actor.name, created_at=self.clock.now(),
            slow_rows=max((each.rows for each in costs), default=0), answers=wish.answers, estimates=costs,
            mentions=touched_mentions(base.documents, settled, beside),
        )  # fmt: skip
        save_plan(self.database, plan)
        return plan
