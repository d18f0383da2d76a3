"""Saved views over REST: those the caller sees, one, making, changing, deleting, and which one opens first."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, request
from sqlalchemy.orm import Session

from modules.api.answers import answer
from modules.api.arguments import no_arguments, require_known
from modules.api.bodies import json_mapping, kind_of
from modules.saved_views import service
from modules.saved_views.model import View, Wish
from modules.web.pinning import require_actor
from permissions.tables import team
from schema.base.errors import BadRequest
from schema.base.findings import nearest
from schema.catalog import Entity

TEXT = {'en': 'a text', 'vi': 'một đoạn chữ'}
MAPPING = {'en': 'an object', 'vi': 'một đối tượng'}
FLAG = {'en': 'true or false', 'vi': 'đúng hay sai'}
PARTS: dict[str, tuple[type, Any]] = {
    'entity': (str, TEXT), 'name': (str, TEXT), 'audience': (str, TEXT), 'team': (str, TEXT), 'document': (dict, MAPPING),
}  # fmt: skip


def add_rules(blueprint: Blueprint) -> None:
    for rule, view, method in (
        ('/views/', index, 'GET'),
        ('/views/', add, 'POST'),
        ('/views/<uuid:uid>', show, 'GET'),
        ('/views/<uuid:uid>', change, 'PUT'),
        ('/views/<uuid:uid>', remove, 'DELETE'),
        ('/views/<uuid:uid>/first', first, 'POST'),
    ):
        blueprint.add_url_rule(rule, f'views_{view.__name__}', view, methods=[method])


def index() -> Response:
    """`?entity=<key>`: the person's own views of it, those of their teams and everybody's."""
    actor = require_actor()
    require_known('entity')
    entity = _entity(request.args.get('entity', ''))
    with Session(g.runtime.database.read_engine) as session:
        found = [_wire(session, each, entity) for each in service.views_for(session, actor, entity)]
    return answer({'count': len(found), 'result': found})


def show(uid: Any) -> Response:
    actor = require_actor()
    no_arguments()
    with Session(g.runtime.database.read_engine) as session:
        entity, found = service.entity_of(session, actor, g.catalog, str(uid))
        return answer(_wire(session, found, _entity(entity.key)))


def add() -> Response:
    """`{entity, name, audience?, team?, document: {filter, sort, columns, widths}}`."""
    require_actor()
    no_arguments()
    body = _body()
    entity = _entity(body.get('entity', ''))
    with g.runtime.database.session() as session:
        made = service.create(session, g.policy, entity, _wish(body), now=g.runtime.clock.now())
        wire = _wire(session, made, entity)
    return answer(wire, 201, {'Location': f'/api/v1/views/{made.uid}'})


def change(uid: Any) -> Response:
    """Replaces name, audience and document; a part that is left out stays."""
    actor = require_actor()
    no_arguments()
    body = _body()
    with g.runtime.database.session() as session:
        entity, found = service.entity_of(session, actor, g.catalog, str(uid))
        _entity(entity.key)
        before = _wire(session, found, entity)
        wish = _wish({**{name: before[name] for name in ('name', 'audience', 'team', 'document')}, **body})
        made = service.change(session, g.policy, entity, found.uid, wish, now=g.runtime.clock.now())
        return answer(_wire(session, made, entity))


def remove(uid: Any) -> Response:
    actor = require_actor()
    no_arguments()
    with g.runtime.database.session() as session:
        entity, found = service.entity_of(session, actor, g.catalog, str(uid))
        service.delete(session, g.policy, entity, found.uid, now=g.runtime.clock.now())
    return answer({'message': 'OK'})


def first(uid: Any) -> Response:
    """The list opens with this view: for the caller, or with `{"everybody": true}` for whoever chose none."""
    actor = require_actor()
    no_arguments()
    body = json_mapping()
    everybody = body.get('everybody', False)
    if not isinstance(everybody, bool) or set(body) - {'everybody'}:
        raise BadRequest.of('API-E002', '/everybody', expected=FLAG, value=kind_of(everybody))
    with g.runtime.database.session() as session:
        entity, found = service.entity_of(session, actor, g.catalog, str(uid))
        service.set_default(session, g.policy, entity, found.uid, everybody=everybody, now=g.runtime.clock.now())
    return answer({'message': 'OK'})


def _entity(key: str) -> Entity:
    """Raises: NotFound REC-E029, Forbidden PRM-*."""
    entity: Entity = g.catalog.entity(key)
    g.policy.require('read', entity.key)
    return entity


def _body() -> dict[str, Any]:
    body = json_mapping(exact=False)
    for name, value in body.items():
        if name not in PARTS:
            raise BadRequest.of('API-E007', f'/{name}', value=name[:80], hint=nearest(name, PARTS))
        if not isinstance(value, PARTS[name][0]):
            raise BadRequest.of('API-E002', f'/{name}', expected=PARTS[name][1], value=kind_of(value))
    return body


def _wish(body: dict[str, Any]) -> Wish:
    return Wish(body.get('name', ''), body.get('audience', 'private'), body.get('team') or '', body.get('document', {}))


def _wire(executor: Session, found: View, entity: Entity) -> dict[str, Any]:
    uid = ''
    if found.team_id is not None:
        row = executor.execute(team.select().where(team.c.id == found.team_id)).first()
        uid = row.uid if row is not None else ''
    return {
        'id': found.uid, 'entity': entity.key, 'name': found.name, 'audience': found.audience, 'team': uid,
        'mine': found.owner_id == g.actor.user_id, 'everybodys_first': found.is_default, 'document': dict(found.document),
        'changed_at': found.changed_at.replace(tzinfo=None, microsecond=0).isoformat() + 'Z',
    }  # fmt: skip
