"""Which saved view an address opens, and what list, board and calendar show by it. Draws nothing, changes nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import g, request
from sqlalchemy.orm import Session

from modules.saved_views import choices, service
from modules.saved_views.choices import ListChoice
from modules.saved_views.model import ALL, View, unreadable
from modules.web.pages.context import filter_document
from schema import conditions
from schema.base.errors import BadRequest, TrellisError
from schema.base.findings import Finding, finding
from schema.catalog import Entity

SAYS_ITSELF = ('filter', 'q', 'sort', 'bin', 'seen', 'cols', 'after', 'before', 'last', 'page')
"""An address with one of these is not the bare list, which a default view answers."""


@dataclass(frozen=True)
class Opened:
    """What the address opens. `filter` is the effective condition; `problem` says why the view shows nothing; `changed` that
    the address differs from the view."""

    choice: ListChoice = field(default_factory=ListChoice)
    views: tuple[View, ...] = ()
    view: View | None = None
    filter: Mapping[str, Any] | None = None
    sort: str = ''
    problem: Finding | None = None
    changed: bool = False

    @property
    def token(self) -> str:
        """The value of `view` that means the same in any other address."""
        return self.view.uid if self.view is not None else ALL if self.choice.default or self.default else ''

    @property
    def default(self) -> View | None:
        """The view that the bare list opens for this person, if any."""
        return default_of(self.views, self.choice)

    @property
    def filter_text(self) -> str:
        """The effective filter as an address or a hidden input carries it."""
        return json.dumps(self.filter, ensure_ascii=False) if self.filter else ''


def open_view(entity: Entity, executor: Session | None = None, *, implied: bool = False) -> Opened:
    """Two cheap statements, once in a request. `implied` pages answer their bare address by the view that opens first.

    Raises: NotFound VIE-E001; BadRequest API-E013 for a filter that is no JSON.
    """
    kept: dict[str, Opened] = g.setdefault('opened_views', {})
    if entity.key not in kept:
        if executor is not None:
            kept[entity.key] = _open(entity, executor, implied=implied)
        else:
            with Session(g.runtime.database.read_engine) as session:
                kept[entity.key] = _open(entity, session, implied=implied)
    return kept[entity.key]


def is_seen() -> bool:
    """Whether the address asks for what the person opened lately alone."""
    return request.args.get('seen') == 'yes'


def refuse(opened: Opened) -> None:
    """For answers that have no page to tell it on. Raises: BadRequest VIE-E004 and what no longer fits the schema."""
    if opened.problem is not None:
        raise BadRequest(opened.problem)


def default_of(views: tuple[View, ...], choice: ListChoice) -> View | None:
    if choice.default == ALL:
        return None
    own = next((each for each in views if each.uid == choice.default), None)
    return own or next((each for each in views if each.is_default), None)


def _open(entity: Entity, executor: Session, *, implied: bool) -> Opened:
    asked = request.args.get('view', '')
    asked = '' if asked == 'board' else asked or ('' if implied else ALL)
    choice = choices.choice_of(executor, g.actor, entity)
    views = tuple(service.in_order(service.views_for(executor, g.actor, entity), choice.order))
    view = _asked_view(entity, executor, asked, views, choice)
    own = filter_document(request.args.get('filter', ''))
    sort = request.args.get('sort', '')
    if view is None:
        return Opened(choice, views, None, own, sort)
    changed = any(name in request.args for name in ('filter', 'sort', 'cols'))
    condition = own if 'filter' in request.args else view.filter
    problem = _problem(entity, condition) if 'filter' not in request.args else None
    return Opened(
        choice, views, view, None if problem else condition, sort if 'sort' in request.args else _readable_sort(entity, view),
        problem, changed,
    )  # fmt: skip


def _asked_view(entity: Entity, executor: Session, asked: str, views: tuple[View, ...], choice: ListChoice) -> View | None:
    if asked and asked != ALL:
        return next((each for each in views if each.uid == asked), None) or service.view(executor, g.actor, entity, asked)
    if asked or any(name in request.args for name in SAYS_ITSELF):
        return None
    return default_of(views, choice)


def _problem(entity: Entity, condition: Mapping[str, Any] | None) -> Finding | None:
    """Why the person cannot use the view's filter. What they may not read is not named."""
    if not condition:
        return None
    wrong = conditions.check(condition, entity.key, g.catalog)
    if wrong:
        return wrong[0]
    return finding('VIE-E004') if unreadable(condition, entity, g.catalog, g.policy) else None


def _readable_sort(entity: Entity, view: View) -> str:
    readable = g.policy.readable(entity.key)
    found = [(each, entity.find_field(each.lstrip('-'))) for each in view.document.get('sort', ())]
    return ','.join(each for each, known in found if known is not None and known.key in readable and known.type.sortable)


def usable(view: View, entity: Entity) -> bool:
    """Whether the person may read all that the view filters by; others' views are not offered when not."""
    if view.owner_id == g.actor.user_id or not view.filter:
        return True
    try:
        return not unreadable(view.filter, entity, g.catalog, g.policy)
    except TrellisError:
        return False
