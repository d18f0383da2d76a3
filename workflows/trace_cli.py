"""`trellis workflow preview --days|replay|compare|why|check`. Prints what the time machine and the explanations tell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from modules.runtime import Runtime
from schema.base.actor import Actor, system_actor
from workflows.editions import DRAFT, LIVE, edition
from workflows.explaining import explain
from workflows.machine import PAST_DAYS, compare, preview, replay
from workflows.preflight import check_edition
from workflows.story import Rehearsed, Started

LOOKED_UP = 200


def print_next(entry: Any, key: str, version: str, days: int) -> None:
    """What the calendar starts in the coming days."""
    runtime: Runtime = entry.runtime
    of, after, number = edition(runtime, _actor(runtime), key, version), '', 0
    while True:
        found = preview(runtime, of, days=days, after=after, limit=50)
        for each in found.rows:
            click.echo(f'{_local(runtime, each.at)}  {_title(runtime, of.rule.entity.key, each.uid)}')
            _print_told(each.told)
            number += 1
        after = found.next
        if not after or number >= LOOKED_UP:
            break
    click.echo('…' if after else f'{number} starts within {days} days.')


@click.command('replay')
@click.argument('key')
@click.option('--version', default=LIVE, help='live, draft or the number of a version.')
@click.option('--days', default=PAST_DAYS, show_default=True)
@click.pass_obj
def replay_command(entry: Any, key: str, version: str, days: int) -> None:
    """What a workflow would have done in the past days. Writes and sends nothing."""
    runtime: Runtime = entry.runtime
    of, after, number = edition(runtime, _actor(runtime), key, version), '', 0
    while True:
        page = replay(runtime, of, days=days, after=after, limit=50)
        for each in page.rows:
            _print_replayed(runtime, of.rule.entity.key, each)
            number += 1
        after = page.next
        if not after or number >= LOOKED_UP:
            break
    click.echo('…' if after else f'{number} starts within {days} days.')


@click.command('compare')
@click.argument('key')
@click.option('--version', default=DRAFT, show_default=True, help='What to compare with what is live: draft or a number.')
@click.option('--days', default=PAST_DAYS, show_default=True)
@click.pass_obj
def compare_command(entry: Any, key: str, version: str, days: int) -> None:
    """How the past days differ between what is live and another version."""
    runtime: Runtime = entry.runtime
    ours, theirs = (edition(runtime, _actor(runtime), key, each) for each in (LIVE, version))
    found = compare(runtime, ours, theirs, days=days)
    for label, rows in (('only by what is live', found.ours), (f'only by {version}', found.theirs)):
        for each in rows:
            click.echo(f'{label}: ', nl=False)
            _print_replayed(runtime, ours.rule.entity.key, each)
    for one, two in found.different:
        click.echo('other effects: ', nl=False)
        _print_replayed(runtime, ours.rule.entity.key, one)
        _print_told(two.told)
    click.echo(f'{found.same} the same{", and more that were not compared" if found.cut else ""}.')


@click.command('why')
@click.argument('key')
@click.argument('uid')
@click.pass_obj
def why_command(entry: Any, key: str, uid: str) -> None:
    """Why a workflow did or did not start on a record."""
    runtime: Runtime = entry.runtime
    told = explain(runtime, _actor(runtime), key, uid)
    click.echo(told.verdict.found.text(runtime.settings.locale))
    for part in told.parts:
        click.echo(f'  {"yes" if part.answer else "no "} {part.text} ({part.found or "–"})')
    for line in told.lines:
        click.echo(f'  {line.found.text(runtime.settings.locale)}')


@click.command('check')
@click.argument('key')
@click.option('--version', default=LIVE, help='live, draft or the number of a version.')
@click.pass_obj
def check_command(entry: Any, key: str, version: str) -> None:
    """Try a workflow on real records before it is switched on. Exit status 1 when something would fail."""
    runtime: Runtime = entry.runtime
    found = check_edition(runtime, edition(runtime, _actor(runtime), key, version))
    for each in found:
        click.echo(f'{each.level}: {each}')
    if any(each.level == 'error' for each in found):
        raise SystemExit(1)
    click.echo('Ready.' if not found else 'Ready, with these warnings.')


COMMANDS = (replay_command, compare_command, why_command, check_command)


def _actor(runtime: Runtime) -> Actor:
    return replace(system_actor('trellis'), locale=runtime.settings.locale)


def _print_replayed(runtime: Runtime, entity: str, each: Started) -> None:
    click.echo(f'{_local(runtime, each.at)}  {_title(runtime, entity, each.uid)}  {each.cause}  {each.by}')
    _print_told(each.told)


def _print_told(told: Rehearsed) -> None:
    click.echo(f'  {told.first.state}{f": {told.problem}" if told.problem else ""}')
    for letter in told.letters:
        click.echo(f'  mail to {letter.recipient}: {letter.subject}')
    for change in told.changes:
        click.echo(f'  {change.kind} {change.entity_ref} {"" if change.kind == "created" else change.uid}')


def _title(runtime: Runtime, entity: str, uid: str) -> str:
    with runtime.reader(_actor(runtime)) as reader:
        return reader.titles(entity, [uid]).get(uid, uid)


def _local(runtime: Runtime, instant: Any) -> str:
    return str(instant.astimezone(runtime.settings.timezone).strftime('%Y-%m-%d %H:%M'))
