"""API tokens on pages: what the form offers and sends, and what is told of the tokens there are. Makes no token."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import MultiDict

from modules.people.token_wishes import TokenWish, offered_terms, read_wish, scope_of_form, usual_term
from modules.people.tokens import TokenView
from permissions.policy import Policy
from schema.base.limits import Limit
from schema.catalog import Catalog
from schema.definitions import ACTIONS
from schema.fieldtypes.days import parse_day

CHOSEN = 'chosen.'
"""Before an entity's key: the actions that were ticked for it."""


def form_of(policy: Policy, most_days: int, tongue: str, sent: MultiDict[str, str] | None = None) -> dict[str, Any]:
    """What the form offers: kinds of scope, ends, and the entities with the actions that the person has at all."""
    given = sent or MultiDict()
    ends, usual = offered_terms(most_days), usual_term(most_days)
    return {
        'kinds': [(kind, words()) for kind, words in KIND_WORDS.items()],
        'ends': [(end, _end_words(end)) for end in ends],
        'actions': [(action, ACTION_WORDS[action]()) for action in ACTIONS if action in ACTION_WORDS],
        'entities': [
            {'key': key, 'label': policy.catalog.entities[key].definition.plural_in(tongue),
             'actions': [action for action in ACTIONS if policy.scope(action, key) != 'none'],
             'ticked': given.getlist(f'{CHOSEN}{key}')}
            for key in policy.entities('read')
        ],
        'name': given.get('name', ''), 'kind': given.get('scope', 'read'), 'end': given.get('expires', usual),
        'until': given.get('until', ''),
    }  # fmt: skip


def wish_of(form: MultiDict[str, str], catalog: Catalog, most_days: int, *, now: datetime, zone: ZoneInfo) -> TokenWish:
    """Raises: Invalid PRM-E060 … PRM-E063."""
    chosen = {name.removeprefix(CHOSEN): form.getlist(name) for name in form if name.startswith(CHOSEN)}
    until = form.get('until', '').strip()
    until = parse_day(until, now.astimezone(zone).date()) or until
    ends = until if form.get('expires') == 'date' else form.get('expires') or usual_term(most_days)
    return read_wish(catalog, scope_of_form(form.get('scope') or 'read', chosen), ends, most_days, now=now, zone=zone)


def told(held: list[TokenView], catalog: Catalog, tongue: str, now: datetime) -> list[dict[str, Any]]:
    """Tokens for a table."""
    return [{'token': each, 'scope': _scope_words(each.limit, catalog, tongue), 'over': each.is_over(now)} for each in held]


def _scope_words(limit: Limit | None, catalog: Catalog, tongue: str) -> str:
    if limit is None:
        return KIND_WORDS['all']()
    if limit.kind != 'chosen':
        return KIND_WORDS[limit.kind]()
    parts = []
    for ref, actions in limit.chosen:
        entity = catalog.by_ref.get(ref)
        if entity is not None:
            words = ', '.join(ACTION_WORDS[each]() for each in ACTIONS if each in actions and each in ACTION_WORDS)
            parts.append(f'{entity.definition.plural_in(tongue)}: {words}')
    return ' · '.join(parts) or '–'


def _end_words(end: str) -> str:
    if end == 'date':
        return _('until a day that I choose')
    return _('without an end') if int(end == 'never') else ngettext('%(num)s day', '%(num)s days', int(end))


KIND_WORDS: dict[str, Callable[[], str]] = {
    'read': lambda: _('Only read'),
    'write': lambda: _('Read and write records'),
    'chosen': lambda: _('Chosen kinds of records'),
    'all': lambda: _('Everything I may do'),
}
ACTION_WORDS: dict[str, Callable[[], str]] = {
    'read': lambda: _('see'),
    'create': lambda: _('create'),
    'update': lambda: _('change'),
    'delete': lambda: _('delete'),
    'import': lambda: _('import'),
    'export': lambda: _('export'),
    'assign': lambda: _('assign'),
    'merge': lambda: _('merge'),
}
