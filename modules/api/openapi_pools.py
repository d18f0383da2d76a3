"""The parts of the OpenAPI document about pools."""

from __future__ import annotations

from typing import Any

from schema.faces import UID

Json = dict[str, Any]
_INSTANT: Json = {'type': 'string', 'format': 'date-time'}
_UIDS: Json = {'type': 'array', 'items': dict(UID), 'minItems': 1}
_NAMES: Json = {'type': 'array', 'items': {'type': 'string'}}
_POOL: Json = {
    'type': 'object',
    'required': ['uid', 'name', 'entity', 'active'],
    'properties': {
        'uid': dict(UID), 'name': {'type': 'string'}, 'description': {'type': 'string'},
        'entity': {'type': ['string', 'null']}, 'active': {'type': 'boolean'},
        'member': {'type': 'boolean'}, 'manager': {'type': 'boolean'}, 'waiting': {'type': 'integer'},
        'held': {'type': 'integer', 'description': 'Records of the pool that the person owns.'},
        'daily_limit': {'type': ['integer', 'null']},
        'remaining': {'type': ['integer', 'null'], 'description': 'What they may still claim today; null without a limit.'},
        'resets_at': _INSTANT, 'return_days': {'type': ['integer', 'null']}, 'activity': {'enum': ['owner', 'anyone']},
    },
}  # fmt: skip
_WISH: Json = {
    'type': 'object',
    'required': ['name', 'entity', 'managers'],
    'properties': {
        'name': {'type': 'string', 'minLength': 1, 'maxLength': 200}, 'description': {'type': 'string', 'maxLength': 2000},
        'entity': {'type': 'string'}, 'source': {'type': ['object', 'null'], 'description': 'A condition.'},
        'takes_new': {'type': 'boolean'}, 'daily_limit': {'type': ['integer', 'null'], 'minimum': 1, 'maximum': 10_000},
        'return_days': {'type': ['integer', 'null'], 'minimum': 1, 'maximum': 3650},
        'activity': {'enum': ['owner', 'anyone']}, 'active': {'type': 'boolean'}, 'is_default': {'type': 'boolean'},
        'members': {**_NAMES, 'description': 'User names.'}, 'managers': {**_NAMES, 'description': 'User names.'},
        'member_teams': {**_NAMES, 'description': 'UIDs of teams.'},
        'manager_teams': {**_NAMES, 'description': 'UIDs of teams.'},
    },
    'additionalProperties': False,
}  # fmt: skip
_CLAIMED: Json = {
    'type': 'object',
    'required': ['entity', 'id', 'remaining', 'resets_at'],
    'properties': {
        'entity': {'type': 'string'}, 'id': dict(UID), 'remaining': {'type': ['integer', 'null']}, 'resets_at': _INSTANT,
    },
}  # fmt: skip
_WAITING: Json = {
    'type': 'object',
    'required': ['count', 'result'],
    'properties': {
        'count': {'type': 'integer'},
        'result': {'type': 'array', 'items': {
            'type': 'object',
            'properties': {'id': dict(UID), 'label': {'type': 'string'}, 'waiting_since': _INSTANT},
        }},
    },
}  # fmt: skip
_ID: Json = {'name': 'pool', 'in': 'path', 'required': True, 'schema': dict(UID)}
_PAGE: Json = {'name': 'page', 'in': 'query', 'required': False, 'schema': {'type': 'integer', 'minimum': 0, 'maximum': 10_000}}


def _answers(schema: Json, *refusals: str, status: str = '200') -> Json:
    answers: Json = {status: {'description': 'OK', 'content': {'application/json': {'schema': schema}}}}
    answers.update((code, {'$ref': f'#/components/responses/{code}'}) for code in ('400', '401', '403', *refusals))
    return answers


def _body(schema: Json) -> Json:
    return {'required': True, 'content': {'application/json': {'schema': schema}}}


def _act(name: str, sent: Json, answer: Json, *refusals: str) -> Json:
    body = {'type': 'object', **sent, 'additionalProperties': False}
    return {'operationId': f'pools.{name}', 'requestBody': _body(body), 'responses': _answers(answer, *refusals)}


_DONE: Json = {'type': 'object', 'properties': {'message': {'const': 'OK'}}}
_COUNT: Json = {'type': 'object', 'properties': {'count': {'type': 'integer'}}}
POOL_PATHS: Json = {
    '/api/v1/pools/': {
        'get': {
            'operationId': 'pools.index',
            'responses': _answers({'type': 'object', 'properties': {'result': {'type': 'array', 'items': _POOL}}}),
        },
        'post': {'operationId': 'pools.create', 'requestBody': _body(_WISH), 'responses': _answers(_POOL, '422', status='201')},
    },
    '/api/v1/pools/{pool}': {
        'parameters': [_ID],
        'get': {'operationId': 'pools.show', 'responses': _answers(_POOL, '404')},
        'put': {'operationId': 'pools.change', 'requestBody': _body(_WISH), 'responses': _answers(_POOL, '404', '422')},
        'delete': {'operationId': 'pools.delete', 'responses': _answers(_DONE, '404', '409')},
    },
    '/api/v1/pools/{pool}/records': {
        'parameters': [_ID],
        'get': {'operationId': 'pools.records', 'parameters': [_PAGE], 'responses': _answers(_WAITING, '404', '409')},
    },
    '/api/v1/pools/{pool}/claim': {
        'parameters': [_ID],
        'post': _act('claim', {'properties': {'record': dict(UID)}}, _CLAIMED, '404', '409', '422'),
    },
    '/api/v1/pools/{pool}/release': {
        'parameters': [_ID],
        'post': _act(
            'release',
            {
                'required': ['record', 'reason'],
                'properties': {'record': dict(UID), 'reason': {'type': 'string', 'minLength': 1, 'maxLength': 500}},
            },
            _DONE, '404', '409', '422',
        ),
    },
    '/api/v1/pools/{pool}/put': {
        'parameters': [_ID],
        'post': {
            **_act('put', {'required': ['records'], 'properties': {'records': _UIDS}}, {'type': 'object'}, '404', '409', '422'),
            'responses': {
                **_answers({'type': 'object'}, '404', '409', '422', status='201'), **_answers({'type': 'object'}, status='202'),
            },
        },
    },
    '/api/v1/pools/{pool}/move': {
        'parameters': [_ID],
        'post': _act(
            'move', {'required': ['records', 'to'], 'properties': {'records': _UIDS, 'to': dict(UID)}}, _COUNT,
            '404', '409', '422',
        ),
    },
    '/api/v1/pools/{pool}/take-out': {
        'parameters': [_ID],
        'post': _act('take_out', {'required': ['records'], 'properties': {'records': _UIDS}}, _COUNT, '404', '422'),
    },
}  # fmt: skip
