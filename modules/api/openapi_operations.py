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
        'kind': {'enum': ['edit', 'assign', 'stage', 'pipeline', 'delete', 'restore', 'share', 'pool']},
        'entity': {'type': 'string'},
        'uids': {'type': 'array', 'items': dict(UID)}, 'filter': {'type': 'object'}, 'search': {'type': 'string'},
        'values': {'type': 'object'}, 'stages': {'type': 'object', 'additionalProperties': {'type': 'string'}},
        'workflows': {'type': 'boolean', 'default': True}, 'old_owner': {'enum': ['keep', 'drop']},
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
_SHARES: Json = {
    'type': 'object',
    'required': ['count', 'result'],
    'properties': {
        'count': {'type': 'integer'},
        'result': {'type': 'array', 'items': {
            'type': 'object',
            'required': ['label', 'active', 'level', 'source', 'by', 'at'],
            'properties': {
                'user': {'type': 'string'}, 'team': {'type': 'string'}, 'label': {'type': 'string'},
                'active': {'type': 'boolean'}, 'level': {'enum': ['view', 'edit']},
                'source': {'enum': ['share', 'former_owner']}, 'by': {'type': 'string'},
                'at': {'type': 'string', 'format': 'date-time'},
            },
        }},
    },
}  # fmt: skip
_SHARE: Json = {
    'type': 'object',
    'properties': {
        'users': {'type': 'array', 'items': {'type': 'string'}, 'description': 'User names.'},
        'teams': {'type': 'array', 'items': {'type': 'string'}, 'description': 'IDs of teams.'},
        'level': {'enum': ['view', 'edit'], 'default': 'view'},
    },
    'additionalProperties': False,
}


def share_paths(entity_key: str, *, writes: bool) -> Json:
    """Who sees a record of this entity beside what roles reach; sharing it and ending that, for whoever may change some."""
    found: Json = {'get': {'operationId': f'{entity_key}.shares', 'tags': [entity_key], 'responses': _answers(_SHARES, '404')}}
    if writes:
        query = [{'name': name, 'in': 'query', 'required': False, 'schema': {'type': 'string'}} for name in ('user', 'team')]
        made = _answers(_SHARES, '404', '413', '415', '422', made=True)
        found['post'] = {
            'operationId': f'{entity_key}.share', 'tags': [entity_key],
            'responses': {code: each for code, each in made.items() if code != '202'},
            'requestBody': {'required': True, 'content': {'application/json': {'schema': _SHARE}}},
        }  # fmt: skip
        ended = {'operationId': f'{entity_key}.unshare', 'tags': [entity_key], 'parameters': query}
        found['delete'] = {**ended, 'responses': _answers(_SHARES, '404')}
    return {'parameters': [{'$ref': '#/components/parameters/uid'}], **found}


_STRATEGY: Json = {
    'type': 'object',
    'required': ['kind'],
    'properties': {
        'kind': {'enum': ['person', 'even', 'round_robin', 'by_load', 'returning']},
        'among': {'type': 'object', 'properties': {
            'users': {'type': 'array', 'items': {'type': 'string'}}, 'teams': {'type': 'array', 'items': {'type': 'string'}},
        }},
        'remainder': {'enum': ['last', 'spread'], 'default': 'last'},
        'online_only': {'type': 'boolean', 'default': False}, 'skip_absent': {'type': 'boolean', 'default': False},
        'via': {'type': 'array', 'items': {'type': 'string'}}, 'fallback': {'type': 'object'},
    },
}  # fmt: skip
_GIVE: Json = {
    'type': 'object',
    'properties': {
        'uids': {'type': 'array', 'items': dict(UID)}, 'filter': {'type': 'object'}, 'search': {'type': 'string'},
        'to': {'type': 'string', 'description': 'A user name.'}, 'strategy': _STRATEGY,
        'old_owner': {'enum': ['keep', 'drop']}, 'workflows': {'type': 'boolean', 'default': True},
        'dry_run': {'type': 'boolean', 'default': False},
    },
    'additionalProperties': False,
}  # fmt: skip


def assign_path(entity_key: str) -> Json:
    """Giving records of this entity to people."""
    told = _answers({'type': 'object'}, '404', '409', '413', '415', '422')
    return {'post': {
        'operationId': f'{entity_key}.assign', 'tags': [entity_key],
        'requestBody': {'required': True, 'content': {'application/json': {'schema': _GIVE}}},
        'responses': {**_answers(_OPERATION, '404', '409', '413', '415', '422', made=True), '200': told['200']},
    }}  # fmt: skip


def assignments_path(entity_key: str) -> Json:
    """Who got a record and why."""
    asked = {'operationId': f'{entity_key}.assignments', 'tags': [entity_key], 'parameters': [_PAGE]}
    return {'parameters': [{'$ref': '#/components/parameters/uid'}],
            'get': {**asked, 'responses': _answers({'type': 'object'}, '404')}}  # fmt: skip
