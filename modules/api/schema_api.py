"""The schema over REST: what there is, its two faces, and changing it by plan and apply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import islice
from typing import Any

from flask import Blueprint, Response, g, request
from flask.typing import ResponseReturnValue

from migrations.plans import StoredPlan
from modules.api import openapi, reports
from modules.api.answers import answer
from modules.api.arguments import choice_argument, no_arguments, patience
from modules.api.bodies import json_mapping, kind_of
from modules.records.leftovers import readable_unread
from modules.web.failures import locale
from modules.web.pinning import require_actor
from schema import faces
from schema.base.errors import BadRequest, NotFound
from schema.base.findings import nearest
from schema.base.ids import is_uid
from schema.catalog import Entity

INCLUDABLE = ('role', 'workflow', 'template')
LARGEST_VERSION = 2**31
PAGE = 1000


def add_rules(blueprint: Blueprint) -> None:
    for rule, view, method in (
        ('/schema/', index, 'GET'),
        ('/schema/<ekey:entity>', document, 'GET'),
        ('/schema/plan', plan, 'POST'),
        ('/schema/outlooks/<string:outlook_id>', outlook, 'GET'),
        ('/schema/plans/<string:plan_id>', show_plan, 'GET'),
        ('/schema/apply', apply, 'POST'),
        ('/schema/publishes/<string:publish_id>', publish, 'GET'),
        ('/schema/publishes/<string:publish_id>/unread', unread, 'GET'),
        ('/schema/aliases', aliases, 'GET'),
        ('/schema/used', used, 'GET'),
        ('/schema/versions', versions, 'GET'),
        ('/schema/rollback', rollback, 'POST'),
        ('/_openapi', open_api, 'GET'),
    ):
        blueprint.add_url_rule(rule, f'schema_{view.__name__}', view, methods=[method])


def index() -> Response:
    require_actor()
    no_arguments()
    keys = g.policy.entities('read')
    entities = [{'key': key, 'title': g.catalog.entities[key].definition.label_in(locale())} for key in keys]
    return answer({'version': g.catalog.number, 'entities': entities})


def document(entity: str) -> Response:
    """One face of an entity for this person, or, for those who may edit the schema, its whole definition."""
    require_actor()
    face = choice_argument('for', ('read', 'write', 'definition'))
    found = _entity(entity)
    if face == 'definition':
        g.policy.require_studio()
        body = dict(g.catalog.documents['entity', found.key])
    elif face == 'write':
        g.policy.require('create' if g.policy.scope('update', found.key) == 'none' else 'update', found.key)
        body = faces.write_face(found, g.policy.writable(found.key), locale())
    else:
        g.policy.require('read', found.key)
        body = faces.read_face(found, g.policy.readable(found.key), locale())
    return answer(body)


def plan() -> Response:
    """200 with the plan, or 202 with the address that tells how far it looked when that takes longer than `Prefer` says."""
    _require_studio()
    return _planned(partial(g.runtime.publisher.plan, json_mapping(exact=False), g.actor))


def outlook(outlook_id: str) -> Response:
    """How far a plan has looked at live records; once it is there, its id and address."""
    _require_studio()
    found = g.runtime.publisher.outlooks.get(_id(outlook_id, 'MIG-E004'), g.actor)
    headers = {'Location': f'/api/v1/schema/plans/{found.plan_id}'} if found.plan_id else {}
    return answer(found.as_wire(locale()), headers=headers)


def show_plan(plan_id: str) -> Response:
    _require_studio()
    return answer(g.runtime.publisher.get_plan(_id(plan_id, 'MIG-E004')).as_wire(locale()))


def apply() -> Response:
    """200 when the plan was carried out at once, 202 with the address of the publish when it takes longer."""
    _require_studio()
    plan_id = _named(json_mapping(), 'plan_id', str)
    publisher = g.runtime.publisher
    quick = publisher.get_plan(_id(plan_id, 'MIG-E004')).is_quick
    made = publisher.apply(plan_id, g.actor, in_background=not quick)
    if quick:
        return answer(made.as_wire())
    return answer(made.as_wire(), 202, {'Location': f'/api/v1/schema/publishes/{made.id}'})


def publish(publish_id: str) -> Response:
    _require_studio()
    publisher = g.runtime.publisher
    found = publisher.publish_state(_id(publish_id, 'MIG-E005'))
    walks = [each.as_wire(locale()) for each in publisher.walks(found)]
    return answer({**found.as_wire(), 'operations': walks})


def unread(publish_id: str) -> Response:
    """Values that a type change could not read: a page of JSON with links, or all of them as CSV with `?format=csv`."""
    _require_studio()
    form = choice_argument('format', ('json', 'csv'))
    publisher = g.runtime.publisher
    version = publisher.publish_state(_id(publish_id, 'MIG-E005')).version
    rows = reports.unread_rows(g.catalog, readable_unread(g.runtime, g.actor, publisher.unread(version)), locale())
    if form == 'csv':
        return reports.as_csv(rows, f'version-{version}-unread.csv')
    return answer({'version': version, 'count': publisher.count_unread(version), 'result': list(islice(rows, PAGE))})


def aliases() -> Response:
    """Former keys that still work, with their use. To retire one, publish a plan that removes its pointer."""
    _require_studio()
    no_arguments()
    return answer({'result': [each.as_wire(locale()) for each in g.runtime.publisher.former_keys()]})


def used() -> Response:
    """Which parts of the schema name `?entity=`, or its `&field=`."""
    _require_studio()
    entity, field = request.args.get('entity', ''), request.args.get('field')
    found = _entity(entity[:80])
    if field is not None:
        field = found.field(field[:80]).key
    result = [
        {'pointer': each.pointer, 'noun': each.noun, 'text': each.describe(locale())}
        for each in g.runtime.publisher.where_used(found.key, field)
    ]
    return answer({'result': result})


def versions() -> Response:
    _require_studio()
    no_arguments()
    return answer({'result': [each.as_wire(locale()) for each in g.runtime.publisher.versions()]})


def rollback() -> Response:
    """A plan back to an earlier version, to be applied like any other; `include` names what goes back beside the structure."""
    _require_studio()
    body = json_mapping(exact=False)
    number = _named(body, 'version', int)
    include = body.get('include', [])
    if not isinstance(include, list) or not all(each in INCLUDABLE for each in include):
        raise BadRequest.of('API-E008', '/include', name='include', value=str(include)[:60], expected=', '.join(INCLUDABLE))
    if not 0 < number < LARGEST_VERSION:
        raise NotFound.of('MIG-E010', value=str(number)[:20])
    remap = body.get('remap', {})
    if not isinstance(remap, dict) or not all(each is None or isinstance(each, str) for each in remap.values()):
        raise BadRequest.of('API-E008', '/remap', name='remap', value=str(remap)[:60], expected='{ref: key}')
    back = partial(g.runtime.publisher.rollback_plan, number, g.actor, include=include, remap=remap)
    return _planned(partial(back, answers=_answers(body)))


def open_api() -> ResponseReturnValue:
    require_actor()
    no_arguments()
    return answer(openapi.document_for(g.policy, locale()))


def _answers(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What becomes of values that cannot be read, None for what was decided then; see `Publisher.rollback_plan`."""
    answers = body.get('answers')
    if answers is None:
        return None
    if not isinstance(answers, dict) or not all(isinstance(each, dict) for each in answers.values()):
        expected = '{pointer: {"default", "map"}}'
        raise BadRequest.of('API-E008', '/answers', name='answers', value=str(answers)[:60], expected=expected)
    return answers


def _planned(make: Callable[..., StoredPlan]) -> Response:
    made = g.runtime.publisher.outlooks.begin(g.actor, lambda looking: make(looking=looking), patience=patience())
    if isinstance(made, str):
        told = g.runtime.publisher.outlooks.get(made, g.actor).as_wire(locale())
        return answer(told, 202, {'Location': f'/api/v1/schema/outlooks/{made}'})
    return answer(made.as_wire(locale()), headers={'Location': f'/api/v1/schema/plans/{made.plan_id}'})


def _require_studio() -> None:
    require_actor()
    g.policy.require_studio()


def _entity(key: str) -> Entity:
    """Raises: NotFound REC-E029, also for an entity of which the actor may see and make nothing."""
    found: Entity | None = g.catalog.find_entity(key)
    known = {*g.policy.entities('read'), *g.policy.entities('create')} | set(g.catalog.entities if g.policy.can_studio else ())
    if found is None or found.key not in known:
        raise NotFound.of('REC-E029', value=key[:80], hint=nearest(key, known))
    return found


def _id(text: str, code: str) -> str:
    """An id as we mint them; what cannot be one is not there."""
    if not is_uid(text):
        raise NotFound.of(code, value=text[:60] if text.isprintable() else '…')
    return text


def _named(body: dict[str, Any], name: str, kind: type) -> Any:
    value = body.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        expected = {'en': 'a text', 'vi': 'một đoạn chữ'} if kind is str else {'en': 'a whole number', 'vi': 'một số nguyên'}
        raise BadRequest.of('API-E008', f'/{name}', name=name, value=kind_of(value), expected=expected)
    return value
