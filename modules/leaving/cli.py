"""`trellis user handover`: everything of one person to others, and the account closed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import click
import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.assignment.model import Kind, Strategy
from modules.leaving import service
from modules.leaving.model import Review, Rule, Wanted
from modules.operations.cli import carried_out, find_actor, tell_result
from modules.people.service import People
from modules.records.transferring import CHOICES, choice_of
from modules.runtime import Runtime
from permissions.tables import ab_user
from schema.base.errors import TrellisError


@click.command('handover')
@click.argument('leaver', metavar='LEAVER')
@click.option('--to', 'receivers', required=True, metavar='USER[,USER…]', help='Who gets the records.')
@click.option('--entity', 'entities', multiple=True, metavar='KEY=USER[,USER…]', help='Others for one kind; may be repeated.')
@click.option(
    '--where', 'rules', nargs=3, multiple=True, metavar='KEY CONDITION USER[,USER…]',
    help='Others for records of one kind that satisfy a condition (JSON), asked in order; may be repeated.',
)  # fmt: skip
@click.option(
    '--by', type=click.Choice(['even', 'round_robin', 'by_load']), default='even', show_default=True,
    help='How several people share.',
)  # fmt: skip
@click.option('--successor', metavar='USER', help='Who leads their teams and manages their pools; else the first of --to.')
@click.option('--names', is_flag=True, help='Put the successor in their place in other fields of people too.')
@click.option('--keep-active', is_flag=True, help='Only hand over; the account stays open.')
@click.option('--old-owner', type=click.Choice(CHOICES), help='With --keep-active: whether they go on seeing the records.')
@click.option('--as', 'username', metavar='USER', help='With the rights of this user; else of the system.')
@click.option('--dry-run', is_flag=True, help='Say who would get how many and change nothing.')
@click.pass_obj
def handover(entry: Any, /, leaver: str, receivers: str, entities: Sequence[str], by: Kind, **given: Any) -> None:
    """Hand everything of LEAVER over, close the account, end its sessions and API tokens. Undone with `operation undo`."""
    runtime: Runtime = entry.runtime
    try:
        actor = find_actor(runtime, given['username'])
        wanted = replace(
            _wanted(runtime, leaver, receivers, entities, by, given), rules=_rules(runtime, given['rules'], by),
            names=given['names'], old_owner=choice_of(given['old_owner']),
        )  # fmt: skip
        _tell(service.review(runtime, actor, wanted.leaver_id))
        for part in service.plan(runtime, actor, wanted):
            shares = ', '.join(f'{each.name} {each.count}' for each in part.shares)
            rule = f' where {json.dumps(part.where, ensure_ascii=False)}' if part.where else ''
            click.echo(f'{part.entity.key}{rule}: {part.count} → {shares}')
        if given['dry_run']:
            return
        made = carried_out(runtime, service.run_handover(runtime, actor, wanted, inline_records=0))
    except TrellisError as error:
        raise click.ClickException('\n'.join(map(str, error.findings))) from error
    tell_result(made)


def _wanted(
    runtime: Runtime, leaver: str, receivers: str, entities: Sequence[str], by: Kind, given: dict[str, Any]
) -> Wanted:  # fmt: skip
    with Session(runtime.database.read_engine) as session:
        people = People(session, runtime.catalogs.current(), runtime.clock.now())
        found = people.find_by_username(leaver)
        default = _strategy(session, receivers, by)
        by_entity = {}
        for each in entities:
            key, mark, names = each.partition('=')
            if not mark:
                raise click.BadParameter('write KEY=USER', param_hint='--entity')
            by_entity[key] = _strategy(session, names, by)
        name = given['successor']
        successor = people.find_by_username(name).id if name else default.users[0]
    return Wanted(found.id, default, by_entity, None if given['keep_active'] else successor, given['keep_active'])


def _rules(runtime: Runtime, given: Sequence[tuple[str, str, str]], by: Kind) -> tuple[Rule, ...]:
    found = []
    with Session(runtime.database.read_engine) as session:
        for key, condition, names in given:
            try:
                where = json.loads(condition)
            except ValueError as error:
                raise click.BadParameter(f'{condition[:80]!r} is no JSON', param_hint='--where') from error
            found.append(Rule(key, where, _strategy(session, names, by)))
    return tuple(found)


def _strategy(session: Session, names: str, by: Kind) -> Strategy:
    wanted = [each.strip() for each in names.split(',') if each.strip()]
    found = dict(session.execute(sa.select(ab_user.c.username, ab_user.c.id).where(ab_user.c.username.in_(wanted))).all())
    if missing := [each for each in wanted if each not in found] or ([names] if not wanted else []):
        raise click.BadParameter(f'there is no user {missing[0]!r}', param_hint='--to')
    ids = tuple(found[each] for each in wanted)
    return Strategy('person' if len(ids) == 1 else by, ids)


def _tell(found: Review) -> None:
    duties = [f'team {each.name}{" (leads)" if each.leads else ""}' for each in found.teams]
    duties += [f'pool {each.name}{" (manages)" if each.manages else ""}' for each in found.pools]
    click.echo(
        f'{found.name} ({found.username}): {found.records} records, {found.shared} shared, {found.tokens} tokens, '
        f'{found.sessions} sessions{"; " + ", ".join(duties) if duties else ""}'
    )
    for each in found.mentions:
        click.echo(f'named in the {each.kind} {each.label.get("en") or next(iter(each.label.values()), "")}')
