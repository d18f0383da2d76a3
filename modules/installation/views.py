"""`/settings/installation`: the page of the installation's settings, for administrators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from modules.installation.declared import BY_KEY, GROUPS, LOCALES, LONGEST_NAME, SETTINGS, Installation, Setting
from modules.installation.service import SettingChange, list_changes, read_installation, save_settings
from modules.people.forms import NO_ERRORS, Errors, Input, errors_of
from modules.people.pages import require_admin, tongue
from modules.runtime import Runtime
from schema.base.errors import TrellisError
from schema.definitions import in_locale
from schema.fieldtypes.days import moment_text
from schema.system_names import actor_text

installation = Blueprint('installation', __name__, template_folder='templates')
SAVED = 303
SHOWN_CHANGES = 20
LANGUAGES = {'vi': 'Tiếng Việt', 'en': 'English'}


@installation.route('/settings/installation', methods=['GET', 'POST'])
def settings() -> ResponseReturnValue:
    runtime = require_admin()
    if request.method == 'GET':
        return _page(runtime, None, NO_ERRORS)
    try:
        with runtime.database.session() as session:
            save_settings(session, _wished(request.form), g.actor, runtime.clock.now())
    except TrellisError as error:
        inputs = [each for group in _groups() for each in group['inputs']]
        return _page(runtime, request.form, errors_of(error.findings, inputs, tongue())), error.status
    flash(_('Settings saved'), 'ok')
    return redirect('/settings/installation', SAVED)


def _wished(form: Mapping[str, str]) -> dict[str, Any]:
    """The settings that the form sent, as the service takes them."""
    wished: dict[str, Any] = {}
    for setting in SETTINGS:
        if setting.kind == 'texts':
            sent = {locale: form[f'{setting.key}.{locale}'] for locale in LOCALES if f'{setting.key}.{locale}' in form}
            wished |= {setting.key: sent} if sent else {}
        elif setting.key in form:
            wished[setting.key] = form[setting.key]
    return wished


def _page(runtime: Runtime, typed: Mapping[str, str] | None, errors: Errors) -> str:
    with runtime.database.reading() as connection:
        present, changes = read_installation(connection), list_changes(connection, SHOWN_CHANGES)
    return render_template(
        'installation/settings.html', groups=_groups(), values=typed or _values(present), errors=errors,
        changes=[_change(each) for each in changes], environment=_environment(runtime),
    )  # fmt: skip


def _groups() -> list[dict[str, Any]]:
    return [
        {'label': in_locale(label, tongue()),
         'inputs': [each for setting in SETTINGS if setting.group == key for each in _inputs(setting)]}
        for key, label in GROUPS.items()
    ]  # fmt: skip


def _inputs(setting: Setting) -> list[Input]:
    label, told = in_locale(setting.label, tongue()), in_locale(setting.help, tongue())
    if setting.kind == 'texts':
        return [
            Input(f'{setting.key}.{locale}', f'{label} ({LANGUAGES[locale]})', max_length=LONGEST_NAME,
                  help=told if locale == LOCALES[-1] else '')
            for locale in LOCALES
        ]  # fmt: skip
    if setting.kind == 'choice':
        options = [{'key': each, 'label': _choice_label(setting, each), 'hue': 0, 'retired': False} for each in setting.choices]
        return [Input(setting.key, label, 'picklist', options=options, help=told)]
    widget = {'address': 'email', 'days': 'integer', 'number': 'integer', 'time': 'time'}[setting.kind]
    return [Input(setting.key, label, widget, help=told)]


def _choice_label(setting: Setting, choice: str) -> str:
    return in_locale(setting.choice_labels.get(choice, {}), tongue()) or LANGUAGES.get(choice, choice)


def _values(present: Installation) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        value = present.value(setting.key)
        if setting.kind == 'texts':
            values |= {f'{setting.key}.{locale}': value.get(locale, '') for locale in LOCALES}
        else:
            values[setting.key] = value
    return values


def _change(change: SettingChange) -> dict[str, Any]:
    setting = BY_KEY.get(change.key)
    return {
        'label': in_locale(setting.label, tongue()) if setting else change.key, 'old': _text(setting, change.old),
        'new': _text(setting, change.new), 'who': actor_text(change.actor, tongue()),
        'at': moment_text(change.at.astimezone(g.actor.zone), tongue()),
    }  # fmt: skip


def _text(setting: Setting | None, value: Any) -> str:
    if isinstance(value, Mapping):
        return in_locale(value, tongue()) or '–'
    if setting is not None and value in setting.choice_labels:
        return _choice_label(setting, value)
    return '–' if value in (None, '') else str(value)


def _environment(runtime: Runtime) -> list[tuple[str, str]]:
    """What is set where Trellis is started, so that nobody looks for it here."""
    chosen = runtime.settings
    mail = _('is set') if chosen.mail_url else _('is not set')
    return [
        (_('Time zone'), f'{chosen.timezone} (TRELLIS_TIMEZONE)'),
        (_('Address'), f'{chosen.base_url} (TRELLIS_BASE_URL)'),
        (_('Mail server'), f'{mail} (TRELLIS_MAIL_URL)'),
        (_('Files'), f'{chosen.files_url} (TRELLIS_FILES_URL)'),
    ]
