"""`trellis events`: the process that tells open pages at once that there is something new."""

from __future__ import annotations

import click

from modules.notices.events import serve
from modules.ops.settings import Settings

BESIDE = 1
"""Without a port of its own it listens on the one after the web's."""


@click.command('events')
@click.option('--host', default='127.0.0.1', show_default=True, help='Address to listen on.')
@click.option('--port', type=click.IntRange(1, 65535), help='Port to listen on; the one after TRELLIS_PORT without it.')
@click.option('--later', type=click.IntRange(1, 65535), help='A port that is held now; listened on too when it is free.')
def events(host: str, port: int | None, later: int | None) -> None:
    """Tell open pages at once that there are new notices (server-sent events). Pages poll where this does not run."""
    settings = Settings.from_environment()
    serve(settings, host, port or settings.port + BESIDE, later)


if __name__ == '__main__':
    events()
