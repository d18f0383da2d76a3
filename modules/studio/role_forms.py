"""Reads the forms of roles: matrix, field rights, name, condition of a cell. Refuses nothing: that is the checks' work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from modules.studio import forms
from modules.studio.forms import Form
from modules.web.pages.home_parts import USUAL
from schema.definitions import ACTIONS, Document
from schema.role_changes import EVERY, SWITCHES

FOLLOWING = ('assign', 'merge')
"""Actions that an entry may leave out without taking them away."""
CONDITION = 'if'
HOME = 'x-home'
FOLLOWS = ''


def grants(form: Form, role: Document, entities: Iterable[str]) -> tuple[dict[str, dict[str, Any]], tuple[str, str] | None]:
    """The matrix as it is to be stored, and the first cell that is to depend on a condition and has none yet."""
    made: dict[str, dict[str, Any]] = {}
    asked = None
    for entity in (EVERY, *entities):
        if entity != EVERY and form.get(f'own.{entity}') != '1':
            continue
        row: dict[str, Any] = {}
        for action in ACTIONS:
            typed = form.get(f'grant.{entity}.{action}', FOLLOWS)
            if typed == CONDITION:
                former = cell(role, entity, action)
                row[action] = former if former is not None else 'none'
                if not isinstance(former, Mapping):
                    asked = asked or (entity, action)
            elif typed != FOLLOWS:
                row[action] = typed
            elif action not in FOLLOWING:
                row[action] = 'none'
        made[entity] = row
    return made, asked


def cell(role: Document, entity: str, action: str) -> Any:
    """What is written for one cell, in the entity's own entry or else in the general one; None when nothing is."""
    written = role.get('grants', {})
    return written.get(entity, written.get(EVERY, {})).get(action)


def switches(form: Form) -> dict[str, bool]:
    return {name: form.get(name) == '1' for name in SWITCHES}


def field_levels(form: Form, keys: Iterable[str]) -> dict[str, str]:
    return {key: level for key in keys if (level := form.get(f'field.{key}', ''))}


def home(form: Form, former: Document) -> list[str] | None:
    """The parts of the first page that are ticked, in order; None as long as it is the usual one."""
    if form.get('then') == 'common':
        return None
    chosen = list(dict.fromkeys(form.getlist('part')))
    return None if tuple(chosen) == USUAL and HOME not in former else chosen


def condition_grant(form: Form) -> Any:
    """A scope with a condition; without one, the scope alone."""
    scope, where = form.get('scope', 'all'), forms.condition(form.get('where', ''))
    return {'scope': scope, 'where': where} if where else scope


def about(form: Form, former: Mapping[str, Any]) -> dict[str, Any]:
    """Name, help and place in the order."""
    order = forms.number(form.get('order', ''))
    return {
        'x-label': forms.kept_texts(form, 'label', former.get('x-label')),
        'x-help': forms.kept_texts(form, 'help', former.get('x-help')),
        'x-order': order,
    }
