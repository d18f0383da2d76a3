"""`trellis team …`: the tree of teams and departments, and their people. Talks to the teams service and prints the result."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import click
import sqlalchemy as sa
from sqlalchemy.orm import Session

from modules.people import teams
from modules.people.teams import TeamChange, TeamNode, TeamView
from permissions.tables import ab_user
from schema.base.actor import system_actor
from schema.base.errors import NotFound, TrellisError
from schema.base.findings import nearest

BY = system_actor('command line')


@contextmanager
def _changing(entry: Any) -> Iterator[tuple[Session, datetime]]:
    """One transaction; findings become lines of the command's error."""
    runtime = entry.runtime
    try:
        with runtime.database.session() as session:
            yield session, runtime.clock.now()
    except TrellisError as error:
        raise click.ClickException('\n'.join(map(str, error.findings))) from error


@click.group('team')
def team_group() -> None:
    """Teams and departments as a tree, with their members and leaders."""


@team_group.command('list')
@click.pass_obj
def list_teams(entry: Any) -> None:
    """The tree: name, kind, leaders, how many people with those below."""
    with _changing(entry) as (session, _now):
        for root in teams.tree(session):
            _tell(root, 0)


@team_group.command('add')
@click.argument('name')
@click.option('--under', metavar='TEAM', help='The team or department above.')
@click.option('--kind', type=click.Choice(list(teams.KINDS)), default='team', show_default=True)
@click.option('--description', default='')
@click.pass_obj
def add_team(entry: Any, name: str, under: str | None, kind: str, description: str) -> None:
    """Make a team."""
    with _changing(entry) as (session, now):
        parent = _find(session, under).id if under else None
        teams.create_team(session, name, parent, now=now, kind=kind, description=description, by=BY)
    click.echo(f'{name} is made{f" under {under}" if under else ""}.')


@team_group.command('move')
@click.argument('name', metavar='TEAM')
@click.option('--under', metavar='TEAM', help='The team above from now on.')
@click.option('--top', is_flag=True, help='No team above.')
@click.pass_obj
def move_team(entry: Any, name: str, under: str | None, *, top: bool) -> None:
    """Put a team, with all below it, elsewhere in the tree."""
    if bool(under) == top:
        raise click.UsageError('Say --under TEAM, or --top.')
    with _changing(entry) as (session, now):
        here, above = _find(session, name), _find(session, under).id if under else None
        teams.change_team(session, here.id, TeamChange(parent_id=above, moves=True), by=BY, now=now)
    click.echo(f'{name} stands {f"under {under}" if under else "at the top"} now.')


@team_group.command('members')
@click.argument('name', metavar='TEAM')
@click.option('--add', 'added', multiple=True, metavar='USER', help='Belongs to the team from now on; may be repeated.')
@click.option('--lead', 'leaders', multiple=True, metavar='USER', help='The same, and leads it.')
@click.option('--remove', 'removed', multiple=True, metavar='USER', help='Leaves the team.')
@click.pass_obj
def team_members(
    entry: Any, name: str, added: tuple[str, ...], leaders: tuple[str, ...], removed: tuple[str, ...]
) -> None:  # fmt: skip
    """The people of a team, leaders first, after what was asked for."""
    with _changing(entry) as (session, now):
        here = _find(session, name)
        for username in added:
            teams.put_member(session, here.id, _user(session, username), leads=False, by=BY, now=now)
        for username in leaders:
            teams.put_member(session, here.id, _user(session, username), leads=True, by=BY, now=now)
        for username in removed:
            teams.remove_member(session, here.id, _user(session, username), by=BY, now=now)
        for each in teams.members_of(session, here.id).get(here.id, []):
            click.echo(f'{each.username}  {each.name}{"  leads" if each.leads else ""}{"" if each.active else "  closed"}')


def _tell(node: TeamNode, depth: int) -> None:
    leaders = ', '.join(each.username for each in node.leaders)
    kind = '' if node.team.kind == 'team' else f'  {node.team.kind}'
    state = '' if node.team.active else '  closed'
    click.echo(f'{"  " * depth}{node.team.name}{kind}  {node.people}{f"  led by {leaders}" if leaders else ""}{state}')
    for each in node.below:
        _tell(each, depth + 1)


def _find(session: Session, name: str) -> TeamView:
    """By its name or uid. Raises: NotFound PRM-E016."""
    known = teams.list_teams(session)
    found = next((each for each in known if name in {each.name, each.uid}), None)
    if found is None:
        raise NotFound.of('PRM-E016', value=name[:80], hint=nearest(name, [each.name for each in known]))
    return found


def _user(session: Session, username: str) -> int:
    """Raises: NotFound PRM-E012."""
    found = session.execute(sa.select(ab_user.c.id).where(ab_user.c.username == username)).scalar()
    if found is None:
        names = list(session.execute(sa.select(ab_user.c.username).limit(500)).scalars())
        raise NotFound.of('PRM-E012', value=username[:80], hint=nearest(username, names))
    return int(found)
