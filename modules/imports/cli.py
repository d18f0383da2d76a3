"""`trellis import`: a file into an entity, from the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa

from modules.imports import keeping, service
from modules.imports import mapping as mappings
from modules.imports.model import OUTCOMES, POLICIES, Plan, RowOut
from modules.imports.reading import open_sheet
from modules.records.transferring import CHOICES, choice_of
from modules.runtime import Runtime
from permissions.actors import load_actor
from permissions.tables import ab_user
from schema.base.actor import Actor, system_actor
from schema.base.errors import TrellisError

MOST_LINES = 1000


@click.command('import')
@click.argument('entity')
@click.argument('file', type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    '--map', 'choices', multiple=True, metavar='COLUMN=FIELD', help='Column of the file to field; COLUMN= ignores it.'
)
@click.option('--key', 'keys', multiple=True, metavar='FIELD', help='Field that identifies records that are there already.')
@click.option('--duplicates', type=click.Choice(POLICIES), help='What to do with rows that are records already.')
@click.option('--old-owner', type=click.Choice(CHOICES), help='Whether who loses a record goes on seeing it.')
@click.option('--workflows/--no-workflows', default=True, help='Whether the rows start workflows.', show_default=True)
@click.option('--dry-run', is_flag=True, help='Check every row and write nothing.')
@click.option('--as', 'username', metavar='USER', help='Import with the rights of this user; else of the system.')
@click.pass_obj
def import_command(entry: Any, /, entity: str, file: Path, **given: Any) -> None:
    """Bring rows of FILE (csv or xlsx) into ENTITY. Good rows are written, bad ones are listed and left out.

    Without --key, rows that the duplicate rules know are skipped; with --key, records with the same key are updated.
    """
    runtime: Runtime = entry.runtime
    try:
        actor = find_actor(runtime, given['username'])
        if given['dry_run']:
            ok = _check(runtime, actor, entity, file, given)
        else:
            ok = _run(runtime, actor, entity, file, given)
    except TrellisError as error:
        raise click.ClickException('\n'.join(f'{file.name}: {each}' for each in error.findings)) from error
    if not ok:
        raise SystemExit(1)


def find_actor(runtime: Runtime, username: str | None) -> Actor:
    """The user, or the system. Raises: click's error when there is no such user."""
    if not username:
        return system_actor('import')
    with runtime.database.reading() as connection:
        user_id = connection.execute(sa.select(ab_user.c.id).where(ab_user.c.username == username)).scalar()
        actor = load_actor(connection, user_id) if user_id is not None else None
    if actor is None:
        raise click.ClickException(f'--as: there is no active user {username!r}')
    return actor


def _options(given: dict[str, Any]) -> tuple[dict[str, str], tuple[str, ...], Any]:
    choices = {}
    for pair in given['choices']:
        column, mark, field = pair.rpartition('=')
        if not mark or not column:
            raise click.BadParameter(f'{pair!r} is not COLUMN=FIELD', param_hint='--map')
        choices[column] = field
    keys = tuple(given['keys'])
    return choices, keys, given['duplicates'] or ('update' if keys else 'skip')


def _check(runtime: Runtime, actor: Actor, entity_key: str, file: Path, given: dict[str, Any]) -> bool:
    choices, keys, duplicates = _options(given)
    catalog = runtime.catalogs.current()
    entity = catalog.entity(entity_key)
    writable = runtime.policy(actor, catalog).writable(entity.key)
    sheet = open_sheet(file)
    chosen = mappings.choose(entity, mappings.suggest(entity, sheet.headers, writable), choices, writable)
    importing = service.open_import(runtime, actor, entity.key, Plan(chosen, keys, duplicates))
    told = _Teller(file, chosen, actor.locale)
    tally = service.check(importing, sheet, told.report)
    told.end(tally.as_json())
    return not tally.counts['error']


def _run(runtime: Runtime, actor: Actor, entity_key: str, file: Path, given: dict[str, Any]) -> bool:
    choices, keys, duplicates = _options(given)
    kept = keeping.take_in(runtime, actor, entity_key, file, file.name, limit_bytes=None)
    old_owner = choice_of(given['old_owner'])
    chosen = {'old_owner': old_owner, 'workflows': given['workflows']}
    kept = keeping.settle_plan(runtime, actor, kept, choices, keys, duplicates, **chosen)
    told = _Teller(file, kept.plan.mapping, actor.locale)
    done = keeping.run(runtime, actor, kept, told.report)
    told.end(done.counts)
    if done.error_path:
        click.echo(f'Rows left out: {done.error_path}')
    click.echo(f'Operation: {done.operation_id}')
    return not done.counts['error']


class _Teller:
    """Prints one located line for each problem of a row that was left out, and the tally at the end."""

    def __init__(self, file: Path, mapping: mappings.ColumnMapping, locale: str) -> None:
        self._file, self._mapping, self._locale, self._lines = file, mapping, locale, 0

    def report(self, outs: Sequence[RowOut]) -> None:
        for out in outs:
            for each in out.findings if out.outcome == 'error' else ():
                self._lines += 1
                if self._lines <= MOST_LINES:
                    key = each.pointer.strip('/').partition('/')[2].split('/')[0]
                    place = f'row {out.number}' + (f', {self._mapping.header_of(key)}' if key else '')
                    text = ' '.join(filter(None, (each.code, each.text(self._locale), each.hint_text(self._locale))))
                    click.echo(f'{self._file.name}: {place}: {text}', err=True)

    def end(self, counts: Any) -> None:
        if self._lines > MOST_LINES:
            click.echo(f'… and {self._lines - MOST_LINES} more problems', err=True)
        click.echo(' · '.join(f'{outcome} {counts.get(outcome, 0)}' for outcome in OUTCOMES))
