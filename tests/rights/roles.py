"""A schema with every kind of field, and roles made from it so that every restriction meets every entity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from migrations.service import publish_documents
from migrations.system.upgrade import upgrade_system
from modules.runtime import Runtime
from permissions.fab import sync_permissions
from schema.checks import check_documents
from tests.schema.everything import everything

TURNS = ('none', 'read', 'write')
OWN, TEAM = 'matrix_own', 'matrix_team'
UNOWNED = {'scope': 'all', 'where': {'field': 'owner', 'op': 'is_empty'}}
WIDER = 'contact'
"""The entity of which `matrix_team` reads the teams below its own as well."""
CLOSED_TITLE = 'quote'
"""The entity whose very title is closed to `matrix_own`; elsewhere titles stay open, for links are told by them."""


def publish_everything(runtime: Runtime) -> None:
    """Make a new database ready: every field type, closed, read only and open by turns for the two roles."""
    upgrade_system(runtime.database)
    documents: dict[tuple[str, str], Any] = dict(everything())
    documents['entity', 'quote']['x-calendar'] = {'kind': 'appointment', 'start': 'asked_on'}
    documents |= {('role', key): role for key, role in matrix_roles(documents).items()}
    publish_documents(
        runtime.database, documents, runtime.clock, note='everything', sync_permissions=sync_permissions, check=check_documents
    )


def matrix_roles(documents: Mapping[tuple[str, str], Any]) -> dict[str, Any]:
    """`matrix_own` sees its own records, `matrix_team` its team's, of contacts those of the teams below too, and of companies
    those that nobody owns. `matrix_team` administers: it meets every page, and still reaches no more records than these."""
    entities = {key: document for (kind, key), document in documents.items() if kind == 'entity'}
    own = {'read': 'own', 'create': 'all', 'update': 'own', 'delete': 'own', 'import': 'all', 'export': 'own'}
    team = {**own, 'read': 'team', 'update': 'team', 'delete': 'none', 'export': 'team'}
    return {
        OWN: _role(entities, OWN, {'*': own}, first=0),
        TEAM: _role(
            entities, TEAM, {'*': team, 'company': {**team, 'read': UNOWNED}, WIDER: {**team, 'read': 'team_below'}}, first=1
        )
        | {'studio': True, 'admin': True},
    }


def _role(entities: Mapping[str, Any], key: str, grants: dict[str, Any], first: int) -> dict[str, Any]:
    fields = {name: _levels(name, document, first) for name, document in entities.items()}
    return {
        '$schema': 'https://json-schema.org/draft/2020-12/schema', 'x-format': 1, 'x-kind': 'role', 'x-key': key,
        'x-label': {'en': key, 'vi': key}, 'grants': grants, 'fields': fields, 'studio': False, 'admin': False,
    }  # fmt: skip


def _levels(entity: str, document: Mapping[str, Any], first: int) -> dict[str, str]:
    levels = {key: TURNS[(place + first) % 3] for place, key in enumerate(document['properties'])}
    if entity == CLOSED_TITLE:
        levels[document['x-title-field']] = 'none'
    elif 'x-title-field' in document:
        levels[document['x-title-field']] = 'write'
    return levels
