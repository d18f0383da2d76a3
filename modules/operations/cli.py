"""`trellis operation`: list bulk changes and take one back."""

from __future__ import annotations

from typing import Any

import click
import sqlalchemy as sa

from modules.operations import keeping, running, service
from modules.operations.model import Operation
from modules.operations.service import Forecast
from modules.runtime import Runtime
from permissions.actors import load_actor
from permissions.tables import ab_user
from schema.base.actor import Actor, system_actor
from schema.base.errors import TrellisError


@click.group('operation')
def operation_group() -> None:
    """Bulk changes of records: what there was, and taking one back."""


@operation_group.command('list')
@click.option('--limit', type=click.IntRange(1, 500), default=20, show_default=True, help='How many, newest first.')
@click.option('--entity', 'entity_key', metavar='ENTITY', help='Only those of one entity.')
@click.pass_obj
def list_command(entry: Any, /, limit: int, entity_key: str | None) -> None:
    """The newest operations, one line each."""
    runtime: Runtime = entry.runtime
    try:
        ref = runtime.catalogs.current().entity(entity_key).ref if entity_key else None
        found, more = keeping.list_page(runtime, system_actor('operation'), size=limit, entity_ref=ref)
    except TrellisError as error:
        raise click.ClickException('\n'.join(map(str, error.findings))) from error
    for each in found:
        counts = ' '.join(f'{name} {number}' for name, number in each.counts.items() if number)
        at = f'{each.created_at:%Y-%m-%d %H:%M}Z'
        click.echo(
            f'{each.id}  {at}  {each.state:8}  {each.actor_name}: {each.title.get("en", "")}  ({counts or "nothing yet"})'
        )
    if more:
        click.echo(f'… and more; --limit shows more than {limit}')


@operation_group.command('undo')
@click.argument('operation_id')
@click.option('--as', 'username', metavar='USER', help='Undo with the rights of this user; else of the system.')
@click.option('--dry-run', is_flag=True, help='Say what would happen and change nothing.')
@click.pass_obj
def undo_command(entry: Any, /, operation_id: str, username: str | None, *, dry_run: bool) -> None:
    """Take OPERATION_ID back: values set back, created records to the recycle bin, deleted ones restored."""
    runtime: Runtime = entry.runtime
    try:
        actor = find_actor(runtime, username)
        foreseen = service.forecast(runtime, actor, operation_id)
        _tell(foreseen)
        if dry_run:
            return
        made = carried_out(runtime, service.undo(runtime, actor, operation_id, inline_rows=0))
    except TrellisError as error:
        raise click.ClickException('\n'.join(map(str, error.findings))) from error
    tell_result(made)


def carried_out(runtime: Runtime, begun: Operation) -> Operation:
    """Run an operation here and now, unless a worker has taken it already."""
    holder = running.holder_name('command')
    return running.run(runtime, begun.id, holder) if keeping.take(runtime, begun.id, holder) else begun


def tell_result(made: Operation) -> None:
    """What was left out and why, how many records it was, and the number by which it can be undone."""
    for each in made.reasons:
        click.echo(f'{each.uid}: {each.texts["en"]}', err=True)
    click.echo(f'{made.state} · ' + ' · '.join(f'{name} {number}' for name, number in made.counts.items()))
    click.echo(f'Operation: {made.id}')


def find_actor(runtime: Runtime, username: str | None) -> Actor:
    """The user, or the system. Raises: click's error when there is no such user."""
    if not username:
        return system_actor('operation')
    with runtime.database.reading() as connection:
        user_id = connection.execute(sa.select(ab_user.c.id).where(ab_user.c.username == username)).scalar()
        actor = load_actor(connection, user_id) if user_id is not None else None
    if actor is None:
        raise click.ClickException(f'--as: there is no active user {username!r}')
    return actor


def _tell(foreseen: Forecast) -> None:
    click.echo(
        f'set back {foreseen.set} · to the recycle bin {foreseen.bin} · restored {foreseen.restore} · '
        f'values kept {foreseen.kept} · records that stay {foreseen.stay}{" · and more" if foreseen.more else ""}'
    )
    for each in foreseen.effects:
        click.echo(f'cannot be undone: {each["en"]}')
