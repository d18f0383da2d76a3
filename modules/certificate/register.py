"""What the leak certificate contributes: the ways of the product's core, the page, the command and the worker's chore."""

from __future__ import annotations

from modules.certificate import jobs
from modules.certificate.cli import certificate_group
from modules.certificate.service import clear
from modules.certificate.views import blueprint, menu_entry
from modules.certificate.ways import NO_WAYS, WAYS
from modules.installation.keeping import Sweep
from modules.registries import Registries


def register(registries: Registries) -> None:
    for key, way in WAYS.items():
        registries.ways_out.register(key, way, owner=__name__)
    for key, none in NO_WAYS.items():
        registries.no_ways_out.register(key, none, owner=__name__)
    registries.blueprints.register('certificate', blueprint, owner=__name__)
    registries.commands.register('certificate', certificate_group, owner=__name__)
    registries.chores.register('certificate', jobs.drain, owner=__name__)
    registries.menu.register('certificate', menu_entry, owner=__name__)
    registries.retention.register('certificates', Sweep('operation_days', clear), owner=__name__)
