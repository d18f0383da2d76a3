"""The action `start_workflow`: another workflow runs on the same record, in the chain of this one."""

from __future__ import annotations

from modules.records.store import Store
from schema.base.findings import Finding, finding, nearest
from schema.catalog import Catalog, Entity
from schema.definitions import Document
from workflows.actions.base import Call, Done, LeftOut, Onward, present_record
from workflows.actions.steering import Steer, Steering
from workflows.definitions import rules_of
from workflows.runs import Start, add_run_once


class StartWorkflow(Steering):
    """`{"workflow": "welcome"}`: another workflow runs on the same record, in the chain of this one."""

    def check(self, step: Document, entity: Entity, catalog: Catalog) -> list[Finding]:
        known = [key for key, each in catalog.workflows.items() if each.entity == entity.key]
        name = str(step.get('workflow'))
        return [] if name in known else [finding('WFL-E014', '/workflow', value=name[:60], hint=nearest(name, known))]

    def preview(self, call: Call) -> Steer:
        present_record(call)
        name = call.step.document['workflow']
        rule = rules_of(call.catalog).usable.get(name)
        if rule is None or not rule.enabled:
            raise LeftOut(finding('WFL-E014', value=name[:60], hint='', level='warning'))
        return Steer(Onward(), {'workflow': name})

    def perform(self, call: Call, effect: Steer, store: Store) -> Done:
        rule = rules_of(call.catalog).usable[call.step.document['workflow']]
        start = Start(
            f'call-{call.key}',
            call.record_uid,
            {'workflow': call.rule.ref, 'run': call.run_id},
            (*call.cause, call.run_id),
            lane=call.lane,
        )
        started = add_run_once(store.session, rule, start, call.wall.now())
        return Done({**effect.told, 'run': started}, effect.turn)
