"""What the browser decides of conditions is what Python decides, for every operator and type that it takes on."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from modules.web.browser_rules import KINDS, OPERATORS, canonical, for_browser
from schema.base.actor import Actor
from schema.base.errors import Invalid
from schema.conditions import compile as compile_condition
from schema.conditions.lookup import Lookup
from tests.conditions import samples
from tests.conditions.test_agreement import leaves, rotating_world
from tests.conditions.test_cases import FOLDER, build
from tests.conditions.world import CATALOG, World, by_python

SCRIPT = Path(__file__).resolve().parents[2] / 'modules/web/static/web/decide.js'
RUN = """
import { readFileSync } from 'node:fs';
import { decide } from '%s';
const cases = JSON.parse(readFileSync(0, 'utf-8'));
const shown = (answer) => (answer === undefined ? 'ask' : answer);
console.log(JSON.stringify(cases.map(({ tree, values }) => values.map((each) => shown(decide(tree, (key) => each[key]))))));
"""
ADA = Actor(1, 'Ada', 'ada', team_ids=frozenset({1}))
FIELDS = dict((Lookup(CATALOG).find('thing') or pytest.fail('no thing')).fields)


def browser_values(values: dict[str, Any]) -> dict[str, Any]:
    return {key: canonical(face, values.get(key)) for key, face in FIELDS.items()}


def tree_of(document: Any, world: World) -> dict[str, Any]:
    condition = compile_condition(document, CATALOG.entity('thing'), CATALOG)
    return for_browser(condition, FIELDS, ADA, world.binding(condition))


def by_browser(cases: list[dict[str, Any]]) -> list[list[Any]]:
    run = ['node', '--input-type=module', '-e', RUN % SCRIPT]
    done = subprocess.run(run, input=json.dumps(cases), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    answers: list[list[Any]] = json.loads(done.stdout)
    return answers


def test_every_operator_that_the_browser_takes_on_answers_as_python_does() -> None:
    world = rotating_world()
    things = {number: values for (key, number), values in world.values.items() if key == 'thing'}
    cases, documents, expected = [], [], []
    for field, type_key, op in samples.tests_of('thing'):
        for document in leaves(field, type_key, op):
            try:
                answers = by_python(world, 'thing', document)
            except Invalid:
                continue
            for whole in (document, {'not': document}):
                negated = whole is not document
                documents.append((type_key, op, whole))
                cases.append({'tree': tree_of(whole, world), 'values': [browser_values(things[each]) for each in answers]})
                expected.append([not each if negated and each is not None else each for each in answers.values()])

    taken = set()
    for (type_key, op, document), answers, wanted in zip(documents, by_browser(cases), expected, strict=True):
        if answers == ['ask'] * len(answers):
            continue
        taken.add((type_key, op))
        assert answers == wanted, document

    promised = {(key, op) for key, kind in KINDS.items() for op in OPERATORS[kind] if (key, op) in
                {(type_key, op) for _, type_key, op in samples.tests_of('thing')}}  # fmt: skip
    assert promised <= taken


def test_the_written_cases_of_conditions_answer_alike_or_ask() -> None:
    cases, expected = [], []
    for name in ('blanks_and_unknown', 'text_and_numbers', 'dates', 'people_and_links'):
        for case in json.loads((FOLDER / f'{name}.json').read_text(encoding='utf-8'))['cases']:
            if 'now' in case:
                continue
            world = World()
            thing = build(world, 'thing', case['record'])
            cases.append({'tree': tree_of(case['condition'], world),
                          'values': [browser_values(world.values['thing', thing.id or 0])]})  # fmt: skip
            expected.append(case['answer'])

    pairs = [(found, wanted) for [found], wanted in zip(by_browser(cases), expected, strict=True)]

    assert [(found, wanted) for found, wanted in pairs if found not in ('ask', wanted)] == []
    assert sum(found != 'ask' for found, _ in pairs) > len(pairs) // 3


def test_groups_ask_only_when_what_is_known_does_not_decide() -> None:
    yes, no, ask = {'all': []}, {'any': []}, {'ask': True}
    trees = [{'all': [ask, no]}, {'any': [ask, yes]}, {'all': [ask, yes]}, {'any': [ask, no]}, {'not': ask}]

    assert by_browser([{'tree': tree, 'values': [{}]} for tree in trees]) == [[False], [True], ['ask'], ['ask'], ['ask']]
