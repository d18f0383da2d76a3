"""`/settings/messaging`: who sends SMS and Zalo messages, for administrators. Shows no secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.hooks.views import tabs
from modules.messaging.model import CHANNELS, Provider
from modules.messaging.providers import PROVIDERS, of_channel
from modules.messaging.service import Chosen, read_provider, save_provider
from modules.people.forms import NO_ERRORS, Errors, Input, errors_of
from modules.people.pages import require_admin, tongue
from modules.runtime import Runtime
from modules.web.failures import locale
from modules.web.pinning import require_actor
from schema.base.errors import Invalid
from schema.base.findings import Finding
from schema.base.sealing import NAMED_SECRETS, Seal
from schema.definitions import in_locale

blueprint = Blueprint('messaging', __name__, template_folder='templates')
SAVED = 303


@blueprint.get('/settings/messaging')
def index() -> str:
    """A form for each channel; `?sms=` and `?zns=` choose the provider whose settings it asks for."""
    return _page(require_admin(), NO_ERRORS, {}, '')


@blueprint.post('/settings/messaging')
def save() -> ResponseReturnValue:
    runtime = require_admin()
    key = request.form.get('provider', '')[:40]
    try:
        with runtime.database.session() as session:
            seal, now = Seal(runtime.settings.secret_key, NAMED_SECRETS), runtime.clock.now()
            freed = save_provider(session, seal, key, _given(key), actor=require_actor(), now=now)
    except Invalid as error:
        provider = PROVIDERS.get(key)
        if provider is None:
            raise
        located = [Finding(each.code, f'/{provider.channel}.{each.pointer[1:]}', each.params) for each in error.findings]
        errors = errors_of(located, _inputs(provider, frozenset()), tongue())
        return _page(runtime, errors, request.form, provider.channel), error.status
    runtime.nudge()
    flash(_('Saved; %(number)s messages that waited go out', number=freed) if freed else _('Provider saved'), 'ok')
    return redirect('/settings/messaging', SAVED)


def _given(key: str) -> dict[str, str]:
    """What was typed, by the keys of the provider; two forms stand on the page, so names begin with the channel."""
    provider = PROVIDERS.get(key)
    names = {each.key: f'{provider.channel}.{each.key}' for each in provider.fields} if provider else {}
    return {name: request.form.get(sent, '') for name, sent in names.items()}


def _page(runtime: Runtime, errors: Errors, typed: Mapping[str, str], wrong: str) -> str:
    with runtime.database.reading() as connection:
        chosen = {channel: read_provider(connection, channel) for channel in CHANNELS}
    forms = [
        _form(channel, chosen[channel], errors if channel == wrong else NO_ERRORS, typed if channel == wrong else {})
        for channel in CHANNELS
    ]
    return render_template('messaging/providers.html', channels=forms, tabs=tabs('messaging'), zone=g.actor.zone)


def _form(channel: Any, chosen: Chosen | None, errors: Errors, typed: Mapping[str, str]) -> dict[str, Any]:
    offered = of_channel(channel)
    wished = typed.get('provider') or request.args.get(channel) or (chosen.provider.key if chosen else offered[0].key)
    provider = next((each for each in offered if each.key == wished), offered[0])
    stays = chosen is not None and chosen.provider.key == provider.key
    values = {each.key: each.default for each in provider.fields if not each.secret}
    if chosen is not None and stays:
        values |= chosen.values
    values = {f'{channel}.{key}': value for key, value in values.items()}
    problem = chosen.problem if chosen else None
    return {
        'channel': channel, 'label': in_locale(CHANNELS[channel], locale()), 'provider': provider.key, 'errors': errors,
        'options': [{'key': each.key, 'label': in_locale(each.label, locale())} for each in offered],
        'inputs': _inputs(provider, chosen.sealed if chosen and stays else frozenset()),
        'typed': {**values, **{key: value for key, value in typed.items() if key in values}},
        'is_set': chosen is not None and stays, 'token_until': chosen.token_until if chosen and stays else None,
        'problem': f'{problem.text(locale())} {problem.hint_text(locale())}' if problem else '',
    }  # fmt: skip


def _inputs(provider: Provider, sealed: frozenset[str]) -> list[Input]:
    return [_input(provider, each, sealed) for each in provider.fields]


def _input(provider: Provider, each: Any, sealed: frozenset[str]) -> Input:
    label, told, key = in_locale(each.label, locale()), in_locale(each.help, locale()), f'{provider.channel}.{each.key}'
    if each.secret:
        is_there = each.key in sealed
        told = ' '.join(filter(None, (told, _('One is kept; leave it blank to keep it.') if is_there else '')))
        needed = each.required and not is_there
        return Input(key, label, 'password', required=needed, help=told, inputs={'autocomplete': 'new-password'})
    if each.choices:
        options = [
            {'key': value, 'label': in_locale(text, locale()), 'hue': 0, 'retired': False} for value, text in each.choices
        ]
        return Input(key, label, 'picklist', required=True, options=options, help=told)
    return Input(key, label, required=each.required, help=told, max_length=500)
