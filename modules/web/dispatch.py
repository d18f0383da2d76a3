"""Addresses of entities: registered once, resolved to views of the pinned catalog, which are made on first use."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from flask import Flask, current_app, g, redirect, request
from flask.typing import ResponseReturnValue

from modules.web.drawing import Drawing
from modules.web.entity_view import EntityView, make_view
from modules.web.pages import choices, language, search
from modules.web.pinning import require_actor
from modules.web.presenting import short_text, value_text
from schema.catalog import Catalog

RULES = (
    ('list', '/<ekey:entity>/', ('GET',)),
    ('new', '/<ekey:entity>/new', ('GET', 'POST')),
    ('quick', '/<ekey:entity>/quick', ('GET', 'POST')),
    ('choices', '/<ekey:entity>/choices', ('GET',)),
    ('count', '/<ekey:entity>/count', ('GET',)),
    ('counts', '/<ekey:entity>/counts', ('GET',)),
    ('column', '/<ekey:entity>/column', ('GET',)),
    ('filter', '/<ekey:entity>/filter', ('GET',)),
    ('filter_edit', '/<ekey:entity>/filter/edit', ('GET',)),
    ('filter_use', '/<ekey:entity>/filter/use', ('POST',)),
    ('filter_foresee', '/<ekey:entity>/filter/foresee', ('POST',)),
    ('filter_faces', '/<ekey:entity>/filter/faces/<string:target>', ('GET',)),
    ('filter_add', '/<ekey:entity>/filter/add', ('GET',)),
    ('board', '/<ekey:entity>/board', ('GET',)),
    ('board_column', '/<ekey:entity>/board/column', ('GET',)),
    ('board_card', '/<ekey:entity>/board/<uid:uid>/card', ('GET',)),
    ('board_fields', '/<ekey:entity>/board/fields', ('GET', 'POST')),
    ('board_move', '/<ekey:entity>/board/<uid:uid>/move', ('POST',)),
    ('show', '/<ekey:entity>/<uid:uid>', ('GET',)),
    ('edit', '/<ekey:entity>/<uid:uid>/edit', ('GET', 'POST')),
    ('facts', '/<ekey:entity>/<uid:uid>/facts', ('GET',)),
    ('peek', '/<ekey:entity>/<uid:uid>/peek', ('GET',)),
    ('cell', '/<ekey:entity>/<uid:uid>/cell', ('GET', 'POST')),
    ('move', '/<ekey:entity>/<uid:uid>/move', ('POST',)),
    ('delete', '/<ekey:entity>/<uid:uid>/delete', ('POST',)),
    ('restore', '/<ekey:entity>/<uid:uid>/restore', ('POST',)),
    ('gate', '/<ekey:entity>/<uid:uid>/gate', ('GET',)),
    ('timeline', '/<ekey:entity>/<uid:uid>/timeline', ('GET',)),
    ('timeline_more', '/<ekey:entity>/<uid:uid>/timeline/more', ('GET',)),
    ('log', '/<ekey:entity>/<uid:uid>/log', ('POST',)),
    ('log_entry', '/<ekey:entity>/<uid:uid>/log/<uid:log_uid>', ('GET', 'POST')),
    ('log_remove', '/<ekey:entity>/<uid:uid>/log/<uid:log_uid>/delete', ('POST',)),
    ('log_pin', '/<ekey:entity>/<uid:uid>/log/<uid:log_uid>/pin', ('POST',)),
    ('people', '/<ekey:entity>/<uid:uid>/people', ('GET',)),
    ('follow', '/<ekey:entity>/<uid:uid>/follow', ('POST',)),
    ('letter', '/<ekey:entity>/<uid:uid>/letter', ('GET',)),
    ('letter_send', '/<ekey:entity>/<uid:uid>/letter', ('POST',)),
    ('matches', '/<ekey:entity>/matches', ('POST',)),
    ('rules', '/<ekey:entity>/rules', ('POST',)),
    ('delete_many', '/<ekey:entity>/delete', ('POST',)),
    ('restore_many', '/<ekey:entity>/restore', ('POST',)),
    ('many', '/<ekey:entity>/many', ('POST',)),
    ('many_ask', '/<ekey:entity>/many/ask', ('POST',)),
    ('many_field', '/<ekey:entity>/many/field', ('POST',)),
    ('many_shares', '/<ekey:entity>/many/shares', ('POST',)),
    ('pipeline', '/<ekey:entity>/<uid:uid>/pipeline', ('GET',)),
    ('take_back', '/<ekey:entity>/<uid:uid>/moved/<int:number>', ('POST',)),
    ('revision', '/<ekey:entity>/<uid:uid>/revision/<int:number>', ('GET',)),
    ('revert', '/<ekey:entity>/<uid:uid>/revision/<int:number>', ('POST',)),
)  # fmt: skip


class Views:
    """Views by catalog; a retired catalog takes its views along."""

    def __init__(self) -> None:
        self._by_catalog: WeakKeyDictionary[Catalog, dict[str, EntityView]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def get(self, catalog: Catalog, entity_key: str) -> EntityView:
        """Raises: NotFound REC-E029."""
        entity = catalog.entity(entity_key)
        with self._lock:
            views = self._by_catalog.setdefault(catalog, {})
        view = views.get(entity.key)
        if view is None:
            view = make_view(entity, catalog, current_app.appbuilder)  # type: ignore[attr-defined]
            views[entity.key] = view
        return view


def install(app: Flask) -> None:
    views = Views()
    for name, rule, methods in RULES:
        app.add_url_rule(rule, f'entity.{name}', _resolver(views, name), methods=list(methods))
    app.add_url_rule('/search/', 'web.search', search.show)
    app.add_url_rule('/language/<tongue>', 'web.language', language.choose)
    app.add_url_rule('/people/users/choices', 'people.user_choices', choices.users)
    app.add_url_rule('/people/teams/choices', 'people.team_choices', choices.teams)
    drawn = Drawing(app.jinja_env.globals['icon'], value_text)
    app.jinja_env.globals.update(value_text=value_text, short=short_text, drawn=drawn)


def _moved(former: str, key: str) -> ResponseReturnValue:
    """The same page under the entity's present key; bookmarks and mails keep working."""
    path = request.path.replace(f'/{former}', f'/{key}', 1)
    query = request.query_string.decode('latin-1')
    return redirect(f'{request.script_root}{path}{"?" + query if query else ""}', 308)


def _resolver(views: Views, name: str) -> Callable[..., ResponseReturnValue]:
    def resolve(entity: str, **values: Any) -> ResponseReturnValue:
        require_actor()
        view = views.get(g.catalog, entity)
        key = view.datamodel.entity.key
        if key != entity and request.method == 'GET':
            return _moved(entity, key)
        handler: Callable[..., ResponseReturnValue] = getattr(view, name)
        return handler(key, **values)

    return resolve
