"""What the command line says of plans, and how far long ones came, so that nobody takes them for dead. Does no work itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import zip_longest

import click

from migrations.estimates import LOCKS, duration_text
from migrations.journal import Publish
from migrations.looking import Looking
from migrations.plans import ANSWERS, StoredPlan
from migrations.walks import WalkState

PATIENCE_SECONDS = 2.0
"""Quick work says nothing; what takes longer tells so often what is new."""


@contextmanager
def telling(line: Callable[[], str]) -> Iterator[None]:
    """While the block runs, say `line()` every time it has changed; a blank one is not said."""
    over = threading.Event()

    def tell() -> None:
        said = ''
        while not over.wait(PATIENCE_SECONDS):
            if (now := line()) != said:
                said = now
                click.echo(now, err=True)

    teller = threading.Thread(target=tell, name='telling', daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()


def looked(looking: Looking) -> str:
    """How far a plan has looked at live values."""
    return f'{looking.seen:,} of {looking.total:,} values looked at' if looking.total else ''


def carried(publish: Publish | None, walks: list[WalkState]) -> str:
    """How far a publish came."""
    if publish is None or not publish.is_open:
        return ''
    steps = f'{publish.done} of {publish.total} steps done'
    running = next((each for each in walks if each.state == 'running'), None)
    return f'{steps}; {running.title["en"]}: {running.seen:,} of {running.total:,} records' if running else steps


def tell_plan(made: StoredPlan) -> None:
    """What publishing would do, for people who read it in a terminal."""
    for change in made.changes:
        click.echo(f'  {change["en"]}')
    for step, cost in zip_longest(made.steps, made.estimates):
        told = f'; {cost.rows} rows; {duration_text(cost.seconds, 0, "en")}; {LOCKS[cost.lock]["en"]}' if cost else ''
        click.echo(f'    {step.phase:<12} {step.describe("en")}  ({step.risk}{told})')
    for mention in made.mentions:
        click.echo(f'  {mention.describe("en")}')
    for impact in made.impact:
        click.echo(f'  {impact.finding}')
        if choices := ANSWERS.get(impact.finding.code):
            click.echo(f'    to be decided: {", ".join(choices)}')
        for sample in impact.samples:
            click.echo(f'    {sample.get("href") or sample["uid"]}  {sample["title"]}: {sample["value"]}')
    click.echo(f'plan {made.plan_id} (from version {made.base_version}, {made.risk})')
