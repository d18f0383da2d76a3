"""The action `for_each`: a run of its own for each related record; the step waits for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from modules.records.model import ListQuery, Record, Sort
from schema.base.errors import Invalid
from schema.values import Links
from workflows.actions.base import Call, Onward, Park, Spread, present_record
from workflows.actions.steering import Steer, Steering
from workflows.tables import workflow_run

MOST_RELATED = 1000
LOOK_AGAIN = timedelta(hours=1)  # the last run of the loop wakes the step; this is for what could not


class ForEach(Steering):
    """`{"related": {"entity": "task", "field": "opportunity"}, "condition": …, "steps": […]}`: a run of its own for each,
    so that one that fails is listed and the others go on."""

    def preview(self, call: Call) -> Steer:
        if call.kept is not None:
            return self._gathered(call)
        uids = _related(call, present_record(call))
        if len(uids) > MOST_RELATED:
            raise Invalid.of('WFL-E021', '/related', most=MOST_RELATED)
        return Steer(Spread(uids), {'records': len(uids)}) if uids else Steer(Onward(), {'records': 0})

    def _gathered(self, call: Call) -> Steer:
        """After a pause: on when every run of the loop has ended, else again at the next word of one of them."""
        runs = workflow_run
        counted = sa.select(runs.c.state, sa.func.count()).where(runs.c.parent_step_id == call.step_id).group_by(runs.c.state)
        with call.runtime.database.reading() as connection:
            states: dict[str, int] = {row[0]: row[1] for row in connection.execute(counted)}
        told = {'records': sum(states.values()), 'failed': states.get('failed', 0) + states.get('stopped', 0)}
        if states.get('running'):
            return Steer(Park(call.wall.now() + LOOK_AGAIN), told)
        return Steer(Onward(), told)


def _related(call: Call, record: Record) -> Sequence[str]:
    """Uids of the records of a loop that the actor may see, in order of their making; one more than allowed at most."""
    related, inside = call.step.document['related'], call.rule.loops[call.step.key]
    condition: Any = call.step.document.get('condition')
    with call.runtime.reader(call.actor, call.catalog) as reader:
        if 'entity' in related:
            points_here: Mapping[str, Any] = {'field': related['field'], 'op': 'eq', 'value': record.uid}
            if inside.field(related['field']).type.key == 'links':
                points_here = {'field': related['field'], 'op': 'has_any', 'value': [record.uid]}
            chosen: Any = {'all': [points_here, *([condition] if condition else ())]}
        else:
            held = reader.get(call.entity.key, record.uid, (related['field'],)).values.get(related['field'])
            uids = [each.uid for each in held.links] if isinstance(held, Links) else [held.uid] if held else []
            chosen = {'all': [{'field': 'uid', 'op': 'in', 'value': uids}, *([condition] if condition else ())]}
            if not uids:
                return ()
        query = ListQuery(filter=chosen, columns=('uid',), sort=(Sort('created_at'),))
        first = next(reader.stream(inside.key, query, MOST_RELATED + 1), [])
        return [each.uid for each in first]
