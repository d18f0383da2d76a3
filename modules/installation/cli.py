"""`trellis maintain`: everything whose time is over goes at once, also what needs tables rewritten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import click

from migrations.reaper import reap_shadows
from modules.installation.declared import FOR_GOOD
from modules.installation.keeping import tidy
from modules.installation.service import read_installation
from modules.ops.homelock import locked_home
from modules.ops.preflight import Refusal
from modules.runtime import Runtime


@click.command()
@click.pass_obj
def maintain(entry: Any) -> None:
    """Throw away what has been kept long enough, all at once. Nobody may work meanwhile: stop `trellis up` first."""
    runtime: Runtime = entry.runtime
    try:
        with locked_home(runtime.settings.home, 'trellis maintain'):
            cleared = tidy(runtime, seconds=None)
            places = _clear_shadows(runtime)
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from refusal
    for name, count in cleared.items():
        click.echo(f'{name}: {count}')
    for place in places:
        click.echo(f'dropped for good: {place}')
    if not cleared and not places:
        click.echo('There was nothing to throw away.')


def _clear_shadows(runtime: Runtime) -> list[str]:
    with runtime.database.reading() as connection:
        days = read_installation(connection).shadow_days
    if days == FOR_GOOD:
        return []
    return reap_shadows(runtime.database, runtime.clock, older_than=timedelta(days=days), in_maintenance=True)
