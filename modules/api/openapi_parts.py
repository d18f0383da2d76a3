"""The parts of the OpenAPI document that are the same for everyone."""

from __future__ import annotations

from typing import Any

from modules.api.limits import LONGEST_KEY, PAGE_SIZE, PATIENCE_SECONDS
from modules.records.model import LARGEST_PAGE
from schema.faces import UID

Json = dict[str, Any]

PROBLEM: Json = {
    'type': 'object',
    'description': 'RFC 9457, with every finding.',
    'required': ['type', 'title', 'status', 'errors'],
    'properties': {
        'type': {'type': 'string'},
        'title': {'type': 'string'},
        'status': {'type': 'integer'},
        'detail': {'type': 'string'},
        'instance': {'type': 'string'},
        'errors': {
            'type': 'array',
            'items': {
                'type': 'object',
                'required': ['code', 'pointer', 'level', 'detail'],
                'properties': {
                    'code': {'type': 'string'},
                    'pointer': {'type': 'string', 'description': 'A JSON pointer into what was sent.'},
                    'level': {'enum': ['error', 'warning']},
                    'detail': {'type': 'string'},
                    'hint': {'type': 'string'},
                },
            },
        },
    },
}
PLAN: Json = {
    'type': 'object',
    'required': ['plan_id', 'base_version', 'steps', 'impact', 'findings'],
    'properties': {
        'plan_id': {'type': 'string'},
        'base_version': {'type': 'integer'},
        'risk': {'enum': ['safe', 'careful', 'loss']},
        'changes': {'type': 'array', 'items': {'type': 'string'}},
        'steps': {'type': 'array', 'items': {'type': 'object'}},
        'impact': {'type': 'array', 'items': {'type': 'object'}},
        'findings': {'type': 'array', 'items': {'type': 'object'}},
    },
}
SECURITY: Json = {
    'bearer': {'type': 'http', 'scheme': 'bearer', 'description': 'A JWT of /api/v1/security/login, or an API token.'},
    'session': {'type': 'apiKey', 'in': 'cookie', 'name': 'trellis',
                'description': 'The cookie of the pages; changes also need the header X-CSRFToken.'},
}  # fmt: skip
_REFUSALS = {
    '400': 'The request cannot be read.',
    '401': 'Nobody is signed in, or the token has run out.',
    '403': 'This person may not do that.',
    '404': 'Not there, or out of reach.',
    '409': 'A conflict with what is stored.',
    '413': 'The body is too large.',
    '415': 'The body is not JSON.',
    '422': 'The values cannot be stored.',
}
RESPONSES: Json = {
    code: {'description': text, 'content': {'application/problem+json': {'schema': {'$ref': '#/components/schemas/Problem'}}}}
    for code, text in _REFUSALS.items()
}


def _query(name: str, schema: Json, text: str = '') -> Json:
    return {'name': name, 'in': 'query', 'required': False, 'schema': schema, 'description': text}


def _names(name: str, text: str) -> Json:
    return {**_query(name, {'type': 'array', 'items': {'type': 'string'}}, text), 'style': 'form', 'explode': False}


def _in_json(name: str, schema: Json, text: str) -> Json:
    return {'name': name, 'in': 'query', 'required': False, 'description': text,
            'content': {'application/json': {'schema': schema}}}  # fmt: skip


_TEST: Json = {
    'type': 'object',
    'required': ['col', 'opr'],
    'properties': {'col': {'type': 'string'}, 'opr': {'type': 'string'}, 'value': {}},
    'additionalProperties': False,
}
PARAMETERS: Json = {
    'uid': {'name': 'uid', 'in': 'path', 'required': True, 'schema': dict(UID)},
    'idempotency_key': {
        'name': 'Idempotency-Key', 'in': 'header', 'required': False,
        'schema': {'type': 'string', 'minLength': 1, 'maxLength': LONGEST_KEY},
        'description': 'The same key sent again answers with the record that the first request made.',
    },
    'if_match': {
        'name': 'If-Match', 'in': 'header', 'required': False, 'schema': {'type': 'string', 'pattern': r'^(\*|"?[0-9]+"?)$'},
        'description': 'The revision that was read. A sent field that somebody changed since is refused with 409.',
    },
    'prefer': {
        'name': 'Prefer', 'in': 'header', 'required': False, 'schema': {'type': 'string'},
        'description': f'`wait=5` waits so many seconds, `respond-async` none; {PATIENCE_SECONDS} when it is left out.',
    },
    'workflows': _query('workflows', {'enum': ['true', 'false']}, 'Whether new records start workflows; `true` without it.'),
    'old_owner': _query(
        'old_owner', {'enum': ['keep', 'drop']},
        'Whether the former owner goes on seeing the record when this gives it another; the setting of the installation decides'
        ' when it is left out.',
    ),
    'q': _query('q', {'type': 'string'}, 'All of the following in one Rison object, as Flask-AppBuilder takes it.'),
    'page': _query('page', {'type': 'integer', 'minimum': 0, 'default': 0}, 'Counts from 0.'),
    'page_size': _query('page_size', {'type': 'integer', 'minimum': 1, 'maximum': LARGEST_PAGE, 'default': PAGE_SIZE}),
    'order_column': _query('order_column', {'type': 'string'}),
    'order_direction': _query('order_direction', {'enum': ['asc', 'desc']}),
    'columns': _names('columns', 'Fields to answer beside uid and revision; all readable ones by default.'),
    'keys': _names('keys', 'Which of the describing keys to answer; `none` for none.'),
    'filters': _in_json('filters', {'type': 'array', 'items': _TEST}, 'Tests that must all hold.'),
    'filter': _in_json('filter', {'type': 'object'}, 'A condition: {field, op, value}, all, any, not, any_related.'),
    'search': _query('search', {'type': 'string'}, 'Words; each must begin a word of a searched field.'),
    'cursor': _query('cursor', {'type': 'string'}, 'The `next` of the page before.'),
    'deleted': _query('deleted', {'type': 'boolean', 'default': False}, 'Look into the recycle bin.'),
}  # fmt: skip


def _answer(schema: Json, *refusals: str) -> Json:
    answers: Json = {'200': {'description': 'OK', 'content': {'application/json': {'schema': schema}}}}
    answers.update((code, {'$ref': f'#/components/responses/{code}'}) for code in ('401', *refusals))
    return answers


def _sent(schema: Json) -> Json:
    return {'required': True, 'content': {'application/json': {'schema': schema}}}


def _path(name: str) -> Json:
    return {'name': name, 'in': 'path', 'required': True, 'schema': {'type': 'string'}}


_PLAN: Json = {'$ref': '#/components/schemas/Plan'}
_PUBLISH: Json = {
    'type': 'object',
    'required': ['state', 'version', 'progress'],
    'properties': {
        'state': {'type': 'string'},
        'version': {'type': 'integer'},
        'progress': {'type': 'number'},
        'operations': {'type': 'array', 'items': {'type': 'object'}, 'description': 'What goes through many records.'},
    },
}
_OUTLOOK: Json = {
    'type': 'object',
    'required': ['id', 'state', 'seen', 'total', 'plan_id', 'findings'],
    'properties': {
        'id': {'type': 'string'},
        'state': {'enum': ['running', 'done', 'failed']},
        'seen': {'type': 'integer', 'description': 'Values looked at so far.'},
        'total': {'type': 'integer'},
        'plan_id': {'type': ['string', 'null'], 'description': 'The plan, once it is made.'},
        'findings': {'type': 'array', 'items': {'type': 'object'}, 'description': 'Why none was made.'},
    },
}
_LATER: Json = {
    '202': {'description': 'The plan takes longer; Location tells how far it has looked.',
            'content': {'application/json': {'schema': _OUTLOOK}}},
}  # fmt: skip
_LOGIN: Json = {
    'type': 'object',
    'required': ['username', 'password'],
    'properties': {'username': {'type': 'string'}, 'password': {'type': 'string'}, 'provider': {'enum': ['db']},
                   'refresh': {'type': 'boolean'}},
}  # fmt: skip
_TOKENS: Json = {'type': 'object', 'properties': {'access_token': {'type': 'string'}, 'refresh_token': {'type': 'string'}}}
_FACE: Json = {'name': 'for', 'in': 'query', 'required': False,
               'schema': {'enum': ['read', 'write', 'definition'], 'default': 'read'}}  # fmt: skip
_REQUEST: Json = {
    'type': 'object',
    'properties': {
        **{kind: {'type': 'object'} for kind in ('entities', 'roles', 'workflows', 'templates')},
        'remove': {'type': 'array', 'items': {'type': 'string'}, 'description': 'JSON pointers.'},
    },
}
_FILE: Json = {
    'type': 'object',
    'required': ['uid', 'name', 'size', 'type'],
    'properties': {
        'uid': dict(UID), 'name': {'type': 'string'}, 'size': {'type': 'integer'}, 'type': {'type': 'string'},
        'href': {'type': 'string', 'description': 'Good for a minute and for this person; answers the content.'},
        'thumbnail': {'type': 'string', 'description': 'The same for a small picture of a picture.'},
        'expires_in': {'type': 'integer', 'description': 'Seconds.'},
    },
}  # fmt: skip
_UPLOAD: Json = {
    'type': 'object',
    'required': ['file'],
    'properties': {
        'file': {'type': 'string', 'contentMediaType': 'application/octet-stream'},
        'entity': {'type': 'string', 'description': 'With `field`: where the file will hang; its limits hold now.'},
        'field': {'type': 'string'},
    },
}
FILE_PATHS: Json = {
    '/api/v1/files/': {
        'post': {
            'operationId': 'files.upload',
            'description': 'Takes one file in. Send its uid as the value of a field of files within a day.',
            'requestBody': {'required': True, 'content': {'multipart/form-data': {'schema': _UPLOAD}}},
            'responses': {
                **{code: each for code, each in _answer(_FILE, '400', '413', '422').items() if code != '200'},
                '201': {'description': 'Kept', 'content': {'application/json': {'schema': _FILE}}},
            },
        }
    },
    '/api/v1/files/{uid}': {
        'get': {
            'operationId': 'files.describe',
            'parameters': [{'$ref': '#/components/parameters/uid'}],
            'responses': _answer(_FILE, '404'),
        }
    },
}
SCHEMA_PATHS: Json = {
    '/api/v1/security/login': {
        'post': {'operationId': 'login', 'security': [], 'requestBody': _sent(_LOGIN), 'responses': _answer(_TOKENS, '400')}
    },
    '/api/v1/security/refresh': {'post': {'operationId': 'refresh', 'responses': _answer(_TOKENS)}},
    '/api/v1/me': {'get': {'operationId': 'me', 'responses': _answer({'type': 'object'})}},
    '/api/v1/schema/': {'get': {'operationId': 'schema.index', 'responses': _answer({'type': 'object'})}},
    '/api/v1/schema/{entity}': {
        'get': {'operationId': 'schema.entity', 'parameters': [_path('entity'), _FACE],
                'responses': _answer({'type': 'object'}, '400', '403', '404')}
    },
    '/api/v1/schema/plan': {
        'x-studio': True,
        'post': {
            'operationId': 'schema.plan',
            'parameters': [{'$ref': '#/components/parameters/prefer'}],
            'requestBody': _sent(_REQUEST),
            'responses': {**_answer(_PLAN, '400', '409', '422'), **_LATER},
        },
    },
    '/api/v1/schema/outlooks/{id}': {
        'x-studio': True,
        'get': {'operationId': 'schema.outlook', 'parameters': [_path('id')], 'responses': _answer(_OUTLOOK, '404')},
    },
    '/api/v1/schema/apply': {
        'x-studio': True,
        'post': {
            'operationId': 'schema.apply',
            'requestBody': _sent({'type': 'object', 'required': ['plan_id'], 'properties': {'plan_id': {'type': 'string'}}}),
            'responses': {
                **_answer(_PUBLISH, '404', '409', '422'),
                '202': {'description': 'Under way; see Location.', 'content': {'application/json': {'schema': _PUBLISH}}},
            },
        },
    },
    '/api/v1/schema/publishes/{id}': {
        'x-studio': True,
        'get': {'operationId': 'schema.publish', 'parameters': [_path('id')], 'responses': _answer(_PUBLISH, '404')},
    },
    '/api/v1/schema/publishes/{id}/unread': {
        'x-studio': True,
        'get': {'operationId': 'schema.unread', 'parameters': [_path('id')], 'responses': _answer({'type': 'object'}, '404')},
    },
    '/api/v1/schema/aliases': {
        'x-studio': True, 'get': {'operationId': 'schema.aliases', 'responses': _answer({'type': 'object'})},
    },
    '/api/v1/schema/used': {
        'x-studio': True, 'get': {'operationId': 'schema.used', 'responses': _answer({'type': 'object'}, '404')},
    },
    '/api/v1/schema/versions': {
        'x-studio': True, 'get': {'operationId': 'schema.versions', 'responses': _answer({'type': 'object'})},
    },
    '/api/v1/schema/rollback': {
        'x-studio': True,
        'post': {
            'operationId': 'schema.rollback',
            'parameters': [{'$ref': '#/components/parameters/prefer'}],
            'requestBody': _sent({'type': 'object', 'required': ['version'], 'properties': {'version': {'type': 'integer'}}}),
            'responses': {**_answer(_PLAN, '404', '409', '422'), **_LATER},
        },
    },
}  # fmt: skip
