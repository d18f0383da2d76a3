"""Rules written once under `$defs` and named by several fields of an entity."""

from __future__ import annotations

import copy

import pytest

from migrations.requests import merge
from schema.checks import check_documents
from schema.loading import settle
from tests.schema.conftest import SMALL

CODE = {'x-type': 'text', 'pattern': '^[A-Z]{2}[0-9]+$', 'maxLength': 12}


def with_defs(properties: object, defs: object) -> dict[str, object]:
    label = {'en': 'Parcel', 'vi': 'Bưu kiện'}
    return {'x-label': label, 'x-plural': label, 'properties': properties, '$defs': defs}


def asked(document: object) -> dict[tuple[str, str], object]:
    return merge(settle(copy.deepcopy(SMALL), {}), {'entities': {'parcel': document}})


def test_a_field_takes_the_rules_it_names_and_its_own_words_win() -> None:
    defs = {'code': CODE, 'long_code': {'$ref': '#/$defs/code', 'maxLength': 40}}
    properties = {'number': {'$ref': '#/$defs/code', 'x-search': True}, 'other': {'$ref': '#/$defs/long_code'}}

    documents = asked(with_defs(properties, defs))

    assert not [each for each in check_documents(documents) if 'parcel' in each.pointer]
    parcel = documents['entity', 'parcel']
    assert '$defs' not in parcel
    assert parcel['properties'] == {'number': {**CODE, 'x-search': True}, 'other': {**CODE, 'maxLength': 40}}


@pytest.mark.parametrize(
    'reference', ['#/$defs/nothing', 'https://example.com/code.json', '#/properties/number', 7, '#/$defs/ring']
)
def test_a_reference_that_leads_nowhere_is_refused_at_its_field(reference: object) -> None:
    defs = {'code': CODE, 'ring': {'$ref': '#/$defs/bell'}, 'bell': {'$ref': '#/$defs/ring'}}

    found = check_documents(asked(with_defs({'name': {'x-type': 'text'}, 'number': {'$ref': reference}}, defs)))

    assert ('SCH-E019', '/entities/parcel/properties/number/$ref') in [(each.code, each.pointer) for each in found]
