"""The action `move_stage`: the run's own record enters a stage."""

from __future__ import annotations

from schema.base.findings import Finding, finding, nearest
from schema.catalog import Catalog, Entity
from schema.definitions import Document
from workflows.actions.base import Call, present_record
from workflows.actions.update_record import UpdateRecord
from workflows.actions.writing import Writing


class MoveStage(UpdateRecord):
    """`{"type": "move_stage", "stage": "negotiation"}`; the gates of the stage are asked as of everybody."""

    def check(self, step: Document, entity: Entity, catalog: Catalog) -> list[Finding]:
        known = [stage.key for pipeline in entity.definition.pipelines for stage in pipeline.stages]
        if entity.stage is None or step.get('stage') not in known:
            name = str(step.get('stage'))
            return [finding('WFL-E003', '/stage', value=name[:60], hint=nearest(name, known))]
        return []

    def preview(self, call: Call) -> Writing:
        present_record(call)
        assert call.entity.stage is not None
        return Writing(call.entity.key, {call.entity.stage.key: call.step.document['stage']})
