"""REST addresses of entities: registered once, resolved to views of the pinned catalog, which are made on first use."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from flask import Blueprint, current_app, g
from flask.typing import ResponseReturnValue

from modules.api.entity_api import EntityApi, make_api
from modules.web.pinning import require_actor
from schema.catalog import Catalog

RULES = (
    ('get_list', '/<ekey:entity>/', ('GET',)),
    ('post', '/<ekey:entity>/', ('POST',)),
    ('info', '/<ekey:entity>/_info', ('GET',)),
    ('bulk', '/<ekey:entity>/_bulk', ('POST',)),
    ('get', '/<ekey:entity>/<uid:uid>', ('GET',)),
    ('put', '/<ekey:entity>/<uid:uid>', ('PUT', 'PATCH')),
    ('delete', '/<ekey:entity>/<uid:uid>', ('DELETE',)),
    ('restore', '/<ekey:entity>/<uid:uid>/restore', ('POST',)),
    ('merge', '/<ekey:entity>/<uid:uid>/merge', ('POST',)),
    ('history', '/<ekey:entity>/<uid:uid>/history', ('GET',)),
    ('revision', '/<ekey:entity>/<uid:uid>/history/<int:number>', ('GET',)),
    ('revert', '/<ekey:entity>/<uid:uid>/history/<int:number>', ('POST',)),
    ('stages', '/<ekey:entity>/<uid:uid>/stages', ('GET',)),
    ('shares', '/<ekey:entity>/<uid:uid>/shares', ('GET',)),
    ('share', '/<ekey:entity>/<uid:uid>/shares', ('POST',)),
    ('unshare', '/<ekey:entity>/<uid:uid>/shares', ('DELETE',)),
)  # fmt: skip


class Apis:
    """REST views by catalog; a retired catalog takes its views along."""

    def __init__(self) -> None:
        self._by_catalog: WeakKeyDictionary[Catalog, dict[str, EntityApi]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def get(self, catalog: Catalog, entity_key: str) -> EntityApi:
        """Raises: NotFound REC-E029."""
        entity = catalog.entity(entity_key)
        with self._lock:
            made = self._by_catalog.setdefault(catalog, {})
            if entity.key not in made:
                made[entity.key] = make_api(entity, catalog, current_app.appbuilder)  # type: ignore[attr-defined]
            return made[entity.key]


def add_rules(blueprint: Blueprint) -> None:
    """Add the addresses of all entities, present and future."""
    apis = Apis()
    for name, rule, methods in RULES:
        blueprint.add_url_rule(rule, name, _resolver(apis, name), methods=list(methods))


def _resolver(apis: Apis, name: str) -> Callable[..., ResponseReturnValue]:
    def resolve(entity: str, **values: Any) -> ResponseReturnValue:
        require_actor()
        body: Callable[..., ResponseReturnValue] = getattr(apis.get(g.catalog, entity), name)
        return body(**values)

    return resolve
