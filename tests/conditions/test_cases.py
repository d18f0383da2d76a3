"""The cases in `cases/*.json`: what conditions answer, what is refused, how they read."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from schema import conditions
from schema.base.errors import Invalid
from schema.base.findings import known_codes
from schema.reading import read_entity
from schema.values import Link
from tests.conditions.world import CATALOG, World, by_python, by_sql

FOLDER = Path(__file__).parent / 'cases'
DEFINITIONS = {key: read_entity(CATALOG.documents['entity', key]) for key in CATALOG.entities}


def cases(*names: str) -> list[Any]:
    found = []
    for name in names:
        for case in json.loads((FOLDER / f'{name}.json').read_text(encoding='utf-8'))['cases']:
            found.append(pytest.param(case, id=case.get('name') or case['vi'] or 'nothing'))
    return found


def build(world: World, entity: str, wire: dict[str, Any]) -> Link:
    """A record, with the records it holds: behind its links, and in `notes`."""
    own = {key: part for key, part in wire.items() if key not in {'deleted', 'notes'}}
    for key, part in own.items():
        each = CATALOG.entity(entity).field(key)
        if each.is_link:
            own[key] = build(world, each.definition.targets[0], part)
    link = world.add(entity, own, deleted=wire.get('deleted', False))
    for note in wire.get('notes', ()):
        build_note(world, note, link)
    return link


def build_note(world: World, wire: dict[str, Any], thing: Link) -> None:
    own = {key: part for key, part in wire.items() if key != 'deleted'}
    world.add('note', {**own, 'thing': thing}, deleted=wire.get('deleted', False))


@pytest.mark.parametrize('case', cases('blanks_and_unknown', 'text_and_numbers', 'dates', 'people_and_links'))
def test_condition_answers_as_the_case_says(connection: sa.Connection, case: dict[str, Any]) -> None:
    world = World()
    thing = build(world, 'thing', case['record'])
    world.insert(connection)
    changes = {'now': datetime.fromisoformat(case['now'])} if 'now' in case else {}

    answers = (
        by_python(world, 'thing', case['condition'], **changes)[thing.id or 0],
        by_sql(connection, world, 'thing', case['condition'], **changes)[thing.id or 0],
    )

    assert answers == (case['answer'], case['answer'])


@pytest.mark.parametrize('case', cases('refused'))
def test_condition_is_refused_with_code_and_place(case: dict[str, Any]) -> None:
    compiled = conditions.check(case['condition'], 'thing', CATALOG)
    plain = conditions.check(case['condition'], 'thing', DEFINITIONS)

    assert [(each.code, each.pointer) for each in compiled] == [tuple(each) for each in case['findings']]
    assert plain == compiled
    with pytest.raises(Invalid):
        conditions.compile(case['condition'], CATALOG.entity('thing'), CATALOG)


@pytest.mark.parametrize('locale', ['en', 'vi'])
@pytest.mark.parametrize('case', cases('words'))
def test_condition_reads_as_the_case_says(case: dict[str, Any], locale: str) -> None:
    labels = {('@user', 'cleo'): 'Cleo Vo'}

    chips = conditions.describe(case['condition'], CATALOG.entity('thing'), CATALOG, locale, labels)

    assert conditions.sentence(chips).replace('\u00a0', ' ') == case[locale]


def test_every_answered_condition_passes_the_check_of_plain_definitions() -> None:
    for case in cases('blanks_and_unknown', 'text_and_numbers', 'dates', 'people_and_links'):
        assert conditions.check(case.values[0]['condition'], 'thing', DEFINITIONS) == []


def test_each_code_of_conditions_is_met_by_a_case_or_a_limit() -> None:
    met = {finding[0] for case in cases('refused') for finding in case.values[0]['findings']}

    assert {code for code in known_codes() if code.startswith('SCH-E2')} == {
        code for code in met if code.startswith('SCH-E2')
    } | {'SCH-E202', 'SCH-E203', 'SCH-E228', 'SCH-E229', 'SCH-E232', 'SCH-E233'}
