"""What imports contribute: the command, the screens and their entry in the menu of lists."""

from __future__ import annotations

from modules.imports import jobs, tables
from modules.imports.cli import import_command
from modules.imports.sweeping import clear_imports
from modules.imports.views import blueprint, list_link
from modules.installation.keeping import Sweep
from modules.registries import Registries

OWN_TABLES = (tables.import_job,)


def register(registries: Registries) -> None:
    registries.commands.register('import', import_command, owner=__name__)
    registries.blueprints.register('imports', blueprint, owner=__name__)
    registries.chores.register('imports', jobs.drain, owner=__name__)
    registries.retention.register('imports', Sweep('import_days', clear_imports), owner=__name__)
    registries.list_links.register('import', list_link, owner=__name__)
