"""The time machine: the coming days of a rule, its past, and how two editions of it differ. Everything by rehearsal alone."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from modules.runtime import Runtime
from schema.base.errors import BadRequest
from workflows.editions import Edition
from workflows.foreseeing import COUNTED, Stretch, coming, counted
from workflows.rehearsal import Rehearser
from workflows.replay import Replay, ReplayPage
from workflows.runs import rule_policy
from workflows.story import Started
from workflows.triggers import CLOCK_TRIGGERS

NEXT_DAYS, PAST_DAYS = 30, 90
MOST_DAYS = 366
ROWS = 10
COMPARED = 60
BUDGET_SECONDS = 20.0
"""How long one answer may rehearse; what is left over is said to be left over."""


@dataclass(frozen=True)
class Preview:
    """A page of the coming days. `days` counts occurrences by local day, `fit` and `unfit` by the condition as things stand;
    `bounded`: there are more than were counted. `next` leads on, empty at the end."""

    rows: tuple[Started, ...]
    days: Mapping[date, int]
    fit: int
    unfit: int
    bounded: bool
    next: str


@dataclass(frozen=True)
class Difference:
    """How two editions differ: starts of one alone, of the other alone, and of both with other effects as `(ours, theirs)`.
    `looked` counts the starts of either; `cut`: there are more than were compared."""

    ours: tuple[Started, ...]
    theirs: tuple[Started, ...]
    different: tuple[tuple[Started, Started], ...]
    same: int
    looked: tuple[int, int]
    cut: bool


def looks_ahead(of: Edition) -> bool:
    """Whether the rule has coming days at all: those that events start have a past alone."""
    return isinstance(of.rule.trigger, CLOCK_TRIGGERS)


def preview(runtime: Runtime, of: Edition, *, days: int = NEXT_DAYS, after: str = '', limit: int = ROWS) -> Preview:
    """The coming days of a rule that the calendar starts. `after` is the `next` of the page before.

    Raises: BadRequest WFL-E062, WFL-E063; NotFound WFL-E018; Unavailable WFL-E060.
    """
    now, zone, last = runtime.clock.now(), runtime.settings.timezone, _cursor(after)
    stretch = Stretch(now, now + timedelta(days=_whole_days(days)), zone, last)
    policy = rule_policy(runtime, of.rule, of.catalog)
    if not looks_ahead(of):
        return Preview((), {}, 0, 0, bounded=False, next='')
    with runtime.database.session() as session:
        found = coming(session, of.rule, policy, stretch, limit + 1)
        moments = [] if last else counted(session, of.rule, policy, stretch)
    rehearser = Rehearser(runtime, of.catalog, of.rule)
    rows = []
    for each in found[:limit]:
        why = {'occurrence': each.occurrence, 'due_at': each.due_at.isoformat()}
        told = rehearser.rehearse(of.rule, each.uid, each.due_at, why)
        rows.append(Started(f'{each.uid}/{each.occurrence}', each.uid, each.due_at, '', '', told))
    more = found[limit - 1] if len(found) > limit else None
    return Preview(
        rows=tuple(rows),
        days=Counter(moment.astimezone(zone).date() for moment, _holds in moments),
        fit=sum(holds for _moment, holds in moments),
        unfit=sum(not holds for _moment, holds in moments),
        bounded=len(moments) >= COUNTED,
        next=f'{more.due_at.isoformat()}~{more.id}' if more else '',
    )


def replay(runtime: Runtime, of: Edition, *, days: int = PAST_DAYS, after: str = '', limit: int = ROWS) -> ReplayPage:
    """The past days of a rule. Raises: BadRequest WFL-E062; NotFound WFL-E018; Unavailable WFL-E060."""
    now = runtime.clock.now()
    return Replay(runtime, of, now - timedelta(days=_whole_days(days)), now).page(after, limit)


def compare(runtime: Runtime, ours: Edition, theirs: Edition, *, days: int = PAST_DAYS) -> Difference:
    """The past days by two editions of a rule. Raises as `replay`."""
    (mine, cut), (other, also) = (_starts(runtime, each, days) for each in (ours, theirs))
    both = [(mine[key], other[key]) for key in mine if key in other]
    different = tuple((one, two) for one, two in both if one.told.effects() != two.told.effects())
    return Difference(
        ours=tuple(mine[key] for key in mine if key not in other),
        theirs=tuple(other[key] for key in other if key not in mine),
        different=different, same=len(both) - len(different), looked=(len(mine), len(other)), cut=cut or also,
    )  # fmt: skip


def _starts(runtime: Runtime, of: Edition, days: int) -> tuple[dict[str, Started], bool]:
    """The first starts of the past that had something to do, by what both editions call them; whether there are more."""
    found: dict[str, Started] = {}
    after, ends_at = '', time.monotonic() + BUDGET_SECONDS
    while True:
        page = replay(runtime, of, days=days, after=after, limit=ROWS)
        found.update({each.key: each for each in page.rows if each.told.first.state != 'skipped'})
        after = page.next
        if not after:
            return found, False
        if len(found) >= COMPARED or time.monotonic() > ends_at:
            return found, True


def _whole_days(days: int) -> int:
    if not 1 <= days <= MOST_DAYS:
        raise BadRequest.of('WFL-E062', '/days', value=days, most=MOST_DAYS)
    return days


def _cursor(after: str) -> tuple[datetime, int] | None:
    if not after:
        return None
    moment, _, number = after.partition('~')
    try:
        return datetime.fromisoformat(moment), int(number)
    except ValueError as error:
        raise BadRequest.of('WFL-E063', '/after', value=after[:60]) from error


def states(rows: Sequence[Any]) -> Counter[str]:
    """How the runs of a page would end."""
    return Counter(each.told.first.state for each in rows)
