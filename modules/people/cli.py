"""`trellis user …` and `trellis token …`. Talks to the people service; prints one line of result or the findings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from modules.people import tokens
from modules.people.service import People
from permissions.accounts import NewUser
from schema.base.errors import TrellisError


@contextmanager
def _people(entry: Any) -> Iterator[People]:
    """The people of the installation in one transaction; findings become lines of the command's error."""
    runtime = entry.runtime
    try:
        catalog = runtime.catalogs.current()
        with runtime.database.session() as session:
            yield People(session, catalog, runtime.clock.now())
    except TrellisError as error:
        raise click.ClickException('\n'.join(map(str, error.findings))) from error


@click.group()
def user() -> None:
    """Make and dismiss users."""


@user.command('create')
@click.argument('username')
@click.option('--email', required=True, help='Address of their own.')
@click.option('--first-name', required=True, help='Given name.')
@click.option('--last-name', default='', help='Family name, with the middle names.')
@click.option('--role', 'roles', multiple=True, required=True, help='Role key; may be repeated.')
@click.option('--team', 'teams', multiple=True, help='Team name, made when missing; may be repeated.')
@click.option('--leads', multiple=True, help='Name of a team that they lead; may be repeated.')
@click.option('--password', prompt=True, hide_input=True, confirmation_prompt=True, help='Asked for when left out.')
@click.pass_obj
def create_user(entry: Any, /, username: str, password: str, **given: Any) -> None:
    """Make a user who can sign in."""
    joined = {**dict.fromkeys(given['teams'], False), **dict.fromkeys(given['leads'], True)}
    with _people(entry) as people:
        people.create(
            NewUser(username, given['first_name'], given['last_name'], given['email'], password, given['roles'], joined)
        )
    click.echo(f'{username} can sign in now.')


@user.command('deactivate')
@click.argument('username')
@click.pass_obj
def deactivate_user(entry: Any, username: str) -> None:
    """Shut a user out; records and history stay. An administrator can let them in again on the page of users."""
    with _people(entry) as people:
        people.set_active(people.find_by_username(username).id, active=False)
    click.echo(f'{username} cannot sign in any more.')


@click.group()
def token() -> None:
    """API tokens."""


@token.command('create')
@click.argument('username', metavar='USER')
@click.option('--name', default='command line', show_default=True, help='What the token is for.')
@click.option('--days', type=click.IntRange(1, 3650), default=tokens.DAYS, show_default=True, help='How long it is good.')
@click.pass_obj
def create_token(entry: Any, username: str, name: str, days: int) -> None:
    """Make a token that acts for USER and print it, this once."""
    with _people(entry) as people:
        found = people.find_by_username(username)
        made = tokens.create_token(people.session, found.id, name[:200], people.now, days=days)
    click.echo(made)
