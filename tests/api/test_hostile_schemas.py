"""A plan made of the official JSON Schema test suite's schemas is refused field by field and changes nothing."""

from __future__ import annotations

import json

from schema.checks import check_documents
from tests.api.conftest import World
from tests.schema.conftest import SMALL
from tests.schema.test_official_suite import entity_with, errors_of, property_of
from tests.support.schema_suite import groups

FEW = 60


def test_a_plan_with_schemas_that_do_not_fit_touches_nothing(world: World) -> None:
    schemas = [group.schema for group in groups() if isinstance(group.schema, dict)]
    refused = [schema for schema in schemas if errors_of(property_of(schema)) and r'\u0000' not in json.dumps(schema)][:FEW]
    document = entity_with({'x-type': 'text'})
    document['properties'].update({f'probe_{number}': property_of(schema) for number, schema in enumerate(refused)})
    assert check_documents({**SMALL, ('entity', 'probe'): document})
    admin = world.as_('admin')
    before = admin.get('/schema/versions').get_json()

    with world.statements() as statements:
        answer = admin.post('/schema/plan', {'entities': {'probe': document}})

    assert answer.status_code == 422, answer.text
    said = {each['pointer'].split('/')[4] for each in answer.get_json()['errors'] if each['pointer'].count('/') > 3}
    assert said >= {f'probe_{number}' for number in range(FEW)}
    assert not [each for each in statements if each.lstrip().upper().startswith(('CREATE', 'ALTER', 'DROP'))]
    assert admin.get('/schema/versions').get_json() == before
