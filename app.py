"""Trellis, assembled: which modules there are and in which order they register; the web application; the command line."""

from __future__ import annotations

import atexit
import sys
from types import ModuleType

import click
from flask import Flask
from sqlalchemy.exc import OperationalError, ProgrammingError

from modules.api import register as api
from modules.assignment import register as assignment
from modules.audit import register as audit
from modules.calendar import register as calendar
from modules.certificate import register as certificate
from modules.duplicates import register as duplicates
from modules.exports import register as exports
from modules.files import register as files
from modules.help import register as help_pages
from modules.hooks import register as hooks
from modules.imports import register as imports
from modules.installation import register as installation
from modules.leaving import register as leaving
from modules.mail import register as mail
from modules.messaging import register as messaging
from modules.notices import register as notices
from modules.offline import register as offline
from modules.operations import register as operations
from modules.ops import register as ops
from modules.ops.entry import LazyEntry
from modules.ops.presence import Presence
from modules.ops.settings import Settings
from modules.packs import register as packs
from modules.packs.first_start import prepare_home
from modules.people import register as people
from modules.pools import register as pools
from modules.records import register as records
from modules.registries import Registries
from modules.runtime import Runtime
from modules.saved_views import register as saved_views
from modules.sharing import register as sharing
from modules.studio import register as studio
from modules.timeline import register as timeline
from modules.web.application import make_flask
from modules.why import register as why
from modules.workdays import register as workdays
from schema.base.database import is_missing_table
from schema.texts import load_all
from workflows import register as workflows

MODULES: tuple[ModuleType, ...] = (
    ops, people, api, records, saved_views, sharing, assignment, operations, leaving, pools, duplicates, imports, exports,
    packs, studio, mail, hooks, messaging, files, installation, workdays, notices, offline, help_pages, timeline, calendar,
    audit, why, certificate, workflows,
)  # fmt: skip


def make_registries() -> Registries:
    """Every module's contribution, frozen."""
    registries = Registries()
    for module in MODULES:
        module.register(registries)
    registries.freeze()
    return registries


def make_runtime(settings: Settings) -> Runtime:
    """A runtime for one process. Nothing is read or connected before it is used."""
    load_all()
    return Runtime(settings, make_registries())


def create_app(settings: Settings | None = None) -> Flask:
    """The web application of one gunicorn worker; it follows the live version also while nobody asks."""
    runtime = make_runtime(settings or Settings.from_environment())
    presence = Presence(runtime, 'web')
    presence.start()
    atexit.register(presence.stop)
    return make_flask(runtime)


@click.group(context_settings={'help_option_names': ['-h', '--help']})
@click.version_option(package_name='trellis-crm', prog_name='trellis')
def trellis() -> None:
    """Trellis: a CRM made from a schema that its own admins edit while it runs."""


def main() -> None:
    """The console command `trellis`, the same as `python app.py`."""
    load_all()  # a command that needs no runtime also tells what is wrong in words
    for command in make_registries().commands:
        trellis.add_command(command)
    try:
        trellis(obj=LazyEntry(make_runtime, prepare_home(make_runtime)))
    except (OperationalError, ProgrammingError) as error:
        if not is_missing_table(error):
            raise
        click.echo('Error: this home has not been started yet: run `trellis up` first.', err=True)
        sys.exit(1)


if __name__ == '__main__':
    main()
