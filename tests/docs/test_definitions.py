"""docs/definitions.md says what the checks accept: it is up to date, and each of its examples is taken."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from schema.base.clock import SystemClock
from schema.checks.metaschema import load_metaschemas
from schema.conditions.condition import check
from schema.conditions.operators import OPERATORS
from schema.conditions.relative import read_point, read_span
from schema.fieldtypes.base import Reading
from schema.fieldtypes.registry import FIELD_TYPES
from schema.loading import read_folder, settle
from schema.reading import read_entity

ROOT = Path(__file__).parents[2]
REGISTRY: Any = Registry().with_resources(  # type: ignore[var-annotated]
    (each['$id'], Resource.from_contents(each)) for each in load_metaschemas().values()
)


def _reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location('docs_reference', ROOT / 'docs' / 'reference.py')
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    path = list(sys.path)
    spec.loader.exec_module(module)
    sys.path[:] = path
    return module


def _prose() -> dict[str, Any]:
    prose: dict[str, Any] = json.loads((ROOT / 'docs' / 'reference.json').read_text(encoding='utf-8'))
    return prose


def _parts(name: str, node: Any, pointer: str) -> Iterator[tuple[str, str]]:
    """Every place of a metaschema that gives examples."""
    if not isinstance(node, dict):
        return
    if isinstance(node.get('examples'), list):
        yield name, pointer
    for key, part in node.items():
        if key != 'examples':
            yield from _parts(name, part, f'{pointer}/{key.replace("~", "~0").replace("/", "~1")}')


PLACES = [place for name, each in load_metaschemas().items() for place in _parts(name, each, '')]


def _at(name: str, pointer: str) -> Any:
    node: Any = load_metaschemas()[name]
    for part in pointer.split('/')[1:]:
        node = node[part.replace('~1', '/').replace('~0', '~')]
    return node


def test_definitions_page_is_what_the_metaschemas_say() -> None:
    assert (ROOT / 'docs' / 'definitions.md').read_text(encoding='utf-8') == _reference().write()


def test_reference_is_written_the_same_twice() -> None:
    assert _reference().write() == _reference().write()


@pytest.mark.parametrize(('name', 'pointer'), PLACES, ids=[f'{name}{pointer}' for name, pointer in PLACES])
def test_example_of_a_keyword_fits_the_keyword(name: str, pointer: str) -> None:
    place = Draft202012Validator({'$ref': f'urn:trellis:metaschema:{name}#{pointer}'}, registry=REGISTRY)

    assert [error.message for each in _at(name, pointer)['examples'] for error in place.iter_errors(each)] == []


def test_every_keyword_has_title_description_and_example() -> None:
    bare = [
        f'{name}{pointer}/{key}'
        for name, pointer in [(name, pointer) for name in load_metaschemas() for pointer in _homes(name)]
        for key, part in _at(name, pointer).items()
        if not (part.get('title') and part.get('description') and part.get('examples'))
    ]

    assert bare == []


def _homes(name: str) -> Iterator[str]:
    def walk(node: Any, pointer: str) -> Iterator[str]:
        if isinstance(node, dict):
            if isinstance(node.get('properties'), dict) and isinstance(node.get('title'), str):
                yield f'{pointer}/properties'
            for key, part in node.items():
                if key != 'examples':
                    yield from walk(part, f'{pointer}/{key}')

    yield from walk(load_metaschemas()[name], '')


def test_reference_tells_every_field_type_and_operator() -> None:
    prose = _prose()

    assert set(prose['types']) == {kind.key for kind in FIELD_TYPES}
    assert set(prose['operators']) == set(OPERATORS)


@pytest.mark.parametrize('key', [kind.key for kind in FIELD_TYPES])
def test_wire_example_of_a_field_type_is_read_by_it(key: str) -> None:
    definition = _definitions()['probe'].fields
    field = next(each for each in definition if each.type == key)
    reading = Reading('en', ZoneInfo('Asia/Ho_Chi_Minh'), SystemClock().now())

    assert FIELD_TYPES.get(key).normalise(field, _prose()['types'][key]['wire'], reading) is not None


def test_dates_of_the_reference_are_read() -> None:
    for each in _prose()['points']:
        if each['fits'] == 'spans':
            assert read_span(each['value'])
        else:
            assert read_point(each['value'], moments='`date`' not in each['fits'])


def test_condition_of_the_page_fits_the_sales_pack() -> None:
    blocks = re.findall(r'```json\n(.*?)```', (ROOT / 'docs' / 'definitions.md').read_text(encoding='utf-8'), re.DOTALL)

    assert len(blocks) == 1
    assert check(json.loads(blocks[0]), 'opportunity', _definitions()) == []


def _definitions() -> dict[str, Any]:
    """The sales pack, and an entity with one field of every type that fits the examples."""
    documents = read_folder(ROOT / 'schema' / 'packs' / 'sales')
    needs: dict[str, dict[str, Any]] = {
        'picklist': {'x-options': [{'key': 'website'}]},
        'multi_picklist': {'x-options': [{'key': 'popup'}, {'key': 'email'}]},
        'link': {'x-target': 'company'},
        'link_any': {'x-targets': ['lead', 'contact']},
        'formula': {'x-formula': 'a_decimal * 2', 'x-result': 'decimal'},
        'rollup': {'x-rollup': {'entity': 'probe', 'field': 'a_link', 'function': 'count'}},
        'through': {'x-through': {'link': 'a_link', 'field': 'phone'}},
        'links': {'x-target': 'contact'},
        'lines': {
            'x-lines': {
                'properties': {'title': {'x-type': 'text'}, 'product': {'x-type': 'text'}, 'quantity': {'x-type': 'integer'}}
            }
        },
    }
    fields = {f'a_{kind.key}': {'x-type': kind.key, **needs.get(kind.key, {})} for kind in FIELD_TYPES}
    pipelines = [{'key': 'way', 'stages': [{'key': 'quote', 'category': 'open'}]}]
    documents['entity', 'probe'] = {'properties': fields, 'x-pipelines': pipelines}
    entities = {name: each for name, each in documents.items() if name[0] == 'entity'}
    return {key: read_entity(each) for (_, key), each in settle(entities, {}).items()}
