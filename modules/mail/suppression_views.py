"""`/unsubscribe/<token>` for whoever got a message, and `/settings/suppressions` for administrators: who is left in peace.

The token alone opens the first: RFC 8058 lets mail programs ask with a POST of their own, and reading the page changes nothing,
for programs that look after safety open every link of a mail.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.installation.service import read_installation
from modules.mail.suppression import PAGE, Subscriber, list_suppressed, read_link, release, suppress, suppressed
from modules.people.forms import NO_ERRORS, Errors, Input, errors_of
from modules.people.pages import require_admin, tongue
from modules.runtime import Runtime
from modules.web.pages.context import whole_number
from modules.web.speaking import speaking
from schema.base.audit import note
from schema.base.clock import SystemClock
from schema.base.errors import Invalid

suppression_pages = Blueprint('suppression', __name__, template_folder='templates')
SAVED = 303
ONE_CLICK = 'List-Unsubscribe'


@suppression_pages.get('/unsubscribe/<string:token>')
def ask(token: str) -> str:
    """What the link is about, and a button; nothing is changed yet."""
    runtime: Runtime = current_app.extensions['trellis']
    return _asked(runtime, read_link(runtime.settings, token))


@suppression_pages.post('/unsubscribe/<string:token>')
def decide(token: str) -> ResponseReturnValue:
    """Leave the address in peace; `again=1` takes that back, but never what an administrator blocked."""
    runtime: Runtime = current_app.extensions['trellis']
    whom = read_link(runtime.settings, token)
    with runtime.database.session() as session:
        if request.form.get('again'):
            release(session, whom.channel, whom.address, only='unsubscribed')
        else:
            now = SystemClock().now()
            suppress(session, whom.channel, whom.address, 'unsubscribed', at=now, source='link')
    if ONE_CLICK in request.form:
        return Response('unsubscribed\n', mimetype='text/plain')
    return _asked(runtime, whom)


def _asked(runtime: Runtime, whom: Subscriber) -> str:
    with runtime.database.reading() as connection:
        reason, company = suppressed(connection, whom.channel, whom.address), read_installation(connection)
    with speaking(whom.locale):
        return render_template(
            'mail/unsubscribe.html',
            address=whom.address,
            reason=reason,
            locale=whom.locale,
            company=company.name_in(whom.locale),
        )


@suppression_pages.route('/settings/suppressions', methods=['GET', 'POST'])
def suppressions() -> ResponseReturnValue:
    """Addresses that get nothing, newest first, and a form that blocks one."""
    runtime = require_admin()
    if request.method == 'GET':
        return _page(runtime, NO_ERRORS)
    address, channel = request.form.get('address', ''), request.form.get('channel', 'mail')
    try:
        with runtime.database.session() as session:
            now = runtime.clock.now()
            if suppress(session, channel, address, 'blocked', at=now, source=g.actor.name):
                _note(session, address, {'old': None, 'new': channel}, now)
    except Invalid as error:
        return _page(runtime, errors_of(error.findings, _inputs(), tongue())), error.status
    flash(_('Address blocked'), 'ok')
    return redirect('/settings/suppressions', SAVED)


@suppression_pages.post('/settings/suppressions/remove')
def remove() -> ResponseReturnValue:
    runtime = require_admin()
    address, channel = request.form.get('address', '')[:320], request.form.get('channel', '')[:10]
    with runtime.database.session() as session:
        if release(session, channel, address):
            _note(session, address, {'old': channel, 'new': None}, runtime.clock.now())
    flash(_('Messages may go there again'), 'ok')
    return redirect('/settings/suppressions', SAVED)


def _note(session: Any, address: str, value: dict[str, Any], now: Any) -> None:
    told = {'name': {'en': f'Address without messages {address}', 'vi': f'Địa chỉ không nhận tin {address}'}, 'value': value}
    note(session, 'setting_changed', actor=g.actor, subject='suppression', params=told, now=now)


def _page(runtime: Runtime, errors: Errors) -> str:
    search, page = request.args.get('search', '')[:100], max(whole_number('page', 1), 1)
    with runtime.database.reading() as connection:
        rows = list_suppressed(connection, search, PAGE + 1, (page - 1) * PAGE)
    return render_template(
        'mail/suppressions.html', rows=rows[:PAGE], more=len(rows) > PAGE, page=page, search=search, errors=errors,
        inputs=_inputs(), values=request.form or {'channel': 'mail'},
        reasons={'unsubscribed': _('unsubscribed'), 'blocked': _('blocked')},
        channels=_channels(), zone=g.actor.zone,
    )  # fmt: skip


def _channels() -> dict[str, str]:
    return {'mail': _('E-mail'), 'sms': _('SMS'), 'zns': _('Zalo')}


def _inputs() -> list[Input]:
    options = [{'key': key, 'label': label, 'hue': 0, 'retired': False} for key, label in _channels().items()]
    return [
        Input('address', _('Address or phone number'), required=True, max_length=320),
        Input('channel', _('Channel'), 'picklist', required=True, options=options),
    ]
