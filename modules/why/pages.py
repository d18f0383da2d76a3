"""`/why/`: the question why somebody may or may not, and its answer; the link to it on a record's page. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from flask import g, render_template, request
from flask_babel import gettext as _

from modules.people.pages import role_label
from modules.records.model import Record
from modules.web.pinning import require_actor
from modules.web.presenting import hue_of
from modules.why.naming import Names
from modules.why.service import Line, Trail, explain
from permissions.policy import Policy
from schema.base.actor import Actor
from schema.base.errors import TrellisError
from schema.catalog import Entity
from schema.definitions import ACTIONS, in_locale
from schema.role_changes import ACTION_WORDS

ASKED = ('user', 'entity', 'uid', 'action', 'field')
LONGEST = 200


def show_why() -> Any:
    """The form alone, or with the answer once a kind of record is chosen. Administrators ask about anybody, others about
    themselves."""
    actor = require_actor()
    asked = {key: request.args.get(key, '').strip()[:LONGEST] for key in ASKED}
    username, action = asked['user'] or actor.username, asked['action'] or 'read'
    entity = g.catalog.find_entity(asked['entity']) if asked['entity'] else None
    trail, problem, status = None, '', 200
    if asked['entity']:
        try:
            trail = explain(
                g.runtime, actor, username, asked['entity'], asked['uid'] or None, action, _field_of(entity, asked['field'])
            )
        except TrellisError as error:
            problem = ' '.join(filter(None, (each for each in _spoken(error, actor.locale))))
            status = error.status
    asked |= {'user': username, 'action': action}
    page = render_template(
        'why/why.html', trail=trail, groups=_groups(trail), problem=problem, asked=asked,
        pickers=_pickers(actor, entity), person=_person(username), record=_record(actor, entity, asked['uid']), about=entity,
    )  # fmt: skip
    return page, status


def record_link(policy: Policy, record: Record) -> dict[str, Any]:
    """For everybody: administrators choose the person on the page, others ask about themselves."""
    label = _('Why? Who may do what') if policy.can_admin else _('Why may I, why not?')
    action = 'read' if policy.can_admin else 'update'
    return {'label': label, 'href': f'/why/?entity={record.entity.key}&uid={record.uid}&action={action}', 'icon': 'help-circle'}


def _field_of(entity: Entity | None, key: str) -> str | None:
    """A field that another kind of record had is let go of when the kind changes."""
    return key if entity is not None and key and entity.find_field(key) else None


def _spoken(error: TrellisError, locale: str) -> list[str]:
    return [text for each in error.findings for text in (each.text(locale), each.hint_text(locale))]


def _groups(trail: Trail | None) -> list[dict[str, Any]]:
    """The reasons role by role, then what reaches past roles, then the field's."""
    if trail is None:
        return []
    found = [_group(role_label(key) if key else _('The record itself'), lines) for key, lines in _by_role(trail.lines)]
    if trail.field_lines:
        found.append(_group(_('The field'), list(trail.field_lines)))
    return found


def _by_role(lines: tuple[Line, ...]) -> list[tuple[str, list[Line]]]:
    return [(key, list(part)) for key, part in groupby(lines, key=lambda each: each.role)]


def _group(label: str, lines: list[Line]) -> dict[str, Any]:
    return {'label': label, 'lines': lines}


def _pickers(actor: Actor, entity: Entity | None) -> Mapping[str, Any]:
    policy, locale = g.policy, actor.locale
    seen = policy.entities('read')
    keys = list(g.catalog.entities) if policy.can_admin else seen
    fields = []
    if entity is not None:
        known = policy.readable(entity.key)
        fields = [
            {'key': key, 'label': field.definition.label_in(locale)}
            for key, field in entity.fields.items()
            if policy.can_admin or key in known
        ]
    return {
        'entities': [{'key': key, 'label': g.catalog.entities[key].definition.plural_in(locale)} for key in keys],
        'actions': [{'key': key, 'label': in_locale(ACTION_WORDS[key], locale)} for key in ACTIONS],
        'fields': fields,
        'user': {'key': 'user', 'label': _('Person'), 'widget': 'user', 'remote_url': '/people/users/choices'},
        'record': {
            'key': 'uid', 'label': _('Record'), 'widget': 'link', 'remote_url': f'/{entity.key}/choices' if entity else '',
            'placeholder': _('Any record'),
        },
    }  # fmt: skip


def _person(username: str) -> dict[str, Any] | None:
    with g.runtime.database.reading() as connection:
        found = Names(connection).user_by_username(username)
    return {'uid': username, 'label': found[1], 'hue': hue_of(username)} if found else None


def _record(actor: Actor, entity: Entity | None, uid: str) -> dict[str, Any] | None:
    """The chosen record, as the asker sees it."""
    if entity is None or not uid:
        return None
    title = entity.title.key
    try:
        with g.runtime.reader(actor, g.catalog) as reader:
            found = reader.get(entity.key, uid, (title,) if title in g.policy.readable(entity.key) else ())
    except TrellisError:
        return None
    return {'uid': found.uid, 'label': str(found.values.get(title) or '–'), 'hue': hue_of(found.uid)}
