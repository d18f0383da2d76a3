"""History keeps values of the type that a field had then: the type of today reads them or refuses them, and never fails."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from schema.catalog import Entity
from schema.compiling import compile_catalog
from schema.derived import DERIVED
from schema.fieldtypes.base import Refused
from schema.fieldtypes.registry import FIELD_TYPES
from schema.loading import settle
from schema.versions import SchemaVersion

OPTIONS = {'x-options': [{'key': 'a'}]}
KEYWORDS: dict[str, dict[str, Any]] = {
    'picklist': OPTIONS, 'multi_picklist': OPTIONS, 'link': {'x-target': 'thing'}, 'links': {'x-target': 'thing'},
    'link_any': {'x-targets': ['thing']}, 'autonumber': {'x-pattern': '{000}'},
}  # fmt: skip
KINDS = sorted({*FIELD_TYPES.keys()} - {'lines', *DERIVED})
"""Lines come of nothing else."""
LINK = {'entity': 'thing', 'uid': 'u', 'id': 1}
FILE = {'uid': 'u', 'name': 'a.pdf', 'size': 1, 'type': 'application/pdf'}
FROZEN: list[Any] = [
    'some text', 'uid links name', 5, True, False, ['a'], ['a', 'b'], {'links': [LINK]}, LINK, {'street': '1 Lê Lợi'}, FILE,
    [FILE], {'amount': '1', 'currency': 'VND'}, '12:30', 'PT1H', '2026-01-01', '2026-01-01T00:00:00Z', '12.50', '<p>a</p>',
]  # fmt: skip


@pytest.fixture(scope='module')
def thing() -> Entity:
    parts = {f'f_{kind}': {'x-type': kind, **KEYWORDS.get(kind, {})} for kind in KINDS}
    stages = [{'key': 's', 'label': {'en': 'S'}, 'category': 'open'}]
    document = {'x-pipelines': [{'key': 'p', 'stages': stages}], 'properties': parts}
    return compile_catalog(SchemaVersion(1, settle({('entity', 'thing'): document}, {}), '')).entity('thing')


@pytest.mark.parametrize('kind', KINDS)
def test_every_type_reads_or_refuses_what_others_left(thing: Entity, kind: str) -> None:
    each = thing.fields[f'f_{kind}']
    for frozen in FROZEN:
        with suppress(Refused):
            value = each.type.thaw(each.definition, frozen)
            assert value is None or each.type.freeze(each.definition, value) is not None
