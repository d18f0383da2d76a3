"""`trellis workflow list|preview|replay|compare|why|check|run-due`. Prints what services tell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

import click

from modules.runtime import Runtime
from schema.base.errors import Invalid, TrellisError
from schema.definitions import in_locale
from workflows.editions import LIVE
from workflows.service import Happened, get_rule, list_workflows, run_due
from workflows.service import preview as preview_rule
from workflows.trace_cli import COMMANDS, print_next

MARKS = {'done': 'ok', 'skipped': 'skipped', 'failed': 'failed', 'running': 'waiting', 'stopped': 'stopped'}


def speaks(command: Callable[..., None]) -> Callable[..., None]:
    """Findings become one line each on the error stream, and the exit status 1."""

    @wraps(command)
    def wrapped(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
        except TrellisError as error:
            for each in error.findings:
                click.echo(str(each), err=True)
            raise SystemExit(1) from error

    return wrapped


@click.group()
def workflow() -> None:
    """Look at workflows and run what is due."""


@workflow.command('list')
@click.pass_obj
@speaks
def list_command(entry: Any) -> None:
    """Each workflow with its state and how its runs ended."""
    runtime: Runtime = entry.runtime
    for each in list_workflows(runtime, runtime.catalogs.current()):
        state = 'broken' if each.findings else 'on' if each.enabled else 'off'
        runs = ', '.join(f'{number} {name}' for name, number in sorted(each.runs.items())) or 'no runs yet'
        click.echo(f'{state:<7} {each.key}  {in_locale(each.label, runtime.settings.locale)}  ({runs})')
        for finding in each.findings:
            click.echo(f'        {finding}')


@workflow.command()
@click.argument('key')
@click.option('--at', help='An instant, such as 2026-05-04T08:00:00+07:00 [default: now].')
@click.option('--days', type=int, help='Instead of one instant, so many days from now on.')
@click.option('--version', default=LIVE, help='With --days: live, draft or the number of a version.')
@click.pass_obj
@speaks
def preview(entry: Any, key: str, at: str | None, days: int | None, version: str) -> None:
    """What a workflow would do at an instant, or within the coming days. Writes and sends nothing."""
    runtime: Runtime = entry.runtime
    if days is not None:
        print_next(entry, key, version, days)
        return
    rule = get_rule(runtime.catalogs.current(), key)
    expected = preview_rule(runtime, rule, read_instant(runtime, at))
    for each in expected:
        click.echo(f'{each.title} ({rule.entity.key} {each.uid}): due {_local(runtime, each.due_at)}')
        if not each.holds:
            click.echo('  nothing: the condition does not hold')
        for effect in each.effects:
            click.echo('  ' + '; '.join(f'{name}: {value}' for name, value in effect.items() if name != 'text'))
        for finding in each.findings:
            click.echo(f'  {finding}')
    if not expected:
        click.echo('Nothing is due.')


for each in COMMANDS:
    each.callback = speaks(each.callback)  # type: ignore[arg-type]
    workflow.add_command(each)


@workflow.command('run-due')
@click.option('--at', help='An instant, such as 2026-05-04T08:00:00+07:00 [default: now].')
@click.pass_obj
@speaks
def run_due_command(entry: Any, at: str | None) -> None:
    """Run what is due at an instant and send its mail. Running it again sends nothing twice."""
    runtime: Runtime = entry.runtime
    happened = run_due(runtime, read_instant(runtime, at))
    for each in happened:
        click.echo(_line(each))
    if not happened:
        click.echo('Nothing is due.')
    if any(each.state == 'failed' or each.mail == 'failed' for each in happened):
        raise SystemExit(1)


def read_instant(runtime: Runtime, text: str | None) -> datetime | None:
    """ISO 8601; without an offset it is read in the company's zone. Raises: Invalid WFL-E013."""
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
        instant = instant if instant.tzinfo else instant.replace(tzinfo=runtime.settings.timezone)
        instant.utctimetuple()
    except (ValueError, OverflowError) as error:
        raise Invalid.of('WFL-E013', '--at', value=text[:60]) from error
    return instant


def _line(each: Happened) -> str:
    parts = [f'{MARKS.get(each.state, each.state):<8}{each.workflow}', f'{each.entity} {each.title}', each.occurrence]
    if each.mail:
        parts.append(f'mail {each.mail}, to {each.recipient}')
    if each.found:
        parts.append(str(each.found))
    return '  '.join(parts)


def _local(runtime: Runtime, instant: datetime) -> str:
    return instant.astimezone(runtime.settings.timezone).strftime('%Y-%m-%d %H:%M')
