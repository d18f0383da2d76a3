"""What every field type promises, on both databases: round trips, filters, order, blanks, history, JSON Schema, words."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from typing import Any
from urllib.parse import quote

import prison
import pytest
from jsonschema import Draft202012Validator
from markupsafe import escape

from modules.records import resolving
from modules.records.model import ListQuery, Sort
from modules.web.pages.filtering import OFFERED
from schema import conditions
from schema.base.errors import BadRequest, Invalid
from schema.changes import TYPE_WORDS
from schema.conditions.operators import OPERATORS
from schema.fieldtypes.base import Reading
from schema.fieldtypes.registry import FIELD_TYPES
from tests.fieldtypes.forms import read_page
from tests.fieldtypes.samples import SAME, Case
from tests.fieldtypes.world import CHANGED, COUNT, ENTITY, SAMPLES, TYPES, WITHOUT, World, field_key, neighbours_of

every_type = pytest.mark.parametrize('key', list(SAMPLES))
every_settable = pytest.mark.parametrize('key', [key for key in SAMPLES if not FIELD_TYPES.get(key).computed])
PAGE = 100


def expected(world: World, key: str, number: int, way: str) -> Any:
    sample = SAMPLES[key]
    case = sample.case(number)
    if case is None:
        return sample.imported_blank if way in {'csv', 'xlsx'} and sample.imported_blank is not SAME else sample.blank
    if way in {'csv', 'xlsx'} and case.imported is not SAME:
        return world.wire(case.imported)
    return world.wire(case.read)


def same(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, re.Pattern):
        return isinstance(found, str) and wanted.fullmatch(found) is not None
    return bool(found == wanted)


def check_way(world: World, key: str, way: str) -> None:
    assert (way, field_key(key)) not in world.problems, world.problems[way, field_key(key)]
    found = [row[field_key(key)] for row in world.rows[way]]
    wanted = [expected(world, key, number, way) for number in range(COUNT + 1)]
    assert all(map(same, found, wanted)), f'{way}: {found} is not {wanted}'


def test_every_type_has_samples_and_words() -> None:
    assert WITHOUT == []
    assert sorted(TYPE_WORDS) == TYPES
    assert [key for key in TYPES if set(TYPE_WORDS[key]) != {'en', 'vi'}] == []


@every_type
def test_the_api_answers_what_was_sent(world: World, key: str) -> None:
    check_way(world, key, 'api')


@every_type
def test_a_form_saves_what_was_typed_and_saved_again_changes_nothing(world: World, key: str) -> None:
    if not FIELD_TYPES.get(key).computed:
        check_way(world, key, 'form')
    assert ('again', field_key(key)) not in world.problems, world.problems['again', field_key(key)]
    assert [row[field_key(key)] for row in world.rows['again']] == [row[field_key(key)] for row in world.rows['form']]


@every_settable
@pytest.mark.parametrize('way', ['csv', 'xlsx'])
def test_an_exported_file_comes_in_again(world: World, key: str, way: str) -> None:
    check_way(world, key, way)


@every_type
def test_an_export_spells_values_for_people(world: World, key: str) -> None:
    cells = world.cells(key)

    told = {number: case.cell for number, case in enumerate(SAMPLES[key].all_cases) if case.cell is not None}
    assert {number: cells[number] for number in told} == told
    assert all(cells[number] for number in range(len(SAMPLES[key].all_cases)))


@every_settable
def test_a_field_refuses_what_it_cannot_hold(world: World, key: str) -> None:
    for wire, code in SAMPLES[key].refused:
        assert (code, f'/{field_key(key)}') in {(each, place) for each, place in world.refusal(key, wire)}, wire


def documents(world: World, key: str, op: str) -> list[dict[str, Any]]:
    """Tests of one operator: with the operands of the sample, or with its cases as they are written."""
    leaf = {'field': field_key(key), 'op': op}
    if OPERATORS[op].arity == 'none':
        return [leaf]
    sample = SAMPLES[key]
    operands = sample.operands.get(op)
    if operands is None:
        pool = [world.wire(case.read if case.write is SAME else case.write) for case in sample.cases]
        operands = {'one': pool, 'many': [pool[:1], pool], 'pair': [[pool[0], pool[-1]], [pool[1], pool[1]]]}[
            OPERATORS[op].arity
        ]
    return [{**leaf, 'value': world.wire(operand)} for operand in operands]


@every_type
def test_sql_and_python_pick_the_same_records_with_every_operator(world: World, key: str) -> None:
    with world.reader() as reader:
        records, entity = world.records(reader), world.entity
        for op in conditions.operators_for(world.field(key)):  # type: ignore[arg-type]
            picked = set()
            for document in documents(world, key, op):
                condition = conditions.compile(document, entity, reader.catalog)
                binding = resolving.binding(reader.session, reader.catalog, reader.policy, condition, reader.clock)
                near = neighbours_of(reader)
                by_python = [r.uid for r in records if condition.decide({**r.values, 'uid': r.uid}, binding, near) is True]
                mine = {'all': [world.mine, document]}
                page = reader.list_page(
                    ENTITY, ListQuery(filter=mine, sort=(Sort('name'),), columns=(), counted=False, size=PAGE)
                )
                assert [record.uid for record in page.records] == by_python, document
                sentence = conditions.describe(document, entity, reader.catalog, 'vi')[0]
                assert sentence.text and not sentence.broken, document
                picked.update(by_python)
            always = op == 'is_empty' and SAMPLES[key].blank is not None
            assert picked or always, f'{op} never picked a record'


@pytest.mark.parametrize('key', [key for key in SAMPLES if FIELD_TYPES.get(key).sortable])
def test_lists_sort_with_blanks_last_and_page_alike(world: World, key: str) -> None:
    field, sample = world.field(key), SAMPLES[key]
    with world.reader() as reader:
        for descending in (False, True):
            query = ListQuery(filter=world.mine, sort=(Sort(field.key, descending),), columns=(field.key,), size=PAGE)
            records = reader.list_page(ENTITY, query).records
            held = [field.type.comparable(field.definition, record.values[field.key]) for record in records]
            there = [value for value in held if value is not None]
            assert there == sorted(there, reverse=descending)
            assert held[: len(there)] == there
            streamed = [record.uid for page in reader.stream(ENTITY, query, 2) for record in page]
            assert streamed == [record.uid for record in records]
        if sample.ordered:
            query = ListQuery(filter=world.mine, sort=(Sort(field.key), Sort('name')), columns=('name',), size=PAGE)
            names = [str(record.values['name']) for record in reader.list_page(ENTITY, query).records]
            cases = [f'api {number}' for number in range(len(sample.cases))]
            assert [name for name in names if name in cases] == cases


@pytest.mark.parametrize('key', [key for key in SAMPLES if not FIELD_TYPES.get(key).sortable])
def test_a_list_says_at_its_place_that_a_type_has_no_order(world: World, key: str) -> None:
    with world.reader() as reader, pytest.raises(BadRequest) as refused:
        reader.list_page(ENTITY, ListQuery(sort=(Sort(field_key(key)),)))

    assert [(each.code, each.params['label']['en']) for each in refused.value.findings] == [
        ('REC-E037', world.field(key).definition.label['en'])
    ]


@pytest.mark.parametrize('descending', [False, True])
def test_numbers_without_zeros_sort_as_they_were_given(world: World, descending: bool) -> None:
    query = ListQuery(sort=(Sort('short_number', descending),), columns=('short_number',), size=7)
    with world.reader() as reader:
        listed = [record.values['short_number'] for page in reader.stream(ENTITY, query, 7) for record in page]
        first = reader.list_page(ENTITY, query)
        second = reader.list_page(ENTITY, replace(query, cursor=first.next))

    numbers = [int(str(each).removeprefix('N-')) for each in listed]
    assert numbers == sorted(numbers, reverse=descending)
    assert len(numbers) > 10
    assert [record.values['short_number'] for page in (first, second) for record in page.records] == listed[:14]


@every_settable
def test_history_tells_old_and_new_and_takes_them_back(world: World, key: str) -> None:
    field = world.field(key)
    uid = world.rows[CHANGED][0]['uid']
    with world.reader() as reader:
        entries = {entry.revision: entry.changes.get(field.key) for entry in reader.timeline(ENTITY, uid)}
        records = world.records(reader)
    first, second = records[0].values[field.key], records[1].values[field.key]

    wired = {
        revision: tuple(None if side is None else told(field, side) for side in pair) if pair else None
        for revision, pair in entries.items()
    }
    assert wired == {
        1: (None, told(field, first)),
        2: (told(field, first), told(field, second)),
        3: (told(field, second), None),
    }
    for value in (first, second):
        frozen = json.loads(json.dumps(field.type.freeze(field.definition, value)))
        thawed = field.type.thaw(field.definition, frozen)
        assert field.type.freeze(field.definition, thawed) == field.type.freeze(field.definition, value)


def told(field: Any, value: Any) -> Any:
    """The wire of a value; lines without the uids that they have in one record alone."""
    wire = field.wire(value)
    return [{**line, 'uid': ''} for line in wire] if field.lines is not None else wire


@every_settable
def test_null_empties_a_field(world: World, key: str) -> None:
    assert world.rows[CHANGED][0][field_key(key)] == SAMPLES[key].blank


@cache
def validator_of(text: str) -> Draft202012Validator:
    schema = json.loads(text)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@every_type
def test_both_faces_are_json_schema_that_a_plain_validator_agrees_with(world: World, key: str) -> None:
    name = field_key(key)
    read = world.document(f'/schema/{ENTITY}')
    write = world.document(f'/schema/{ENTITY}?for=write')

    answered = validator_of(json.dumps(read['properties'][name]))
    for row in world.rows['api']:
        answered.validate(row[name])
    assert not answered.is_valid({'no': 'such value'})
    if FIELD_TYPES.get(key).computed:
        assert name not in write['properties']
        return
    taken = validator_of(json.dumps(write['properties'][name]))
    for case in SAMPLES[key].all_cases:
        taken.validate(world.wire(case.read if case.write is SAME else case.write))
        if not isinstance(case.read, re.Pattern):
            taken.validate(world.wire(case.read))
    taken.validate(None)


@every_type
def test_pages_show_each_value_with_its_label(world: World, key: str) -> None:
    client, field = world.site.client('admin'), world.field(key)
    with world.reader() as reader:
        records = world.records(reader)
    for number, case in enumerate(SAMPLES[key].cases):
        page = _page(world, client, records[number].uid)
        shown = case.shown if case.shown is not None else _text(field, records[number].values[field.key])
        assert field.definition.label_in('en') in page or not SAMPLES[key].labelled
        assert _squeezed(shown) in page, f'{shown} is not on the page'


def _text(field: Any, value: Any) -> str:
    return str(field.type.text(field.definition, value, Reading('en')))


_pages: dict[tuple[int, str], str] = {}


def _page(world: World, client: Any, uid: str) -> str:
    """The words of a record's page, read once."""
    if (id(world), uid) not in _pages:
        _pages[id(world), uid] = _squeezed(' '.join(read_page(client.get(f'/{ENTITY}/{uid}').text).texts))
    return _pages[id(world), uid]


def _squeezed(text: str) -> str:
    return ' '.join(text.split())


@every_type
def test_the_list_filters_by_what_its_dialogue_offers(world: World, key: str) -> None:
    client, field = world.site.client('admin'), world.field(key)
    offered = [op for op in OFFERED if op in field.type.operators]
    assert offered, 'a field of this type cannot be filtered on screen'
    dialogue = client.get(f'/{ENTITY}/filter', query_string={'field': field.key, 'op': offered[0]})
    assert dialogue.status_code == 200
    assert escape(field.definition.label_in('en')) in dialogue.text

    added = client.get(f'/{ENTITY}/filter/add', query_string={'field': field.key, 'op': 'is_not_empty'})
    listed = client.get(f'{added.headers["Location"]}&cols={field.key}')

    assert listed.status_code == 200
    assert str(world.rows['api'][0]['uid']) in listed.text


@every_type
def test_the_api_filters_and_describes_the_field(world: World, key: str) -> None:
    name = field_key(key)
    asked = prison.dumps({'filters': [{'col': name, 'opr': 'is_not_empty', 'value': None}], 'columns': ['name', name],
                          'page_size': PAGE})  # fmt: skip
    answer = world.api('GET', f'/{ENTITY}/?q={quote(asked)}')

    assert answer.status_code == 200, answer.get_data(as_text=True)
    names = {row['name'] for row in answer.get_json()['result']}
    assert {f'api {number}' for number in range(len(SAMPLES[key].all_cases))} <= names
    parts = world.document('/_openapi')['components']['schemas']
    assert any(name in part.get('properties', {}) for part in parts.values())


def test_the_suite_can_fail(world: World) -> None:
    with pytest.raises(AssertionError):
        assert same(1, 2)
    with pytest.raises(Invalid):
        conditions.compile({'field': field_key('text'), 'op': 'has_any', 'value': ['x']}, world.entity, _catalog(world))
    assert Case('x').write is SAME


def _catalog(world: World) -> Any:
    return world.site.runtime.catalogs.current()
