"""The metaschemas are sound, strict, and explained well enough to make reference pages from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from schema.checks.metaschema import check_against, load_metaschemas

NAMES = ('entity', 'role', 'workflow', 'template', 'pack')


def parts(node: Any, path: str = '') -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema below a node with its path."""
    if isinstance(node, dict):
        yield path, node
        for name in ('properties', '$defs'):
            for keyword, part in node.get(name, {}).items():
                yield from parts(part, f'{path}/{name}/{keyword}')
        for name in ('items', 'additionalProperties'):
            yield from parts(node.get(name), f'{path}/{name}')


@pytest.mark.parametrize('name', [*NAMES, 'common'])
def test_metaschema_follows_json_schema_2020_12(name: str) -> None:
    schema = load_metaschemas()[name]

    Draft202012Validator.check_schema(schema)
    assert schema['$schema'] == 'https://json-schema.org/draft/2020-12/schema'


@pytest.mark.parametrize('name', NAMES)
def test_every_keyword_is_explained_and_every_object_closed(name: str) -> None:
    for path, schema in parts(load_metaschemas()[name]):
        if 'properties' in schema:
            assert schema.get('additionalProperties') is False, path
        for keyword, part in schema.get('properties', {}).items():
            assert {'title', 'description', 'examples'} <= set(part), f'{path}/{keyword}'


@pytest.mark.parametrize('name', NAMES)
def test_examples_of_metaschemas_fit_them(name: str) -> None:
    schema = load_metaschemas()[name]
    common = load_metaschemas()['common']
    for path, part in parts(schema):
        if 'examples' in part and isinstance(part['examples'], list):
            local = {**part, '$defs': {**common['$defs'], **schema.get('$defs', {})}}
            text = json.dumps(local).replace('urn:trellis:metaschema:common', '')
            for example in part['examples']:
                assert not list(Draft202012Validator(json.loads(text)).iter_errors(example)), (path, example)


def test_head_of_the_sales_pack_fits(sales_folder: Path) -> None:
    head = json.loads((sales_folder / 'pack.json').read_text(encoding='utf-8'))

    assert check_against('pack', head) == []
    found = check_against('pack', {**head, 'version': '1.0', 'requires': {'trellis': 'new'}, 'script': 'rm'})
    assert sorted((each.code, each.pointer) for each in found) == [
        ('SCH-E010', '/script'),
        ('SCH-E017', '/requires/trellis'),
        ('SCH-E017', '/version'),
    ]
