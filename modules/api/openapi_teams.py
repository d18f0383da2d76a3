"""The parts of the OpenAPI document about teams, for administrators."""

from __future__ import annotations

from typing import Any

from schema.faces import UID

Json = dict[str, Any]
_NAMES: Json = {'type': 'array', 'items': {'type': 'string'}, 'description': 'User names.'}
_PARTS: Json = {
    'name': {'type': 'string', 'minLength': 1, 'maxLength': 200}, 'kind': {'enum': ['team', 'department']},
    'parent': {'type': ['string', 'null'], 'description': 'The uid of the team above; null for none.'},
    'description': {'type': 'string', 'maxLength': 2000}, 'active': {'type': 'boolean'}, 'members': _NAMES, 'leaders': _NAMES,
}  # fmt: skip
_TEAM: Json = {
    'type': 'object',
    'required': ['uid', *_PARTS],
    'properties': {'uid': dict(UID), **_PARTS},
}
_TEAMS: Json = {
    'type': 'object',
    'required': ['count', 'result'],
    'properties': {'count': {'type': 'integer'}, 'result': {'type': 'array', 'items': _TEAM}},
}
_GONE: Json = {
    'type': 'object',
    'required': ['deleted', 'operations'],
    'properties': {'deleted': {'type': 'boolean'}, 'operations': {'type': 'array', 'items': {'type': 'object'}}},
}
_ID: Json = {'name': 'uid', 'in': 'path', 'required': True, 'schema': dict(UID)}


def _answers(schema: Json, *refusals: str, status: str = '200') -> Json:
    answers: Json = {status: {'description': 'OK', 'content': {'application/json': {'schema': schema}}}}
    answers.update((code, {'$ref': f'#/components/responses/{code}'}) for code in ('400', '401', '403', *refusals))
    return answers


def _sent(required: list[str]) -> Json:
    schema = {'type': 'object', 'required': required, 'properties': _PARTS, 'additionalProperties': False}
    return {'required': True, 'content': {'application/json': {'schema': schema}}}


def _where(name: str) -> Json:
    text = 'The uid of a team that stays, or none.'
    return {'name': name, 'in': 'query', 'required': False, 'schema': {'type': 'string'}, 'description': text}


TEAM_PATHS: Json = {
    '/api/v1/teams/': {
        'get': {'operationId': 'teams.index', 'responses': _answers(_TEAMS)},
        'post': {
            'operationId': 'teams.add', 'requestBody': _sent(['name']),
            'responses': _answers(_TEAM, '404', '422', status='201'),
        },
    },
    '/api/v1/teams/{uid}': {
        'parameters': [_ID],
        'get': {'operationId': 'teams.show', 'responses': _answers(_TEAM, '404')},
        'patch': {
            'operationId': 'teams.change',
            'description': 'What is left out stays; members and leaders together replace its people.',
            'requestBody': _sent([]), 'responses': _answers(_TEAM, '404', '422'),
        },
        'delete': {
            'operationId': 'teams.remove', 'parameters': [_where('records_to'), _where('members_to')],
            'description': 'Closes the team, moves what it had, and deletes it once no record names it any more.',
            'responses': _answers(_GONE, '404', '409', '422'),
        },
    },
}  # fmt: skip
