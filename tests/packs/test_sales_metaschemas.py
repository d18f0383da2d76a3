"""The sales pack's documents satisfy the product's own metaschemas, tried with a standard validator."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from tests.packs.documents import read_folder

METASCHEMAS = {
    path.stem: json.loads(path.read_text('utf-8'))
    for path in (Path(__file__).parents[2] / 'schema' / 'metaschema').glob('*.json')
}
REGISTRY = Registry().with_resources((schema['$id'], Resource.from_contents(schema)) for schema in METASCHEMAS.values())
KINDS = {'entities': 'entity', 'roles': 'role', 'workflows': 'workflow', 'templates': 'template'}
DOCUMENTS = [pytest.param('pack', read_folder('.')['pack'], id='pack')] + [
    pytest.param(kind, document, id=f'{kind}/{key}')
    for folder, kind in KINDS.items()
    for key, document in read_folder(folder).items()
]


def problems(kind: str, document: Any) -> list[str]:
    validator = Draft202012Validator(METASCHEMAS[kind], registry=REGISTRY)
    return [f'{error.json_path}: {error.message}' for error in validator.iter_errors(document)]


@pytest.mark.parametrize(('kind', 'document'), DOCUMENTS)
def test_a_document_satisfies_the_metaschema_of_its_kind(kind: str, document: dict[str, Any]) -> None:
    assert problems(kind, document) == []


@pytest.mark.parametrize('kind', sorted(KINDS.values()))
def test_a_metaschema_refuses_a_label_that_is_no_text_by_locale(kind: str) -> None:
    folder = next(folder for folder, each in KINDS.items() if each == kind)
    document = next(iter(read_folder(folder).values()))

    assert problems(kind, document | {'x-label': 5}) != []
