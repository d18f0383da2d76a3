"""`/workflows/events`: events that could not be turned into runs, for administrators to try again or give up."""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from modules.people.pages import require_admin
from modules.records.leftovers import titles_of
from modules.web.pinning import require_actor
from permissions.policy import HIDDEN_LABEL
from schema.base.errors import Invalid
from schema.base.numbers import LARGEST_ID, whole
from workflows.stuck import Answer, StuckEvent, answer_stuck, list_stuck
from workflows.wording import event_words

stuck_pages = Blueprint('workflow_events', __name__, template_folder='templates')
SAVED = 303


@stuck_pages.get('/workflows/events')
def listed() -> str:
    """Those that wait for a person first, then those that are tried again by themselves."""
    runtime, actor = require_admin(), require_actor()
    with runtime.database.reading() as connection:
        rows = list_stuck(connection)
    with runtime.reader(actor, g.catalog) as reader:
        reached = titles_of(reader, [(row.entity_ref, row.record_uid) for row in rows])
    return render_template('workflows/events.html', rows=[_shown(row, reached) for row in rows], zone=actor.zone)


@stuck_pages.post('/workflows/events')
def answered() -> ResponseReturnValue:
    """`answer` retry or drop, for the `ids` that are ticked. Raises: Invalid WFL-E042, WFL-E044."""
    runtime = require_admin()
    wanted = cast(Answer, request.form.get('answer', ''))
    ids = [number for each in request.form.getlist('ids') if (number := whole(each, LARGEST_ID)) is not None]
    if not ids:
        raise Invalid.of('WFL-E044', '/ids')
    with runtime.database.session() as session:
        done = answer_stuck(session, wanted, ids)
    runtime.nudge()
    told = ngettext('%(num)s event is tried again', '%(num)s events are tried again', done)
    flash(told if wanted == 'retry' else ngettext('%(num)s event is given up', '%(num)s events are given up', done), 'ok')
    return redirect('/workflows/events', SAVED)


def try_events(visit: Any) -> None:
    """What failed, which names records."""
    visit.read('/workflows/events')


def _shown(row: StuckEvent, reached: Any) -> dict[str, Any]:
    entity, place = g.catalog.by_ref.get(row.entity_ref), (row.entity_ref, row.record_uid)
    return {
        'id': row.id, 'title': reached.get(place, HIDDEN_LABEL), 'event': event_words().get(row.name, row.name), 'at': row.at,
        'href': f'/{entity.key}/{row.record_uid}' if entity is not None and place in reached else '',
        'attempts': row.attempts, 'reason': row.reason[:300] if place in reached else '', 'again_at': row.again_at,
    }  # fmt: skip
