"""What operations contribute: commands, and the pages for machines."""

from __future__ import annotations

from flask import current_app
from sqlalchemy import text

from migrations.cli import schema_commands
from modules.installation.keeping import Sweep
from modules.ops.cli import ops_commands
from modules.ops.retiring import clear_moved, clear_unread, remove_old_shadows
from modules.ops.views import make_blueprint
from modules.registries import Registries
from modules.runtime import Runtime


def register(registries: Registries) -> None:
    for command in ops_commands:
        registries.commands.register(str(command.name), command, owner=__name__)
    checks = {'database': check_database, 'redis': check_redis, 'catalog': check_catalog}
    registries.blueprints.register('ops', make_blueprint(checks), owner=__name__)
    registries.commands.register('schema', schema_commands, owner=__name__)
    registries.ticks.register('recovery', finish_interrupted_publish, owner=__name__)
    for name, clear in (
        ('dropped fields', remove_old_shadows),
        ('moved options', clear_moved),
        ('values not read', clear_unread),
    ):
        registries.retention.register(name, Sweep('shadow_days', clear), owner=__name__)


def finish_interrupted_publish(runtime: Runtime) -> None:
    """Complete or undo a publish whose process was killed."""
    runtime.publisher.recover()


def check_database() -> None:
    with _runtime().database.reading() as connection:
        connection.execute(text('SELECT 1'))


def check_redis() -> None:
    _runtime().redis.ping()


def check_catalog() -> None:
    _runtime().catalogs.current()


def _runtime() -> Runtime:
    runtime: Runtime = current_app.extensions['trellis']
    return runtime
