"""Pages of connections for administrators: what was delivered, named secrets, addresses for others. Decides no right."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.hooks import addresses as standing
from modules.hooks.secrets import list_secrets, remove_secret, save_secret
from modules.hooks.service import PAGE, count_by_state, kept_finding, list_deliveries, mark_sent, send_again
from modules.hooks.tables import STATES
from modules.mail.deciding import KINDS, decide, state_words
from modules.people.forms import NO_ERRORS, Errors, Input, errors_of
from modules.people.pages import require_admin, tongue
from modules.records.leftovers import reads_whole, titles_of
from modules.runtime import Runtime
from modules.web.failures import locale
from modules.web.pinning import require_actor
from permissions.policy import HIDDEN_LABEL, Policy
from schema.base.errors import Conflict, Invalid, NotFound
from schema.base.sealing import NAMED_SECRETS, Seal
from schema.definitions import in_locale

blueprint = Blueprint('hooks', __name__, template_folder='templates')
SAVED = 303


@blueprint.get('/deliveries/')
def deliveries() -> str:
    """Newest first; `?state=` narrows, `?before=` is the last id of the page before."""
    runtime, actor = require_admin(), require_actor()
    state = request.args.get('state')
    state = state if state in STATES else None
    with runtime.database.reading() as connection:
        counts = count_by_state(connection)
        rows = list_deliveries(connection, state=state, before=request.args.get('before', '')[:36])
    with runtime.reader(actor, g.catalog) as reader:
        reached = titles_of(reader, [(row.entity_ref, row.record_uid) for row in rows if row.entity_ref and row.record_uid])
    return render_template(
        'hooks/deliveries.html', rows=[_shown(runtime, row, reached) for row in rows], counts=counts, state=state,
        words=state_words(), kinds=KINDS, zone=actor.zone, following=rows[-1].id if len(rows) == PAGE else None,
        tabs=tabs('deliveries'),
    )  # fmt: skip


@blueprint.post('/deliveries/<string:uid>/again')
def again(uid: str) -> ResponseReturnValue:
    """Send once more what is uncertain or failed, by a person's decision."""
    return decide(
        require_admin(), lambda session, now: send_again(session, uid, now), _('It is sent again'), '/deliveries/'
    )  # fmt: skip


@blueprint.post('/deliveries/<string:uid>/arrived')
def arrived(uid: str) -> ResponseReturnValue:
    """What was uncertain is known to have arrived."""
    return decide(require_admin(), lambda session, now: mark_sent(session, uid, now), _('Marked as sent'), '/deliveries/')


@blueprint.route('/settings/secrets', methods=['GET', 'POST'])
def secrets() -> ResponseReturnValue:
    """Names of secrets, and a form that makes one or replaces it; no page ever shows one."""
    runtime = require_admin()
    if request.method == 'GET':
        return _secrets_page(runtime, NO_ERRORS)
    name = request.form.get('name', '').strip()
    try:
        with runtime.database.session() as session:
            seal, now = Seal(runtime.settings.secret_key, NAMED_SECRETS), runtime.clock.now()
            save_secret(session, seal, name, request.form.get('text', '').strip(), actor=require_actor(), now=now)
    except Invalid as error:
        return _secrets_page(runtime, errors_of(error.findings, _secret_inputs(), tongue()), name), error.status
    flash(_('Secret saved'), 'ok')
    return redirect('/settings/secrets', SAVED)


@blueprint.post('/settings/secrets/<string:name>/remove')
def drop_secret(name: str) -> ResponseReturnValue:
    runtime = require_admin()
    try:
        with runtime.database.session() as session:
            remove_secret(session, name, actor=require_actor(), now=runtime.clock.now())
    except NotFound as error:
        flash(error.findings[0].text(locale()), 'bad')
    else:
        flash(_('Secret removed'), 'ok')
    return redirect('/settings/secrets', SAVED)


@blueprint.get('/settings/hooks')
def addresses() -> str:
    """Workflows that calls from outside start, and the addresses of each."""
    return _addresses_page(require_admin(), '')


@blueprint.post('/settings/hooks')
def new_address() -> ResponseReturnValue:
    """Make an address and show it, this once."""
    runtime = require_admin()
    try:
        with runtime.database.session() as session:
            key, now = request.form.get('workflow', '')[:60], runtime.clock.now()
            made = standing.make_address(session, g.catalog, key, actor=require_actor(), now=now)
    except Invalid as error:
        flash(f'{error.findings[0].text(locale())} {error.findings[0].hint_text(locale())}', 'bad')
        return redirect('/settings/hooks', SAVED)
    return _addresses_page(runtime, f'{runtime.settings.base_url}/hooks/{made.token}')


@blueprint.post('/settings/hooks/<string:address_id>/withdraw')
def withdraw(address_id: str) -> ResponseReturnValue:
    runtime = require_admin()
    try:
        with runtime.database.session() as session:
            standing.withdraw_address(session, g.catalog, address_id, actor=require_actor(), now=runtime.clock.now())
    except Conflict as error:
        flash(error.findings[0].text(locale()), 'bad')
    else:
        flash(_('Address withdrawn'), 'ok')
    return redirect('/settings/hooks', SAVED)


def menu_entry(policy: Policy) -> dict[str, Any] | None:
    """Connections to other programs, for administrators."""
    return (
        {'key': 'connections', 'label': _('Connections'), 'href': '/deliveries/', 'icon': 'plug'} if policy.can_admin else None
    )


def tabs(active: str) -> list[dict[str, Any]]:
    """The pages of connections, as `parts.tabs` takes them."""
    pages = (
        ('deliveries', _('Deliveries'), '/deliveries/'), ('secrets', _('Secrets'), '/settings/secrets'),
        ('hooks', _('Calls from outside'), '/settings/hooks'), ('messaging', _('SMS and Zalo'), '/settings/messaging'),
    )  # fmt: skip
    return [{'label': label, 'href': href, 'active': key == active} for key, label, href in pages]


def _shown(runtime: Runtime, row: Any, reached: Any) -> dict[str, Any]:
    """A delivery about a record that is out of the administrator's reach tells neither where it went nor what it said."""
    there, found = (row.entity_ref, row.record_uid) in reached, kept_finding(row.error)
    open_ = not row.entity_ref or (there and reads_whole(g.policy, g.catalog.by_ref.get(row.entity_ref)))
    entity = g.catalog.by_ref.get(row.entity_ref) if row.entity_ref else None
    channel = runtime.registries.channels.find(row.channel)
    return {
        'id': row.id, 'channel': in_locale(channel.label, locale()) if channel else row.channel,
        'target': row.target if open_ else HIDDEN_LABEL, 'summary': row.summary if open_ else HIDDEN_LABEL,
        'title': reached.get((row.entity_ref, row.record_uid), ''), 'state': row.state, 'at': row.sent_at or row.created_at,
        'href': f'/{entity.key}/{row.record_uid}' if entity and (row.entity_ref, row.record_uid) in reached else '',
        'run': f'/workflows/runs/{row.run_id}' if row.run_id else '', 'attempts': row.attempts,
        'problem': found.text(locale()) if found else '', 'hint': found.hint_text(locale()) if found else '',
        'answer': str((row.told or {}).get('answer', ''))[:300] if open_ else '',
    }  # fmt: skip


def _secret_inputs() -> list[Input]:
    name_help = _('Small letters without marks, digits and _; steps of workflows name it so.')
    return [
        Input('name', _('Name'), required=True, max_length=60, help=name_help, placeholder='shop_key'),
        Input('text', _('Secret'), 'password', required=True, inputs={'autocomplete': 'new-password'},
              help=_('It is sealed and never shown again. A name that is there gets the new one.')),
    ]  # fmt: skip


def _secrets_page(runtime: Runtime, errors: Errors, name: str = '') -> str:
    with runtime.database.reading() as connection:
        kept = list_secrets(connection)
    return render_template(
        'hooks/secrets.html', rows=[{'kept': each, 'used': _users_of(each.name)} for each in kept], inputs=_secret_inputs(),
        values={'name': name}, errors=errors, zone=require_actor().zone, tabs=tabs('secrets'),
    )  # fmt: skip


def _users_of(name: str) -> list[str]:
    """Labels of the live workflows that name a secret."""
    return [each.label.get(locale()) or each.key for each in g.catalog.workflows.values() if names_secret(each.document, name)]


def names_secret(node: Any, name: str) -> bool:
    """Whether a document names a secret anywhere."""
    if isinstance(node, dict):
        return node.get('secret') == name or any(names_secret(each, name) for each in node.values())
    return isinstance(node, list) and any(names_secret(each, name) for each in node)


def _addresses_page(runtime: Runtime, made: str) -> str:
    with runtime.database.reading() as connection:
        rows = standing.list_addresses(connection)
    started = [each for each in g.catalog.workflows.values() if each.trigger.get('type') == 'webhook']
    labels = {each.ref: in_locale(each.label, locale()) or each.key for each in g.catalog.workflows.values()}
    return render_template(
        'hooks/addresses.html', made=made, zone=require_actor().zone, tabs=tabs('hooks'),
        rows=[{'row': row, 'workflow': labels.get(row.workflow_ref, _('no longer there'))} for row in rows],
        workflows=[
            {'key': each.key, 'label': labels[each.ref], 'enabled': each.enabled, 'signed': bool(each.trigger.get('secret'))}
            for each in started
        ],
    )  # fmt: skip
