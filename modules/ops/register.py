"""What operations contribute: commands, and the pages for machines."""

from __future__ import annotations

from datetime import datetime

from flask import current_app
from sqlalchemy import text

from migrations.cli import schema_commands
from migrations.reaper import reap_shadows
from modules.installation.keeping import Sweep
from modules.ops.cli import ops_commands
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
    registries.retention.register('dropped fields', Sweep('shadow_days', remove_old_shadows), owner=__name__)


def finish_interrupted_publish(runtime: Runtime) -> None:
    """Complete or undo a publish whose process was killed."""
    runtime.publisher.recover()


def remove_old_shadows(runtime: Runtime, cutoff: datetime, rows: int) -> int:
    """Let go of dropped data whose time to come back is over; on SQLite that waits for `trellis maintain`."""
    cleared = reap_shadows(runtime.database, runtime.clock, older_than=runtime.clock.now() - cutoff)
    return min(len(cleared), rows - 1)


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
