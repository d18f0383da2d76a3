"""`trellis export`: records of an entity into a file, from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from modules.exports.service import kind_of, open_export
from modules.imports.cli import find_actor
from modules.records.model import ListQuery
from modules.runtime import Runtime
from schema.base.errors import Invalid, TrellisError


@click.command('export')
@click.argument('entity')
@click.option('--out', required=True, type=click.Path(dir_okay=False, path_type=Path), metavar='FILE.(xlsx|csv)')
@click.option('--filter', 'condition', metavar='JSON', help='A condition, as in the address of a list.')
@click.option('--as', 'username', metavar='USER', help='Export with the rights of this user; else of the system.')
@click.pass_obj
def export_command(entry: Any, /, entity: str, out: Path, condition: str | None, username: str | None) -> None:
    """Write the records of ENTITY into a file."""
    runtime: Runtime = entry.runtime
    try:
        kind = kind_of(out.name)
        query = ListQuery(filter=_condition(condition))
        with open_export(runtime, find_actor(runtime, username), entity, query, kind=kind) as export, out.open('wb') as stream:
            if kind == 'xlsx':
                export.write_xlsx(stream)
            else:
                stream.writelines(export.csv_parts())
    except TrellisError as error:
        raise click.ClickException('\n'.join(map(str, error.findings))) from error
    click.echo(f'Written: {out}')


def _condition(text: str | None) -> dict[str, Any] | None:
    if not text:
        return None
    try:
        document = json.loads(text)
    except ValueError as error:
        raise Invalid.of('EXP-E002', reason=str(error)) from error
    if not isinstance(document, dict):
        raise Invalid.of('EXP-E002', reason=type(document).__name__)
    return document
