"""What workflows contribute: actions, commands, a page, and the worker and scheduler processes."""

from __future__ import annotations

from modules.installation.keeping import Sweep
from modules.registries import Registries
from workflows.actions.records import CreateRecord, UpdateRecord
from workflows.actions.send_mail import SendMail
from workflows.cli import workflow
from workflows.processes import run_scheduler, run_worker
from workflows.sweeping import clear_events, clear_occurrences, clear_runs
from workflows.views import blueprint, menu_entry


def register(registries: Registries) -> None:
    registries.actions.register('send_mail', SendMail(), owner=__name__)
    registries.actions.register('create_record', CreateRecord(), owner=__name__)
    registries.actions.register('update_record', UpdateRecord(), owner=__name__)
    registries.commands.register('workflow', workflow, owner=__name__)
    registries.processes.register('worker', run_worker, owner=__name__)
    registries.processes.register('scheduler', run_scheduler, owner=__name__)
    registries.blueprints.register('workflows', blueprint, owner=__name__)
    registries.menu.register('workflows', menu_entry, owner=__name__)
    registries.retention.register('events', Sweep('outbox_days', clear_events), owner=__name__)
    registries.retention.register('runs', Sweep('trace_days', clear_runs), owner=__name__)
    registries.retention.register('ledger', Sweep('trace_days', clear_occurrences), owner=__name__)
