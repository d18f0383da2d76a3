"""The parts of the OpenAPI document about bulk changes and the history of records."""

from __future__ import annotations

from typing import Any

from schema.faces import UID

Json = dict[str, Any]
_OPERATION: Json = {
    'type': 'object',
    'required': ['id', 'kind', 'title', 'state', 'counts', 'undoable'],
    'properties': {
        'id': dict(UID), 'kind': {'type': 'string'}, 'title': {'type': 'string'}, 'state': {'type': 'string'},
        'counts': {'type': 'object', 'additionalProperties': {'type': 'integer'}}, 'total': {'type': ['integer', 'null']},
        'undoable': {'type': 'boolean'}, 'reasons': {'type': 'array', 'items': {'type': 'object'}},
    },
}  # fmt: skip
_ORDER: Json = {
    'type': 'object',
    'required': ['kind', 'entity'],
    'properties': {
        'kind': {'enum': ['edit', 'assign', 'stage', 'pipeline', 'delete', 'restore']}, 'entity': {'type': 'string'},
        'uids': {'type': 'array', 'items': dict(UID)}, 'filter': {'type': 'object'}, 'search': {'type': 'string'},
        'values': {'type': 'object'}, 'stages': {'type': 'object', 'additionalProperties': {'type': 'string'}},
        'workflows': {'type': 'boolean', 'default': True},
    },
    'additionalProperties': False,
}  # fmt: skip


def _answers(schema: Json, *refusals: str, made: bool = False) -> Json:
    found = {'description': 'OK', 'content': {'application/json': {'schema': schema}}}
    answers: Json = {'201': found, '202': found} if made else {'200': found}
    answers.update((code, {'$ref': f'#/components/responses/{code}'}) for code in ('400', '401', '403', *refusals))
    return answers


_ID: Json = {'name': 'id', 'in': 'path', 'required': True, 'schema': dict(UID)}
_PAGE: Json = {'name': 'page', 'in': 'query', 'required': False, 'schema': {'type': 'integer', 'minimum': 1, 'maximum': 10_000}}
OPERATION_PATHS: Json = {
    '/api/v1/operations/': {
        'get': {'operationId': 'operations.index', 'parameters': [_PAGE], 'responses': _answers({'type': 'object'})},
        'post': {
            'operationId': 'operations.start',
            'requestBody': {'required': True, 'content': {'application/json': {'schema': _ORDER}}},
            'responses': _answers(_OPERATION, '404', '409', '422', made=True),
        },
    },
    '/api/v1/operations/{id}': {
        'parameters': [_ID],
        'get': {'operationId': 'operations.show', 'responses': _answers(_OPERATION, '404')},
    },
    '/api/v1/operations/{id}/undo': {
        'parameters': [_ID],
        'get': {'operationId': 'operations.foresee', 'responses': _answers({'type': 'object'}, '404')},
        'post': {'operationId': 'operations.undo', 'responses': _answers(_OPERATION, '404', '409', made=True)},
    },
}
