"""The official JSON Schema test suite as rules of a field: the few schemas that fit work, the others are refused in place."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pytest

from schema.base.findings import Finding
from schema.checks import check_documents
from schema.definitions import FieldDef
from schema.fieldtypes.base import Reading, Refused
from schema.fieldtypes.registry import FIELD_TYPES
from schema.loading import settle
from schema.reading import read_entity
from tests.schema.conftest import SMALL
from tests.support.schema_suite import Group, groups

ENTITY = 'probe'
FIELD = f'/entities/{ENTITY}/properties/probe'
TYPE_OF = {'string': 'long_text', 'integer': 'integer', 'number': 'decimal', 'boolean': 'boolean'}
NUMBER_KEYWORDS = {'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'}
PYTHON = {'long_text': str, 'integer': int, 'decimal': (int, float), 'boolean': bool}


@pytest.fixture(scope='module')
def suite() -> list[Group]:
    return list(groups())


def property_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema as the rules of a field of the type that its keywords speak of."""
    said = schema.get('type')
    kind = TYPE_OF.get(said, '') if isinstance(said, str) else ''
    kind = kind or ('decimal' if NUMBER_KEYWORDS & set(schema) else 'long_text')
    scale = {'x-scale': 8} if kind == 'decimal' else {}
    return {
        'x-type': kind,
        **scale,
        'x-label': {'en': 'Probe', 'vi': 'Thử'},
        **{k: v for k, v in schema.items() if k != '$schema'},
    }


def entity_with(part: Any) -> dict[str, Any]:
    label = {'en': 'Probe', 'vi': 'Thử'}
    return {'x-label': label, 'x-plural': label, 'properties': {'name': {'x-type': 'text', 'x-label': label}, 'probe': part}}


def findings_of(part: Any) -> list[Finding]:
    return check_documents({**SMALL, ('entity', ENTITY): entity_with(part)})


def errors_of(part: Any) -> list[Finding]:
    return [each for each in findings_of(part) if each.level == 'error']


def takes(field: FieldDef, instance: Any) -> bool:
    try:
        FIELD_TYPES.get(field.type).normalise(field, instance, Reading())
    except Refused:
        return False
    return True


def test_every_schema_works_or_is_refused_with_findings_at_its_field(suite: list[Group]) -> None:
    worked = refused = 0
    for group in suite:
        part = property_of(group.schema) if isinstance(group.schema, dict) else group.schema
        found = errors_of(copy.deepcopy(part))
        assert all(each.pointer.startswith(FIELD) for each in found), (group.name, found)
        worked, refused = worked + (not found), refused + bool(found)

    assert refused > 300
    assert worked > 20


def test_a_schema_that_is_taken_judges_values_as_the_suite_says(suite: list[Group]) -> None:
    judged = 0
    for group in suite:
        other = group.name.startswith('optional/ecmascript-regex')  # patterns are RE2's
        if other or not isinstance(group.schema, dict) or errors_of(part := property_of(group.schema)):
            continue
        documents = settle({('entity', ENTITY): entity_with(part)}, {})
        field = next(each for each in read_entity(documents['entity', ENTITY]).fields if each.key == 'probe')
        for instance, valid in group.instances:
            fits = isinstance(instance, PYTHON[field.type]) and (field.type == 'boolean' or not isinstance(instance, bool))
            if not fits or instance == '' or _is_huge(instance):  # other kinds are the type's to refuse; '' is a blank
                continue
            assert takes(field, instance) == valid, (group.name, instance)
            judged += 1

    assert judged > 15


def _is_huge(instance: Any) -> bool:
    """Columns hold 64 bits; JSON has no such limit."""
    return not isinstance(instance, str) and abs(instance) >= 2**53
