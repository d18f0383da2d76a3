"""The smallest application that the operating commands can run: what app.py is to them, without records."""

from __future__ import annotations

import os
import threading

import click
import redis
from flask import Flask

from modules.ops.cli import ops_commands
from modules.ops.entry import LazyEntry
from modules.ops.preflight import Refusal
from modules.ops.roles import FirstStart, Say
from modules.ops.settings import Settings
from modules.ops.views import make_blueprint
from modules.registries import Registries


class TinyRuntime:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.registries = Registries()
        for name in {'worker', 'scheduler'} - {os.environ.get('TINY_HAS_NO')}:
            self.registries.processes.register(name, run_role, owner='tiny')
        self.registries.doctor.register('catalog', lambda _runtime: (True, 'version 1'), owner='tiny')


def run_role(runtime: TinyRuntime, stop: threading.Event) -> None:
    with redis.Redis.from_url(runtime.settings.redis_url) as client:
        click.echo(f'started {client.incr("starts")} times')
    stop.wait()


def prepare(settings: Settings, demo: bool, say: Say) -> FirstStart:
    if os.environ.get('TINY_REFUSES'):
        raise Refusal('The database is of a newer Trellis: upgrade, then start again.')
    database = settings.home / 'tiny.sqlite'
    if database.exists():
        return FirstStart()
    say(f'Making the home (demo: {demo}) …')
    database.touch()
    return FirstStart(admin_password='correct horse')


def create_app() -> Flask:
    app = Flask('tiny')
    settings = Settings.from_environment()
    app.register_blueprint(make_blueprint({'redis': redis.Redis.from_url(settings.redis_url).ping}))
    return app


@click.group()
@click.pass_context
def main(context: click.Context) -> None:
    context.obj = LazyEntry(TinyRuntime, prepare)


for command in ops_commands:
    main.add_command(command)

if __name__ == '__main__':
    main()
