"""The page of outgoing mails: what went out, what is kept back, and the doubtful ones that a person decides about."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.mail.deciding import KINDS, decide, state_words
from modules.mail.server import mail_server
from modules.mail.service import PAGE, count_by_state, list_messages, mark_sent, release_held, send_again
from modules.mail.tables import STATES
from modules.records.leftovers import reads_whole, titles_of
from modules.runtime import Runtime
from modules.web.failures import locale
from modules.web.pinning import require_actor
from permissions.policy import HIDDEN_LABEL, Policy
from schema.base.findings import Finding

blueprint = Blueprint('mail', __name__, template_folder='templates')


@blueprint.get('/mail/')
def outgoing() -> str:
    """Newest first; `?state=` narrows, `?before=` is the last id of the page before."""
    actor, runtime = require_actor(), _runtime()
    state = request.args.get('state')
    state = state if state in STATES else None
    with runtime.database.reading() as connection:
        counts = count_by_state(connection)
        rows = list_messages(connection, state=state, before=request.args.get('before'))
    with runtime.reader(actor, g.catalog) as reader:
        reached = titles_of(reader, [(row.entity_ref, row.record_uid) for row in rows if row.entity_ref and row.record_uid])
    return render_template(
        'mail/outgoing.html',
        mails=[_shown(row, open_=_is_open(row, reached)) for row in rows],
        counts=counts,
        state=state,
        states=state_words(),
        kinds=KINDS,
        zone=actor.zone,
        configured=mail_server(runtime.settings) is not None,
        following=rows[-1].id if len(rows) == PAGE else None,
    )


@blueprint.post('/mail/<string:uid>/again')
def again(uid: str) -> ResponseReturnValue:
    """Send an uncertain or failed mail once more, by a person's decision."""
    return decide(_runtime(), lambda session, now: send_again(session, uid, now), _('It is sent again'), '/mail/')


@blueprint.post('/mail/<string:uid>/arrived')
def arrived(uid: str) -> ResponseReturnValue:
    """An uncertain mail is known to have arrived."""
    return decide(_runtime(), lambda session, now: mark_sent(session, uid, now), _('Marked as sent'), '/mail/')


@blueprint.post('/mail/release')
def release() -> ResponseReturnValue:
    """Let the mails go that were kept back while no server was set."""
    return decide(_runtime(), release_held, _('The held mails are sent now'), '/mail/')


def menu_entry(policy: Policy) -> dict[str, Any] | None:
    """Outgoing mails, for administrators."""
    return {'key': 'mail', 'label': _('Outgoing mail'), 'href': '/mail/', 'icon': 'mail'} if policy.can_admin else None


def _runtime() -> Runtime:
    require_actor()
    g.policy.require_admin()
    runtime: Runtime = g.runtime
    return runtime


def _is_open(row: Any, reached: Any) -> bool:
    """What stands in a mail is for whoever reads the record's every field, for a template may have named any."""
    if not row.entity_ref:
        return True
    return (row.entity_ref, row.record_uid) in reached and reads_whole(g.policy, g.catalog.by_ref.get(row.entity_ref))


def _shown(row: Any, *, open_: bool) -> dict[str, Any]:
    """A mail about a record that is out of the administrator's reach tells neither its receiver nor its subject."""
    found = Finding(row.error['code'], row.error['pointer'], row.error['params']) if row.error else None
    return {
        'id': row.id,
        'recipient': row.recipient if open_ else HIDDEN_LABEL,
        'subject': row.subject if open_ else HIDDEN_LABEL,
        'state': row.state,
        'at': row.sent_at or row.created_at,
        'attempts': row.attempts,
        'problem': found.text(locale()) if found else '',
        'hint': found.hint_text(locale()) if found else '',
    }
