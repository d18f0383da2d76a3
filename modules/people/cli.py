"""`trellis user …` and `trellis token …`. Talks to the people service; prints one line of result or the findings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from modules.installation.service import read_installation
from modules.people import tokens
from modules.people.service import People
from modules.people.token_wishes import read_wish
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
@click.option(
    '--scope', 'scope', multiple=True, default=('all',), show_default=True, metavar='SCOPE',
    help='read, write (records), all (whatever USER may), or ENTITY:ACTION,… once for each entity.',
)  # fmt: skip
@click.option(
    '--expires', default='', metavar='WHEN', help='Days, a day such as 2027-01-31, or never; as long as may be when left out.'
)
@click.pass_obj
def create_token(entry: Any, username: str, name: str, scope: tuple[str, ...], expires: str) -> None:
    """Make a token that acts for USER and print it, this once."""
    with _people(entry) as people:
        found, zone = people.find_by_username(username), entry.runtime.settings.timezone
        most = read_installation(people.session).token_days
        ends = expires or str(min(most or tokens.DAYS, tokens.DAYS))
        wish = read_wish(people.catalog, scope, ends, most, now=people.now, zone=zone)
        made = tokens.create_token(people.session, found.id, name[:200], people.now, days=wish.days, limit=wish.limit)
    click.echo(made)


@token.command('list')
@click.argument('username', metavar='USER')
@click.pass_obj
def list_tokens(entry: Any, username: str) -> None:
    """The tokens of USER that were not withdrawn: number, first letters, scope, end, last use, name."""
    with _people(entry) as people:
        held = tokens.list_tokens(people.session, people.find_by_username(username).id)
    for each in held:
        ends = f'{each.expires_at:%Y-%m-%d}' if each.expires_at else 'never'
        used = f'{each.last_used_at:%Y-%m-%d}' if each.last_used_at else 'unused'
        click.echo(f'{each.id}  {each.prefix}…  {each.limit.kind if each.limit else "all"}  {ends}  {used}  {each.name}')


@token.command('revoke')
@click.argument('username', metavar='USER')
@click.argument('token_id', metavar='NUMBER', type=int)
@click.pass_obj
def revoke_token(entry: Any, username: str, token_id: int) -> None:
    """Withdraw a token of USER; `trellis token list USER` tells its number."""
    with _people(entry) as people:
        user_id = people.find_by_username(username).id
        if token_id not in {each.id for each in tokens.list_tokens(people.session, user_id)}:
            raise click.ClickException(f'{username} has no token {token_id}.')
        tokens.revoke_token(people.session, user_id, token_id, people.now)
    click.echo(f'Token {token_id} is withdrawn.')
