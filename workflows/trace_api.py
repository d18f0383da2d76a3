"""`/api/v1/workflows/<key>/…`: coming and past days, versions compared, the check before it is on, why. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, g, request

from modules.api.answers import add_version, answer
from modules.web.failures import locale
from modules.web.pages.context import whole_number
from modules.web.pinning import require_actor
from schema.base.errors import BadRequest
from schema.base.findings import nearest
from workflows.editions import DRAFT, LIVE, Edition, edition
from workflows.explaining import Explained, Line, explain, explain_all
from workflows.machine import NEXT_DAYS, PAST_DAYS, compare, preview, replay
from workflows.preflight import check_edition
from workflows.showing import Showing
from workflows.story import Started

blueprint = Blueprint('workflow_trace_api', __name__, url_prefix='/api/v1')
blueprint.after_request(add_version)
LONGEST = 60


@blueprint.get('/workflows/<string:key>/preview')
def coming_days(key: str) -> Response:
    """`version`, `days`, `after`: what the calendar starts in the coming days, ten at a time. For administrators."""
    of = _edition(key, 'version', 'days', 'after')
    found = preview(g.runtime, of, days=whole_number('days', NEXT_DAYS), after=_given('after'))
    days = {day.isoformat(): count for day, count in sorted(found.days.items())}
    return answer({
        'rows': _rows(of, found.rows), 'days': days, 'fit': found.fit, 'unfit': found.unfit, 'bounded': found.bounded,
        'next': found.next,
    })  # fmt: skip


@blueprint.get('/workflows/<string:key>/replay')
def past_days(key: str) -> Response:
    """`version`, `days`, `after`: what would have started in the past days, ten at a time. For administrators."""
    of = _edition(key, 'version', 'days', 'after')
    found = replay(g.runtime, of, days=whole_number('days', PAST_DAYS), after=_given('after'))
    return answer({'rows': _rows(of, found.rows), 'looked': found.looked, 'next': found.next})


@blueprint.get('/workflows/<string:key>/compare')
def versions_compared(key: str) -> Response:
    """`version` (a number or `draft`), `days`: how the past days differ from what is live. For administrators."""
    theirs = _edition(key, 'version', 'days', default=DRAFT)
    ours = edition(g.runtime, require_actor(), key)
    found = compare(g.runtime, ours, theirs, days=whole_number('days', PAST_DAYS))
    return answer({
        'only_live': _rows(ours, found.ours), 'only_other': _rows(theirs, found.theirs),
        'different': [
            {'live': one, 'other': two}
            for one, two in zip(
                _rows(ours, [one for one, _two in found.different]),
                _rows(theirs, [two for _one, two in found.different]), strict=True,
            )
        ],
        'same': found.same, 'looked': list(found.looked), 'cut': found.cut,
    })  # fmt: skip


@blueprint.post('/workflows/<string:key>/check')
def checked(key: str) -> Response:
    """`version`: what is tried before the workflow is switched on. For administrators."""
    found = check_edition(g.runtime, _edition(key, 'version'))
    return answer({'findings': [each.as_wire(locale()) for each in found]})


@blueprint.get('/workflows/<string:key>/why')
def why_workflow(key: str) -> Response:
    """`uid`: why the workflow did or did not start on the record. For everybody who reads it."""
    _check_names('uid')
    return answer(_explained(explain(g.runtime, require_actor(), key, _given('uid'))))


@blueprint.get('/workflows/why')
def why_all() -> Response:
    """`entity`, `uid`: the same about every workflow over the record."""
    _check_names('entity', 'uid')
    found = explain_all(g.runtime, require_actor(), _given('entity'), _given('uid'))
    return answer({'workflows': [_explained(each) for each in found]})


def _given(name: str, default: str = '') -> str:
    return request.args.get(name, default)[:LONGEST]


def _check_names(*known: str) -> None:
    for name in request.args:
        if name not in known:
            raise BadRequest.of('API-E007', f'/{name[:40]}', value=name[:40], hint=nearest(name[:40], known))


def _edition(key: str, *names: str, default: str = LIVE) -> Edition:
    actor = require_actor()
    g.policy.require_admin()
    _check_names(*names)
    return edition(g.runtime, actor, key, _given('version', default))


def _rows(of: Edition, rows: Sequence[Started]) -> list[dict[str, Any]]:
    with g.runtime.reader(require_actor(), of.catalog) as reader:
        shown = Showing(reader, of.rule.entity, locale(), rows).rows()
    for row in shown:
        row['at'], row['ends_at'] = row['at'].isoformat(), row['ends_at'].isoformat()
        for step in row['steps']:
            step['at'], step['effect'] = step['at'].isoformat(), dict(step['effect'])
    return shown


def _explained(told: Explained) -> dict[str, Any]:
    return {
        'workflow': told.key, 'label': told.label, 'verdict': _line(told.verdict),
        'lines': [_line(each) for each in told.lines],
        'condition': [asdict(each) for each in told.parts], 'as_of': told.as_of.isoformat() if told.as_of else None,
        'hidden': told.hidden,
    }  # fmt: skip


def _line(line: Line) -> dict[str, Any]:
    run = line.run if g.policy.can_admin else ''
    return {'about': line.about, 'good': line.good, 'code': line.found.code, 'text': line.found.text(locale()), 'run': run}
