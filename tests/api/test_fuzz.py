"""Requests made from our own OpenAPI document, right and wrong: never a fault, and what is promised comes back."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.api.conftest import World
from tests.support.properties import examples

EXAMPLES = examples(150)
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=30),
    st.sampled_from(['', '\x00', '%', "'; --", '2026-02-30', '0912345678', 'a@b.vn', '1e999', 'new', 'rep', '∞', '\u202e']),
    st.lists(st.integers(), max_size=3), st.dictionaries(st.sampled_from(['uid', 'amount', 'currency', 'hidden', 'entity']),
                                                         st.one_of(st.none(), st.text(max_size=9), st.integers()), max_size=3),
)  # fmt: skip


def fitting(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that mostly fit a property of the write face."""
    if 'enum' in schema:
        return st.sampled_from(schema['enum'])
    if 'anyOf' in schema:
        return st.one_of(*map(fitting, schema['anyOf']))
    kinds = schema.get('type', 'null')
    return st.one_of(*(_of_kind(kind, schema) for kind in (kinds if isinstance(kinds, list) else [kinds])))


def _of_kind(kind: str, schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if kind == 'string':
        days = {'date': st.dates().map(str), 'date-time': st.datetimes().map(lambda each: each.isoformat() + 'Z')}
        return days.get(schema.get('format', ''), st.text(max_size=20))
    plain: dict[str, st.SearchStrategy[Any]] = {
        'integer': st.integers(), 'number': st.floats(), 'boolean': st.booleans(), 'array': st.lists(ODD, max_size=3),
        'object': st.dictionaries(st.sampled_from(sorted(schema.get('properties', {'a': 1}))), ODD, max_size=3),
    }  # fmt: skip
    return plain.get(kind, st.none())


def test_no_request_made_from_the_document_ends_in_a_fault(world: World) -> None:
    person = world.as_('manager')
    document = person.get('/_openapi').get_json()
    schemas = document['components']['schemas']
    entities = sorted(name.removesuffix('.create') for name in schemas if name.endswith('.create'))
    names = sorted(document['components']['parameters'])
    uids: dict[str, str] = {}

    @settings(max_examples=EXAMPLES, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(st.data())
    def one(draw: st.DataObject) -> None:
        entity = draw.draw(st.sampled_from(entities))
        if draw.draw(st.booleans()):
            fields = schemas[f'{entity}.create']['properties']
            body = {key: draw.draw(st.one_of(fitting(fields[key]), ODD)) for key in draw.draw(_some(sorted(fields)))}
            uid = uids.get(entity) if draw.draw(st.booleans()) else None
            path, method = (f'/{entity}/{uid}', 'PUT') if uid else (f'/{entity}/', 'POST')
            answer = person.send(method, path, data=json.dumps(body), content_type='application/json')
        else:
            query = {name: draw.draw(_parameter(name)) for name in draw.draw(_some(names))}
            answer = person.get(f'/{entity}/', query_string=query)
        assert answer.status_code < 500, (entity, answer.get_data(as_text=True))
        if answer.status_code == 201:
            uids[entity] = answer.get_json()['id']
        if answer.status_code < 300:
            _check(document, schemas[f'{entity}.read'], answer.get_json()['result'])
        else:
            assert answer.get_json()['errors'], answer.get_data(as_text=True)

    one()


def _some(names: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), max_size=4, unique=True)


def _parameter(name: str) -> st.SearchStrategy[str]:
    known = {
        'page': st.integers(-2, 9).map(str), 'page_size': st.integers(-1, 300).map(str),
        'order_column': st.sampled_from(['name', 'uid', 'owner', 'created_at', 'revision', 'nope']),
        'columns': st.sampled_from(['uid', 'owner,team', 'nope', 'created_at']), 'deleted': st.sampled_from(['true', 'false']),
        'q': st.one_of(st.text(alphabet="(!),:'qpage01", max_size=12), st.just('(page:1)')),
        'filter': st.one_of(ODD.map(json.dumps), st.builds(_leaf, st.sampled_from(['owner', 'created_at', 'nope']), ODD)),
        'filters': ODD.map(lambda value: json.dumps([{'col': 'owner', 'opr': 'eq', 'value': value}])),
    }  # fmt: skip
    return known.get(name, st.text(max_size=12))


def _leaf(field: str, value: Any) -> str:
    return json.dumps({'field': field, 'op': 'eq', 'value': value})


def _check(document: dict[str, Any], schema: dict[str, Any], result: Any) -> None:
    validator = Draft202012Validator(schema)
    for record in result if isinstance(result, list) else [result]:
        assert [error.message for error in validator.iter_errors(record)] == []
