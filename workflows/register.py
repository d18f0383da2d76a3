"""What workflows contribute: actions, commands, a page, and the worker and scheduler processes."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from modules.installation.keeping import Sweep
from modules.records.presence import RECORD_UID
from modules.registries import Registries
from modules.ways import NoWayOut, WayOut
from workflows.actions.assign import Assign
from workflows.actions.base import Action
from workflows.actions.branch import Branch
from workflows.actions.create_appointment import CreateAppointment
from workflows.actions.create_record import CreateRecord
from workflows.actions.create_task import CreateTask
from workflows.actions.delete_record import DeleteRecord
from workflows.actions.for_each import ForEach
from workflows.actions.move_stage import MoveStage
from workflows.actions.notify import Notify
from workflows.actions.relate import Relate
from workflows.actions.send_mail import SendMail
from workflows.actions.send_sms import SendSms
from workflows.actions.send_zns import SendZns
from workflows.actions.share import Share
from workflows.actions.start_workflow import StartWorkflow
from workflows.actions.stop import Stop
from workflows.actions.tag import Tag
from workflows.actions.update_record import UpdateRecord
from workflows.actions.wait import Wait
from workflows.actions.webhook import Webhook
from workflows.cli import workflow
from workflows.extensions import check_actions, register_actions
from workflows.facts import ahead_link, back_link, run_facts
from workflows.many import StartMany
from workflows.many_views import blueprint as many_blueprint
from workflows.many_views import picked_link
from workflows.missed_views import health_entry, missed_pages
from workflows.on_timeline import runs_part
from workflows.preflight import preflight
from workflows.processes import run_scheduler, run_worker
from workflows.pulse import check_loops
from workflows.run_views import blueprint as runs_blueprint
from workflows.run_views import record_link
from workflows.run_ways import MISSED, RUNS
from workflows.stuck import check_events
from workflows.stuck_views import stuck_pages, try_events
from workflows.sweeping import clear_events, clear_occurrences, clear_runs
from workflows.tables import workflow_run
from workflows.trace_api import blueprint as trace_api
from workflows.trace_views import blueprint as trace_pages
from workflows.trace_views import check_link, compare_link, rule_why_link, why_link
from workflows.trace_ways import TRACE
from workflows.views import blueprint, menu_entry

ACTIONS: Mapping[str, Action] = {
    'send_mail': SendMail(), 'create_record': CreateRecord(), 'update_record': UpdateRecord(), 'delete_record': DeleteRecord(),
    'move_stage': MoveStage(), 'tag': Tag(), 'wait': Wait(), 'branch': Branch(), 'for_each': ForEach(),
    'start_workflow': StartWorkflow(), 'stop': Stop(), 'webhook': Webhook(), 'send_sms': SendSms(),
    'send_zns': SendZns(),
    'notify': Notify(), 'assign': Assign(), 'share': Share(),
    'relate': Relate(),
    'create_task': CreateTask(), 'create_appointment': CreateAppointment(),
}  # fmt: skip


def register(registries: Registries) -> None:
    for name, action in ACTIONS.items():
        registries.actions.register(name, action, owner=__name__)
    register_actions(registries)
    registries.doctor.register('actions', check_actions, owner=__name__)
    registries.operations.register('workflow', StartMany(), owner=__name__)
    registries.blueprints.register('workflow_many', many_blueprint, owner=__name__)
    registries.picked_links.register('workflows', picked_link, owner=__name__)
    registries.rule_facts.register('runs', run_facts, owner=__name__)
    registries.rule_links.register('ahead', ahead_link, owner=__name__)
    registries.rule_links.register('back', back_link, owner=__name__)
    registries.commands.register('workflow', workflow, owner=__name__)
    registries.processes.register('worker', run_worker, owner=__name__)
    registries.processes.register('scheduler', run_scheduler, owner=__name__)
    registries.blueprints.register('workflows', blueprint, owner=__name__)
    registries.blueprints.register('workflow_runs', runs_blueprint, owner=__name__)
    registries.timeline.register('workflows', runs_part, owner=__name__)
    registries.presence.register('workflows', sa.exists().where(workflow_run.c.record_uid == RECORD_UID), owner=__name__)
    registries.record_links.register('workflows', record_link, owner=__name__)
    registries.blueprints.register('workflow_trace', trace_pages, owner=__name__)
    registries.blueprints.register('workflow_trace_api', trace_api, owner=__name__)
    registries.record_links.register('workflow_why', why_link, owner=__name__)
    registries.ways_out.register('workflow_trace', TRACE, owner=__name__)
    registries.rule_links.register('compare', compare_link, owner=__name__)
    registries.rule_links.register('check', check_link, owner=__name__)
    registries.rule_links.register('why', rule_why_link, owner=__name__)
    registries.menu.register('workflows', menu_entry, owner=__name__)
    registries.blueprints.register('workflow_missed', missed_pages, owner=__name__)
    registries.menu.register('health', health_entry, owner=__name__)
    registries.doctor.register('loops', check_loops, owner=__name__)
    registries.ways_out.register('runs', RUNS, owner=__name__)
    registries.ways_out.register('missed', MISSED, owner=__name__)
    registries.blueprints.register('workflow_events', stuck_pages, owner=__name__)
    registries.doctor.register('events', check_events, owner=__name__)
    stuck = WayOut({'en': 'Events that failed', 'vi': 'Sự kiện lỗi'}, ('workflow_events.listed',), (try_events,), each='person')
    registries.ways_out.register('stuck', stuck, owner=__name__)
    reason = 'states of processes and decisions about what was missed, for administrators; no record is read'
    own = ('workflow_missed.answered', 'workflow_missed.health', 'workflow_events.answered')
    registries.no_ways_out.register('health', NoWayOut(reason, own), owner=__name__)
    registries.preflights.register('workflows', preflight, owner=__name__)
    registries.retention.register('events', Sweep('outbox_days', clear_events), owner=__name__)
    registries.retention.register('runs', Sweep('trace_days', clear_runs), owner=__name__)
    registries.retention.register('ledger', Sweep('trace_days', clear_occurrences), owner=__name__)
