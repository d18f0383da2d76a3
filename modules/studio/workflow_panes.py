"""The pane beside a workflow's flow: which inputs it shows for a trigger or a step, with what is wrong at each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from modules.studio import workflow_editing
from modules.studio.workflow_choices import drawn
from modules.studio.workflow_shapes import STEPS, TRIGGERS, Input, known_inputs
from modules.studio.workflow_views import Problem, RuleDesk, shape_of
from schema.checks.metaschema import load_metaschemas
from schema.definitions import Document
from schema.loading import bare

TRIGGER = '@trigger'


def pane(desk: RuleDesk, document: Document, chosen: str, problems: Sequence[Problem], asked: str) -> dict[str, Any]:
    """What the pane edits, with the problems of its inputs by keyword. `asked` is the trigger to show, when it is another."""
    mine = [each for each in problems if desk.step_at(document, each['pointer']) == chosen]
    if chosen == TRIGGER:
        trigger, entity = document.get('trigger', {}), str(document.get('entity', ''))
        kind = asked or str(trigger.get('type', 'created'))
        shape = TRIGGERS.get(kind, TRIGGERS['created'])
        part = trigger if kind == trigger.get('type') else dict(shape.begins)
        return {'kind': 'trigger', 'type': kind, 'shape': shape, 'offered': _trigger_kinds(), 'problems': mine,
                'inputs': drawn(desk, known_inputs(shape, allowed('trigger')), part, entity), 'entity': entity,
                **_found(mine, 2, shape.inputs)}  # fmt: skip
    found = workflow_editing.find(document, chosen)
    if found is None:
        return {'kind': chosen.removeprefix('@'), 'problems': mine}
    entity = desk.entity_at(document, chosen)
    kind = str(found.step.get('type', ''))
    depth = found.pointer.count('/')
    return {
        'kind': 'step', 'step': found.step, 'type': kind, 'shape': shape_of(kind), 'entity': entity, 'is_known': kind in STEPS,
        'inputs': drawn(desk, known_inputs(shape_of(kind), allowed('step')), found.step, entity), 'problems': mine,
        **_found(mine, depth + 1, shape_of(kind).inputs), 'entity_label': desk.entity_label(entity),
        'text': json.dumps(bare(found.step), ensure_ascii=False, indent=2), 'cases': found.step.get('cases') or [],
    }  # fmt: skip


def _found(problems: Any, depth: int, inputs: tuple[Input, ...]) -> dict[str, Any]:
    """`found`: the first problem of each input, by the keyword that its pointer names `depth` tokens below the workflow;
    `shown`: their pointers, which need not be told again."""
    names = {each.name for each in inputs} - {'cases'}
    made: dict[str, Any] = {}
    for each in problems:
        tokens = each['pointer'].split('/')[3:]
        if len(tokens) >= depth and tokens[depth - 1] in names:
            made.setdefault(tokens[depth - 1], each)
    return {'found': made, 'shown': [each['pointer'] for each in made.values()]}


def allowed(part: str) -> frozenset[str]:
    """The keywords that definitions know of a `step` or a `trigger`."""
    schema = load_metaschemas()['workflow']
    place = schema['$defs']['step'] if part == 'step' else schema['properties']['trigger']
    return frozenset(place['properties'])


def _trigger_kinds() -> list[dict[str, Any]]:
    known = load_metaschemas()['workflow']['properties']['trigger']['properties']['type']['enum']
    return [{'key': key, 'label': shape.label} for key, shape in TRIGGERS.items() if key in known]
