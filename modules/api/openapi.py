"""The OpenAPI 3.1 document of this installation for one person: made from the catalog and their rights, and kept with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from modules.api.limits import BULK_ROWS, LARGEST_BODY_BYTES
from modules.api.openapi_operations import OPERATION_PATHS, assign_path, assignments_path, share_paths
from modules.api.openapi_parts import FILE_PATHS, PARAMETERS, PLAN, PROBLEM, RESPONSES, SCHEMA_PATHS, SECURITY
from modules.api.openapi_pools import POOL_PATHS
from modules.api.openapi_teams import TEAM_PATHS
from permissions.policy import Policy
from schema import faces
from schema.catalog import Entity

Json = dict[str, Any]
_made: WeakKeyDictionary[Policy, dict[str, Json]] = WeakKeyDictionary()


def document_for(policy: Policy, locale: str) -> Json:
    """The same document for the same rights, version and language; made once."""
    kept = _made.setdefault(policy, {})
    if locale not in kept:
        kept[locale] = _document(policy, locale)
    return kept[locale]


def _document(policy: Policy, locale: str) -> Json:
    entities = [each for each in policy.catalog.entities.values() if _is_known(policy, each)]
    schemas: Json = {'Problem': PROBLEM, 'Plan': PLAN}
    paths: Json = dict(SCHEMA_PATHS) if policy.can_studio else {
        path: methods for path, methods in SCHEMA_PATHS.items() if not methods.get('x-studio')
    }  # fmt: skip
    paths.update(FILE_PATHS)
    paths.update(OPERATION_PATHS)
    paths.update(POOL_PATHS)
    paths.update(TEAM_PATHS if policy.can_admin else {})
    for entity in entities:
        schemas.update(_schemas(policy, entity, locale))
        paths.update(_paths(policy, entity, locale))
    return {
        'openapi': '3.1.0',
        'jsonSchemaDialect': faces.DIALECT,
        'info': {
            'title': 'Trellis',
            'version': str(policy.catalog.number),
            'description': f'Bodies hold at most {LARGEST_BODY_BYTES} bytes.',
        },
        'servers': [{'url': '/'}],
        'security': [{'bearer': []}, {'session': []}],
        'tags': [{'name': each.key, 'description': each.definition.plural_in(locale)} for each in entities],
        'paths': {path: _without_marks(methods) for path, methods in paths.items()},
        'components': {'schemas': schemas, 'responses': RESPONSES, 'parameters': PARAMETERS, 'securitySchemes': SECURITY},
    }


def _is_known(policy: Policy, entity: Entity) -> bool:
    return any(policy.scope(action, entity.key) != 'none' for action in ('read', 'create'))


def _without_marks(methods: Mapping[str, Any]) -> Json:
    return {name: value for name, value in methods.items() if name != 'x-studio'}


def _schemas(policy: Policy, entity: Entity, locale: str) -> Json:
    """The faces, without `$schema`: the document's dialect holds for them."""
    made = {
        f'{entity.key}.read': faces.read_face(entity, policy.readable(entity.key), locale),
        f'{entity.key}.create': faces.write_face(entity, policy.writable(entity.key), locale),
        f'{entity.key}.change': faces.write_face(entity, policy.writable(entity.key), locale, creating=False),
    }
    return {name: {key: value for key, value in face.items() if key != '$schema'} for name, face in made.items()}


def _paths(policy: Policy, entity: Entity, locale: str) -> Json:
    base, may = f'/api/v1/{entity.key}/', lambda action: policy.scope(action, entity.key) != 'none'
    many: Json = {}
    one: Json = {'parameters': [_parameter('uid')]}
    paths: Json = {base: many, f'{base}{{uid}}': one}
    if may('read'):
        many['get'] = _list(entity, locale)
        one['get'] = _operation(entity, 'get', ['columns', 'keys', 'deleted'], _saved(entity, warned=False), '404')
        paths[f'{base}_info'] = {'get': _operation(entity, 'info', ['keys'], {'type': 'object'})}
    if may('create'):
        many['post'] = _sending(_operation(entity, 'post', ['idempotency_key'], _saved(entity), '409', '422', status='201'),
                                _ref(entity, 'create'))  # fmt: skip
    if may('import'):
        rows = {'type': 'array', 'items': _ref(entity, 'create'), 'minItems': 1, 'maxItems': BULK_ROWS}
        bulk = _operation(entity, 'bulk', ['workflows'], _BULK, '409', '422', status='201')
        paths[f'{base}_bulk'] = {'post': _sending(bulk, rows)}
    if may('update'):
        for method in ('put', 'patch'):
            change = _operation(entity, method, ['if_match', 'old_owner'], _saved(entity), '404', '409', '422')
            one[method] = _sending(change, _ref(entity, 'change'))
    if may('delete'):
        gone = {'type': 'object', 'required': ['message', 'id'], 'properties': {'message': {'const': 'OK'}, 'id': faces.UID}}
        one['delete'] = _operation(entity, 'delete', [], gone, '404', '422')
        back = _operation(entity, 'restore', [], _saved(entity), '404', '409')
        paths[f'{base}{{uid}}/restore'] = {'parameters': [_parameter('uid')], 'post': back}
    if may('read'):
        paths[f'{base}{{uid}}/shares'] = share_paths(entity.key, writes=may('update'))
        paths[f'{base}{{uid}}/assignments'] = assignments_path(entity.key)
    if may('assign'):
        paths[f'{base}assign'] = assign_path(entity.key)
    paths.update(_history_paths(entity, f'{base}{{uid}}', reads=may('read'), writes=may('update')))
    return {path: methods for path, methods in paths.items() if set(methods) - {'parameters'}}


def _history_paths(entity: Entity, record: str, *, reads: bool, writes: bool) -> Json:
    """A record's revisions, going back to one, and its stays in stages."""
    if not reads:
        return {}
    number = {
        'name': 'number',
        'in': 'path',
        'required': True,
        'schema': {'type': 'integer', 'minimum': 1, 'maximum': 2**31 - 1},
    }
    several = {
        'type': 'object',
        'required': ['result'],
        'properties': {'result': {'type': 'array', 'items': {'type': 'object'}}},
    }
    paths: Json = {
        f'{record}/history': {'parameters': [_parameter('uid')], 'get': _operation(entity, 'history', [], several, '404')}
    }
    if entity.stage is not None:
        paths[f'{record}/stages'] = {'parameters': [_parameter('uid')], 'get': _operation(entity, 'stages', [], several, '404')}
    if writes:
        paths[f'{record}/history/{{number}}'] = {
            'parameters': [_parameter('uid'), number],
            'get': _operation(entity, 'revision', [], {'type': 'object'}, '404'),
            'post': _operation(entity, 'revert', ['if_match'], _saved(entity), '404', '409', '422'),
        }
    return paths


def _list(entity: Entity, locale: str) -> Json:
    page = {
        'type': 'object',
        'required': ['count', 'count_exact', 'next', 'ids', 'result'],
        'properties': {
            'count': {
                'type': ['integer', 'null'],
                'description': 'Exact up to 10000, filtered up to 1000, else count_exact is false; null after a cursor.',
            },
            'count_exact': {'type': 'boolean'},
            'next': {'type': ['string', 'null'], 'description': 'The cursor of the next page; null on the last.'},
            'ids': {'type': 'array', 'items': faces.UID},
            'result': {'type': 'array', 'items': _ref(entity, 'read')},
        },
    }
    return {**_operation(entity, 'list', _LIST, page), 'summary': entity.definition.plural_in(locale)}


_LIST = ['q', 'page', 'page_size', 'order_column', 'order_direction', 'columns', 'keys', 'filters', 'filter', 'search',
         'cursor', 'deleted']  # fmt: skip
_BULK: Json = {
    'type': 'object',
    'required': ['count', 'ids', 'result'],
    'properties': {'count': {'type': 'integer'}, 'ids': {'type': 'array', 'items': faces.UID}, 'result': {'type': 'array'}},
}


def _operation(entity: Entity, name: str, parameters: Iterable[str], body: Json, *refusals: str, status: str = '200') -> Json:
    answers: Json = {status: {'description': 'OK', 'content': {'application/json': {'schema': body}}}}
    for refusal in ('400', '401', '403', *refusals):
        answers[refusal] = {'$ref': f'#/components/responses/{refusal}'}
    return {
        'operationId': f'{entity.key}.{name}',
        'tags': [entity.key],
        'parameters': [_parameter(each) for each in parameters],
        'responses': answers,
    }


def _sending(operation: Json, body: Json) -> Json:
    refusals = {code: {'$ref': f'#/components/responses/{code}'} for code in ('413', '415')}
    return {
        **operation,
        'requestBody': {'required': True, 'content': {'application/json': {'schema': body}}},
        'responses': {**operation['responses'], **refusals},
    }


def _saved(entity: Entity, *, warned: bool = True) -> Json:
    properties: Json = {'id': faces.UID, 'result': _ref(entity, 'read')}
    if warned:
        properties['warnings'] = {'type': 'array', 'items': {'$ref': '#/components/schemas/Problem/properties/errors/items'}}
    return {'type': 'object', 'required': list(properties), 'properties': properties}


def _ref(entity: Entity, face: str) -> Json:
    return {'$ref': f'#/components/schemas/{entity.key}.{face}'}


def _parameter(name: str) -> Json:
    return {'$ref': f'#/components/parameters/{name}'}
