"""Forms of people's pages: what their fields look like, and findings brought to the field they are about. Decides no right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from modules.people.teams import TeamView
from permissions.accounts import NewUser
from schema.base.findings import Finding


@dataclass(frozen=True)
class Input:
    """A field in the shape that web/macros/fields.html draws."""

    key: str
    label: str
    widget: str = 'text'
    required: bool = False
    help: str = ''
    options: Sequence[Mapping[str, Any]] = ()
    max_length: int | None = None
    placeholder: str = ''
    inputs: Mapping[str, str] = field(default_factory=dict)
    read_only: bool = False
    type_key: str = 'text'


@dataclass(frozen=True)
class Errors:
    """`by_key`: `{field key: [text]}` for the fields; `entries`: `[{key, label, text}]` for the list above the form."""

    by_key: Mapping[str, list[str]]
    entries: list[dict[str, str]]


NO_ERRORS = Errors({}, [])


def errors_of(findings: Iterable[Finding], inputs: Sequence[Input], locale: str) -> Errors:
    """Findings with a field's pointer go to that field, the others to the top of the form."""
    labels = {each.key: each.label for each in inputs}
    by_key: dict[str, list[str]] = {}
    entries = []
    for each in findings:
        key = each.pointer.strip('/').partition('/')[0]
        text = ' '.join(filter(None, (each.text(locale), each.hint_text(locale))))
        if key in labels:
            by_key.setdefault(key, []).append(text)
        entries.append({'key': key if key in labels else '', 'label': labels.get(key, ''), 'text': text})
    return Errors(by_key, entries)


def read_user(form: MultiDict[str, str]) -> NewUser:
    """The submitted user, lengths bounded by the checks of the service."""
    return NewUser(
        username=form.get('username', '').strip(),
        first_name=form.get('first_name', ''),
        last_name=form.get('last_name', ''),
        email=form.get('email', '').strip(),
        password=form.get('password', '')[:1000],
        role_keys=tuple(filter(None, form.getlist('roles'))),
        must_change_password='1' in form.getlist('must_change_password'),
    )


def read_teams(form: MultiDict[str, str], teams: Iterable[TeamView]) -> dict[int, bool]:
    """`{team id: leads it}` of the submitted user; team uids that do not exist are passed over."""
    joined, led = set(form.getlist('teams')), set(form.getlist('leads'))
    return {each.id: each.uid in led for each in teams if each.uid in joined | led}


def password_inputs() -> tuple[Input, ...]:
    return (
        Input('password', _('Present password'), 'password', required=True, inputs={'autocomplete': 'current-password'}),
        Input(
            'new_password', _('New password'), 'password', required=True, help=_('At least 8 letters that nobody would guess.')
        ),
        Input('again', _('New password once more'), 'password', required=True),
    )


def off_input() -> Input:
    return Input('present', _('Your password'), 'password', required=True, inputs={'autocomplete': 'current-password'})
