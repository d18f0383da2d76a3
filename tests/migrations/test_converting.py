"""Every pair of types that may turn into each other: what a value becomes, and that the way back knows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from migrations.converting import Conversion, blank, returns
from migrations.requests import merge
from schema.catalog import Catalog
from schema.compiling import compile_catalog
from schema.fieldtypes.base import Refused
from schema.loading import Documents, settle
from schema.versions import SchemaVersion
from tests.migrations.pairs import PAIRS, REFUSED, TABLE, Pair, entity_of, schema, value_of


def version(number: int, kind_of: Callable[[str, str], str], base: Documents) -> Catalog:
    lines = [f'/entities/{entity_of(*pair)}/x-pipelines' for pair in PAIRS if pair[0] == 'stage' and base]
    documents = merge(base, {'entities': schema(PAIRS, kind_of), 'remove': lines})
    return compile_catalog(SchemaVersion(number, settle(documents, base), str(number)))


@pytest.fixture(scope='module')
def sides() -> tuple[Catalog, Catalog]:
    before = version(1, lambda source, target: source, {})
    return before, version(2, lambda source, target: target, before.documents)


def converted(sides: tuple[Catalog, Catalog], pair: Pair) -> tuple[Any, bool]:
    """The wire value that comes of the pair's value, and whether the way back takes it for untouched."""
    old, new = (each.entity(entity_of(*pair)).fields[f'to_{pair[1]}'] for each in sides)
    row = dict.fromkeys(old.columns) | old.to_columns(value_of(old, *pair))
    try:
        made = Conversion(old, new).row(row)
    except Refused:
        made = blank(new)
    value = new.from_row(made)
    back = Conversion(new, old)
    given = None if value is None else new.wire(value)
    return given, returns(Conversion(old, new), {**row, **made}, back.former(made))


def test_the_table_knows_every_pair() -> None:
    assert {(source, target) for source, each in TABLE.items() for target in each if target != source} == set(PAIRS)


def test_each_value_becomes_what_the_table_says_and_is_known_again(sides: tuple[Catalog, Catalog]) -> None:
    expected = {pair: (TABLE[pair[0]][pair[1]][1], True) for pair in PAIRS}
    found = {pair: converted(sides, pair) for pair in PAIRS}

    assert found == {pair: (None if wire == REFUSED else wire, known) for pair, (wire, known) in expected.items()}
