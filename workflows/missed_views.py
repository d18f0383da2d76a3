"""`/workflows/missed/<key>`: what an outage kept from going out, for administrators to send or drop, and `/settings/health`."""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from modules.mail.service import count_by_state
from modules.people.pages import require_admin, tongue
from modules.runtime import Runtime
from modules.web.pinning import require_actor
from permissions.policy import HIDDEN_LABEL, Policy
from schema.base.clock import SystemClock
from schema.base.errors import Invalid
from schema.base.findings import finding
from schema.base.numbers import LARGEST_ID, whole
from schema.fieldtypes.days import moment_text
from workflows.definitions import Rule
from workflows.dispatcher import oldest_unfinished
from workflows.missed import PAGE, Answer, Asked, answer, count_asked, list_asked
from workflows.pulse import PATIENCE, Loop, list_loops
from workflows.queues import waiting_by_lane
from workflows.service import get_rule
from workflows.stuck import count_failed

missed_pages = Blueprint('workflow_missed', __name__, template_folder='templates')
SAVED = 303


@missed_pages.get('/workflows/missed/<string:key>')
def listed(key: str) -> str:
    """Oldest first, a page at a time; what is answered goes, so that the next are always on the first page."""
    runtime, rule = require_admin(), get_rule(g.catalog, key)
    with runtime.database.reading() as connection:
        rows, total = list_asked(connection, rule), count_asked(connection).get(rule.ref, 0)
    titles = _titles(runtime, rule, rows)
    return render_template(
        'workflows/missed.html', rule=rule.definition, key=key, total=total, more=total > PAGE,
        rows=[_shown(rule, each, titles) for each in rows],
    )  # fmt: skip


@missed_pages.post('/workflows/missed/<string:key>')
def answered(key: str) -> ResponseReturnValue:
    """`answer` send or drop, for the `ids` that are ticked or for `all`."""
    runtime, rule = require_admin(), get_rule(g.catalog, key)
    wanted = cast(Answer, request.form.get('answer', ''))
    ids = (
        None
        if request.form.get('all')
        else [number for each in request.form.getlist('ids') if (number := whole(each, LARGEST_ID)) is not None]
    )
    if ids == []:
        raise Invalid(finding('WFL-E044', '/ids'))
    with runtime.database.session() as session:
        done = answer(session, rule, wanted, ids)
    runtime.nudge()
    told = ngettext('%(num)s is sent', '%(num)s are sent', done) if wanted == 'send' else _('%(num)s dropped', num=done)
    flash(told, 'ok')
    return redirect(f'/workflows/missed/{key}', SAVED)


@missed_pages.get('/settings/health')
def health() -> str:
    """Whether scheduler and workers come round, and what waits for them."""
    runtime, now = require_admin(), SystemClock().now()
    with runtime.database.reading() as connection:
        loops, lanes, mails = list_loops(connection), waiting_by_lane(connection, now), count_by_state(connection)
        oldest, failed = oldest_unfinished(connection), count_failed(connection)
    age = max(int((now - oldest).total_seconds()), 0) if oldest else 0
    return render_template(
        'workflows/health.html', loops=[_loop(each, now) for each in loops], lanes=lanes, mails=mails, oldest=age,
        failed=failed, missing=[word for role, word in _roles().items() if role not in {each.role for each in loops}],
        zone=require_actor().zone,
    )  # fmt: skip


def health_entry(policy: Policy) -> dict[str, Any] | None:
    """For administrators."""
    return {'key': 'health', 'label': _('Health'), 'href': '/settings/health', 'icon': 'activity'} if policy.can_admin else None


def _loop(loop: Loop, now: Any) -> dict[str, Any]:
    age = loop.age(now)
    return {
        'role': _roles().get(loop.role, loop.role), 'name': loop.name, 'since': loop.started_at, 'turns': loop.turns,
        'age': int(age.total_seconds()), 'late': age > PATIENCE,
    }  # fmt: skip


def _roles() -> dict[str, str]:
    return {'scheduler': _('Scheduler'), 'calendar': _('Calendar of the scheduler'), 'worker': _('Worker')}


def _titles(runtime: Runtime, rule: Rule, rows: list[Asked]) -> dict[str, str]:
    if g.policy.scope('read', rule.entity.key) == 'none':
        return {}
    with runtime.reader(require_actor(), g.catalog) as reader:
        return dict(reader.titles(rule.entity.key, [each.record_uid for each in rows]))


def _shown(rule: Rule, asked: Asked, titles: dict[str, str]) -> dict[str, Any]:
    reached = asked.record_uid in titles
    return {
        'id': asked.id,
        'title': titles.get(asked.record_uid, HIDDEN_LABEL),
        'href': f'/{rule.entity.key}/{asked.record_uid}' if reached else '',
        'due': moment_text(asked.due_at.astimezone(require_actor().zone), tongue()),
        'entity': rule.entity.definition.label_in(tongue()),
    }
