"""A bulk change that goes on behind the page: the answer that starts watching it, and how far it came. Starts and ends none."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, g, make_response, render_template
from flask_babel import gettext as _
from flask_babel import ngettext

from modules.operations.model import Operation
from modules.operations.telling import done_text
from schema.definitions import in_locale

FIRST_SEEN = 50
"""How many records are gone through before it is said how long the rest takes."""


def started(found: Operation) -> Response:
    """To a dialogue: it closes, the page stays, and `static/web/jobs.js` watches the operation."""
    response: Response = make_response('', 204)
    response.headers['HX-Trigger'] = json.dumps({'job': {'id': found.id}, 'close-dialog': True})
    return response


def progress(found: Operation) -> dict[str, Any]:
    """`{id, entity, over, html, toast}`: the panel while it goes on, the toast with its way back when it is over."""
    entity = g.catalog.by_ref.get(found.entity_ref)
    told = {'id': found.id, 'entity': entity.key if entity else '', 'over': found.over}
    return {**told, 'html': '', 'toast': _toast(found)} if found.over else {**told, 'html': _panel(found), 'toast': None}


def _panel(found: Operation) -> str:
    left = found.counts.get('failed', 0) + found.counts.get('skipped', 0)
    return render_template(
        'operations/_job.html', id=found.id, title=in_locale(found.title, g.actor.locale), seen=found.seen, total=found.total,
        seen_text=_number(found.seen), total_text=_number(found.total) if found.total else '', rest=_rest(found),
        waiting=found.state == 'waiting',
        left=ngettext('%(num)s left as it was', '%(num)s left as they were', left) if left else '',
    )  # fmt: skip


def _toast(found: Operation) -> dict[str, str]:
    """One that left records out leads to the page that says why."""
    if found.state == 'failed':
        return {'kind': 'bad', 'text': _('“%(title)s” was stopped', title=in_locale(found.title, g.actor.locale)),
                'href': f'/operations/{found.id}'}  # fmt: skip
    whole = not found.counts.get('failed')
    back = f'/operations/{found.id}/undo' if found.undoable else ''
    return {'kind': 'ok' if whole else 'warn', 'text': done_text(found), 'undo': back,
            'href': '' if whole else f'/operations/{found.id}'}  # fmt: skip


def _rest(found: Operation) -> str:
    """How long it still takes at the pace it has; nothing before that can be told."""
    if found.started_at is None or not found.total or found.seen < FIRST_SEEN:
        return ''
    passed = (g.runtime.clock.now() - found.started_at).total_seconds()
    seconds = max(1, round(passed * (found.total - found.seen) / found.seen))
    if seconds < 100:
        return ngettext('about %(num)s second more', 'about %(num)s seconds more', seconds)
    return ngettext('about %(num)s minute more', 'about %(num)s minutes more', round(seconds / 60))


def _number(count: int) -> str:
    return f'{count:,}'.replace(',', '.') if g.actor.locale == 'vi' else f'{count:,}'
